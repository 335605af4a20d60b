"""The probe of similarity between models: the null is not crossed by noise, the planted likeness and the ceiling are above it."""

from typing import get_args

import numpy as np
import pytest

from embedseq.errors import RequestError
from embedseq.probes.geometry_similarity import SIMILARITIES
from embedseq.probes.geometry_statistics import STATISTICS
from embedseq.probes.kinds.representation_similarity import ABOUT, Measure, RepresentationSimilaritySettings, measure
from embedseq.probes.material import PairMaterial, StatesInMemory
from embedseq.probes.probe import Found
from embedseq.statistics.bootstrap import Resampling, statistic_value
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare, summarise
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import Tree

SENTENCES, LENGTH, WIDTH = 120, 8, 24
ALL = get_args(Measure)
PLAN = Resampling(draws=300)


def trees(types: int = 100_000, seed: int = 0) -> list[Tree]:
    ids = np.random.default_rng(seed).integers(types, size=(SENTENCES, LENGTH))
    rest = (("X",) * LENGTH, tuple(range(LENGTH)), ("dep",) * LENGTH, ({},) * LENGTH)
    return [Tree(GoldWords(tuple(f"w{word}" for word in row), (False,) * LENGTH), *rest) for row in ids]


def noise(seed: int, width: int = WIDTH) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((SENTENCES * LENGTH, width)).astype(np.float32)


def model(**layers: np.ndarray) -> StatesInMemory:
    return StatesInMemory({"test": {name.replace("_", " "): states for name, states in layers.items()}})


def turned(states: np.ndarray, seed: int, share: float) -> np.ndarray:
    """Another model that has learned the same: turned, and with noise of its own."""
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((WIDTH, WIDTH)))[0]
    return (states @ turn + share * noise(seed + 1)).astype(np.float32)


def settings(**more: object) -> RepresentationSimilaritySettings:
    base = {"kind": "representation-similarity", "of": "m", "reference": "r", "data": "d", "measures": ALL}
    return RepresentationSimilaritySettings.model_validate(base | more)


def probe(own: StatesInMemory, reference: StatesInMemory, other: StatesInMemory | None = None, **more: object) -> Found:
    return measure(PairMaterial({"test": trees()}, own, reference, other), settings(**more))


def pick(found: Found, score: str, role: str = "score", part: str = "embedding") -> Measurement:
    return next(each for each in found.measurements if (each.score, each.role, each.part) == (score, role, part))


def test_each_measure_can_be_asked_for_and_is_described() -> None:
    assert set(ALL) == set(SIMILARITIES) == {score.name for score in ABOUT.scores}
    assert settings().measures == ALL
    assert RepresentationSimilaritySettings(kind="representation-similarity", of="m", reference="r", data="d").measures == (
        "cka",
    )


@pytest.mark.parametrize("score", ALL)
def test_models_that_have_nothing_in_common_are_no_more_alike_than_the_null_over_many_draws(score: str) -> None:
    apart = 0
    for draw in range(100, 140):
        models = model(embedding=noise(2 * draw)), model(embedding=noise(2 * draw + 1))
        found = probe(*models, measures=(score,), words=400)
        difference = compare([pick(found, score)], [pick(found, score, "control")], STATISTICS, PLAN)
        apart += difference.excludes_zero
    assert apart <= 6  # 2 are expected of 95 %


@pytest.mark.parametrize("score", ALL)
def test_a_ceiling_and_a_planted_likeness_are_above_the_null_and_in_their_order(score: str) -> None:
    own = noise(1)
    reference, other = turned(own, 2, share=1.0), turned(own, 4, share=0.2)
    found = probe(model(embedding=own), model(embedding=reference), model(embedding=other))
    likeness, null, ceiling = (pick(found, score, role) for role in ("score", "control", "baseline"))
    assert compare([likeness], [null], STATISTICS, PLAN).low > 0
    assert compare([ceiling], [likeness], STATISTICS, PLAN).low > 0
    assert (null.label, ceiling.label) == ("words permuted", "another seed of the model")
    chance = 10 / (SENTENCES * LENGTH) if score == "neighbours" else 0
    assert summarise([null], STATISTICS, PLAN).value == pytest.approx(chance, abs=0.05)


