"""Tasks over random symbols whose answer and alignment are known exactly: copy, reverse, dictionary, key-value recall.

| kind | source | target |
| --- | --- | --- |
| copy | `s4 s0 s9` | `s4 s0 s9` |
| reverse | `s4 s0 s9` | `s9 s0 s4` |
| dictionary | `a4 a0 a9 a2` | each stretch of `reorder` words backwards, each word as the dictionary has it: `b7 b1 b3 b5` |
| key-value | `k4 v0 k9 v2 k1 v2 ? k9` | `v2` |

Copy and reverse are those of Graves et al. 2014 and Grefenstette et al. 2015; recall by keys is that of Ba et al. 2016.

Lengths go up to `longest` in training and validation and up to `test_factor` times that in the test split; each is as frequent as
any other. For key-value recall it is the distance that does so: the number of tokens between the value that is asked for and the
question mark, which is even.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from embedseq.errors import RequestError
from embedseq.seeds import stream
from embedseq.text.draws import Draws
from embedseq.text.shares import Split, share_of

TaskKind = Literal["copy", "reverse", "dictionary", "key-value"]
QUESTION = "?"
SHORTEST = 2
"""Symbols. Of single ones there are too few for three splits."""
TRIES = 1000


@dataclass(frozen=True)
class TaskSettings:
    """What decides a task and its pairs. Raises RequestError for what cannot be."""

    kind: TaskKind
    seed: int = 1
    vocabulary: int = 200
    """How many symbols a side has; for `key-value` how many keys, and as many values."""
    longest: int = 20
    """The most symbols of a source (for `key-value` the greatest distance) in training and validation."""
    test_factor: int = 4
    """How many times as long the test split's longest source is."""
    reorder: int = 3
    """For `dictionary`: stretches of so many words are written backwards."""

    def __post_init__(self) -> None:
        for name in ("longest", "test_factor", "reorder", "vocabulary"):
            least = {"longest": SHORTEST, "vocabulary": 2}.get(name, 1)
            if getattr(self, name) < least:
                raise RequestError(f"{name}: expected {least} or more; found {getattr(self, name)}")
        if self.kind == "key-value" and self.vocabulary < (keys := keys_needed(self.longest, self.test_factor)):
            raise RequestError(
                f"vocabulary: recall over {self.longest * self.test_factor} tokens needs {keys} different keys; "
                f"found {self.vocabulary}"
            )

    def longest_in(self, split: Split) -> int:
        """The greatest length (for `key-value` distance) in a split."""
        return self.longest * (self.test_factor if split == "test" else 1)


@dataclass(frozen=True)
class SymbolPair:
    """What is read and what is to be written."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    alignment: frozenset[tuple[int, int]]
    """The places, counted from 0, of what each target symbol is made of: (target symbol, source symbol)."""


def keys_needed(longest: int, test_factor: int) -> int:
    """How many pairs stand in the longest source of a key-value task."""
    return longest * test_factor // 2 + 1


def dictionary_of(settings: TaskSettings) -> Mapping[str, str]:
    """The counterpart of each source word of the dictionary task; no two have the same."""
    order = Draws(stream(settings.seed, "dictionary")).shuffled(range(settings.vocabulary))
    return {f"a{word}": f"b{other}" for word, other in enumerate(order)}


def generate_task(settings: TaskSettings, split: Split, count: int) -> Iterator[SymbolPair]:
    """The first `count` pairs of a split, one at a time; more of them begin with the same ones. Splits share no source."""
    draws = Draws(stream(settings.seed, settings.kind, split))
    dictionary = dictionary_of(settings) if settings.kind == "dictionary" else {}
    for length in _lengths(draws, settings, split, count):
        for _ in range(TRIES):
            pair = _pair(draws, settings, length, settings.longest_in(split), dictionary)
            if share_of(" ".join(pair.source)) == split:
                yield pair
                break
        else:
            raise RequestError(
                f"there are too few different sources of length {length} for three splits: a vocabulary of more than "
                f"{settings.vocabulary} is needed"
            )


def _lengths(draws: Draws, settings: TaskSettings, split: Split, count: int) -> Iterator[int]:
    """All lengths in random order, then all of them in another order, and so on."""
    recall = settings.kind == "key-value"
    lengths = range(0 if recall else SHORTEST, settings.longest_in(split) + 1, 2 if recall else 1)
    while count > 0:
        yield from draws.shuffled(lengths)[:count]
        count -= len(lengths)


def _pair(draws: Draws, settings: TaskSettings, length: int, longest: int, dictionary: Mapping[str, str]) -> SymbolPair:
    if settings.kind == "key-value":
        return _recall(draws, settings.vocabulary, length, longest)
    symbol = "a" if settings.kind == "dictionary" else "s"
    source = tuple(f"{symbol}{draws.between(0, settings.vocabulary - 1)}" for _ in range(length))
    stretch = {"copy": 1, "reverse": length, "dictionary": settings.reorder}[settings.kind]
    order = [place for first in range(0, length, stretch) for place in reversed(range(length)[first : first + stretch])]
    return SymbolPair(source, tuple(dictionary.get(source[place], source[place]) for place in order), _links(order))


def _recall(draws: Draws, vocabulary: int, distance: int, longest: int) -> SymbolPair:
    """Pairs of different keys and any values, and the question for one of them, behind which `distance` tokens stand."""
    before = draws.between(0, (longest - distance) // 2)
    keys = _different(draws, vocabulary, before + 1 + distance // 2)
    values = [draws.between(0, vocabulary - 1) for _ in keys]
    pairs = [symbol for key, value in zip(keys, values, strict=True) for symbol in (f"k{key}", f"v{value}")]
    return SymbolPair((*pairs, QUESTION, f"k{keys[before]}"), (f"v{values[before]}",), _links([2 * before + 1]))


def _different(draws: Draws, below: int, count: int) -> list[int]:
    """So many different numbers, in random order."""
    found: dict[int, None] = {}
    while len(found) < count:
        found[draws.between(0, below - 1)] = None
    return list(found)


def _links(order: Sequence[int]) -> frozenset[tuple[int, int]]:
    """Target symbol n is made of source symbol order[n]."""
    return frozenset(enumerate(order))
