"""Alignment error: known answers, nothing to find in noise, and models that copy look where they should."""

from dataclasses import replace

import numpy as np
import pytest
from copiers import material as of_copier
from hypothesis import given
from hypothesis import strategies as st

from embedseq.errors import RequestError
from embedseq.probes.attention_maps import AttentionMaps, SentenceMaps
from embedseq.probes.kinds.alignment import AlignmentSettings, measure
from embedseq.probes.links import counts, diagonal, expected_counts, likeliest
from embedseq.probes.material import AttentionMaterial
from embedseq.probes.sums import STATISTICS, aer_of
from embedseq.statistics.bootstrap import interval, statistic_value
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare

SETTINGS = AlignmentSettings(kind="alignment", of="m", data="d")
ATTENTION = "attention, best head"


def found(material: AttentionMaterial) -> dict[tuple[str, str], Measurement]:
    return {(each.part, each.label): each for each in measure(material, SETTINGS).measurements}


def noise(seed: int, sentences: int = 120, heads: int = 2, gold_head: int | None = None) -> AttentionMaterial:
    """Random weights over sentences with random permutations as gold; one head may know the gold."""
    random = np.random.default_rng(seed)
    sentences_maps, golds = [], []
    for length in np.random.default_rng(0).integers(4, 9, size=sentences):
        order = random.permutation(length)
        weights = random.dirichlet(np.ones(length + 1), size=(length + 1, heads)).astype(np.float32)
        if gold_head is not None:
            weights[np.arange(length), gold_head, order] += 1.0
        gradients = random.random((length + 1, length + 1)).astype(np.float32)
        sentences_maps.append(SentenceMaps(gradients, weights, weights))
        golds.append(frozenset(enumerate(order.tolist())))
    maps = AttentionMaps.of(sentences_maps, layers=1)
    return AttentionMaterial(maps, maps, golds)


def test_the_error_rate_of_links_that_are_counted_by_hand() -> None:
    # 2 of 3 links are among the 4 gold ones: 1 - 2 · 2 / (3 + 4).
    gold = frozenset({(0, 0), (1, 2), (2, 1), (2, 3)})
    assert counts(np.array([0, 1, 3]), gold).tolist() == [2, 3, 4]
    assert aer_of(np.array([2.0, 3.0, 4.0])) == pytest.approx(1 - 4 / 7)
    assert aer_of(np.array([3.0, 3.0, 3.0])) == 0.0
    assert aer_of(np.array([0.0, 3.0, 3.0])) == 1.0
    assert np.isnan(aer_of(np.zeros(3)))


@given(st.integers(1, 12), st.integers(1, 12))
def test_the_diagonal_runs_from_the_first_to_the_last_source_word(targets: int, sources: int) -> None:
    places = diagonal(targets, sources)
    assert len(places) == targets
    assert places[0] == 0
    assert (np.diff(places) >= 0).all()
    assert places.max() < sources
    if targets == sources:
        assert places.tolist() == list(range(targets))


@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_the_expected_counts_are_the_mean_over_all_links(targets: int, sources: int, data: st.DataObject) -> None:
    every = [(target, source) for target in range(targets) for source in range(sources)]
    gold = frozenset(data.draw(st.sets(st.sampled_from(every))))
    choices = np.stack(np.meshgrid(*[np.arange(sources)] * targets, indexing="ij"), axis=-1).reshape(-1, targets)
    mean = np.mean([counts(choice, gold) for choice in choices], axis=0)
    np.testing.assert_allclose(expected_counts(targets, sources, gold), mean)


def test_a_source_without_words_has_no_links() -> None:
    assert len(likeliest(np.zeros((3, 0)))) == 0
    assert expected_counts(3, 0, frozenset()).tolist() == [0, 0, 0]


def test_a_model_that_copies_looks_along_the_diagonal() -> None:
    each = found(of_copier(backwards=False))
    assert each[ATTENTION, ""].value < 0.03
    assert each[ATTENTION, "diagonal"].value == 0.0
    assert each[ATTENTION, "untrained model"].value > 0.5
    assert each[ATTENTION, "a source word at random"].value > 0.7


def test_a_model_that_writes_backwards_looks_backwards_where_the_diagonal_fails() -> None:
    each = found(of_copier(backwards=True))
    for method in (ATTENTION, "attention, mean of heads", "value-weighted norms, best head"):
        score, on_diagonal = each[method, ""], each[method, "diagonal"]
        assert score.value < 0.03
        assert on_diagonal.value > 0.8
        assert compare([score], [on_diagonal], STATISTICS).high < -0.7
    gradients = each["gradient × input", ""]
    assert compare([gradients], [each["gradient × input", "a source word at random"]], STATISTICS).high < 0


def test_noise_is_no_better_than_chance_nor_than_shuffled_links() -> None:
    beyond = 0
    for seed in range(12):
        each = found(noise(seed))
        for label in ("a source word at random", "links with the source words shuffled"):
            for method in (ATTENTION, "gradient × input"):
                difference = compare([each[method, ""]], [each[method, label]], STATISTICS)
                beyond += difference.excludes_zero
    assert beyond <= 7  # 48 intervals of 95 %


def test_the_best_head_is_picked_on_other_sentences_than_those_that_are_scored() -> None:
    material = noise(3, heads=6, gold_head=4)
    each = measure(material, SETTINGS)
    assert each.details["best heads"][ATTENTION] == "head 5"
    by_name = found(material)
    assert by_name[ATTENTION, ""].value == 0.0
    assert by_name[ATTENTION, ""].n == 60
    assert by_name[ATTENTION, "links with the source words shuffled"].value > 0.6
    assert material.alignments is not None
    spoilt = [gold if row >= 60 else frozenset({(0, 0)}) for row, gold in enumerate(material.alignments)]
    assert found(replace(material, alignments=spoilt))[ATTENTION, ""].value > 0.5


def test_values_are_those_of_the_items_and_a_model_without_attention_has_gradients_alone() -> None:
    material = noise(1)
    bare = replace(material.maps, weights=None, norms=None, layers=0)
    each = measure(AttentionMaterial(bare, bare, material.alignments), SETTINGS).measurements
    assert {one.part for one in each} == {"gradient × input"}
    for one in [*each, *measure(material, SETTINGS).measurements]:
        assert one.value == statistic_value("aer", one.items, STATISTICS)
        ends = interval("aer", one.items[None], additives=STATISTICS)
        assert ends.low <= one.value <= ends.high
        assert one.better == "lower"


def test_a_corpus_without_gold_or_with_too_little_text_is_refused() -> None:
    material = noise(1)
    with pytest.raises(RequestError, match="expected gold alignments"):
        measure(replace(material, alignments=None), SETTINGS)
    with pytest.raises(RequestError, match="Read more sentences"):
        measure(noise(1, sentences=3), SETTINGS)


def test_a_perfect_aligner_is_far_above_its_control_also_where_links_follow_from_lengths_alone() -> None:
    """In a copy every sentence of a length has the same links: those of another sentence would be no null."""
    from embedseq.probes.links import counts, shuffled_sources

    gold = [frozenset((place, place) for place in range(size)) for size in (4, 6, 8, 10)]
    shuffled = shuffled_sources(gold, [4, 6, 8, 10])
    assert [len(links) for links in shuffled] == [4, 6, 8, 10]
    items = np.stack([counts(np.arange(len(links)), links) for links in shuffled])
    assert statistic_value("aer", items, STATISTICS) > 0.6
