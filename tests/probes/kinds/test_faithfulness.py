"""Erasure: known answers, nothing where looking and mattering are unrelated, all where they are one."""

import numpy as np
import pytest
from copiers import material as of_copier
from scipy.stats import spearmanr

from embedseq.errors import RequestError
from embedseq.probes.attention_maps import AttentionMaps, SentenceMaps
from embedseq.probes.erasing import Erasing
from embedseq.probes.kinds.faithfulness import FaithfulnessSettings, measure
from embedseq.probes.material import AttentionMaterial
from embedseq.statistics.bootstrap import statistic_value
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare, summarise

SETTINGS = FaithfulnessSettings(kind="faithfulness", of="m", data="d")
ATTENTION = "attention, mean of heads"


def found(material: AttentionMaterial) -> dict[tuple[str, str, str], Measurement]:
    return {(each.score, each.part, each.label): each for each in measure(material, SETTINGS).measurements}


def random_maps(seed: int, planted: bool = False, sentences: int = 80) -> AttentionMaps:
    random = np.random.default_rng(seed)
    made = []
    for length in np.random.default_rng(0).integers(1, 9, size=sentences):
        shape = (length + 1, length + 1)
        effects = random.random(shape).astype(np.float32)
        weights = effects if planted else random.random(shape).astype(np.float32)
        made.append(SentenceMaps(random.random(shape).astype(np.float32), weights[:, None], None, effects))
    return AttentionMaps.of(made, layers=1)


def test_gain_and_correlation_that_are_counted_by_hand() -> None:
    effects = np.array([[0.6, 0.1, 0.2], [0.3, 0.0, 0.3]])
    looked = np.array([[0.7, 0.2, 0.1], [0.2, 0.5, 0.3]])
    each = Erasing(effects, looked)
    np.testing.assert_allclose(each.gain(), [(0.6 - 0.15) + (0.0 - 0.3), 2])
    rhos = [spearmanr(one, other).statistic for one, other in zip(looked, effects, strict=True)]
    np.testing.assert_allclose(each.correlation(), [sum(rhos), 2])


def test_sentences_of_one_word_have_no_other_word_and_even_weights_no_rank() -> None:
    assert Erasing(np.ones((4, 1)), np.ones((4, 1))).gain().tolist() == [0, 0]
    assert Erasing(np.ones((4, 2)), np.ones((4, 2))).correlation().tolist() == [0, 0]
    assert Erasing(np.random.default_rng(0).random((2, 4)), np.ones((2, 4))).correlation().tolist() == [0, 0]


def test_looking_that_has_nothing_to_do_with_the_output_gains_nothing() -> None:
    beyond = 0
    for seed in range(15):
        maps = random_maps(seed)
        each = found(AttentionMaterial(maps, maps))
        for score in ("erasure-gain", "erasure-correlation"):
            summary = summarise([each[score, ATTENTION, ""]])
            beyond += summary.low > 0 or summary.high < 0
    assert beyond <= 5  # 30 intervals of 95 %


def test_looking_at_what_matters_is_found_and_its_controls_find_nothing() -> None:
    each = found(AttentionMaterial(random_maps(1, planted=True), random_maps(2)))
    assert each["erasure-correlation", ATTENTION, ""].value == pytest.approx(1.0)
    gain = each["erasure-gain", ATTENTION, ""]
    for label in ("a word at random", "word on the diagonal", "untrained model"):
        assert compare([gain], [each["erasure-gain", ATTENTION, label]]).low > 0.2
        assert abs(each["erasure-gain", ATTENTION, label].value) < 0.06
    assert abs(each["erasure-correlation", ATTENTION, "shuffled over the words"].value) < 0.06


def test_a_model_that_copies_hangs_on_the_word_it_looks_at_and_an_untrained_one_on_none() -> None:
    each = found(of_copier(backwards=True))
    for method in (ATTENTION, "value-weighted norms, mean of heads", "gradient × input"):
        gain, before = each["erasure-gain", method, ""], each["erasure-gain", method, "untrained model"]
        assert gain.value > (0.3 if method == "gradient × input" else 0.7)
        assert abs(before.value) < 0.1
        assert compare([gain], [before]).low > 0.2
        assert compare([gain], [each["erasure-gain", method, "a word at random"]]).low > 0.2
    assert each["erasure-gain", ATTENTION, "word on the diagonal"].value < 0.0


def test_values_are_those_of_the_items_the_same_for_every_model() -> None:
    one, other = (measure(AttentionMaterial(random_maps(seed), random_maps(0)), SETTINGS).measurements for seed in (1, 2))
    for first, second in zip(one, other, strict=True):
        assert first.value == statistic_value("ratio", first.items)
        assert first.items.shape == second.items.shape == (80, 2)


def test_maps_without_erasure_are_refused() -> None:
    flat = AttentionMaps.of([SentenceMaps(np.zeros((2, 3), np.float32))])
    with pytest.raises(RequestError, match="effect of erasing"):
        measure(AttentionMaterial(flat, flat), SETTINGS)
