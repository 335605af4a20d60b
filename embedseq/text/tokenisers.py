"""The tokenisers' common face: training one on a corpus, saving and loading. The kinds have files of their own."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from embedseq.errors import InputError
from embedseq.text.characters import CharacterTokeniser
from embedseq.text.gold_words import GoldWords, WordTokens
from embedseq.text.labels import LabelTokeniser
from embedseq.text.pieces import PieceTokeniser, train_pieces
from embedseq.text.segmentation import segmenter
from embedseq.text.settings import TokenSettings
from embedseq.text.vocabulary import Vocabulary
from embedseq.text.words import WordTokeniser

Sentences = Callable[[], Iterator[str]]


class Tokeniser(Protocol):
    """Cuts text into tokens and back: `detokenise(tokenise(text)) == text` for every string of Unicode characters."""

    def tokenise(self, text: str) -> list[str]:
        """The tokens of `text`; none of them contains white space."""
        ...

    def tokenise_words(self, words: GoldWords) -> WordTokens:
        """The tokens of a sentence whose words are known: each begins with a token of its own.

        They are those of its running text but for what would reach over a word's bound; joined they are that text.
        """
        ...

    def detokenise(self, tokens: Iterable[str]) -> str:
        """The text of `tokens`. Any tokens give some text, those that a model made up as well."""
        ...

    def word_starts(self, tokens: Sequence[str]) -> list[bool]:
        """For each token whether a word (or a mark, or a space) begins with it: how probes pool pieces into words."""
        ...

    def record(self) -> dict[str, Any]:
        """What `save` writes."""
        ...

    def save(self, path: Path) -> None:
        """Write JSON; the same tokeniser always gives the same bytes."""
        ...


Cut = Callable[[Tokeniser, str], list[str]]


def _as_text(tokeniser: Tokeniser, sentence: str) -> list[str]:
    return tokeniser.tokenise(sentence)


def train_tokeniser(settings: TokenSettings, sentences: Sentences, cut: Cut = _as_text) -> tuple[Tokeniser, Vocabulary]:
    """A tokeniser and the vocabulary of its tokens. Reads all of `sentences` once; memory grows with the types alone.

    `cut` says how a tokeniser cuts a sentence that is no running text.

    Words and characters beyond the settings' `size` or below `min_count` become `<unk>`; pieces (bpe, unigram) never do, since
    what they lack is spelt out (see `pieces.py`). Raises RequestError when `size` is too small for the text's characters.
    """
    if settings.kind in ("bpe", "unigram"):
        words = WordTokeniser(segmenter(settings.segmenter))
        return train_pieces(settings, words, _counts(words, sentences, cut))
    tokeniser = CharacterTokeniser() if settings.kind == "char" else WordTokeniser(segmenter(settings.segmenter))
    return tokeniser, Vocabulary.from_counts(_counts(tokeniser, sentences, cut), settings.size, settings.min_count)


def train_labels(labels: Sentences) -> tuple[Tokeniser, Vocabulary]:
    """The tokeniser of labels, and the vocabulary of those that there are."""
    tokeniser = LabelTokeniser()
    return tokeniser, Vocabulary.from_counts(_counts(tokeniser, labels, _as_text))


def load_tokeniser(path: Path) -> Tokeniser:
    """The tokeniser that `save` wrote. Raises InputError when the file is something else."""
    try:
        record = json.loads(path.read_text(encoding="ascii"))
        kind = record["kind"]
        if kind in ("char", "label"):
            return CharacterTokeniser() if kind == "char" else LabelTokeniser()
        words = WordTokeniser(segmenter(record["segmenter"]))
        if kind == "word":
            return words
        if kind in ("bpe", "unigram"):
            return PieceTokeniser.from_record(record, words)
        raise ValueError(f"kind {kind!r} is not one of word, char, bpe, unigram, label")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: expected a tokeniser that embedseq saved, found something else ({error})") from error


def _counts(tokeniser: Tokeniser, sentences: Sentences, cut: Cut) -> Counter[str]:
    counts: Counter[str] = Counter()
    for sentence in sentences():
        counts.update(cut(tokeniser, sentence))
    return counts