@pytest.mark.parametrize("score", ALL)
def test_a_model_is_fully_like_itself_turned_and_scaled(score: str) -> None:
    own = noise(1)
    found = probe(model(embedding=own), model(embedding=5 * turned(own, 2, share=0.0)))
    assert pick(found, score).value == pytest.approx(1, abs=1e-4)


def test_random_embeddings_of_repeating_words_look_alike_unless_each_word_is_taken_once() -> None:
    text = trees(types=300)
    number = {word: place for place, word in enumerate(sorted({word for tree in text for word in tree.words.words}))}
    rows = np.array([number[word] for tree in text for word in tree.words.words])
    material = PairMaterial({"test": text}, model(embedding=noise(1)[rows]), model(embedding=noise(2)[rows]))
    once, often = (pick(measure(material, settings(once=once)), "cka") for once in (True, False))
    assert summarise([once], STATISTICS, PLAN).low < 0.02
    assert abs(once.value) < 0.1
    assert summarise([often], STATISTICS, PLAN).low > 0.02


def test_layers_of_the_same_name_are_compared_and_the_others_named() -> None:
    own = model(embedding=noise(1), encoder_1=noise(2), encoder_2=noise(3))
    reference = model(embedding=noise(4, 16), encoder_1=noise(5, 16))
    found = probe(own, reference, measures=("cka",))
    assert {each.part for each in found.measurements} == {"embedding", "encoder 1"}
    assert found.details["layers_of_one_only"] == ["encoder 2"]
    last = probe(own, reference, measures=("cka",), layers="last")
    assert {each.part for each in last.measurements} == {"encoder 1"}


def test_models_without_a_common_layer_are_refused() -> None:
    with pytest.raises(RequestError, match="layers of the same name, found encoder 1 and decoder 1"):
        probe(model(encoder_1=noise(1)), model(decoder_1=noise(2)))


def test_without_another_seed_there_is_no_ceiling() -> None:
    found = probe(model(embedding=noise(1)), model(embedding=noise(2)))
    assert {each.role for each in found.measurements} == {"score", "control"}


def test_values_are_the_statistics_of_items_that_are_the_same_for_every_model_and_seed() -> None:
    first = probe(model(embedding=noise(1)), model(embedding=noise(2)), model(embedding=noise(3)))
    second = probe(model(embedding=noise(4)), model(embedding=noise(5, 16)), model(embedding=noise(6)))
    for one, other in zip(first.measurements, second.measurements, strict=True):
        assert one.items.shape == other.items.shape
        assert one.value == pytest.approx(statistic_value(one.statistic, one.items, STATISTICS))
        assert (one.subject, one.coverage) == ("", 1.0)


def test_the_probe_gives_the_same_numbers_again() -> None:
    first, second = (probe(model(embedding=noise(1)), model(embedding=noise(2))) for _ in range(2))
    assert first.details == second.details
    for one, other in zip(first.measurements, second.measurements, strict=True):
        np.testing.assert_array_equal(one.items, other.items)


def test_details_hold_cka_of_all_words_at_once_with_and_without_its_bias() -> None:
    found = probe(model(embedding=noise(1)), model(embedding=noise(2)), words=500)
    at_once = found.details["cka_at_once"]["embedding"]
    assert (found.details["words"], found.details["blocks"]) == (500, 20)
    assert abs(at_once["debiased"]) < 0.02
    assert at_once["biased"] == pytest.approx(WIDTH / (500 + WIDTH), abs=0.01)


def test_a_layer_without_variance_has_no_similarity() -> None:
    found = probe(model(embedding=np.ones_like(noise(1))), model(embedding=noise(2)), measures=("cka",))
    assert np.isnan(pick(found, "cka").value)
    assert found.details["cka_at_once"]["embedding"]["debiased"] is None
