"""Pieces of words as tokens: byte-pair encoding (Sennrich et al. 2016) and unigram pieces (Kudo 2018), both reversible.

The word tokeniser cuts first, so that no piece crosses a word's boundary, and the marks of attachment are pieces like any other.
The first piece of a word is written as it is, each further one with `##` before it: `city`, but `un ##happi ##ness`. (`▁` is an
empty first piece, for a word whose first character begins no piece of its own.)

No text is lost. A character that is too rare for the alphabet is spelt out between two `␛` with its code point in hexadecimal
digits (`é` as `␛e9␛`); the digits and the `␛` are always pieces, so there is never an unknown token. The word tokeniser has
already put aside every `␛` and `▁` of the text itself, and a `#` is always a word of its own, so no notation can be mistaken for
text.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from embedseq.errors import RequestError
from embedseq.text.gold_words import GoldWords, WordTokens
from embedseq.text.settings import TokenSettings
from embedseq.text.unigram import train_unigram
from embedseq.text.vocabulary import SPECIALS, Vocabulary
from embedseq.text.words import JOINER, SPELLING, WORD_MARK, WordTokeniser

CONTINUES = "##"
DEFAULT_SIZE = 8000
REMEMBERED = 50_000  # words whose pieces are kept at hand
_BASE = frozenset("0123456789abcdefABCDEFU+" + JOINER + SPELLING + WORD_MARK)  # spells out any character
_SPELT = re.compile(f"{SPELLING}([0-9a-f]{{1,6}}){SPELLING}")


class PieceTokeniser:
    """The pieces of the words that a word tokeniser finds, by a model of the `tokenizers` library."""

    def __init__(self, kind: str, words: WordTokeniser, model: Tokenizer) -> None:
        self.kind, self.words, self.model = kind, words, model
        self.alphabet = frozenset(piece for piece in model.get_vocab() if len(piece) == 1)
        self._remembered: dict[str, tuple[str, ...]] = {}

    @classmethod
    def from_record(cls, record: Mapping[str, Any], words: WordTokeniser) -> "PieceTokeniser":
        """From what `record` gave. Raises ValueError when the library cannot read the model."""
        try:
            return cls(record["kind"], words, Tokenizer.from_str(json.dumps(record["model"])))
        except Exception as error:  # the library raises plain Exception
            raise ValueError(str(error)) from error

    def tokenise(self, text: str) -> list[str]:
        """The pieces of `text`; none of them contains white space."""
        return [piece for word in self.words.tokenise(text) for piece in self.pieces(word)]

    def tokenise_words(self, words: GoldWords) -> WordTokens:
        """The pieces of a sentence: each word of it begins with a piece of its own, as the word tokeniser cuts it."""
        cut = self.words.tokenise_words(words)
        pieces = [self.pieces(token) for token in cut.tokens]
        first = list(accumulate(map(len, pieces), initial=0))
        return WordTokens(list(chain.from_iterable(pieces)), [first[start] for start in cut.starts])

    def pieces(self, word: str) -> tuple[str, ...]:
        """The pieces of one token of the word tokeniser."""
        found = self._remembered.get(word)
        if found is None:
            raw = self.model.encode(WORD_MARK + spell(word, self.alphabet)).tokens
            found = tuple(_written(piece) for piece in raw)
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            self._remembered[word] = found
        return found

    def detokenise(self, tokens: Iterable[str]) -> str:
        """The text of `tokens`. Any tokens give some text, those that a model made up as well."""
        return self.words.detokenise(_join(tokens))

    def word_starts(self, tokens: Sequence[str]) -> list[bool]:
        """True for the first piece of each word or mark."""
        return [row == 0 or not token.startswith(CONTINUES) for row, token in enumerate(tokens)]

    def record(self) -> dict[str, Any]:
        """What `save` writes."""
        return self.words.record() | {"kind": self.kind, "model": json.loads(self.model.to_str())}

    def save(self, path: Path) -> None:
        """Write JSON; the same tokeniser always gives the same bytes."""
        path.write_text(json.dumps(self.record(), sort_keys=True, separators=(",", ":")) + "\n", encoding="ascii")


def train_pieces(settings: TokenSettings, words: WordTokeniser, counts: Counter[str]) -> tuple[PieceTokeniser, Vocabulary]:
    """A piece tokeniser and its vocabulary from how often each word stands in the text.

    Characters rarer than `min_count` are spelt out. Raises RequestError when `size` leaves no room for the characters.
    """
    size = settings.size or DEFAULT_SIZE
    alphabet = _alphabet(counts, settings.min_count, size - len(SPECIALS))
    spelt: Counter[str] = Counter()
    for word, count in counts.items():
        spelt[WORD_MARK + spell(word, alphabet)] += count
    train = _train_bpe if settings.kind == "bpe" else _train_unigram
    tokeniser = PieceTokeniser(settings.kind, words, train(spelt, size - len(SPECIALS), alphabet))
    pieces: Counter[str] = Counter({_written(piece): 0 for piece in tokeniser.model.get_vocab()})
    for word, count in counts.items():
        for piece in tokeniser.pieces(word):
            pieces[piece] += count
    return tokeniser, Vocabulary.from_counts(pieces, min_count=0)


def spell(word: str, alphabet: frozenset[str]) -> str:
    """`word` with every character outside `alphabet` spelt out."""
    if alphabet.issuperset(word):
        return word
    return "".join(char if char in alphabet else f"{SPELLING}{ord(char):x}{SPELLING}" for char in word)


def _written(raw: str) -> str:
    """A piece of the library's model as a token: the mark stands on what continues a word, not on what begins one."""
    if not raw.startswith(WORD_MARK):
        return CONTINUES + raw
    return raw[len(WORD_MARK) :] or WORD_MARK


