"""Words and punctuation as tokens, reversibly: the marks of attachment stand on the punctuation, so that words stay clean.

Between two tokens stands one space, unless a token says otherwise with a joiner `￭`: in `Hello ￭, world` the comma is attached
to the word before it. Next to a character of a script that is written without spaces it is the other way round: nothing stands
between the tokens, and a space is a token. All other white space is spelt out as `￭U+0009￭`, and so are the few characters that
this notation needs for itself, should the text contain them. Joiners are an idea of OpenNMT's tokeniser (Klein et al. 2017).
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from embedseq.text.gold_words import GoldWords, WordTokens
from embedseq.text.segmentation import Segmenter, segmenter

JOINER = "￭"
WORD_MARK = "▁"  # pieces.py begins words with it
SPELLING = "␛"  # pieces.py spells characters out with it
RESERVED = frozenset((JOINER, WORD_MARK, SPELLING))

# Han, kana, and the punctuation that goes with them: scripts without spaces between words.
_DENSE_LETTERS = "\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_DENSE = re.compile(f"[{_DENSE_LETTERS}\u3001-\u3004\u3008-\u303f\uff01-\uff60\uffe0-\uffe6]")
# Marks that combine with a letter are part of the word, but no `\w` for Python: accents, Hebrew and Arabic points, Indic vowels.
_MARKS = "\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u200c\u200d"
_LETTER = f"(?:(?![{_DENSE_LETTERS}])[\\w{_MARKS}])"
_ENDINGS = "(?:s|t|m|d|re|ve|ll)"  # of English: it's, don't, I'm, we'd, you're, I've, she'll

_ESCAPED = re.compile(r"U\+([0-9A-F]{4,6})")


@cache
def _unit() -> re.Pattern[str]:
    """A unit, in a group that says its kind. Compiling it takes longer than all else here: not every command reads text.

    A number is as long as it can be because nothing that would make it longer may follow: possessive groups, `(…)++`, would say
    so, too, but Python 3.11.2 takes the comma behind "1,000, " for a part of one.
    """
    return re.compile(
        rf"""(?P<space>\s+)
        |(?P<dense>[A-Za-z0-9]*[{_DENSE_LETTERS}][{_DENSE_LETTERS}A-Za-z0-9]*)
        |(?P<number>\d+(?:[.,]\d+)+(?!{_LETTER}|[.,]\d))
        |(?P<ending>['’]{_ENDINGS}(?!{_LETTER}|['’]))
        |(?P<elided>{_LETTER}+['’](?={_LETTER})(?!{_ENDINGS}(?!{_LETTER}|['’])))
        |(?P<word>{_LETTER}+)
        |(?P<mark>.)""",
        re.VERBOSE | re.DOTALL | re.IGNORECASE,
    )


class Unit(NamedTuple):
    """A stretch of text that becomes one token, and what kind it is: a group of `_unit`."""

    text: str
    kind: str

    @property
    def is_word(self) -> bool:
        """Whether its token must stay clean, so that its neighbour carries the joiner."""
        return self.kind in ("word", "number", "dense")


def units(text: str) -> Iterator[Unit]:
    """The words, marks and stretches of white space of `text`, end to end."""
    for match in _unit().finditer(text):
        yield Unit(match.group(), match.lastgroup or "")


def escape(char: str) -> str:
    """A character spelt out: `U+0009`."""
    return f"U+{ord(char):04X}"


def unescape(token: str) -> str:
    """The character that `escape` spelt out; any other token as it is."""
    match = _ESCAPED.fullmatch(token)
    code = int(match.group(1), 16) if match else -1
    return chr(code) if 0 <= code <= 0x10FFFF else token


def _gap(before: str, after: str) -> str:
    """What stands between two tokens that say nothing about it, from their last and first character."""
    return "" if _DENSE.match(before) or _DENSE.match(after) else " "


def _spell(chars: str) -> list[str]:
    """Tokens that spell out characters; they hold on to both their neighbours."""
    return [f"{JOINER}{escape(char)}{JOINER}" for char in chars]


class _Part(NamedTuple):
    """A unit of a sentence whose words are known, and whether one of them begins with it."""

    unit: Unit
    begins: bool


def _parted(found: Iterable[Unit], starts: frozenset[int]) -> Iterator[_Part]:
    """The units, end to end; what goes on over the start of a word is cut there, and its parts are read anew."""
    begin = 0
    for unit in found:
        end = begin + len(unit.text)
        cuts = [place for place in range(begin + 1, end) if place in starts]
        pieces = [unit] if not cuts else _cut(unit.text, [place - begin for place in cuts])
        for piece in pieces:
            yield _Part(piece, begin in starts)
            begin += len(piece.text)


def _cut(text: str, places: list[int]) -> list[Unit]:
    """The units of a text that is cut at some places."""
    return [unit for first, last in pairwise((0, *places, len(text))) for unit in units(text[first:last])]


class WordTokeniser:
    """Words, numbers and single marks as tokens.

    A hyphen is a mark like any other (`well ￭-￭ known`), so that the parts of compounds are known words. The English endings
    after an apostrophe are tokens of their own (`city ￭'s`), and so is what French elides before one (`l'￭ homme`). Words of
    scripts without spaces come from the segmenter.
    """

    def __init__(self, segment: Segmenter | None = None) -> None:
        self.segmenter = segment or segmenter("none")

    def tokenise(self, text: str) -> list[str]:
        """The tokens of `text`; none of them contains white space."""
        return self._written(self._units(text)).tokens

    def tokenise_words(self, words: GoldWords) -> WordTokens:
        """The tokens of a sentence: those of its running text, but what reaches over a word's bound is cut there.

        Each word begins with a token of its own; the marks of attachment are those of running text.
        """
        parted = list(_parted(self._units(words.text), frozenset(words.starts)))
        written = self._written(part.unit for part in parted)
        begins = [part.begins for part in parted if part.unit.kind != "space"]
        return WordTokens(written.tokens, [start for start, begin in zip(written.starts, begins, strict=True) if begin])

    def _written(self, found: Iterable[Unit]) -> WordTokens:
        """The tokens of units and the white space between them, and where the token of each unit stands."""
        tokens: list[str] = []
        starts: list[int] = []
        last: Unit | None = None  # the unit before; None where nothing is expected to follow it: at the start, after a spelt one
        gap = ""
        for unit in found:
            if unit.kind == "space":
                gap = unit.text
                continue
            reserved = unit.text in RESERVED
            expected = "" if last is None or reserved else _gap(last.text[-1], unit.text[0])
            token = _spell(unit.text)[0] if reserved else unit.text
            if gap == "" and expected and last is not None:
                if not unit.is_word:
                    token = JOINER + token
                elif not last.is_word:
                    tokens[-1] += JOINER
                else:
                    tokens.append(JOINER)
            elif gap != expected:
                tokens.extend(_spell(gap))
            starts.append(len(tokens))
            tokens.append(token)
            last, gap = (None if reserved else unit), ""
        return WordTokens(tokens + _spell(gap), starts)

    def _units(self, text: str) -> Iterator[Unit]:
        for unit in units(text):
            if unit.kind == "dense":
                yield from (Unit(word, "dense") for word in self.segmenter.cut(unit.text))
            else:
                yield unit

    def detokenise(self, tokens: Iterable[str]) -> str:
        """The text of `tokens`. Any tokens give some text, those that a model made up as well."""
        parts: list[str] = []
        last, glued = "", True
        for token in tokens:
            left, right = token.startswith(JOINER), token.endswith(JOINER)
            core = token.strip(JOINER)
            if left and right and core:
                core = unescape(core)
            glued = glued or left
            if core:
                if not glued:
                    parts.append(_gap(last, core[0]))
                parts.append(core)
                last, glued = core[-1], False
            glued = glued or right
        return "".join(parts)

    def word_starts(self, tokens: Sequence[str]) -> list[bool]:
        """True throughout: each token is a word, a mark or a space of its own."""
        return [True] * len(tokens)

    def record(self) -> dict[str, Any]:
        """What `save` writes."""
        return {"kind": "word", "segmenter": self.segmenter.name}

    def save(self, path: Path) -> None:
        """Write JSON; the same tokeniser always gives the same bytes."""
        path.write_text(json.dumps(self.record(), sort_keys=True) + "\n", encoding="ascii")
