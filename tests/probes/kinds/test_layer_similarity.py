"""The probe of similarity between layers: layers that share nothing are not alike, layers that build on each other are."""

import numpy as np
import pytest

from embedseq.errors import RequestError
from embedseq.probes.geometry_statistics import STATISTICS
from embedseq.probes.kinds.layer_similarity import LayerSimilaritySettings, measure
from embedseq.probes.material import StatesInMemory, StatesMaterial
from embedseq.probes.probe import Found
from embedseq.statistics.bootstrap import Resampling
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import Tree

SENTENCES, LENGTH, WIDTH = 80, 8, 16
LAYERS = ("embedding", "encoder 1", "encoder 2")
PLAN = Resampling(draws=300)


def trees() -> list[Tree]:
    words = [[f"w{sentence}-{word}" for word in range(LENGTH)] for sentence in range(SENTENCES)]
    rest = (("X",) * LENGTH, tuple(range(LENGTH)), ("dep",) * LENGTH, ({},) * LENGTH)
    return [Tree(GoldWords(tuple(row), (False,) * LENGTH), *rest) for row in words]


def layers(seed: int, kept: float) -> StatesInMemory:
    """Each layer keeps so much of the one before and adds noise."""
    rng = np.random.default_rng(seed)
    states = [rng.standard_normal((SENTENCES * LENGTH, WIDTH))]
    for _ in LAYERS[1:]:
        states.append(kept * states[-1] + rng.standard_normal(states[-1].shape))
    return StatesInMemory({"test": {name: each.astype(np.float32) for name, each in zip(LAYERS, states, strict=True)}})


def probe(own: StatesInMemory, untrained: StatesInMemory, chosen: tuple[str, ...] = ()) -> Found:
    material = StatesMaterial({"test": trees()}, own, {"untrained model": untrained}, chosen)
    return measure(material, LayerSimilaritySettings(kind="layer-similarity", of="m", data="d"))


def pick(found: Found, part: str, role: str = "score") -> Measurement:
    return next(each for each in found.measurements if (each.part, each.role) == (part, role))


def test_layers_that_share_nothing_are_no_more_alike_than_the_null_over_many_draws() -> None:
    apart = 0
    for draw in range(100, 140):
        found = probe(layers(2 * draw, 0.0), layers(2 * draw + 1, 0.0))
        pair = "embedding, encoder 2"
        apart += compare([pick(found, pair)], [pick(found, pair, "control")], STATISTICS, PLAN).excludes_zero
    assert apart <= 6  # 2 are expected of 95 %


def test_layers_that_build_on_each_other_are_alike_the_nearer_the_more() -> None:
    found = probe(layers(0, 1.0), layers(1, 0.3))
    near, far = pick(found, "embedding, encoder 1"), pick(found, "embedding, encoder 2")
    assert near.value > far.value > 0.2
    assert compare([far], [pick(found, far.part, "control")], STATISTICS, PLAN).low > 0.1
    assert compare([far], [pick(found, far.part, "baseline")], STATISTICS, PLAN).low > 0.1


def test_details_hold_the_symmetric_matrix_of_the_model_and_of_the_untrained_one() -> None:
    found = probe(layers(2, 1.0), layers(3, 0.3))
    assert found.details["layers"] == list(LAYERS)
    assert set(found.details["cka"]) == {"", "untrained model"}
    matrix = np.array(found.details["cka"][""])
    np.testing.assert_array_equal(matrix, matrix.T)
    np.testing.assert_array_equal(np.diag(matrix), 1)
    assert matrix[0, 2] == pick(found, "embedding, encoder 2").value
    assert matrix[1, 2] == pick(found, "encoder 1, encoder 2").value


def test_one_layer_alone_is_refused() -> None:
    with pytest.raises(RequestError, match="layers: all"):
        probe(layers(0, 1.0), layers(1, 1.0), ("encoder 2",))
