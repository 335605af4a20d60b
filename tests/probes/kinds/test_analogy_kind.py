"""The analogy probe: planted relations are found, random vectors find none, and what needs no analogy is told apart."""

from pathlib import Path

import numpy as np
import pytest

from embedseq.embeddings.vectors import Vectors
from embedseq.probes.kinds.analogy import AnalogySettings, measure
from embedseq.probes.material import TableMaterial
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare, summarise

PAIRS = 25


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Capitals and plurals, 600 questions each."""
    lines = []
    for section, first, second in (("capital", "country", "city"), ("gram8-plural", "one", "many")):
        lines.append(f": {section}")
        pairs = [(f"{first}{i}", f"{second}{i}") for i in range(PAIRS)]
        lines += [f"{a} {b} {c} {d}" for a, b in pairs for c, d in pairs if a != c]
    (tmp_path / "mine.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def related(offset: float, noise: float = 0.0, seed: int = 0) -> Vectors:
    """Every pair parted by one vector of the length `offset`, beside words of length 1 that are evenly spread."""
    rng = np.random.default_rng(seed)
    words, rows = [], []
    for names in (("country", "city"), ("one", "many")):
        relation = rng.standard_normal(30) / np.sqrt(30) * offset
        for number in range(PAIRS):
            start = rng.standard_normal(30) / np.sqrt(30)
            words += [f"{names[0]}{number}", f"{names[1]}{number}"]
            rows += [start - relation / 2, start + relation / 2 + noise * rng.standard_normal(30)]
    return Vectors(words, np.array(rows))


def spread(seed: int) -> Vectors:
    return Vectors(related(1).words, np.random.default_rng(seed).standard_normal((4 * PAIRS, 30)))


def measured(material: TableMaterial, **fields: object) -> dict[tuple[str, str, str], Measurement]:
    settings = AnalogySettings.model_validate({"kind": "analogy", "sets": ("mine.txt",), **fields})
    return {(each.score, each.part, each.label): each for each in measure(material, settings).measurements}


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_planted_relations_are_found_beyond_their_baselines_and_control(base: Path, method: str) -> None:
    found = measured(TableMaterial(related(2.0, noise=0.05), base=base))
    score = found["accuracy", method, ""]
    assert score.value > 0.9
    for label in ("nearest to b", "nearest to c", "vectors permuted across words"):
        assert compare([score], [found["accuracy", method, label]]).low > 0.5
    honest, control = (found["honest-accuracy", method, label] for label in ("", "vectors permuted across words"))
    assert compare([honest], [control]).low > 0.3


@pytest.mark.parametrize("draw", range(3))
def test_random_vectors_answer_no_more_than_permuted_ones(base: Path, draw: int) -> None:
    found = measured(TableMaterial(spread(draw), base=base))
    for method in ("3cosadd", "3cosmul"):
        score, control = (found["accuracy", method, label] for label in ("", "vectors permuted across words"))
        difference = compare([score], [control])
        assert difference.low <= 0 <= difference.high
        assert score.value < 0.06


def test_accuracy_that_needs_no_analogy_is_told_by_the_nearest_word_to_c(base: Path) -> None:
    """Pairs that lie close together in random directions: d is near c, and the differences say nothing (Linzen 2016)."""
    found = measured(TableMaterial(related(0.0, noise=0.05), base=base))
    score, nearest = (found["accuracy", "3cosadd", label] for label in ("", "nearest to c"))
    assert score.value > 0.9
    assert nearest.value > 0.9
    assert not compare([score], [nearest]).low > 0
    assert found["honest-accuracy", "3cosadd", ""].value < 0.1


def test_categories_share_out_the_questions_and_coverage_is_reported_for_each(base: Path) -> None:
    vectors = related(2.0)
    kept = [word for word in vectors.words if word != "city3"]
    found = measured(TableMaterial(Vectors(kept, vectors.matrix[[vectors.row(word) for word in kept]]), base=base))
    whole, semantic, syntactic = (found["accuracy", f"3cosadd{end}", ""] for end in ("", ": semantic", ": syntactic"))
    assert (whole.items[:, 1].sum(), semantic.items[:, 1].sum(), syntactic.items[:, 1].sum()) == (1152, 552, 600)
    assert (semantic.coverage, syntactic.coverage) == (552 / 600, 1.0)
    assert whole.coverage == pytest.approx(1152 / 1200)
    assert (semantic.n, syntactic.n) == (24, 25)


def test_questions_about_one_pair_are_one_item_so_that_the_interval_does_not_take_them_for_independent(base: Path) -> None:
    nearest = measured(TableMaterial(related(1.2, noise=0.1), base=base))["accuracy", "3cosadd", "nearest to c"]
    assert nearest.n == 50
    summary = summarise([nearest])
    independent = 1.96 * np.sqrt(nearest.value * (1 - nearest.value) / 1200)
    assert 0.05 < nearest.value < 0.95
    assert summary.high - summary.low > 3 * 2 * independent


def test_words_that_one_table_lacks_are_left_out_of_both(base: Path) -> None:
    full = related(1.0)
    part = Vectors(full.words[8:], full.matrix[8:])
    shared = frozenset(part.words)
    ours, theirs = (measured(TableMaterial(each, shared=shared, base=base)) for each in (full, part))
    for key, one in ours.items():
        np.testing.assert_array_equal(one.items, theirs[key].items)
        assert one.coverage == theirs[key].coverage < 1 or "syntactic" in one.part
    assert measured(TableMaterial(full, shared=shared, base=base), shared=False)["accuracy", "3cosadd", ""].coverage == 1


def test_fewer_choices_make_questions_easier_and_leave_them_the_same(base: Path) -> None:
    own, noise = related(1.0, noise=0.15), np.random.default_rng(3).standard_normal((3000, 30)) / np.sqrt(30)
    vectors = Vectors([*own.words, *(f"x{row}" for row in range(3000))], np.concatenate([own.matrix, noise]))
    every, few = (measured(TableMaterial(vectors, base=base), top_words=top)["accuracy", "3cosadd", ""] for top in (None, 10))
    assert few.value > every.value
    np.testing.assert_array_equal(few.items[:, 1], every.items[:, 1])


def test_several_sets_are_told_apart_by_name(base: Path) -> None:
    (base / "other.txt").write_text("one1 many1 one2 many2\n")
    found = measured(TableMaterial(related(2.0), base=base), sets=("mine.txt", "other.txt"), methods=("3cosadd",))
    assert {part for _, part, _ in found} == {
        "mine, 3cosadd",
        "mine, 3cosadd: semantic",
        "mine, 3cosadd: syntactic",
        "other, 3cosadd",
    }


def test_no_question_found_is_undefined_with_coverage_nought(base: Path) -> None:
    score = measured(TableMaterial(Vectors(["a"], [[1.0]]), base=base))["accuracy", "3cosadd", ""]
    assert np.isnan(score.value)
    assert (score.n, score.coverage) == (0, 0.0)
