"""Whose tokens a side of a corpus has: its own, those of all its sides together, or those of another corpus."""

from collections.abc import Mapping

from embedseq.text.settings import DataSettings

JOINT = "joint"


def token_origin(data: Mapping[str, DataSettings], corpus: str, side: str) -> tuple[str, str]:
    """The corpus and the side on which the tokens of `corpus.side` were learned; the side is "joint" where all learned together.

    Sides of one origin have one tokeniser and one vocabulary. What is not in `data` is its own origin.
    """
    seen: set[str] = set()
    while corpus in data and corpus not in seen:
        seen.add(corpus)
        settings = data[corpus]
        if settings.joint:
            return corpus, JOINT
        if settings.vocabulary is None or side != "source":
            break
        corpus, _, side = settings.vocabulary.rpartition(".")
    return corpus, side
