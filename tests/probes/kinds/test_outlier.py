"""The outlier probe: the measure by hand, planted groups, random vectors at chance, the bundled set."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.embeddings.vectors import Vectors
from embedseq.errors import InputError
from embedseq.probes.kinds.outlier import OutlierSettings, measure
from embedseq.probes.material import TableMaterial
from embedseq.probes.outlier import OutlierGroup, compactness, load_outlier_sets
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare, summarise

GROUPS = 15


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """15 groups of 5 words with 3 outliers."""
    lines = [" ".join([f"g{i}w{j}" for j in range(5)] + ["|"] + [f"g{i}o{j}" for j in range(3)]) for i in range(GROUPS)]
    (tmp_path / "mine.txt").write_text("# groups\n" + "\n".join(lines) + "\n")
    return tmp_path


def vectors(planted: float = 0.0, seed: int = 0) -> Vectors:
    """Words of a group share a direction, so much as `planted`; outliers have a direction of their own."""
    rng = np.random.default_rng(seed)
    words, rows = [], []
    for group in range(GROUPS):
        centre = rng.standard_normal(20)
        words += [f"g{group}w{number}" for number in range(5)] + [f"g{group}o{number}" for number in range(3)]
        rows += [rng.standard_normal(20) + planted * centre for _ in range(5)] + [rng.standard_normal(20) for _ in range(3)]
    return Vectors(words, np.array(rows))


def measured(material: TableMaterial, **fields: object) -> dict[tuple[str, str], Measurement]:
    settings = OutlierSettings.model_validate({"kind": "outlier", "sets": ("mine.txt",), **fields})
    return {(each.score, each.role): each for each in measure(material, settings).measurements}


@given(st.integers(3, 9), st.integers(0, 1000))
def test_compactness_is_the_mean_cosine_of_the_pairs_without_the_word(count: int, seed: int) -> None:
    unit = Vectors([str(row) for row in range(count)], np.random.default_rng(seed).standard_normal((count, 4))).unit
    for word, found in enumerate(compactness(unit)):
        rest = np.delete(unit, word, axis=0).astype(np.float64)
        cosines = rest @ rest.T
        expected = (cosines.sum() - np.trace(cosines)) / ((count - 1) * (count - 2))
        assert found == pytest.approx(expected, abs=1e-6)


def test_planted_groups_are_told_from_their_outliers(base: Path) -> None:
    found = measured(TableMaterial(vectors(planted=2.0), base=base))
    for score in ("accuracy", "opp"):
        assert found[score, "score"].value > 0.95
        for role in ("baseline", "control"):
            assert compare([found[score, "score"]], [found[score, role]]).low > 0.3
    assert (found["accuracy", "score"].n, found["accuracy", "score"].items[:, 1].sum()) == (GROUPS, 3 * GROUPS)


@pytest.mark.parametrize("draw", range(5))
def test_random_vectors_and_permuted_ones_score_chance(base: Path, draw: int) -> None:
    found = measured(TableMaterial(vectors(seed=draw), base=base))
    for score, chance in (("accuracy", 1 / 6), ("opp", 0.5)):
        assert found[score, "baseline"].value == pytest.approx(chance)
        assert found[score, "control"].value == pytest.approx(chance, abs=0.04)
        summary = summarise([found[score, "score"]])
        assert summary.low - 0.05 < chance < summary.high + 0.05


def test_vectors_that_are_all_alike_score_chance_exactly(base: Path) -> None:
    words = vectors().words
    for matrix in (np.ones((len(words), 2)), np.zeros((len(words), 2))):
        found = measured(TableMaterial(Vectors(words, matrix), base=base))
        assert found["accuracy", "score"].value == pytest.approx(1 / 6)
        assert found["opp", "score"].value == pytest.approx(0.5)


def test_words_without_vectors_are_left_out_of_all_tables_alike(base: Path) -> None:
    full = vectors(planted=1.0)
    gone = {"g0w0", "g1o2", "g2w0", "g2w1", "g2w2"}  # a word, an outlier, most of a group
    kept = [word for word in full.words if word not in gone]
    part = Vectors(kept, full.matrix[[full.row(word) for word in kept]])
    ours, theirs = (measured(TableMaterial(each, shared=frozenset(kept), base=base)) for each in (full, part))
    for key, one in ours.items():
        np.testing.assert_array_equal(one.items, theirs[key].items)
        assert one.coverage == theirs[key].coverage == pytest.approx((3 * GROUPS - 1 - 3) / (3 * GROUPS))
    assert ours["accuracy", "baseline"].items[0].tolist() == [pytest.approx(3 / 5), 3]
    assert measured(TableMaterial(full, shared=frozenset(kept), base=base), shared=False)["opp", "score"].coverage == 1


def test_no_group_found_is_undefined_with_coverage_nought(base: Path) -> None:
    score = measured(TableMaterial(Vectors(["a"], [[1.0]]), base=base))["accuracy", "score"]
    assert np.isnan(score.value)
    assert (score.n, score.coverage) == (0, 0.0)


def test_the_bundled_groups_are_whole_and_no_word_stands_twice_in_one() -> None:
    sets = load_outlier_sets("everyday-outliers")
    assert (sets.name, len(sets.groups)) == ("everyday-outliers", 12)
    assert {(len(group.words), len(group.outliers)) for group in sets.groups} == {(6, 4)}
    assert all(word == word.lower() for group in sets.groups for word in group.words + group.outliers)


def test_a_file_is_read_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("a b  c | d\n\n# e\nf g h i|j k\r\n")
    sets = load_outlier_sets("mine.txt", tmp_path)
    assert sets.groups == (OutlierGroup(("a", "b", "c"), ("d",)), OutlierGroup(("f", "g", "h", "i"), ("j", "k")))


@pytest.mark.parametrize(
    ("line", "message"), [("a b c", "an outlier or more"), ("a b | c", "3 words or more"), ("a b c | b", "'b' twice")]
)
def test_a_line_that_is_no_group_is_refused_with_its_number(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "mine.txt").write_text(f"# groups\n{line}\n")
    with pytest.raises(InputError, match=rf"mine\.txt:2: expected .*{message}"):
        load_outlier_sets("mine.txt", tmp_path)


def test_missing_and_empty_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one of everyday-outliers"):
        load_outlier_sets("everyday", tmp_path)
    (tmp_path / "empty.txt").write_text("# nothing\n")
    with pytest.raises(InputError, match="found none"):
        load_outlier_sets("empty.txt", tmp_path)
