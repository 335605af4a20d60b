"""A trained model with its tokenisers: text in, text out."""

from collections.abc import Sequence
from pathlib import Path

from embedseq.decoding.settings import SearchSettings
from embedseq.text.corpora import prepare
from embedseq.text.restoration import mend, restore, strip
from embedseq.text.settings import DataSettings

BATCH_TOKENS = 4096


class Translator:
    """A model of a run. `search` is how it was evaluated, `data` how its text was prepared."""

    def __init__(self, model_folder: Path, tokens_folder: Path, search: SearchSettings, data: DataSettings) -> None:
        from embedseq.pipeline.stages.tokens import tokeniser_of, vocabulary_of
        from embedseq.pipeline.stages.train import load_model

        self.model = load_model(model_folder)
        self.search = search
        self.data = data
        self.tokenisers = {side: tokeniser_of(tokens_folder, side) for side in ("source", "target")}
        self.vocabularies = {side: vocabulary_of(tokens_folder, side) for side in ("source", "target")}

    def translate(self, sentences: Sequence[str], beam: int | None = None) -> list[str]:
        """The best hypothesis for each sentence, as text; an empty sentence gives an empty text.

        A model that was trained for `task: restoration` gives the sentence with its case and punctuation restored.
        """
        search = self.search if beam is None else self.search.model_copy(update={"beam": beam})
        if self.data.task == "restoration":
            return [self._restored(sentence, search) for sentence in sentences]
        tokenise = self.tokenisers["source"].tokenise
        return [
            self.tokenisers["target"].detokenise(tokens)
            for tokens in self._written([tokenise(prepare(text, self.data)) for text in sentences], search)
        ]

    def _written(self, sentences: Sequence[Sequence[str]], search: SearchSettings) -> list[list[str]]:
        """The target tokens of the best hypothesis for each sentence of source tokens; none for none."""
        from embedseq.decoding.translate import translate

        source, target = self.vocabularies["source"], self.vocabularies["target"]
        asked = [row for row, tokens in enumerate(sentences) if tokens]
        found = translate(self.model, [source.ids(sentences[row]) for row in asked], search, BATCH_TOKENS)
        written: list[list[str]] = [[] for _ in sentences]
        for row, hypotheses in zip(asked, found, strict=True):
            written[row] = target.tokens_of(hypotheses[0].tokens)
        return written

    def _restored(self, sentence: str, search: SearchSettings) -> str:
        """Case and marks of the model's labels on the words of `sentence`; words that it gave no label are in lower case."""
        words = strip(sentence).words
        longest = self.data.stretch or max(1, len(words))
        stretches = [words[start : start + longest] for start in range(0, len(words), longest)]
        labels: list[str] = []
        for stretch, found in zip(stretches, self._written(stretches, search), strict=True):
            labels += mend(found, len(stretch))
        return restore(words, labels)
