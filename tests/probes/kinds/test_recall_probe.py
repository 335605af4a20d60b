"""The recall probe: noise remembers nothing, states that hold the last words are read as far back as they hold them."""

import numpy as np
import pytest

from embedseq.errors import RequestError
from embedseq.probes.half_life import STATISTICS
from embedseq.probes.kinds.recall import RecallSettings, measure
from embedseq.probes.material import Split, StatesInMemory, StatesMaterial
from embedseq.statistics.bootstrap import statistic_value
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare, summarise
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import Tree

SIZES: dict[Split, int] = {"train": 160, "valid": 40, "test": 80}
TYPES = 12
WIDTH = 16
HELD = 2
"""So many words before the current one are in the planted states."""


def sentence(rng: np.random.Generator) -> Tree:
    size = int(rng.integers(3, 14))
    share = 1 / np.arange(2, TYPES + 2)
    forms = tuple(chr(97 + code) for code in rng.choice(TYPES, size=size, p=share / share.sum()))
    return Tree(GoldWords(forms, (False,) * size), ("X",) * size, tuple(range(size)), ("dep",) * size, ({},) * size)


def material(seed: int = 0, layers: tuple[str, ...] = ()) -> StatesMaterial:
    """Layers `embedding` (the word), `noise`, and `planted`: the word and the two before it, each at its own place."""
    rng = np.random.default_rng(seed)
    trees = {split: [sentence(rng) for _ in range(count)] for split, count in SIZES.items()}
    own: dict[str, dict[str, np.ndarray]] = {}
    beside: dict[str, dict[str, np.ndarray]] = {}
    for split, of_split in trees.items():
        codes = [np.array([ord(form) - 97 for form in tree.words.words]) for tree in of_split]
        held = []
        for back in range(HELD + 1):
            before = [np.concatenate([np.full(min(back, len(each)), TYPES), each[: max(0, len(each) - back)]]) for each in codes]
            held.append(np.eye(TYPES + 1)[np.concatenate(before)])
        planted = np.hstack(held)
        noise, other = rng.standard_normal((2, len(planted), WIDTH))
        layers_of_split = {"embedding": held[0], "noise": noise, "planted": planted + 0.1 * rng.standard_normal(planted.shape)}
        own[split] = {layer: states.astype(np.float32) for layer, states in layers_of_split.items()}
        beside[split] = dict.fromkeys(own[split], np.hstack([held[0], other]).astype(np.float32))
    return StatesMaterial(trees, StatesInMemory(own), {"untrained model": StatesInMemory(beside)}, layers)


def settings(steps: int = 4, words: int = 8, examples: int = 10_000) -> RecallSettings:
    return RecallSettings(kind="recall", of="m", data="d", steps=steps, words=words, examples=examples)


def keyed(measurements: object) -> dict[tuple[str, str, str], Measurement]:
    assert isinstance(measurements, list)
    return {(each.score, each.part, each.label): each for each in measurements}


def test_words_are_recalled_as_far_back_as_the_states_hold_them() -> None:
    found = keyed(measure(material(layers=("planted",)), settings()).measurements)
    for back in range(5):
        own, part = found["accuracy", f"planted, {back} back", ""], f"planted, {back} back"
        chance = found["accuracy", part, "majority class"]
        if back <= HELD:
            assert own.value > 0.9
            assert compare([own], [chance]).low > 0.3
        else:
            assert not compare([own], [chance]).low > 0.0
        if back == 0:
            assert found["accuracy", part, "current word's vector"].value > 0.95
        else:
            assert compare([found["accuracy", part, "current word's vector"]], [chance]).low < 0.05


def test_the_half_life_is_where_the_states_stop_holding_words() -> None:
    found = keyed(measure(material(layers=("planted",)), settings()).measurements)
    own = summarise([found["half-life", "planted", ""]], STATISTICS)
    assert HELD < own.value < HELD + 1
    assert own.low > HELD
    for label in ("untrained model", "current word's vector"):  # both hold the word itself alone
        other = found["half-life", "planted", label]
        assert 0.3 < other.value < 0.7
        assert compare([found["half-life", "planted", ""]], [other], STATISTICS).low > 1.0
    assert found["half-life", "planted", "untrained model"].role == "baseline"


