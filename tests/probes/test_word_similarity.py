"""Word similarity: the sets, the look-up, rho by hand, the control."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from embedseq.embeddings.vectors import Vectors
from embedseq.errors import InputError
from embedseq.probes.word_similarity import WordPair, WordPairs, load_word_pairs, word_similarity
from embedseq.statistics.summary import summarise


def on_a_circle(count: int = 60) -> Vectors:
    angles = np.linspace(0, 3, count)
    return Vectors([f"w{row}" for row in range(count)], np.stack([np.cos(angles), np.sin(angles)], axis=-1))


def test_bundled_sets_are_whole_and_known() -> None:
    wordsim, simlex = load_word_pairs("wordsim353"), load_word_pairs("simlex999")
    assert (len(wordsim.pairs), len(simlex.pairs)) == (353, 999)
    assert wordsim.pairs[0] == WordPair("love", "sex", 6.77)
    assert simlex.pairs[0] == WordPair("old", "new", 1.58)
    assert (wordsim.name, simlex.name) == ("wordsim353", "simlex999")


def test_finding_the_sets_loads_neither_gensim_nor_torch() -> None:
    code = (
        "import sys; from embedseq.probes.word_similarity import load_word_pairs; load_word_pairs('simlex999');"
        "print([name for name in ('torch', 'gensim', 'sklearn') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "[]"


def test_own_files_may_have_tabs_spaces_comments_and_more_columns(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("# pairs\nsun moon 3\n\nNew York\tcity\t4.5\tnoun\r\nice  snow   7\n")
    pairs = load_word_pairs("mine.txt", tmp_path)
    assert pairs == WordPairs("mine", (WordPair("sun", "moon", 3), WordPair("New York", "city", 4.5), WordPair("ice", "snow", 7)))


@pytest.mark.parametrize("line", ["sun moon", "sun moon high", "sun\t\t3", "sun moon nan", "alone"])
def test_a_line_that_is_no_pair_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    (tmp_path / "mine.txt").write_text(f"sun moon 3\n{line}\n")
    with pytest.raises(InputError, match=r"mine\.txt:2: expected two words and a number"):
        load_word_pairs(str(tmp_path / "mine.txt"))


def test_missing_and_empty_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one of wordsim353, simlex999"):
        load_word_pairs("wordsim354", tmp_path)
    (tmp_path / "empty.txt").write_text("# nothing\n")
    with pytest.raises(InputError, match="found none"):
        load_word_pairs("empty.txt", tmp_path)


def test_rho_is_that_of_the_cosines_and_the_scores_of_the_pairs_found() -> None:
    rng = np.random.default_rng(0)
    vectors = Vectors(["sun", "moon", "star", "ice", "Bern"], rng.standard_normal((5, 4)))
    judged = [
        ("sun", "moon", 9),
        ("MOON", "Star", 3),
        ("ice", "sun", 5),
        ("Bern", "ice", 1),
        ("bern", "ice", 2),
        ("sun", "tram", 4),
    ]
    score, _ = word_similarity(vectors, WordPairs("mine", tuple(WordPair(*each) for each in judged)), "skipgram")
    found = [("sun", "moon", 9), ("moon", "star", 3), ("ice", "sun", 5), ("Bern", "ice", 1)]
    expected = spearmanr([vectors.similarity(a, b) for a, b, _ in found], [gold for _, _, gold in found]).statistic
    assert score.value == pytest.approx(expected)
    assert (score.n, score.coverage) == (4, pytest.approx(4 / 6))
    assert (score.subject, score.score, score.part, score.statistic) == ("skipgram", "rho", "mine", "spearman")


def test_planted_similarity_is_found_and_the_control_is_not() -> None:
    vectors, rng = on_a_circle(), np.random.default_rng(1)
    places = rng.integers(0, 60, (300, 2))
    pairs = tuple(WordPair(f"w{a}", f"w{b}", 10 - abs(int(a) - int(b)) / 6 + rng.normal(0, 0.2)) for a, b in places)
    score, control = (summarise([each]) for each in word_similarity(vectors, WordPairs("planted", pairs), "circle"))
    assert score.low > 0.9
    assert abs(control.value) < 0.2
    assert (control.role, control.label) == ("control", "vectors permuted across words")


def test_judgements_without_relation_score_nothing() -> None:
    vectors, rng = on_a_circle(), np.random.default_rng(2)
    pairs = tuple(WordPair(f"w{a}", f"w{b}", rng.random()) for a, b in rng.integers(0, 60, (300, 2)))
    summary = summarise(word_similarity(vectors, WordPairs("null", pairs), "circle")[:1])
    assert summary.low < 0 < summary.high


def test_no_pair_found_is_undefined_with_coverage_nought() -> None:
    score, _ = word_similarity(on_a_circle(), WordPairs("none", (WordPair("a", "b", 1.0),)), "circle")
    assert np.isnan(score.value)
    assert (score.n, score.coverage) == (0, 0.0)
