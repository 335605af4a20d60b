"""Writes the English sample data of the tests: `python tests/data/make_english.py`. The same bytes each time.

A small treebank, speeches and abstracts with summaries, put together from small tables. Written for this project; no sentence is
taken from a corpus.
"""

import gzip
import json
import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).parent
SIZES = {"train": 120, "val": 20, "test": 20}
TREES = {"train": 120, "val": 30, "test": 60}
GENRES = ("weblog", "newsgroup", "email", "answers", "reviews")

NOUNS = ("dog", "letter", "garden", "teacher", "bridge", "train", "answer", "table", "river", "friend", "window", "story")
ADJECTIVES = ("old", "small", "bright", "quiet", "strange", "new", "long", "happy")
VERBS = ("saw", "found", "liked", "bought", "painted", "forgot", "watched", "repaired")
NAMES = ("Anna", "Peter", "Maria", "London", "Oslo")
PRONOUNS = ("she", "he", "they", "we", "I")
ADVERBS = ("quickly", "often", "today", "again", "never")
PREPOSITIONS = ("near", "behind", "under", "with", "for")
DETERMINERS = ("the", "that", "every", "this")


PRESENT = ("sees", "finds", "likes", "buys", "paints", "forgets", "watches", "repairs")
"""The verbs in the present, as they follow one person or thing; many take the form without its ending."""
INFINITIVES = ("see", "find", "like", "buy", "paint", "forget", "watch", "repair")
ONE, MANY = "Number=Sing", "Number=Plur"


@dataclass(frozen=True)
class Word:
    """A word with its part of speech, its relation, how far away its head is (0 is the root), and its features."""

    form: str
    upos: str
    deprel: str
    head: int
    feats: str = "_"


def noun_phrase(draw: random.Random, relation: str, to_head: int, case: str | None = None) -> list[Word]:
    """A name, a pronoun or a described noun, perhaps behind a preposition. `to_head`: from its last word to its head."""
    words: list[tuple[str, str, str]] = [] if case is None else [(case, "ADP", "case")]
    if draw.random() < 0.25:
        words.append((draw.choice(NAMES), "PROPN", relation))
    elif case is None and relation == "nsubj" and draw.random() < 0.3:
        words.append((draw.choice(PRONOUNS), "PRON", relation))
    else:
        words.append((draw.choice(DETERMINERS), "DET", "det"))
        if draw.random() < 0.5:
            words.append((draw.choice(ADJECTIVES), "ADJ", "amod"))
        words.append((draw.choice(NOUNS), "NOUN", relation))
    last = len(words) - 1
    return [Word(form, upos, deprel, to_head if n == last else last - n) for n, (form, upos, deprel) in enumerate(words)]


def sentence(draw: random.Random) -> list[Word]:
    """Who did what, perhaps how and where, with a full stop."""
    subject = noun_phrase(draw, "nsubj", 1)
    words = [*subject, Word(draw.choice(VERBS), "VERB", "root", 0)]
    verb = len(subject)
    thing = noun_phrase(draw, "obj", 0)
    words += [*thing[:-1], Word(thing[-1].form, thing[-1].upos, "obj", verb - (len(words) + len(thing) - 1))]
    if draw.random() < 0.5:
        place = noun_phrase(draw, "obl", 0, draw.choice(PREPOSITIONS))
        words += [*place[:-1], Word(place[-1].form, place[-1].upos, "obl", verb - (len(words) + len(place) - 1))]
    if draw.random() < 0.4:
        words.append(Word(draw.choice(ADVERBS), "ADV", "advmod", verb - len(words)))
    words.append(Word(draw.choice((".", ".", "!")), "PUNCT", "punct", verb - len(words)))
    first = words[0]
    return [Word(first.form[0].upper() + first.form[1:], first.upos, first.deprel, first.head), *words[1:]]