@pytest.mark.parametrize("seed", range(3))
def test_noise_recalls_no_more_than_the_majority_and_the_control(seed: int) -> None:
    found = keyed(measure(material(seed, ("noise",)), settings(2)).measurements)
    for back in range(3):
        part = f"noise, {back} back"
        for label in ("majority class", "words dealt out to others"):
            assert not compare([found["accuracy", part, ""]], [found["accuracy", part, label]]).low > 0.02, (part, label)


def test_states_of_the_current_word_recall_no_other_and_live_as_long_as_their_control() -> None:
    found = keyed(measure(material(layers=("embedding",)), settings(2)).measurements)
    assert found["accuracy", "embedding, 0 back", ""].value > 0.95
    assert found["accuracy", "embedding, 0 back", "words dealt out to others"].value < 0.5
    assert found["accuracy", "embedding, 1 back", ""].value < 0.5
    assert found["accuracy", "embedding, 1 back", "random label by word type"].value > 0.95
    control = found["half-life", "embedding", "current word known, none before it"]
    assert control.value == pytest.approx(0.5, abs=0.15)
    assert found["half-life", "embedding", ""].value == pytest.approx(control.value, abs=0.15)


def test_every_distance_has_the_same_sentences_and_values_follow_from_their_sums() -> None:
    whole = material()
    found = measure(whole, settings()).measurements
    assert len(keyed(found)) == len(found) == 3 * (5 * 6 + 4)
    sentences = sum(len(tree) > 4 for tree in whole.trees["test"])
    words = sum(len(tree) for tree in whole.trees["test"])
    read = sum(max(0, len(tree) - 4) for tree in whole.trees["test"])
    for each in found:
        assert len(each.items) == sentences
        assert each.value == pytest.approx(statistic_value(each.statistic, each.items, STATISTICS), nan_ok=True)
        if each.score == "accuracy":
            assert each.coverage == pytest.approx(each.items[:, 1].sum() / words)
        else:
            assert each.coverage == pytest.approx(read / words)


def test_when_all_types_are_classes_every_distance_asks_all_the_words_read() -> None:
    found = keyed(measure(material(layers=("noise",)), settings(3, words=TYPES)).measurements)
    columns = [found["accuracy", f"noise, {back} back", ""].items[:, 1] for back in range(4)]
    for each in columns:
        np.testing.assert_array_equal(each, columns[0])


def test_the_curve_of_the_half_life_is_that_of_the_accuracies() -> None:
    found = keyed(measure(material(layers=("planted",)), settings()).measurements)
    sums = found["half-life", "planted", ""].items.sum(axis=0).reshape(3, 5)
    for back in range(5):
        own, chance = (found["accuracy", f"planted, {back} back", label].items for label in ("", "majority class"))
        np.testing.assert_array_equal(sums[:, back], [own[:, 0].sum(), chance[:, 0].sum(), own[:, 1].sum()])


def test_fewer_examples_train_but_all_test_words_are_asked() -> None:
    some, every = (keyed(measure(material(layers=("planted",)), settings(2, 8, count)).measurements) for count in (60, 10_000))
    key = ("accuracy", "planted, 2 back", "")
    np.testing.assert_array_equal(some[key].items[:, 1], every[key].items[:, 1])
    assert some[key].value < every[key].value


def test_the_probe_gives_the_same_items_again() -> None:
    one, other = (measure(material(layers=("planted",)), settings(2, 8, 200)).measurements for _ in range(2))
    for first, second in zip(one, other, strict=True):
        np.testing.assert_array_equal(first.items, second.items)


def test_sentences_that_are_all_too_short_are_refused() -> None:
    with pytest.raises(RequestError, match="Lower `steps`"):
        measure(material(), settings(30))
