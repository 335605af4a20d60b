"""A trained model with its tokenisers: text in, text out."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from embedseq.decoding.settings import SearchSettings
from embedseq.errors import RequestError
from embedseq.models.settings import ModelShape
from embedseq.pipeline.file.spec import SIDES
from embedseq.pipeline.stages.records import read_record
from embedseq.text.corpora import prepare
from embedseq.text.restoration import mend, restore, strip
from embedseq.text.settings import DataSettings

if TYPE_CHECKING:
    from embedseq.pipeline.attending import Attended

BATCH_TOKENS = 4096


class Translator:
    """A model of a run. `name` is its label, `search` how it was evaluated, `data` how its text was prepared."""

    def __init__(self, model_folder: Path, tokens_folder: Path, search: SearchSettings, data: DataSettings, name: str) -> None:
        from embedseq.pipeline.stages.tokens import tokeniser_of, vocabulary_of
        from embedseq.pipeline.stages.train import load_model

        self.model = load_model(model_folder)
        self.shape = ModelShape.from_record(read_record(model_folder / "shape.json"))
        self.search = search
        self.data = data
        self.name = name
        self.tokenisers = {side: tokeniser_of(tokens_folder, side) for side in SIDES}
        self.vocabularies = {side: vocabulary_of(tokens_folder, side) for side in SIDES}

    def translate(self, sentences: Sequence[str], beam: int | None = None) -> list[str]:
        """The best hypothesis for each sentence, as text; an empty sentence gives an empty text.

        A model that was trained for `task: restoration` gives the sentence with its case and punctuation restored.
        """
        if self.data.task == "restoration":
            return [self._text(words, self._written(words, beam)) for words in map(self._sources, sentences)]
        written = self._written([tokens for sentence in sentences for tokens in self._sources(sentence)], beam)
        return [self.tokenisers["target"].detokenise(tokens) for tokens in written]

    def attend(self, sentence: str, target: str | None = None, beam: int | None = None) -> "Attended":
        """Where the model looks when it writes `target`, or else the best hypothesis that it finds, for a sentence.

        For `task: restoration` the target is the sentence with its case and punctuation. Raises RequestError for an empty
        sentence, and for a model without attention.
        """
        from embedseq.pipeline.attending import Attended, attention_layers, attention_unit, reading_of

        sources = self._sources(sentence)
        if not any(sources):
            raise RequestError("the sentence has no tokens: there is nothing to look at")
        targets = self._written(sources, beam) if target is None else self._given(target, sources)
        sides, layers = (self.vocabularies["source"], self.vocabularies["target"]), attention_layers(self.shape)
        readings = [reading_of(self.model, layers, sides, pair) for pair in zip(sources, targets, strict=True)]
        found = tuple(reading for reading in readings if reading is not None)
        if not found:
            raise RequestError(
                f"{self.name} has no attention (`attention: none`): its decoder gets a summary of the sentence that has the same "
                "length for all, so that there are no weights to show"
            )
        kinds = tuple(str(self.tokenisers[side].record()["kind"]) for side in SIDES)
        return Attended(self.name, self._text(sources, targets), found, kinds, attention_unit(self.shape))

    def _sources(self, sentence: str) -> list[list[str]]:
        """The tokens of a sentence as the model reads them: stretch by stretch for a restoration, otherwise all at once."""
        if self.data.task != "restoration":
            return [self.tokenisers["source"].tokenise(prepare(sentence, self.data))]
        return self._stretches(strip(sentence).words)

    def _stretches(self, items: Sequence[str]) -> list[list[str]]:
        """Words or labels in stretches of the length that the model was trained on."""
        longest = self.data.stretch or max(1, len(items))
        return [list(items[start : start + longest]) for start in range(0, len(items), longest)]

    def _written(self, sentences: Sequence[Sequence[str]], beam: int | None) -> list[list[str]]:
        """The target tokens of the best hypothesis for each sentence of source tokens; none for none."""
        from embedseq.decoding.translate import translate

        search = self.search if beam is None else self.search.model_copy(update={"beam": beam})
        source, target = self.vocabularies["source"], self.vocabularies["target"]
        asked = [row for row, tokens in enumerate(sentences) if tokens]
        found = translate(self.model, [source.ids(sentences[row]) for row in asked], search, BATCH_TOKENS)
        written: list[list[str]] = [[] for _ in sentences]
        for row, hypotheses in zip(asked, found, strict=True):
            written[row] = target.tokens_of(hypotheses[0].tokens)
        return written

    def _given(self, target: str, sources: Sequence[Sequence[str]]) -> list[list[str]]:
        """The target tokens of a text that was given, for each of the sources. Raises RequestError where they do not pair."""
        if self.data.task != "restoration":
            return [self.tokenisers["target"].tokenise(prepare(target, self.data))]
        stripped = strip(target)
        words = [word for stretch in sources for word in stretch]
        if list(stripped.words) != words:
            raise RequestError(
                f"the target of a restoration is the same sentence with its case and punctuation: expected the words "
                f"'{' '.join(words)}', found '{' '.join(stripped.words)}'"
            )
        return self._stretches(stripped.labels)

    def _text(self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]) -> str:
        """What target tokens say of the sources. Of a restoration: case and marks on the words, lower case without a label."""
        if self.data.task != "restoration":
            return self.tokenisers["target"].detokenise(token for tokens in targets for token in tokens)
        words = [word for stretch in sources for word in stretch]
        labels = [label for stretch, found in zip(sources, targets, strict=True) for label in mend(found, len(stretch))]
        return restore(words, labels)
