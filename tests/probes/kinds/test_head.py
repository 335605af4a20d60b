"""The head probe: noise finds no more heads than offsets do, states that point at their head are followed."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from labelled_states import material, sentences

from embedseq.errors import RequestError
from embedseq.probes.head_scorer import HeadSample, fit_heads, predicted_heads
from embedseq.probes.kinds.head import ABOUT, HeadSettings, measure
from embedseq.probes.material import StatesInMemory, StatesMaterial
from embedseq.statistics.bootstrap import statistic_value
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare
from embedseq.text.trees import Tree

SETTINGS = HeadSettings(kind="head", of="m", data="d")
CONTROL = "random label by word type"


def named(measurements: object) -> dict[tuple[str, str], Measurement]:
    return {(each.score, each.label): each for each in measurements}  # type: ignore[attr-defined]


def pointing(trees: dict[str, list[Tree]]) -> StatesMaterial:
    """Each state is a vector of the word's own and that of its head, zero for the root."""
    rng = np.random.default_rng(3)
    by_split = {}
    for split, of_split in trees.items():
        rows = []
        for tree in of_split:
            own = rng.standard_normal((len(tree) + 1, 12))
            own[0] = 0
            rows.append(np.hstack([own[1:], own[list(tree.heads)]]))
        by_split[split] = {"encoder 1": np.concatenate(rows).astype(np.float32)}
    return StatesMaterial(trees, StatesInMemory(by_split))  # type: ignore[arg-type]


@cache
def noise(draw: int) -> Sequence[Measurement]:
    return measure(material("noise", draw), SETTINGS).measurements


@pytest.mark.parametrize("draw", range(2))
def test_noise_finds_no_more_heads_than_offsets(draw: int) -> None:
    found = named(noise(draw))
    assert found["accuracy", ""].value < found["accuracy", "likeliest offset"].value + 0.05
    assert found["accuracy", ""].value == pytest.approx(found["accuracy", "untrained model"].value, abs=0.06)


def test_states_that_point_at_their_head_are_followed() -> None:
    found = named(measure(pointing(sentences()), SETTINGS).measurements)
    assert found["accuracy", ""].value > 0.9
    assert found["unseen-accuracy", ""].value > 0.85
    assert found["selectivity", ""].value > 0.3
    assert compare([found["accuracy", ""]], [found["accuracy", "likeliest offset"]]).low > 0.3


def test_every_score_has_what_it_is_held_against_on_the_same_items() -> None:
    measurements = noise(0)
    for score in ABOUT.scores:
        own = [each for each in measurements if each.score == score.name]
        assert {"score", *score.roles} == {each.role for each in own}
        assert len({each.items.shape for each in own}) == 1
        for each in own:
            assert each.value == pytest.approx(statistic_value(each.statistic, each.items))


def test_rules_without_states_find_what_they_should() -> None:
    chains = {
        split: [Tree(tree.words, tree.upos, tuple(range(len(tree))), tree.deprels, tree.feats) for tree in of_split]
        for split, of_split in sentences().items()
    }
    found = named(measure(pointing(chains), SETTINGS).measurements)
    assert found["accuracy", "word before"].value == 1
    assert found["accuracy", "likeliest offset"].value == 1  # there is nothing before the first word
    assert found["accuracy", ""].value > 0.95


def test_padding_is_nobodys_head_and_changes_no_answer() -> None:
    rng = np.random.default_rng(0)
    states = [rng.standard_normal((length, 8)).astype(np.float32) for length in (3, 1, 7, 5) * 10]
    heads = [np.arange(len(each)) for each in states]
    scorer, scaler = fit_heads(HeadSample(states, heads), HeadSample(states, heads))
    together = predicted_heads(scorer, scaler, states)
    for sentence, found in zip(states, together, strict=True):
        assert found.max() <= len(sentence)
        np.testing.assert_array_equal(found, predicted_heads(scorer, scaler, [sentence])[0])


def test_the_same_states_give_the_same_items() -> None:
    again = measure(material("noise", 0), SETTINGS).measurements
    for one, other in zip(noise(0), again, strict=True):
        np.testing.assert_array_equal(one.items, other.items)


def test_a_split_without_sentences_is_refused() -> None:
    given = pointing(sentences())
    with pytest.raises(RequestError, match="none in valid"):
        measure(StatesMaterial({**given.trees, "valid": []}, given.own), SETTINGS)