def inflected(draw: random.Random) -> list[Word]:
    """As `sentence`, of one or of many, now or then; the subject may have a clause of its own, so that trees differ in depth."""
    subject = numbered(draw, "nsubj")
    clause = [*numbered(draw, "obj")] if subject[-1].upos == "NOUN" and draw.random() < 0.4 else []
    inner: list[Word] = []
    if clause:
        verb = draw.randrange(len(VERBS))
        inner = [
            Word("that", "PRON", "nsubj", 1, "PronType=Rel"),
            Word(VERBS[verb], "VERB", "acl:relcl", -2, "Tense=Past|VerbForm=Fin"),
            *(replace(word, head=-len(clause)) if word.deprel == "obj" else word for word in clause),
        ]
    number = subject[-1].feats
    verb, past = draw.randrange(len(VERBS)), draw.random() < 0.5
    form = VERBS[verb] if past else PRESENT[verb] if number == ONE and subject[-1].form != "I" else INFINITIVES[verb]
    subject[-1] = replace(subject[-1], head=1 + len(inner))
    words = [*subject, *inner, Word(form, "VERB", "root", 0, f"{number}|Tense={'Past' if past else 'Pres'}|VerbForm=Fin")]
    at = len(words) - 1
    thing = numbered(draw, "obj")
    words += [*thing[:-1], replace(thing[-1], head=at - (len(words) + len(thing) - 1))]
    if draw.random() < 0.4:
        words.append(Word(draw.choice(ADVERBS), "ADV", "advmod", at - len(words)))
    words.append(Word(draw.choice((".", ".", "!")), "PUNCT", "punct", at - len(words)))
    return [replace(words[0], form=words[0].form[0].upper() + words[0].form[1:]), *words[1:]]


def numbered(draw: random.Random, relation: str) -> list[Word]:
    """A noun phrase whose last word says how many there are."""
    words = noun_phrase(draw, relation, 0)
    last = words[-1]
    if last.upos == "NOUN" and draw.random() < 0.5:
        plural = f"{last.form[:-1]}ies" if last.form.endswith("y") else f"{last.form}s"
        words = [word for word in words if word.form not in ("every", "this", "that")]
        return [*words[:-1], replace(last, form=plural, feats=MANY)]
    return [*words[:-1], replace(last, feats=MANY if last.form in ("they", "we") else ONE)]


def text_of(words: list[Word]) -> str:
    """The sentence as it is written: no space before the full stop."""
    return " ".join(word.form for word in words[:-1]) + words[-1].form


def conllu(words: list[Word], name: str) -> str:
    """The sentence in CoNLL-U."""
    lines = [f"# sent_id = {name}", f"# text = {text_of(words)}"]
    for number, word in enumerate(words, start=1):
        head = 0 if word.deprel == "root" else number + word.head
        glued = "SpaceAfter=No" if number == len(words) - 1 else "_"
        lines.append(
            "\t".join((str(number), word.form, word.form.lower(), word.upos, "_", word.feats, str(head), word.deprel, "_", glued))
        )
    return "\n".join(lines) + "\n\n"


def treebank(draw: random.Random) -> None:
    """Sentences of five genres."""
    names = {"train": "train", "val": "dev", "test": "test"}
    for split, size in TREES.items():
        trees = (conllu(inflected(draw), f"{draw.choice(GENRES)}-sample-{split}-{number:04}") for number in range(size))
        write("ud-english-ewt", f"en_ewt-ud-{names[split]}.conllu.gz", trees)


def speeches(draw: random.Random) -> None:
    """Paragraphs of one to five sentences."""
    for split, size in SIZES.items():
        paragraphs = (" ".join(text_of(sentence(draw)) for _ in range(draw.randint(1, 5))) + "\n" for _ in range(size))
        write("us-speeches", f"{split}.txt.gz", paragraphs)


def papers(draw: random.Random) -> None:
    """Abstracts of three to six sentences, with one summary to learn from and up to three to be tested on."""
    names = {"train": "train", "val": "dev", "test": "test"}
    for split, size in SIZES.items():
        records = []
        for _ in range(size):
            source = [text_of(sentence(draw)) for _ in range(draw.randint(3, 6))]
            target = draw.sample(source, 1 if split == "train" else draw.randint(1, 3))
            records.append(json.dumps({"source": source, "target": target}) + "\n")
        write("scitldr", f"{names[split]}.jsonl.gz", records)


def write(folder: str, name: str, lines: Iterable[str]) -> None:
    """One file, without a time stamp, so that the bytes stay the same."""
    (HERE / folder).mkdir(exist_ok=True)
    (HERE / folder / name).write_bytes(gzip.compress("".join(lines).encode(), mtime=0))


def main() -> None:
    """Write all files."""
    treebank(random.Random(3))
    speeches(random.Random(4))
    papers(random.Random(5))


if __name__ == "__main__":
    main()
