"""Conditional V-information: what a layer tells beyond the embedding, in bits; noise and permuted states tell about nothing."""

import dataclasses

import numpy as np
import pytest
from labelled_states import material, sentences, states

from embedseq.errors import RequestError
from embedseq.probes.kinds.v_information import VInformationSettings, measure
from embedseq.probes.material import StatesInMemory, StatesMaterial
from embedseq.statistics.bootstrap import statistic_value
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import summarise

SETTINGS = VInformationSettings(kind="v-information", of="m", data="d")


def by_label(measurements: object) -> dict[str, Measurement]:
    return {each.label: each for each in measurements}  # type: ignore[attr-defined]


@pytest.mark.parametrize("draw", range(4))
def test_noise_tells_about_nothing_beyond_the_embedding(draw: int) -> None:
    for each in measure(material("noise", draw), SETTINGS).measurements:
        assert abs(each.value) < 0.02
        assert not summarise([each]).low > 0


@pytest.mark.parametrize("classifier", ["linear", "mlp"])
def test_a_layer_that_holds_the_tag_tells_all_its_bits_beyond_an_embedding_of_noise(classifier: str) -> None:
    settings = VInformationSettings(kind="v-information", of="m", data="d", classifier=classifier)  # type: ignore[arg-type]
    found = by_label(measure(material("tag"), settings).measurements)
    assert found[""].value == pytest.approx(np.log2(6), abs=0.3)
    assert abs(found["untrained model"].value) < 0.05
    assert abs(found["states permuted across words"].value) < 0.05


def test_a_layer_that_repeats_its_embedding_tells_nothing_new() -> None:
    trees = sentences()
    tags = states(trees, "tag", noise=1.0)
    twice = StatesInMemory(
        {split: dict.fromkeys(("embedding", "encoder 1"), of["encoder 1"]) for split, of in tags.by_split.items()}
    )
    found = by_label(measure(StatesMaterial(trees, twice), SETTINGS).measurements)  # type: ignore[arg-type]
    assert abs(found[""].value) < 0.03


def test_the_embedding_itself_is_not_asked() -> None:
    found = measure(material("tag", layers=()), SETTINGS).measurements
    assert {each.part for each in found} == {"encoder 1"}
    with pytest.raises(RequestError, match="a layer above the embedded words"):
        measure(material("tag", layers=("embedding",)), SETTINGS)


def test_words_whose_tag_no_training_word_has_are_left_out_and_counted() -> None:
    given = material("tag")
    trees = list(given.trees["test"])
    trees[0] = dataclasses.replace(trees[0], upos=("X",) * len(trees[0]))
    odd = StatesMaterial({**given.trees, "test": trees}, given.own, {}, given.layers)
    for each in measure(odd, SETTINGS).measurements:
        assert each.n == len(trees) - 1  # an item is a sentence
        assert each.items[:, 1].sum() == 9 * (len(trees) - 1)
        assert each.coverage == pytest.approx(1 - 1 / len(trees))
        assert each.value == pytest.approx(statistic_value("ratio", each.items))
