"""A small synchronous grammar: sentences that two invented languages say alike, with gold words, trees and alignment.

One abstract tree of dependencies is drawn for each pair, and each language lays it out by a table of its own (a synchronous
grammar in the sense of Wu 1997 and Ding and Palmer 2005, on dependencies). Both trees are therefore projective.

| | first language | second language |
| --- | --- | --- |
| order | subject, verb, object | subject, object, verb |
| adjectives | before their noun, one form | after it; they agree with it in gender and number |
| adpositions | before the noun phrase | after it |
| definiteness | an article, with no counterpart | not said |
| objects | by their place | a particle after the noun phrase, with no counterpart |
| relative clauses | after their noun, a pronoun first | after their noun, a particle last |
| adverbial clauses | last, a conjunction first | first, a conjunction last |
| finite verbs | agree with the subject in number; present and past | the same, with other endings |

Between a subject and its verb the first language has from 0 to `dependency_length` words, each number as likely: prepositional
phrases, relative clauses and at most one adverb. Each noun among them has the other number than the subject with the probability
`distractors` (after Linzen et al. 2016, whose attractors these are).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from embedseq.errors import RequestError
from embedseq.seeds import stream
from embedseq.text.draws import Draws
from embedseq.text.gold_words import GoldWords
from embedseq.text.lexicon import SMALLEST_VOCABULARY, VERBS, Class, Language, Lexeme, Lexicon
from embedseq.text.shares import Split, share_of
from embedseq.text.trees import Tree

Role = Literal[
    "root", "nsubj", "obj", "nmod", "amod", "advmod", "xcomp", "advcl", "acl:relcl", "case", "mark", "det", "object", "rel-nsubj",
    "rel-obj", "head",
]  # fmt: skip
Features = Mapping[str, str]

DEPRELS: Mapping[Role, tuple[str | None, str | None]] = {
    "det": ("det", None),
    "object": (None, "case"),
    "rel-nsubj": ("nsubj", "mark"),
    "rel-obj": ("obj", "mark"),
}
"""The relation that a role has in each language, None where the language does not say it; other roles are called as they are."""
ORDERS: tuple[Mapping[str, tuple[Role, ...]], Mapping[str, tuple[Role, ...]]] = (
    {
        "NOUN": ("case", "det", "amod", "head", "nmod", "acl:relcl"),
        "VERB": ("mark", "rel-nsubj", "rel-obj", "nsubj", "advmod", "head", "xcomp", "obj", "advcl"),
    },
    {
        "NOUN": ("head", "amod", "nmod", "acl:relcl", "case", "object"),
        "VERB": ("advcl", "nsubj", "obj", "advmod", "xcomp", "head", "rel-nsubj", "rel-obj", "mark"),
    },
)
"""For each language how a head and what hangs on it follow each other."""
UPOS: Mapping[str, tuple[str, str]] = {
    "noun": ("NOUN", "NOUN"),
    **dict.fromkeys(VERBS, ("VERB", "VERB")),
    "adjective": ("ADJ", "ADJ"),
    "adverb": ("ADV", "ADV"),
    "adposition": ("ADP", "ADP"),
    "conjunction": ("SCONJ", "SCONJ"),
    "article": ("DET", "DET"),
    "relativiser": ("PRON", "SCONJ"),
    "particle": ("ADP", "ADP"),
}
SHOWN: tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]] = (
    {"NOUN": ("Number",), "VERB": ("Number", "Tense", "VerbForm")},
    {"NOUN": ("Gender", "Number"), "ADJ": ("Gender", "Number"), "VERB": ("Number", "Tense", "VerbForm")},
)
"""The features that a word's form shows in each language, in the order of its endings' keys."""
CONSTANT: Mapping[str, Features] = {"DET": {"PronType": "Art"}, "PRON": {"PronType": "Rel"}}
OTHER = {"Sing": "Plur", "Plur": "Sing"}
LARGEST_MODIFIER = 6
"""Words; longer stretches between subject and verb are several modifiers."""


@dataclass(frozen=True)
class GrammarSettings:
    """What decides the language and its sentences. Raises RequestError for what cannot be."""

    seed: int = 1
    """Of the words and of the sentences."""
    vocabulary: int = 200
    """How many lexemes there are besides some twelve function words."""
    dependency_length: int = 4
    """The most words between the subject of the main clause and its verb, in the first language."""
    distractors: float = 0.5
    """How likely a noun between the two has the other number than the subject."""

    def __post_init__(self) -> None:
        if self.vocabulary < SMALLEST_VOCABULARY:
            raise RequestError(f"vocabulary: a language needs at least {SMALLEST_VOCABULARY} words; found {self.vocabulary}")
        if self.dependency_length < 0:
            raise RequestError(f"dependency_length: expected 0 or more words; found {self.dependency_length}")
        if not 0 <= self.distractors <= 1:
            raise RequestError(f"distractors: expected a probability from 0 to 1; found {self.distractors}")


@dataclass(frozen=True)
class SentencePair:
    """A sentence in both languages."""

    source: Tree
    """In the first language."""
    target: Tree
    """In the second."""
    alignment: frozenset[tuple[int, int]]
    """The places, counted from 0, of words that say the same: (target word, source word). Articles and the particle of objects
    have no link; every other word has one."""


def generate(settings: GrammarSettings, split: Split, count: int) -> Iterator[SentencePair]:
    """The first `count` pairs of a split, one at a time; more of them begin with the same ones. Splits share no source."""
    grammar = Grammar(settings)
    draws = Draws(stream(settings.seed, "language", split))
    while count > 0:
        pair = grammar.sentence(draws, split)
        if pair is not None:
            count -= 1
            yield pair


@dataclass(frozen=True, eq=False)
class Node:
    """A word of the abstract tree, which both languages say."""

    role: Role
    lexeme: Lexeme
    features: Features
    children: tuple["Node", ...] = ()


class Grammar:
    """Draws sentences over one lexicon."""

    def __init__(self, settings: GrammarSettings) -> None:
        self.settings = settings
        self.lexicon = Lexicon(settings.seed, settings.vocabulary)

    def sentence(self, draws: Draws, split: Split) -> SentencePair | None:
        """A pair; None where what was drawn belongs to another split."""
        abstract = _Sentence(self.settings, self.lexicon, draws).draw()
        source = _Layout(abstract, 0)
        if share_of(" ".join(source.forms)) != split:
            return None
        target = _Layout(abstract, 1)
        links = frozenset((target.places[node], place) for node, place in source.places.items() if node in target.places)
        return SentencePair(source.tree(), target.tree(), links)


class _Sentence:
    """The drawing of one abstract tree."""

    def __init__(self, settings: GrammarSettings, lexicon: Lexicon, draws: Draws) -> None:
        self.settings, self.lexicon, self.draws = settings, lexicon, draws

    def draw(self) -> Node:
        further = (self.clause("advcl", 0, (self.word("mark", "conjunction"),)),) if self.draws.chance(0.2) else ()
        return self.clause("root", self.draws.between(0, self.settings.dependency_length), further)

    def clause(self, role: Role, between: int, further: tuple[Node, ...] = ()) -> Node:
        """A finite verb with its subject, so many words between them, and what else hangs on it."""
        number = self.draws.one_of(("Sing", "Plur"))
        modifiers = []
        while between >= 2:
            size = self.draws.between(2, min(between, LARGEST_MODIFIER))
            modifiers.append(self.modifier(size, number))
            between -= size
        subject = self.noun_phrase("nsubj", self.draws.between(1, 3), number, tuple(modifiers))
        adverb = (self.word("advmod", "adverb"),) if between else ()
        return self.verb(role, number, (subject, *adverb, *further))

    def verb(self, role: Role, number: str, children: tuple[Node, ...]) -> Node:
        """A finite verb; what it is decides whether an object or another verb follows."""
        cls: Class = VERBS[self.draws.weighted((0.6, 0.85, 1.0))]
        if cls == "transitive":
            children += (self.object(),)
        elif cls == "control":
            lexeme = self.lexicon.shelves["transitive"].draw(self.draws)
            children += (Node("xcomp", lexeme, {"VerbForm": "Inf"}, (self.object(),)),)
        return Node(role, self.lexicon.shelves[cls].draw(self.draws), self.finite(number), children)

    def finite(self, number: str) -> Features:
        return {"Number": number, "Tense": self.draws.one_of(("Pres", "Past")), "VerbForm": "Fin"}

    def object(self) -> Node:
        return self.noun_phrase("obj", self.draws.between(1, 4), self.draws.one_of(("Sing", "Plur")))

    def modifier(self, size: int, number: str) -> Node:
        """A prepositional phrase or a relative clause of so many words, on a subject of this number."""
        if size < LARGEST_MODIFIER and self.draws.chance(0.5):
            return self.noun_phrase("nmod", size - 1, self.distractor(number), (self.word("case", "adposition"),), number)
        if size == 2:
            relative = Node("rel-nsubj", self.lexicon.relativiser, {})
            verb = self.lexicon.shelves["intransitive"].draw(self.draws)
            return Node("acl:relcl", verb, self.finite(number), (relative,))
        verb, inner = self.lexicon.shelves["transitive"].draw(self.draws), self.distractor(number)
        gap: Literal["nsubj", "obj"] = self.draws.one_of(("nsubj", "obj"))
        other = self.noun_phrase("obj" if gap == "nsubj" else "nsubj", size - 2, inner, (), number)
        relative = Node("rel-nsubj" if gap == "nsubj" else "rel-obj", self.lexicon.relativiser, {})
        return Node("acl:relcl", verb, self.finite(number if gap == "nsubj" else inner), (relative, other))

    def distractor(self, number: str) -> str:
        return OTHER[number] if self.draws.chance(self.settings.distractors) else number

    def noun_phrase(self, role: Role, size: int, number: str, further: tuple[Node, ...] = (), within: str | None = None) -> Node:
        """A noun with so many words in all, `further` not counted; `within`: the number of the subject that it stands behind.

        A subject has nothing behind it but what is in `further`: the words up to its verb are counted elsewhere.
        """
        children = list(further)
        if size >= 3 and role != "nsubj" and self.draws.chance(0.3):
            inner = self.draws.between(2, size - 1)
            other = self.draws.one_of(("Sing", "Plur")) if within is None else self.distractor(within)
            children.append(self.noun_phrase("nmod", inner - 1, other, (self.word("case", "adposition"),), within))
            size -= inner
        noun = self.lexicon.shelves["noun"].draw(self.draws)
        features = {"Gender": noun.gender, "Number": number}
        if size >= 2 and self.draws.chance(0.75):
            children.append(self.word("det", "article"))
            size -= 1
        children += [self.word("amod", "adjective", features) for _ in range(size - 1)]
        if role == "obj":
            children.append(Node("object", self.lexicon.particle, {}))
        return Node(role, noun, features, tuple(children))

    def word(self, role: Role, cls: Class, features: Features | None = None) -> Node:
        """A word on which nothing hangs."""
        return Node(role, self.lexicon.shelves[cls].draw(self.draws), features or {})


class _Layout:
    """An abstract tree as a language says it."""

    def __init__(self, root: Node, language: Language) -> None:
        self.language: Language = language
        self.heads: dict[Node, Node | None] = {}
        """The nodes in the order of their words, each with what it hangs on."""
        self._place(root, None)
        self.places = {node: place for place, node in enumerate(self.heads)}
        self.forms = [node.lexeme.form(language, tuple(self._shown(node).values())) for node in self.heads]

    def tree(self) -> Tree:
        """With gold words, parts of speech, relations and features."""
        upos = tuple(self._upos(node) for node in self.heads)
        return Tree(
            GoldWords(tuple(self.forms), (False,) * len(self.forms)),
            upos,
            tuple(0 if head is None else self.places[head] + 1 for head in self.heads.values()),
            tuple(self._deprel(node) or node.role for node in self.heads),
            tuple({**self._shown(node), **CONSTANT.get(tag, {})} for node, tag in zip(self.heads, upos, strict=True)),
        )

    def _place(self, node: Node, head: Node | None) -> None:
        order = ORDERS[self.language].get(self._upos(node), ("head",))
        said = [child for child in node.children if self._deprel(child) is not None]
        said.sort(key=lambda child: order.index(child.role))
        middle = order.index("head")
        for child in said:
            if order.index(child.role) < middle:
                self._place(child, node)
        self.heads[node] = head
        for child in said:
            if order.index(child.role) > middle:
                self._place(child, node)

    def _upos(self, node: Node) -> str:
        return UPOS[node.lexeme.cls][self.language]

    def _deprel(self, node: Node) -> str | None:
        return DEPRELS.get(node.role, (node.role, node.role))[self.language]

    def _shown(self, node: Node) -> Features:
        """The features that the word's form shows."""
        names = SHOWN[self.language].get(self._upos(node), ())
        return {name: node.features[name] for name in names if name in node.features}
