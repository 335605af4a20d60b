"""An encoder-decoder of a run: text in, text out."""

from collections.abc import Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, cast

from embedseq.errors import RequestError
from embedseq.pipeline.source_text import SentenceOfTest, SourceText, image_of_test, sentence_of_test
from embedseq.pipeline.trained import Origin, TrainedModel, at_least_one
from embedseq.text.corpora import prepare
from embedseq.text.forms import forms_of
from embedseq.text.restoration import mend, restore, strip
from embedseq.text.sections import split_sections
from embedseq.text.vocabulary import END, SPECIALS

if TYPE_CHECKING:
    from embedseq.models.seq2seq import Seq2Seq
    from embedseq.pipeline.attending import Attended

BATCH_TOKENS = 4096


class Translator(TrainedModel):
    """An encoder-decoder with the tokenisers of its corpus.

    In a sentence that it is given, tabs part the sources that it reads side by side, and ␞ between spaces the sentences of a text
    that its corpus keeps apart (`sections`).
    """

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self.search = origin.search
        self.sides = origin.data.source_sides

    def translate(self, sentences: Sequence[str | SentenceOfTest], beam: int | None = None, replicas: int = 1) -> list[str]:
        """The best hypothesis for each sentence, as text; an empty sentence gives an empty text.

        A model that was trained for `task: restoration` gives the sentence with its case and punctuation restored. `replicas` are
        processes of one thread that share the sentences; each is forked from this one. Raises RequestError for a `beam` or
        `replicas` below one.
        """
        at_least_one("replicas", replicas)
        read = [self._read(sentence) for sentence in sentences]
        written = iter(self._written([stretch for stretches in read for stretch in stretches], beam, replicas))
        return [self._text(stretches, list(islice(written, len(stretches)))) for stretches in read]

    def attend(self, sentence: str | SentenceOfTest, target: str | None = None, beam: int | None = None) -> "Attended":
        """Where the model looks when it writes `target`, or else the best hypothesis that it finds, for a sentence.

        For `task: restoration` the target is the sentence with its case and punctuation. Raises RequestError for an empty
        sentence, and for a model without attention.
        """
        from embedseq.pipeline.attending import Attended, attention_layers, attention_unit, reading_of

        sources = self._read(sentence)
        if not any(sources):
            raise RequestError("the sentence has no tokens: there is nothing to look at")
        targets = self._written(sources, beam) if target is None else self._given(target, sources)
        model, layers = cast("Seq2Seq", self.model), attention_layers(self.shape)
        readings = [reading_of(model, layers, self.vocabularies, pair) for pair in zip(sources, targets, strict=True)]
        found = tuple(reading for reading in readings if reading is not None)
        if not found:
            raise RequestError(
                f"{self.name} has no attention (`attention: none`): its decoder gets a summary of the sentence that has the same "
                "length for all, so that there are no weights to show"
            )
        kinds = [str(tokeniser.record()["kind"]) for tokeniser in self.tokenisers.values()]
        kinds += ["image"] if self.data.reads_images else []
        return Attended(self.name, self._text(sources, targets), found, tuple(kinds), attention_unit(self.shape))

    def _read(self, sentence: str | SentenceOfTest) -> list[SourceText]:
        """A sentence as the model reads it: stretch by stretch for a restoration, otherwise all at once."""
        if self.data.reads_images:
            return [image_of_test(self.origin.tokens, self._numbered(sentence))]
        if self.data.task == "restoration":
            return [SourceText({"source": tuple(words)}) for words in self._stretches(self._bare_words(sentence))]
        texts = self._given_texts(sentence) if isinstance(sentence, str) else self._stored_texts(sentence)
        return [SourceText({side: tuple(self._tokens(side, text)) for side, text in texts.items()})]

    def _tokens(self, side: str, text: str) -> list[str]:
        """The tokens of a source; of one in sections the end symbol between its sentences, too."""
        sections = split_sections(text) if forms_of(self.data).get(side) == "sections" else [text]
        parts = [[SPECIALS[END], *self.tokenisers[side].tokenise(section)] for section in sections]
        return list(chain.from_iterable(parts))[1:]

    def _numbered(self, sentence: str | SentenceOfTest) -> SentenceOfTest:
        if isinstance(sentence, str):
            raise RequestError(
                f"{self.name} reads images, not text: ask about an image of the test split, `--test 1` for the first one (in "
                "Python `SentenceOfTest(1)`)"
            )
        return sentence

    def _bare_words(self, sentence: str | SentenceOfTest) -> Sequence[str]:
        """Those of a restoration, of which the corpus has no others."""
        if isinstance(sentence, str):
            return strip(sentence).words
        return self.tokenisers["source"].tokenise(self._stored_texts(sentence)["source"])

    def _given_texts(self, sentence: str) -> dict[str, str]:
        """The text of each source, prepared as the corpus was. Raises RequestError where there are not as many as sources."""
        texts = [""] * len(self.sides) if not sentence.strip() else [sentence]
        if len(self.sides) > 1 and sentence.strip():
            texts = sentence.removesuffix("\n").split("\t")
        if len(texts) != len(self.sides):
            raise RequestError(
                f"{self.name} reads {len(self.sides)} sources: expected a sentence for each, parted by tabs, "
                f"found {len(texts)} in '{sentence.strip()}'"
            )
        return {side: prepare(text, self.data) for side, text in zip(self.sides, texts, strict=True)}

    def _stored_texts(self, which: SentenceOfTest) -> dict[str, str]:
        """The text of each source of a test sentence, as it was prepared."""
        text = self.origin.text()
        return {side: sentence_of_test(text, which, side) for side in self.sides}

    def _stretches(self, items: Sequence[str]) -> list[list[str]]:
        """Words or labels in stretches of the length that the model was trained on."""
        longest = self.data.stretch or max(1, len(items))
        return [list(items[start : start + longest]) for start in range(0, len(items), longest)]

    def _written(self, sources: Sequence[SourceText], beam: int | None, replicas: int = 1) -> list[list[str]]:
        """The target tokens of the best hypothesis for each source; none for nothing."""
        from embedseq.decoding.translate import translate

        if beam is not None:
            at_least_one("beam", beam)
        search = self.search if beam is None else self.search.model_copy(update={"beam": beam})
        asked = [place for place, source in enumerate(sources) if source]
        written: list[list[str]] = [[] for _ in sources]
        if not asked:
            return written
        first, *further = zip(*(sources[place].rows(self.vocabularies) for place in asked), strict=True)
        found = translate(cast("Seq2Seq", self.model), first, search, BATCH_TOKENS, further, replicas)
        for place, hypotheses in zip(asked, found, strict=True):
            written[place] = self.vocabularies["target"].tokens_of(hypotheses[0].tokens)
        return written

    def _given(self, target: str, sources: Sequence[SourceText]) -> list[list[str]]:
        """The target tokens of a text that was given, for each of the sources. Raises RequestError where they do not pair."""
        if self.data.task != "restoration":
            return [self.tokenisers["target"].tokenise(prepare(target, self.data))]
        stripped = strip(target)
        words = [word for stretch in sources for word in stretch.tokens["source"]]
        if list(stripped.words) != words:
            raise RequestError(
                f"the target of a restoration is the same sentence with its case and punctuation: expected the words "
                f"'{' '.join(words)}', found '{' '.join(stripped.words)}'"
            )
        return self._stretches(stripped.labels)

    def _text(self, sources: Sequence[SourceText], targets: Sequence[Sequence[str]]) -> str:
        """What target tokens say of the sources. Of a restoration: case and marks on the words, lower case without a label."""
        if self.data.task != "restoration":
            return self.tokenisers["target"].detokenise(token for tokens in targets for token in tokens)
        read = [stretch.tokens["source"] for stretch in sources]
        labels = [label for stretch, found in zip(read, targets, strict=True) for label in mend(found, len(stretch))]
        return restore([word for stretch in read for word in stretch], labels)
