"""Entropy of attention: known answers, and even weights as the most there is."""

import numpy as np
import pytest
from copiers import material as of_copier
from hypothesis import given
from hypothesis import strategies as st

from embedseq.probes.attention_maps import AttentionMaps, SentenceMaps
from embedseq.probes.kinds.attention_entropy import AttentionEntropySettings, measure
from embedseq.probes.material import AttentionMaterial
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare

SETTINGS = AttentionEntropySettings(kind="attention-entropy", of="m", data="d")


def maps_of(weights: list[np.ndarray]) -> AttentionMaps:
    """Of weights (T, H, S) for each sentence."""
    return AttentionMaps.of([SentenceMaps(each[:, 0].copy(), each.astype(np.float32)) for each in weights], layers=1)


def found(material: AttentionMaterial) -> dict[tuple[str, str, str], Measurement]:
    return {(each.score, each.part, each.label): each for each in measure(material, SETTINGS).measurements}


def test_entropies_and_end_masses_that_are_counted_by_hand() -> None:
    # Two words and the end symbol of the target; three words and the end symbol of the source; two heads.
    words = [[[0.5, 0.25, 0.125, 0.125], [1.0, 0.0, 0.0, 0.0]], [[0.25, 0.25, 0.25, 0.25], [0.0, 0.0, 0.0, 1.0]]]
    weights = np.array([*words, [[0.0, 0.0, 0.0, 1.0]] * 2])
    maps = maps_of([weights])
    everywhere = maps_of([np.full_like(weights, 0.25)])
    each = found(AttentionMaterial(maps, everywhere))
    assert each["entropy", "head 1", ""].value == pytest.approx((1.75 + 2.0) / 2)
    assert each["entropy", "head 2", ""].value == 0.0
    assert each["entropy", "all heads", ""].value == pytest.approx(3.75 / 4)
    assert each["end-mass", "head 1", ""].value == pytest.approx(0.1875)
    assert each["end-mass", "head 2", ""].value == pytest.approx(0.5)
    assert each["entropy", "head 1", "even weights"].value == 2.0
    assert each["end-mass", "all heads", "even weights"].value == 0.25


def test_a_head_that_was_not_chosen_for_a_word_does_not_count_there() -> None:
    weights = np.array([[[0.5, 0.5]], [[0.0, 0.0]], [[1.0, 0.0]]])
    maps = maps_of([weights])
    entropy = found(AttentionMaterial(maps, maps))["entropy", "head 1", ""]
    assert entropy.items.tolist() == [[1.0, 1.0]]


@given(st.integers(0, 1000), st.floats(0.05, 5.0))
def test_no_weights_are_spread_more_widely_than_even_ones(seed: int, concentration: float) -> None:
    random = np.random.default_rng(seed)
    weights = [random.dirichlet(np.full(size, concentration), size=(3, 2)) for size in random.integers(2, 7, size=5)]
    maps = maps_of(weights)
    each = found(AttentionMaterial(maps, maps))
    for head in ("head 1", "head 2", "all heads"):
        assert -1e-9 <= each["entropy", head, ""].value <= each["entropy", head, "even weights"].value + 1e-6


def test_even_weights_differ_in_nothing_from_their_baseline() -> None:
    maps = maps_of([np.full((4, 2, size), 1 / size) for size in (2, 3, 5, 8)])
    each = found(AttentionMaterial(maps, maps))
    for score in ("entropy", "end-mass"):
        difference = compare([each[score, "all heads", ""]], [each[score, "all heads", "even weights"]])
        assert difference.low == pytest.approx(0.0, abs=1e-6)
        assert difference.high == pytest.approx(0.0, abs=1e-6)


def test_a_model_that_has_learnt_where_to_look_is_sharper_than_before() -> None:
    each = found(of_copier(backwards=True))
    assert compare([each["entropy", "all heads", ""]], [each["entropy", "all heads", "untrained model"]]).high < -0.5


def test_a_model_without_attention_has_no_entropy() -> None:
    flat = AttentionMaps.of([SentenceMaps(np.zeros((2, 3), np.float32))])
    assert measure(AttentionMaterial(flat, flat), SETTINGS).measurements == ()
