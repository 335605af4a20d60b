"""The word-similarity probe: two baselines, shared words, the same items for every table."""

from pathlib import Path

import numpy as np
import pytest

from embedseq.embeddings.vectors import Vectors
from embedseq.probes.kinds.word_similarity import ABOUT, WordSimilaritySettings, measure
from embedseq.probes.material import TableMaterial
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare, summarise

WORDS = [f"w{row}" for row in range(60)]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """300 pairs, judged by how near their numbers are."""
    places = np.random.default_rng(1).integers(0, len(WORDS), (300, 2))
    (tmp_path / "pairs.txt").write_text("".join(f"w{a} w{b} {60 - abs(a - b)}\n" for a, b in places))
    return tmp_path


def on_a_circle(words: list[str] = WORDS) -> Vectors:
    angles = np.array([3 * int(word[1:]) / 60 for word in words])
    return Vectors(words, np.stack([np.cos(angles), np.sin(angles)], axis=-1))


def measured(material: TableMaterial, **fields: object) -> list[Measurement]:
    settings = WordSimilaritySettings.model_validate({"kind": "word-similarity", "sets": ("pairs.txt",), **fields})
    return list(measure(material, settings).measurements)


def test_planted_similarity_is_found_and_neither_baseline_finds_it(base: Path) -> None:
    score, permuted, random = measured(TableMaterial(on_a_circle(), base=base))
    assert score.value > 0.95
    assert [each.label for each in (permuted, random)] == ["vectors permuted across words", "random vectors of the same norms"]
    for baseline in (permuted, random):
        assert abs(baseline.value) < 0.15
        assert compare([score], [baseline]).low > 0.5
        np.testing.assert_array_equal(baseline.items[:, 1], score.items[:, 1])


@pytest.mark.parametrize("draw", range(4))
def test_random_vectors_score_what_the_baselines_score(base: Path, draw: int) -> None:
    vectors = Vectors(WORDS, np.random.default_rng(draw).standard_normal((60, 20)))
    score, permuted, random = measured(TableMaterial(vectors, base=base))
    summary = summarise([score])
    assert summary.low - 0.05 < permuted.value < summary.high + 0.05
    assert summary.low - 0.05 < random.value < summary.high + 0.05


def test_tables_are_compared_on_the_words_that_all_of_them_have_and_the_loss_shows_in_the_coverage(base: Path) -> None:
    full, part = on_a_circle(), on_a_circle(WORDS[40:9:-1])
    shared = frozenset(part.words)
    ours, theirs = (measured(TableMaterial(table, shared=shared, base=base)) for table in (full, part))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one.items, other.items)
        assert one.coverage == other.coverage == one.n / 300 < 1
    apart = measured(TableMaterial(full, shared=shared, base=base), shared=False)
    assert apart[0].coverage == 1.0


def test_it_is_described_under_its_own_name() -> None:
    assert WordSimilaritySettings(kind="word-similarity").sets == ("wordsim353", "simlex999")
    assert (ABOUT.name, ABOUT.reads) == ("word-similarity", "vectors")
