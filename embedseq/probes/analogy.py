"""Analogy questions, and the words that answer them by cosines alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embedseq.embeddings.vectors import Vectors
from embedseq.errors import InputError
from embedseq.probes.material import TableMaterial
from embedseq.probes.means import Grouped
from embedseq.probes.random_vectors import permuted
from embedseq.probes.word_sets import ANALOGIES, set_lines, set_name
from embedseq.probes.word_tables import known_form, restricted
from embedseq.seeds import stream
from embedseq.statistics.measurement import Measurement, Role

Floats32 = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_EPSILON = np.float32(1e-3)
_WORDS_AT_ONCE = 8192
_QUESTIONS_AT_ONCE = 256
"""Blocks that stay in the cache; 19,544 questions among 10,000 words take about a second a method."""


@dataclass(frozen=True)
class Question:
    """`words[0]` is to `words[1]` as `words[2]` is to `words[3]`."""

    words: tuple[str, str, str, str]
    section: str

    @property
    def category(self) -> str:
        """`syntactic` for sections called `gram...` as in Mikolov et al. 2013, `semantic` for others."""
        return "syntactic" if self.section.startswith("gram") else "semantic"


@dataclass(frozen=True)
class Questions:
    """A set of analogy questions."""

    name: str
    questions: tuple[Question, ...]


def load_questions(name: str, base: Path = Path()) -> Questions:
    """A bundled set by its name, or a file of `a b c d` lines below `: section` headings (`#` begins a comment) by its path.

    A relative path starts from `base`. InputError, with the line, for a file that is not like that.
    """
    section = ""
    questions = []
    for line in set_lines(name, base, ANALOGIES, "analogy questions"):
        if line.text.startswith(":"):
            section = line.text[1:].strip()
            continue
        words = line.text.split()
        if len(words) != 4:
            raise InputError(f"{line.where}: expected four words or `: section`, found {line.text.strip()[:60]!r}.")
        questions.append(Question((words[0], words[1], words[2], words[3]), section))
    if not questions:
        raise InputError(f"{name}: expected lines of four words, found none.")
    return Questions(set_name(name, ANALOGIES), tuple(questions))


def candidates(table: Vectors, questions: Questions, material: TableMaterial, top_words: int | None) -> Vectors:
    """The words among which answers are sought: the commonest `top_words` of `table` and all words of the questions.

    So every question about words of the table can be answered, and the questions are the same whatever is common in a text.
    """
    if top_words is None:
        return table
    counts = material.counts
    by_count = sorted(table.words, key=(lambda word: (-counts.get(word, 0), word)) if counts else material.vectors.row)
    asked = {known_form(table, word) for question in questions.questions for word in question.words} - {None}
    return restricted(table, {*by_count[:top_words], *(word for word in asked if word is not None)})


def analogies(table: Vectors, questions: Questions, methods: Sequence[str], prefix: str = "") -> list[Measurement]:
    """Accuracy of each method with its baselines and its control, over all questions and over each category.

    Words are looked up as they are written, and in lower case where that has no vector. Items are (right answers, questions), one
    a pair of c and d, in the order of the file: questions about one pair are no more independent than the nearest word to c is
    of itself. Coverage is the questions whose four words have vectors over all.
    """
    found, rows = _known(table, questions)
    pairs = _numbered_pairs(rows)
    shuffled = permuted(table, stream(0, "analogy", "permuted"))
    nearest = {name: answered(table, rows, f"nearest-{name}") for name in ("b", "c")}
    measurements = []
    for method in methods:
        own, control = answered(table, rows, method), answered(shuffled, rows, method)
        told: list[tuple[Bools, str, Role, str]] = [
            (own.excluding, "accuracy", "score", ""),
            *((each.excluding, "accuracy", "baseline", f"nearest to {name}") for name, each in nearest.items()),
            (control.excluding, "accuracy", "control", "vectors permuted across words"),
            (own.honest, "honest-accuracy", "score", ""),
            (control.honest, "honest-accuracy", "control", "vectors permuted across words"),
        ]
        for category, asked, chosen in _slices(questions, found):
            part, coverage = f"{prefix}{method}{category}", int(chosen.sum()) / asked
            measurements += [
                Grouped(pairs[chosen]).mean(right[chosen], score, part, coverage, role, label)
                for right, score, role, label in told
            ]
    return measurements


@dataclass(frozen=True, eq=False)
class Answered:
    """Which of N questions were answered rightly."""

    excluding: Bools
    """(N,): where a, b and c are no answers."""
    honest: Bools
    """(N,): where they may be."""


def answered(table: Vectors, rows: Ints, method: str) -> Answered:
    """Answer the questions `rows` (N, 4), the rows in `table` of a, b, c and d, by one of the methods.

    `nearest-b` and `nearest-c` take the nearest word to b or c. Of equal words the earlier in the table is the answer. Blocks of
    words go by one after the other, so that memory does not grow with the table.
    """
    asked, place = np.unique(rows[:, :3], return_inverse=True)
    place = place.reshape(-1, 3)
    prepare, score = _METHODS[method]
    best = np.full((2, len(rows)), -np.inf, dtype=np.float32)
    answers = np.full((2, len(rows)), -1, dtype=np.int64)
    for start in range(0, len(table), _WORDS_AT_ONCE):
        cosines = prepare(table.unit[asked] @ table.unit[start : start + _WORDS_AT_ONCE].T)
        for part in _parts(len(rows)):
            scores = score(cosines, place[part])
            _keep_best(scores, start, best[0, part], answers[0, part])
            _rule_out(scores, rows[part, :3] - start)
            _keep_best(scores, start, best[1, part], answers[1, part])
    honest, excluding = answers == rows[:, 3]
    return Answered(excluding, honest)


def _same(cosines: Floats32) -> Floats32:
    return cosines


def _shifted(cosines: Floats32) -> Floats32:
    half = np.float32(0.5)
    return cosines * half + half


def _add(cosines: Floats32, place: Ints) -> Floats32:
    """Cosines (Q, W) of the words that are asked for with all words, and which of them a, b and c are (N, 3): (N, W)."""
    scores: Floats32 = cosines[place[:, 1]]
    scores -= cosines[place[:, 0]]
    scores += cosines[place[:, 2]]
    return scores


def _multiply(cosines: Floats32, place: Ints) -> Floats32:
    """As `_add`, of shifted cosines."""
    scores: Floats32 = cosines[place[:, 1]]
    scores *= cosines[place[:, 2]]
    np.divide(scores, cosines[place[:, 0]] + _EPSILON, out=scores)
    return scores


def _nearest(column: int) -> Callable[[Floats32, Ints], Floats32]:
    def score(cosines: Floats32, place: Ints) -> Floats32:
        scores: Floats32 = cosines[place[:, column]]
        return scores

    return score


_METHODS: Mapping[str, tuple[Callable[[Floats32], Floats32], Callable[[Floats32, Ints], Floats32]]] = {
    "3cosadd": (_same, _add),
    "3cosmul": (_shifted, _multiply),
    "nearest-b": (_same, _nearest(1)),
    "nearest-c": (_same, _nearest(2)),
}


def _parts(count: int) -> Iterator[slice]:
    return (slice(first, first + _QUESTIONS_AT_ONCE) for first in range(0, count, _QUESTIONS_AT_ONCE))


def _keep_best(scores: Floats32, start: int, best: Floats32, answers: Ints) -> None:
    """Put the best word of a block that begins at `start` where it beats those before, in `best` and `answers` (N,)."""
    winners = scores.argmax(axis=1)
    values = scores[np.arange(len(scores)), winners]
    better = values > best
    best[better] = values[better]
    answers[better] = winners[better] + start


def _rule_out(scores: Floats32, columns: Ints) -> None:
    """Make the words in `columns` (N, 3) no answers; those beyond the block are not in it."""
    for each in columns.T:
        inside = np.flatnonzero((each >= 0) & (each < scores.shape[1]))
        scores[inside, each[inside]] = -np.inf


def _known(table: Vectors, questions: Questions) -> tuple[list[Question], Ints]:
    """The questions whose words all have vectors, and their rows (N, 4)."""
    found, rows = [], []
    for question in questions.questions:
        forms = [form for form in (known_form(table, word) for word in question.words) if form is not None]
        if len(forms) == len(question.words):
            found.append(question)
            rows.append([table.row(form) for form in forms])
    return found, np.array(rows, dtype=np.int64).reshape(-1, 4)


def _numbered_pairs(rows: Ints) -> Ints:
    """(N,): the number of the pair of c and d of each question (N, 4), counted in the order in which pairs are asked for."""
    pairs = list(map(tuple, rows[:, 2:].tolist()))
    numbers = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
    return np.array([numbers[pair] for pair in pairs], dtype=np.int64)


def _slices(questions: Questions, found: Sequence[Question]) -> Iterator[tuple[str, int, Bools]]:
    """All questions and, where there are both, those of each category: the end of the part's name, how many, which were found."""
    yield "", len(questions.questions), np.ones(len(found), dtype=np.bool_)
    categories = [question.category for question in questions.questions]
    for category in ("semantic", "syntactic"):
        if 0 < categories.count(category) < len(categories):
            of_found = np.array([question.category == category for question in found], dtype=np.bool_)
            yield f": {category}", categories.count(category), of_found
