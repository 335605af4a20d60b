"""The words of the two invented languages: stems that a seed makes up, their endings, and how often each word is said.

No form means two things: within a language and across both, every form belongs to one lexeme. The word of rank r in its class is
said in proportion to 1/r (Zipf 1949), and frequent words are short, as in natural languages.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from embedseq.seeds import stream
from embedseq.text.draws import Draws

Language = Literal[0, 1]
"""The first language and the second."""
Class = Literal["noun", "transitive", "intransitive", "control", "adjective", "adverb", "adposition", "conjunction", "article"]
Forms = tuple[str, ...]

SHARES: Mapping[Class, float] = {
    "noun": 0.45,
    "transitive": 0.15,
    "intransitive": 0.1,
    "control": 0.05,
    "adjective": 0.15,
    "adverb": 0.1,
}
"""The classes that the vocabulary is parted into."""
FUNCTION_WORDS: Mapping[Class, int] = {"adposition": 5, "conjunction": 3, "article": 2}
SMALLEST_VOCABULARY = 20
VERBS: tuple[Class, ...] = ("transitive", "intransitive", "control")

VERB_ENDINGS: tuple[Mapping[Forms, str], Mapping[Forms, str]] = (
    {
        ("Sing", "Pres", "Fin"): "o",
        ("Plur", "Pres", "Fin"): "un",
        ("Sing", "Past", "Fin"): "ado",
        ("Plur", "Past", "Fin"): "adun",
        ("Inf",): "el",
    },
    {
        ("Sing", "Pres", "Fin"): "it",
        ("Plur", "Pres", "Fin"): "itar",
        ("Sing", "Past", "Fin"): "esk",
        ("Plur", "Past", "Fin"): "eskar",
        ("Inf",): "om",
    },
)
"""For each language: number, tense and form of a verb -> what its stem ends in."""
NOUN_ENDINGS: tuple[Mapping[Forms, str], Mapping[Forms, str]] = (
    {("Sing",): "", ("Plur",): "ik"},
    {("Com", "Sing"): "a", ("Com", "Plur"): "ai", ("Neut", "Sing"): "o", ("Neut", "Plur"): "oi"},
)
"""For each language: (gender and) number of a noun -> its ending. The first language has no gender."""
ADJECTIVE_ENDINGS: tuple[Mapping[Forms, str], Mapping[Forms, str]] = (
    {(): ""},
    {("Com", "Sing"): "ne", ("Com", "Plur"): "nei", ("Neut", "Sing"): "nu", ("Neut", "Plur"): "nui"},
)
"""Adjectives agree with their noun in the second language, and have one form in the first."""
PLAIN: Mapping[Forms, str] = {(): ""}
CONSONANTS = ("bdfglmnprstv", "hjkpqtwxzn")
VOWELS = ("aeiou", "aeiouy")


@dataclass(frozen=True, eq=False)
class Lexeme:
    """A word with its counterpart. Two lexemes are never equal."""

    name: str
    """`noun 3`: its class and its rank by frequency."""
    cls: Class | Literal["relativiser", "particle"]
    stems: tuple[str, str]
    gender: Literal["Com", "Neut"] = "Com"
    """Of a noun, in the second language."""

    def endings(self, language: Language) -> Mapping[Forms, str]:
        """All endings that it may have in a language."""
        if self.cls == "noun":
            return {key: ending for key, ending in NOUN_ENDINGS[language].items() if language == 0 or key[0] == self.gender}
        if self.cls in VERBS:
            return VERB_ENDINGS[language]
        return ADJECTIVE_ENDINGS[language] if self.cls == "adjective" else PLAIN

    def form(self, language: Language, features: Forms = ()) -> str:
        """The word with the ending for these features."""
        return self.stems[language] + self.endings(language)[features]

    def forms(self, language: Language) -> Iterator[str]:
        """All its forms in a language."""
        return (self.stems[language] + ending for ending in self.endings(language).values())


class Shelf:
    """The lexemes of a class, the most frequent first."""

    def __init__(self, lexemes: tuple[Lexeme, ...]) -> None:
        self.lexemes = lexemes
        self._cumulative = list(accumulate(1 / rank for rank in range(1, len(lexemes) + 1)))

    def draw(self, draws: Draws) -> Lexeme:
        """One of them, in proportion to 1 / rank."""
        return self.lexemes[draws.weighted(self._cumulative)]


class Lexicon:
    """All words of both languages. `vocabulary`: how many lexemes there are besides some twelve function words."""

    def __init__(self, seed: int, vocabulary: int) -> None:
        self._draws = Draws(stream(seed, "lexicon"))
        self._taken: set[str] = set()
        sizes = {cls: max(2, round(share * vocabulary)) for cls, share in SHARES.items()}
        sizes["noun"] += vocabulary - sum(sizes.values())
        self.relativiser = self._invent("relativiser", 0)
        self.particle = self._invent("particle", 0)
        self.shelves: Mapping[Class, Shelf] = {
            cls: Shelf(tuple(self._invent(cls, rank) for rank in range(1, size + 1)))
            for cls, size in {**FUNCTION_WORDS, **sizes}.items()
        }

    @property
    def lexemes(self) -> Iterator[Lexeme]:
        """All of them."""
        yield from (self.relativiser, self.particle)
        for shelf in self.shelves.values():
            yield from shelf.lexemes

    def by_form(self, language: Language) -> dict[str, Lexeme]:
        """Every form of a language -> what it is a form of."""
        return {form: lexeme for lexeme in self.lexemes for form in lexeme.forms(language)}

    def _invent(self, cls: Class | Literal["relativiser", "particle"], rank: int) -> Lexeme:
        """A lexeme of which no form is taken, as short as can be found."""
        open_class = cls in SHARES
        for attempt in range(10_000):
            syllables = 1 + attempt // 8
            first, second = (self._stem(syllables, open_class, language) for language in (0, 1))
            gender: Literal["Com", "Neut"] = "Com" if self._draws.chance(0.5) else "Neut"
            lexeme = Lexeme(f"{cls} {rank}".removesuffix(" 0"), cls, (first, second), gender)
            forms = [form for language in (0, 1) for form in lexeme.forms(language)]
            if len(set(forms)) == len(forms) and self._taken.isdisjoint(forms):
                self._taken.update(forms)
                return lexeme
        raise AssertionError("longer stems always give new words")

    def _stem(self, syllables: int, closed: bool, language: int) -> str:
        """Consonant and vowel by turns; words that take endings end in a consonant."""
        consonants, vowels = CONSONANTS[language], VOWELS[language]
        stem = "".join(self._draws.one_of(consonants) + self._draws.one_of(vowels) for _ in range(syllables))
        return stem + self._draws.one_of(consonants) if closed else stem
