"""A trained model of a run with its tokenisers, and all that a model can be asked.

Each kind of model answers some of the questions, in a file of its own; the others are refused here, with the models that answer
them. `models_by_kind.py` knows which class is whose.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from embedseq.decoding.settings import SamplingSettings, SearchSettings
from embedseq.errors import RequestError
from embedseq.models.kinds import kind_of_shape, named
from embedseq.models.settings import Kind, ModelShape
from embedseq.pipeline.stages.records import read_record
from embedseq.text.settings import DataSettings

if TYPE_CHECKING:
    from torch import Tensor

    from embedseq.pipeline.attending import Attended
    from embedseq.pipeline.filler import Filled
    from embedseq.pipeline.labeller import Labelled
    from embedseq.pipeline.source_text import SentenceOfTest
    from embedseq.pipeline.writer import Generated

QUESTIONS: Mapping[Kind, tuple[str, ...]] = {
    "encoder-decoder": ("translate", "attend"),
    "language-model": ("generate",),
    "masked-language-model": ("fill",),
    "tagger": ("label",),
    "classifier": ("label",),
}
"""What each kind of model can be asked; a command of the command line and a method here are called so."""
NAMED = 8
"""So many models are named in an error."""


@dataclass(frozen=True)
class Origin:
    """Where a model of a run comes from."""

    name: str
    """Its label and its seed."""
    model: Path
    """The artifact of its training."""
    tokens: Path
    """The artifact of its corpus' tokens."""
    text: Callable[[], Path]
    """Gives the artifact of its corpus' text; raises RequestError where it is gone."""
    data: DataSettings
    """How its text was prepared."""
    search: SearchSettings
    """How it was evaluated."""
    kinds: Mapping[str, Kind]
    """The label of every model of the run -> its kind."""


class TrainedModel:
    """A model of a run. Every question may be asked; one that its kind does not answer raises RequestError and says what does."""

    def __init__(self, origin: Origin) -> None:
        from embedseq.pipeline.stages.tokens import tokeniser_of, vocabulary_of
        from embedseq.pipeline.stages.train import load_model

        self.origin, self.name, self.data = origin, origin.name, origin.data
        self.model = load_model(origin.model)
        self.shape = ModelShape.from_record(read_record(origin.model / "shape.json"))
        self.kind = kind_of_shape(self.shape)
        sides = (*origin.data.source_sides, "target")
        self.tokenisers = {side: tokeniser_of(origin.tokens, side) for side in sides if self._has(side, "tokeniser")}
        self.vocabularies = {side: vocabulary_of(origin.tokens, side) for side in sides if self._has(side, "vocabulary")}

    def _has(self, side: str, what: str) -> bool:
        """Whether a side has a tokeniser or a vocabulary: images have neither, labels are words of their own."""
        return (self.origin.tokens / f"{side}.{what}.json").exists()

    def translate(self, sentences: "Sequence[str | SentenceOfTest]", beam: int | None = None, replicas: int = 1) -> list[str]:
        """What an encoder-decoder writes for each sentence."""
        self._refuse("translate")

    def attend(self, sentence: "str | SentenceOfTest", target: str | None = None, beam: int | None = None) -> "Attended":
        """Where an encoder-decoder looks while it writes."""
        self._refuse("attend")

    def generate(self, prompt: str = "", settings: SamplingSettings | None = None, count: int = 1) -> "Generated":
        """Texts that a language model draws after a prompt."""
        self._refuse("generate")

    def label(self, sentences: Sequence[str]) -> "list[Labelled]":
        """The labels that a tagger gives the words of each sentence, or a classifier the whole."""
        self._refuse("label")

    def fill(self, sentence: str, top: int = 5) -> "Filled":
        """The likeliest tokens for each gap of a sentence, by a masked language model."""
        self._refuse("fill")

    def _logits(self, sentences: Sequence[Sequence[int]], places: Sequence[Sequence[int]]) -> "Tensor":
        """(B, T, V) float64: what a model that reads says at the `places` of each sentence of ids."""
        import torch

        from embedseq.text.batches import question

        batch = question(sentences, places).to(next(self.model.parameters()).device)
        with torch.inference_mode():
            return self.model.predict(batch).logits.double().cpu()

    def _refuse(self, question: str) -> NoReturn:
        fitting = " or ".join(f"`embedseq {each}`" for each in QUESTIONS[self.kind])
        others = [label for label, kind in self.origin.kinds.items() if question in QUESTIONS[kind]]
        if len(others) > NAMED:
            others = [*others[:NAMED], f"{len(others) - NAMED} more"]
        answering = f"In this run it can ask {', '.join(others)}" if others else "This run has no such model"
        wanted = " or ".join(named(kind) for kind, questions in QUESTIONS.items() if question in questions)
        raise RequestError(
            f"`embedseq {question}` asks {wanted}, but {self.name} is {named(self.kind)}: ask it with {fitting}. {answering}."
        )


def at_least_one(name: str, number: int) -> None:
    """Raises RequestError for a number that a question cannot be asked with."""
    if number < 1:
        raise RequestError(f"{name}: expected 1 or more, found {number}")
