"""Analogies: the questions, the answers of both methods against the formulas and against gensim, blocks, ties."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given
from hypothesis import strategies as st

from embedseq.embeddings.vectors import Vectors
from embedseq.errors import InputError
from embedseq.probes import analogy
from embedseq.probes.analogy import Question, Questions, answered, candidates, load_questions
from embedseq.probes.material import TableMaterial


def table(words: int, dim: int, seed: int = 0) -> Vectors:
    rng = np.random.default_rng(seed)
    return Vectors([f"w{row:03d}" for row in range(words)], rng.standard_normal((words, dim)))


def asked(words: int, count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(words)[:4] for _ in range(count)])


def test_the_bundled_questions_are_whole_and_told_apart() -> None:
    questions = load_questions("google-analogies")
    assert len(questions.questions) == 19544
    assert questions.questions[0] == Question(("Athens", "Greece", "Baghdad", "Iraq"), "capital-common-countries")
    categories = [each.category for each in questions.questions]
    assert (categories.count("semantic"), categories.count("syntactic")) == (8869, 10675)


def test_finding_the_questions_loads_neither_gensim_nor_torch() -> None:
    code = (
        "import sys; from embedseq.probes.analogy import load_questions; load_questions('google-analogies');"
        "print([name for name in ('torch', 'gensim', 'sklearn') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "[]"


def test_own_files_may_have_sections_and_comments_or_neither(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("# mine\nking queen man woman\n: gram1-plural\ncat cats  dog\tdogs\r\n")
    questions = load_questions("mine.txt", tmp_path)
    assert questions == Questions(
        "mine",
        (Question(("king", "queen", "man", "woman"), ""), Question(("cat", "cats", "dog", "dogs"), "gram1-plural")),
    )


@pytest.mark.parametrize("line", ["king queen man", "a b c d e", "king"])
def test_a_line_that_is_no_question_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    (tmp_path / "mine.txt").write_text(f": family\n{line}\n")
    with pytest.raises(InputError, match=r"mine\.txt:2: expected four words"):
        load_questions("mine.txt", tmp_path)


def test_missing_and_empty_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one of google-analogies"):
        load_questions("google", tmp_path)
    (tmp_path / "empty.txt").write_text(": family\n")
    with pytest.raises(InputError, match="found none"):
        load_questions("empty.txt", tmp_path)


@given(
    st.integers(4, 30),
    st.integers(2, 8),
    st.integers(0, 10_000),
    st.sampled_from(["3cosadd", "3cosmul", "nearest-b", "nearest-c"]),
)
def test_answers_are_those_of_the_formulas(words: int, dim: int, seed: int, method: str) -> None:
    vectors, rows = table(words, dim, seed), asked(words, 12, seed)
    found = answered(vectors, rows, method)
    unit = vectors.unit.astype(np.float64)
    for number, (a, b, c, d) in enumerate(rows):
        to_a, to_b, to_c = (unit @ unit[row] for row in (a, b, c))
        scores = {
            "3cosadd": to_b - to_a + to_c,
            "3cosmul": (1 + to_b) / 2 * (1 + to_c) / 2 / ((1 + to_a) / 2 + 1e-3),
            "nearest-b": to_b,
            "nearest-c": to_c,
        }[method]
        others = np.delete(np.arange(words), [a, b, c])
        best = np.sort(scores[others])
        if len(best) > 1 and best[-1] - best[-2] < 1e-4 * abs(best[-1]):
            continue  # too near to call in single precision
        assert found.excluding[number] == (others[scores[others].argmax()] == d)
        if np.sort(scores)[-1] - np.sort(scores)[-2] > 1e-4:
            assert found.honest[number] == (scores.argmax() == d)


@pytest.mark.filterwarnings("ignore:Call to deprecated")
def test_answers_are_those_of_gensim() -> None:
    vectors, rows = table(50, 5), asked(50, 200)
    gensim = KeyedVectors(5)
    gensim.add_vectors(list(vectors.words), vectors.matrix)
    for method, query in (("3cosadd", gensim.most_similar), ("3cosmul", gensim.most_similar_cosmul)):
        expected = []
        for a, b, c, d in rows:
            word_a, word_b, word_c, word_d = (vectors.words[row] for row in (a, b, c, d))
            expected.append(query(positive=[word_b, word_c], negative=[word_a], topn=1)[0][0] == word_d)
        np.testing.assert_array_equal(answered(vectors, rows, method).excluding, expected)
        assert any(expected)


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul", "nearest-c"])
def test_blocks_never_change_an_answer(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, rows = table(40, 4), asked(40, 60)
    whole = answered(vectors, rows, method)
    monkeypatch.setattr(analogy, "_WORDS_AT_ONCE", 7)
    monkeypatch.setattr(analogy, "_QUESTIONS_AT_ONCE", 11)
    parts = answered(vectors, rows, method)
    np.testing.assert_array_equal(whole.excluding, parts.excluding)
    np.testing.assert_array_equal(whole.honest, parts.honest)
    assert whole.excluding.any()


def test_no_questions_have_no_answers() -> None:
    found = answered(table(5, 2), np.zeros((0, 4), dtype=np.int64), "3cosadd")
    assert len(found.excluding) == len(found.honest) == 0


def test_candidates_are_the_commonest_words_and_the_words_of_the_questions() -> None:
    vectors = Vectors(["the", "rare", "king", "queen", "of", "man"], np.eye(6))
    questions = Questions("mine", (Question(("King", "queen", "man", "woman"), ""),))
    counted = TableMaterial(vectors, counts={"the": 9, "of": 8, "rare": 1, "king": 2, "queen": 2, "man": 2})
    assert candidates(vectors, questions, counted, 2).words == ("king", "man", "of", "queen", "the")
    in_order = candidates(vectors, questions, TableMaterial(vectors), 2)
    assert in_order.words == ("king", "man", "queen", "rare", "the")
    assert candidates(vectors, questions, counted, None) is vectors
