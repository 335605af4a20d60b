"""The words of a corpus, however the tokens of its model are cut."""

from collections.abc import Iterator

from embedseq.pipeline.stages.evaluation.given import Given
from embedseq.pipeline.stages.text import form_of, sentences_of
from embedseq.pipeline.stages.tokens import tokeniser_of
from embedseq.text.forms import tokens_of
from embedseq.text.segmentation import segmenter
from embedseq.text.words import WordTokeniser


def words_of(given: Given, split: str) -> Iterator[list[str]]:
    """The words and marks of each source text of a split; text without spaces is segmented as the corpus says."""
    words = WordTokeniser(segmenter(tokeniser_of(given.tokens, "source").record().get("segmenter", "none")))
    form = form_of(given.text, "source")
    return (tokens_of(words, line, form) for line in sentences_of(given.text, split, "source"))
