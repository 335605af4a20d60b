"""A tagger or a classifier of a run: it labels words, or whole texts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from embedseq.pipeline.trained import TrainedModel
from embedseq.text.corpora import prepare
from embedseq.text.gold_words import GLUE, SPACE, GoldWords
from embedseq.text.segmentation import Segmenter, segmenter
from embedseq.text.vocabulary import SPECIALS
from embedseq.text.words import units

if TYPE_CHECKING:
    from torch import Tensor

BATCH_ROWS = 64


@dataclass(frozen=True)
class LabelledPart:
    """A word, or a whole text, and what the model says of it."""

    text: str
    probabilities: tuple[tuple[str, float], ...]
    """Every label with its probability, best first."""

    @property
    def label(self) -> str:
        """The likeliest label."""
        return self.probabilities[0][0]


@dataclass(frozen=True)
class Labelled:
    """What a tagger says of each word of a sentence, or a classifier of all of it. A text without words has no parts."""

    name: str
    """The model's."""
    parts: tuple[LabelledPart, ...]
    whole: bool
    """Whether the only part is all of the text."""

    @property
    def line(self) -> str:
        """In one line: `word/LABEL word/LABEL`, or for a whole text all labels with their probabilities."""
        if self.whole:
            return "  ".join(f"{label} {share:.3f}" for part in self.parts for label, share in part.probabilities)
        return " ".join(f"{part.text}/{part.label}" for part in self.parts)

    def record(self) -> dict[str, Any]:
        """As plain JSON values."""
        parts = [{"text": part.text, "label": part.label, "probabilities": dict(part.probabilities)} for part in self.parts]
        if self.whole:
            return {"model": self.name, **(parts[0] if parts else {"text": "", "label": None, "probabilities": {}})}
        return {"model": self.name, "words": parts}


@dataclass(frozen=True)
class _Question:
    """A sentence as a model reads it."""

    ids: Sequence[int]
    parts: Sequence[str]
    """What it is asked about."""
    places: Sequence[int]
    """Where the answers are given, one for each part."""


class Labeller(TrainedModel):
    """A tagger or a classifier with the tokeniser of its corpus."""

    def label(self, sentences: Sequence[str]) -> list[Labelled]:
        """What the model says of each sentence, in their order.

        A tagger says it of the words and marks that the word tokeniser finds, which need not be those of its treebank.
        """
        questions = [self._question(sentence) for sentence in sentences]
        asked = [row for row, question in enumerate(questions) if question.parts]
        parts: list[tuple[LabelledPart, ...]] = [()] * len(questions)
        for first in range(0, len(asked), BATCH_ROWS):
            rows = asked[first : first + BATCH_ROWS]
            for row, found in zip(rows, self._answers([questions[row] for row in rows]), strict=True):
                parts[row] = found
        return [Labelled(self.name, found, whole=self.kind == "classifier") for found in parts]

    def _question(self, sentence: str) -> _Question:
        tokeniser, vocabulary = self.tokenisers["source"], self.vocabularies["source"]
        if self.kind == "classifier":
            tokens = tokeniser.tokenise(prepare(sentence, self.data))
            return _Question(vocabulary.ids(tokens), (sentence.strip(),) if tokens else (), (0,))
        words = _words_of(sentence, segmenter(tokeniser.record().get("segmenter", "none")))
        read = replace(words, words=tuple(prepare(word, self.data) for word in words.words))
        found = tokeniser.tokenise_words(read)
        return _Question(vocabulary.ids(found.tokens), words.words, found.starts)

    def _answers(self, questions: Sequence[_Question]) -> Iterator[tuple[LabelledPart, ...]]:
        """For each sentence its parts with their labels."""
        shares = self._probabilities(questions)
        best = shares.sort(dim=-1, descending=True, stable=True)
        labels = self.vocabularies["target"].words
        for question, values, rows in zip(questions, best.values.tolist(), best.indices.tolist(), strict=True):
            yield tuple(
                LabelledPart(text, tuple((labels[row], share) for row, share in zip(order, each, strict=True)))
                for text, each, order in zip(question.parts, values, rows, strict=False)  # the rest is padding
            )

    def _probabilities(self, questions: Sequence[_Question]) -> "Tensor":
        """(B, T, labels): a softmax over the labels alone, for special tokens are none."""
        logits = self._logits([question.ids for question in questions], [question.places for question in questions])
        return logits[..., len(SPECIALS) :].softmax(dim=-1)


def _words_of(sentence: str, words: Segmenter) -> GoldWords:
    """The words and marks of running text, in the place of the words of a treebank."""
    found: list[str] = []
    glued: list[bool] = []
    together = False
    for unit in units(sentence.replace(GLUE, " ").replace(SPACE, " ")):
        parts = words.cut(unit.text) if unit.kind == "dense" else () if unit.kind == "space" else (unit.text,)
        for part in parts:
            found.append(part)
            glued.append(together)
            together = True
        together = bool(parts)
    return GoldWords(tuple(found), tuple(glued))