def _join(tokens: Iterable[str]) -> Iterator[str]:
    """The words that pieces make up."""
    word: str | None = None
    for token in tokens:
        if token.startswith(CONTINUES):
            word = (word or "") + token[len(CONTINUES) :]
            continue
        if word is not None:
            yield _SPELT.sub(_read_spelt, word)
        word = "" if token == WORD_MARK else token
    if word is not None:
        yield _SPELT.sub(_read_spelt, word)


def _read_spelt(match: re.Match[str]) -> str:
    code = int(match.group(1), 16)
    return chr(code) if code <= 0x10FFFF else match.group()


def _alphabet(counts: Counter[str], min_count: int, room: int) -> frozenset[str]:
    characters: Counter[str] = Counter()
    for word, count in counts.items():
        for char in word:
            characters[char] += count
    alphabet = _BASE | {char for char, count in characters.items() if count >= min_count}
    if len(alphabet) > room:
        raise RequestError(
            f"the text has {len(alphabet):,} characters with those that spell out the others, more than the "
            f"{room + len(SPECIALS):,} tokens of `size` hold: raise `size` to at least {len(alphabet) + len(SPECIALS):,}, "
            "or `min_count`, so that rare characters are spelt out"
        )
    return alphabet


def _train_bpe(counts: Counter[str], size: int, alphabet: frozenset[str]) -> Tokenizer:
    model = Tokenizer(models.BPE())
    model.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=sorted(alphabet), limit_alphabet=len(alphabet), special_tokens=[], show_progress=False
    )
    model.train_from_iterator(_repeated(counts), trainer)
    return model


def _repeated(counts: Counter[str]) -> Iterator[str]:
    """Each word as often as it was counted, in lines of at most a thousand: the library counts for itself."""
    for word, count in sorted(counts.items()):
        for done in range(0, count, 1000):
            yield " ".join([word] * min(1000, count - done))


def _train_unigram(counts: Counter[str], size: int, alphabet: frozenset[str]) -> Tokenizer:
    model = Tokenizer(models.Unigram(train_unigram(counts, size, alphabet)))
    model.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return model
