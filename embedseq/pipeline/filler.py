"""A masked language model of a run: it fills gaps."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from embedseq.errors import RequestError
from embedseq.pipeline.trained import TrainedModel, at_least_one
from embedseq.text.corpora import prepare
from embedseq.text.pieces import CONTINUES
from embedseq.text.vocabulary import END, PAD, START

GAP = "___"
"""How a gap is written: it stands for one token."""
NEVER = (PAD, START, END)
"""What cannot stand in a gap."""


@dataclass(frozen=True)
class Candidate:
    """A token for a gap, and its probability by the model."""

    token: str
    probability: float


@dataclass(frozen=True)
class Filled:
    """What a masked language model puts into the gaps of a sentence."""

    name: str
    """The model's."""
    sentence: str
    """As the model read it, in lower case where its corpus is."""
    unknown: tuple[str, ...]
    """The tokens of the sentence that are not in its vocabulary: it read `<unk>` in their place."""
    gaps: tuple[tuple[Candidate, ...], ...]
    """For each gap the likeliest tokens, best first."""

    def record(self) -> dict[str, Any]:
        """As plain JSON values."""
        content = asdict(self)
        return {"model": content.pop("name"), **content}


class Filler(TrainedModel):
    """A masked language model with the tokeniser of its corpus."""

    def fill(self, sentence: str, top: int = 5) -> Filled:
        """The `top` likeliest tokens for each gap `___` of a sentence, which are guessed at the same time.

        A gap is one token: where tokens are pieces or characters, that may be less than a word. Raises RequestError for a
        sentence without a gap, or with one that is part of a word, and for a `top` below one.
        """
        at_least_one("top", top)
        tokeniser, vocabulary = self.tokenisers["source"], self.vocabularies["source"]
        prepared = prepare(sentence, self.data)
        tokens = _with_gaps(tokeniser.tokenise(prepared), tokeniser.tokenise(GAP), prepared)
        ids = [START if token is None else vocabulary.id(token) for token in tokens]
        gaps = tuple(
            tuple(Candidate(vocabulary.token(row), probability) for row, probability in each) for each in self._guesses(ids, top)
        )
        unknown = dict.fromkeys(token for token in tokens if token is not None and token not in vocabulary)
        return Filled(self.name, prepared, tuple(unknown), gaps)

    def _guesses(self, ids: Sequence[int], top: int) -> list[list[tuple[int, float]]]:
        """For each START among the ids the likeliest rows of the vocabulary with their probabilities, best first."""
        places = [place for place, row in enumerate(ids) if row == START]
        probabilities = self._logits([ids], [places])[0].softmax(dim=-1)
        probabilities[:, NEVER] = -1.0
        best = probabilities.sort(dim=-1, descending=True, stable=True)
        count = min(top, probabilities.shape[1] - len(NEVER))
        rows, values = best.indices[:, :count].tolist(), best.values[:, :count].tolist()
        return [list(zip(*each, strict=True)) for each in zip(rows, values, strict=True)]


def _with_gaps(tokens: Sequence[str], gap: Sequence[str], sentence: str) -> list[str | None]:
    """The tokens with None for each run of them that writes a gap; a gap has the tokens `gap`."""
    found: list[str | None] = []
    place = 0
    while place < len(tokens):
        after = place + len(gap)
        if list(tokens[place:after]) == list(gap) and not "".join(tokens[after : after + 1]).startswith(CONTINUES):
            found.append(None)
            place = after
        else:
            found.append(tokens[place])
            place += 1
    marks = [len(run) for run in re.findall(f"{GAP}_*", sentence)]
    if marks != [len(GAP)] * found.count(None):
        raise RequestError(
            f"a gap is exactly three underscores with a space or a punctuation mark on either side, as in 'The {GAP} of the "
            f"union'; found '{sentence}'"
        )
    if not marks:
        raise RequestError(f"the sentence has no gap: write {GAP} (three underscores) where a word is to be guessed")
    return found
