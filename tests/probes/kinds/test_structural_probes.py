"""The structural probes: noise scores what other sentences' trees do, planted trees are found, every score has its control."""

import numpy as np
import pytest

from embedseq.errors import RequestError
from embedseq.probes.kinds import structural_depth, structural_distance
from embedseq.probes.kinds.structural_depth import StructuralDepthSettings
from embedseq.probes.kinds.structural_distance import StructuralDistanceSettings
from embedseq.probes.material import Split, StatesInMemory, StatesMaterial
from embedseq.statistics.bootstrap import statistic_value
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import Tree

LONGEST = 10
SIZES: dict[Split, int] = {"train": 400, "valid": 80, "test": 120}


def random_tree(rng: np.random.Generator) -> Tree:
    """Half of the words hang on the word before or after them, as in languages, the others anywhere earlier in a random order."""
    size = int(rng.integers(5, LONGEST + 1))
    start = int(rng.integers(size))
    order = [start, *range(start + 1, size), *range(start - 1, -1, -1)]
    heads = [0] * size
    for rank, word in enumerate(order[1:], start=1):
        near = word - 1 if word > start else word + 1
        heads[word] = (near if rng.random() < 0.5 else order[int(rng.integers(rank))]) + 1
    words = GoldWords(("w",) * size, (False,) * size)
    return Tree(words, ("X",) * size, tuple(heads), ("dep",) * size, ({},) * size)


def codes(tree: Tree) -> np.ndarray:
    """(n, 2 LONGEST): the arcs on the path from the root, one-hot and summed, and the place in the sentence."""
    found = np.zeros((len(tree), 2 * LONGEST))
    for word in range(len(tree)):
        found[word, LONGEST + word] = 1.0
        above = word
        while tree.heads[above]:
            found[word, above] = 1.0
            above = tree.heads[above] - 1
    return found


def material(seed: int = 0, tree_weight: float = 1.0, untrained: bool = True, layers: tuple[str, ...] = ()) -> StatesMaterial:
    """Layers `noise` and `planted`: the tree is small beside loud numbers that have nothing to do with it."""
    rng = np.random.default_rng(seed)
    trees = {split: [random_tree(rng) for _ in range(count)] for split, count in SIZES.items()}
    own: dict[str, dict[str, np.ndarray]] = {}
    beside: dict[str, dict[str, np.ndarray]] = {}
    for split, of_split in trees.items():
        planted = np.concatenate([codes(tree) for tree in of_split])
        planted[:, :LONGEST] *= tree_weight
        loud = 3 * rng.standard_normal((len(planted), 12))
        own[split] = {
            "noise": rng.standard_normal((len(planted), 24)).astype(np.float32),
            "planted": np.hstack([planted, loud]).astype(np.float32),
        }
        beside[split] = {layer: rng.standard_normal((len(planted), 24)).astype(np.float32) for layer in own[split]}
    return StatesMaterial(trees, StatesInMemory(own), {"untrained model": StatesInMemory(beside)} if untrained else {}, layers)


def distance_settings(steps: int = 500) -> StructuralDistanceSettings:
    return StructuralDistanceSettings(kind="structural-distance", of="m", data="d", rank=24, steps=steps)


def depth_settings(steps: int = 500) -> StructuralDepthSettings:
    return StructuralDepthSettings(kind="structural-depth", of="m", data="d", rank=24, steps=steps)


def keyed(measurements: object) -> dict[tuple[str, str, str], Measurement]:
    assert isinstance(measurements, list)
    return {(each.score, each.part, each.label): each for each in measurements}


def test_planted_trees_are_found_and_beat_the_chain_and_other_sentences_trees() -> None:
    found = structural_distance.measure(material(layers=("planted",)), distance_settings())
    values = keyed(found.measurements)
    for score in ("uuas", "dspr"):
        own = values[score, "planted", ""]
        assert own.value > 0.93
        for label in ("left-to-right chain", "untrained model", "trees of other sentences"):
            assert compare([own], [values[score, "planted", label]]).low > 0.0, (score, label)
    depth = keyed(structural_depth.measure(material(layers=("planted",)), depth_settings()).measurements)
    for score in ("root-accuracy", "nspr"):
        own = depth[score, "planted", ""]
        assert own.value > 0.93
        assert compare([own], [depth[score, "planted", "left-to-right chain"]]).low > 0.0
        assert compare([own], [depth[score, "planted", "trees of other sentences"]]).low > 0.0


@pytest.mark.parametrize("seed", range(3))
def test_noise_scores_no_better_than_its_control(seed: int) -> None:
    noise = material(seed, untrained=False, layers=("noise",))
    found = [
        *structural_distance.measure(noise, distance_settings(200)).measurements,
        *structural_depth.measure(noise, depth_settings(200)).measurements,
    ]
    values = keyed(found)
    for score in ("uuas", "dspr", "root-accuracy", "nspr"):
        own, control = values[score, "noise", ""], values[score, "noise", "trees of other sentences"]
        assert own.value < control.value + 0.1, score
        assert not compare([own], [control]).low > 0.05, score


def test_fitted_on_other_sentences_trees_places_are_near_the_chain() -> None:
    values = keyed(structural_distance.measure(material(0, 0.0, False, ("planted",)), distance_settings(300)).measurements)
    own, control, chain = (
        values["uuas", "planted", label].value for label in ("", "trees of other sentences", "left-to-right chain")
    )
    assert control == pytest.approx(chain, abs=0.08)
    assert own == pytest.approx(control, abs=0.08)  # there is nothing but places to read in the sentence's own tree


def test_every_score_has_its_baselines_and_its_control_over_the_same_sentences() -> None:
    small = material()
    for found in (structural_distance.measure(small, distance_settings(5)), structural_depth.measure(small, depth_settings(5))):
        values = keyed(found.measurements)
        assert len(values) == len(found.measurements) == 2 * 2 * 4
        for each in found.measurements:
            assert each.items.shape == (SIZES["test"], 2)
            assert each.value == pytest.approx(statistic_value("ratio", each.items))
            assert 0.0 <= each.coverage <= 1.0
        assert {each.role for each in found.measurements if each.label == "trees of other sentences"} == {"control"}


def test_the_mean_over_lengths_is_told_beside_the_ratio() -> None:
    details = structural_distance.measure(material(), distance_settings(5)).details
    assert set(details["dspr, lengths averaged first"]) == {"noise", "planted"}


def test_only_the_layers_asked_for_are_measured() -> None:
    whole = material()
    asked = StatesMaterial(whole.trees, whole.own, whole.beside, ("planted",))
    assert {each.part for each in structural_depth.measure(asked, depth_settings(5)).measurements} == {"planted"}


def test_the_probe_gives_the_same_items_again() -> None:
    one, other = (structural_depth.measure(material(), depth_settings(60)).measurements for _ in range(2))
    for first, second in zip(one, other, strict=True):
        np.testing.assert_array_equal(first.items, second.items)


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_a_split_without_sentences_is_refused(split: Split) -> None:
    whole = material()
    empty = StatesMaterial({**whole.trees, split: []}, whole.own)
    with pytest.raises(RequestError, match=f"found none in the split '{split}'"):
        structural_distance.measure(empty, distance_settings())
