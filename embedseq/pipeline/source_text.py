"""What an encoder-decoder reads: text that it is given, or a sentence of the test split of its corpus."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from embedseq.errors import RequestError
from embedseq.pipeline.stages.text import sentences_of
from embedseq.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from embedseq.text.batches import Row

TEST = "test"


@dataclass(frozen=True)
class SentenceOfTest:
    """A sentence of the test split of a model's corpus, by its number, counted from 1; of images it is one image."""

    number: int


@dataclass(frozen=True)
class SourceText:
    """What a model reads at a time."""

    tokens: Mapping[str, tuple[str, ...]]
    """The name of each source -> its tokens, without the end symbol after the last; of an image the numbers of its columns."""
    frames: NDArray[Any] | None = None
    """(S, F) where the only source is an image."""

    def __bool__(self) -> bool:
        """Whether there is anything to read."""
        return any(self.tokens.values())

    def rows(self, vocabularies: Mapping[str, Vocabulary]) -> "list[Row]":
        """The ids (S,) of each source, or the frames."""
        if self.frames is not None:
            return [self.frames]
        return [vocabularies[side].ids(tokens) for side, tokens in self.tokens.items()]


def image_of_test(tokens: Path, which: SentenceOfTest) -> SourceText:
    """An image of the test split of the `tokens` stage's artifact. Raises RequestError where there is no such one."""
    from embedseq.pipeline.stages.tokens import frames_of

    images = frames_of(tokens, TEST)
    if not 1 <= which.number <= len(images):
        raise _not_there(which, "image", len(images))
    frames = images[which.number - 1]
    return SourceText({"source": tuple(str(column) for column in range(1, len(frames) + 1))}, frames)


def sentence_of_test(text: Path, which: SentenceOfTest, side: str) -> str:
    """A source of a sentence of the test split of the `text` stage's artifact. Raises RequestError where there is no such one."""
    if which.number >= 1:
        for sentence in islice(sentences_of(text, TEST, side), which.number - 1, None):
            return sentence
    raise _not_there(which, "sentence", sum(1 for _ in sentences_of(text, TEST, side)))


def _not_there(which: SentenceOfTest, what: str, count: int) -> RequestError:
    return RequestError(
        f"expected the number of a test {what}, which are numbered from 1 to {count:,} in this corpus; found {which.number:,}"
    )
