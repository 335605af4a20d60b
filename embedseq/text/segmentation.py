"""Cutting text that is written without spaces into words. Only jieba (Chinese) so far, loaded when it is first needed."""

import logging
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from embedseq.errors import MissingExtraError

SegmenterName = Literal["none", "jieba"]


@dataclass(frozen=True)
class Segmenter:
    """`cut` parts a run of characters into words; joined again they are the run."""

    name: SegmenterName
    cut: Callable[[str], Sequence[str]]


def segmenter(name: SegmenterName) -> Segmenter:
    """The segmenter called `name`. Raises MissingExtraError when its package is absent, ValueError for another name."""
    if name == "none":
        return Segmenter("none", lambda run: (run,))
    if name == "jieba":
        return Segmenter("jieba", _jieba())
    raise ValueError(f"segmenter {name!r} is not one of none, jieba")


@cache
def _jieba() -> Callable[[str], Sequence[str]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own syntax and pkg_resources; nothing that a user could act on
            import jieba
    except ImportError as error:
        raise MissingExtraError("Segmenting Chinese words", "chinese") from error
    jieba.setLogLevel(logging.ERROR)  # else it reports on standard error how it loads its dictionary
    own = jieba.Tokenizer()  # not the module's shared one, to which other code may add words

    def cut(run: str) -> Sequence[str]:
        words: list[str] = own.lcut(run)
        return words if "".join(words) == run else (run,)

    return cut
