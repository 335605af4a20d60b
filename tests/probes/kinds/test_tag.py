"""The tag probe: noise tells nothing, tags that are there are read, words known by heart are told apart from tags."""

import numpy as np
import pytest
from labelled_states import TAGS, WIDTH, material, sentences, states

from embedseq.errors import RequestError
from embedseq.probes.hits import AskedWords, Hits, accuracy_measurements
from embedseq.probes.kinds.relation import RelationSettings
from embedseq.probes.kinds.relation import measure as measure_relation
from embedseq.probes.kinds.tag import ABOUT, TagSettings, measure
from embedseq.probes.material import StatesInMemory, StatesMaterial
from embedseq.probes.means import mean_of
from embedseq.statistics.bootstrap import statistic_value
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare, summarise

SETTINGS = TagSettings(kind="tag", of="m", data="d")
CONTROL = "random label by word type"


def named(measurements: object, part: str = "encoder 1") -> dict[tuple[str, str], Measurement]:
    return {(each.score, each.label): each for each in measurements if each.part == part}  # type: ignore[attr-defined]


@pytest.mark.parametrize("draw", range(3))
def test_noise_is_no_better_than_the_majority_and_not_selective(draw: int) -> None:
    found = named(measure(material("noise", draw), SETTINGS).measurements)
    accuracy = found["accuracy", ""]
    assert not summarise([accuracy]).low > found["accuracy", "majority class"].value
    assert accuracy.value < found["accuracy", "majority class of the word type"].value
    assert not compare([accuracy], [found["accuracy", "untrained model"]]).low > 0
    # Classes are drawn alike for both, so that a null differs only by how unlike the draws are.
    assert found["selectivity", ""].value < 0.1


@pytest.mark.parametrize("classifier", ["linear", "mlp"])
def test_tags_that_states_hold_are_read_off(classifier: str) -> None:
    settings = TagSettings(kind="tag", of="m", data="d", classifier=classifier)  # type: ignore[arg-type]
    found = named(measure(material("tag"), settings).measurements)
    assert found["accuracy", ""].value > 0.95
    assert found["unseen-accuracy", ""].value > 0.95
    assert found["selectivity", ""].value > 0.5
    assert found["accuracy", "untrained model"].value < 0.35
    assert compare([found["accuracy", ""]], [found["accuracy", "majority class of the word type"]]).low > 0.2


def test_words_known_by_heart_are_not_selective() -> None:
    held = named(measure(material("word"), SETTINGS).measurements)
    read = named(measure(material("tag"), SETTINGS).measurements)
    assert held["accuracy", CONTROL].value > read["accuracy", CONTROL].value + 0.1
    assert held["selectivity", ""].value < read["selectivity", ""].value - 0.3


def test_every_score_has_what_it_is_held_against_on_the_same_items() -> None:
    measurements = measure(material("tag"), SETTINGS).measurements
    for score in ABOUT.scores:
        own = [each for each in measurements if each.score == score.name]
        assert {"score", *score.roles} == {each.role for each in own}
        assert len({each.items.shape for each in own}) == 1
        for each in own:
            assert each.value == pytest.approx(statistic_value(each.statistic, each.items))
            assert len([other for other in own if other.label == each.label]) == 1


def test_selectivity_is_accuracy_less_control_accuracy() -> None:
    found = named(measure(material("tag"), SETTINGS).measurements)
    assert found["selectivity", ""].value == pytest.approx(found["accuracy", ""].value - found["accuracy", CONTROL].value)


def test_every_layer_is_measured_unless_told() -> None:
    parts = {each.part for each in measure(material("tag", layers=()), SETTINGS).measurements}
    assert parts == {"embedding", "encoder 1"}


def test_words_without_the_feature_are_left_out() -> None:
    settings = TagSettings(kind="tag", of="m", data="d", label="number")
    given = material("tag")
    found = measure(given, settings)
    having = sum(tag in ("NOUN", "PRON") for tree in given.trees["test"] for tag in tree.upos)
    assert named(found.measurements)["accuracy", ""].items[:, 1].sum() == having
    assert found.details["classes"] == ["Plur", "Sing"]
    assert named(found.measurements)["accuracy", ""].value > 0.95


def test_unseen_words_are_those_whose_form_no_training_sentence_has() -> None:
    given = material("tag")
    forms = set(given.forms("train"))
    unseen = sum(form not in forms for form in given.forms("test"))
    found = measure(given, SETTINGS)
    asked = named(found.measurements)["unseen-accuracy", ""].items[:, 1].sum()
    assert asked == unseen == found.details["test words of forms not in training"]


def test_test_states_have_no_part_in_the_fit() -> None:
    """Moved test states are read by the scaler and the weights of the training states: they come out wrong, all alike."""
    given = material("tag", untrained=False)
    own = given.own
    assert isinstance(own, StatesInMemory)
    moved = {**own.by_split, "test": {"encoder 1": own.by_split["test"]["encoder 1"] + 100 * np.arange(WIDTH, dtype=np.float32)}}
    found = named(measure(StatesMaterial(given.trees, StatesInMemory(moved), {}, ("encoder 1",)), SETTINGS).measurements)
    assert found["accuracy", ""].value < 0.4


def test_turned_states_are_read_as_well() -> None:
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((WIDTH, WIDTH)))[0].astype(np.float32)
    trees = sentences()
    plain = states(trees, "tag", noise=1.2)
    turned = StatesInMemory({split: {name: each @ turn for name, each in of.items()} for split, of in plain.by_split.items()})
    values = [
        named(measure(StatesMaterial(trees, each, {}, ("encoder 1",)), SETTINGS).measurements)["accuracy", ""].value  # type: ignore[arg-type]
        for each in (plain, turned)
    ]
    assert values[0] == pytest.approx(values[1], abs=0.02)
    assert 0.5 < values[0] < 0.99


def test_fewer_training_words_are_whole_sentences_and_the_same_for_all_models() -> None:
    settings = TagSettings(kind="tag", of="m", data="d", training_words=100)
    assert measure(material("tag"), settings).details["training words"] == 99
    assert measure(material("tag"), settings).details == measure(material("noise"), settings).details


def test_the_same_states_give_the_same_items() -> None:
    for one, other in zip(*(measure(material("tag"), SETTINGS).measurements for _ in range(2)), strict=True):
        np.testing.assert_array_equal(one.items, other.items)


def test_a_split_without_labelled_words_is_refused() -> None:
    settings = TagSettings(kind="tag", of="m", data="d", label="tense")
    with pytest.raises(RequestError, match=r"probe tag: expected words with the label 'tense'.*found 0 in train"):
        measure(material("tag"), settings)


def test_relations_are_read_without_their_subtypes() -> None:
    settings = RelationSettings(kind="relation", of="m", data="d")
    found = measure_relation(material("tag"), settings)
    assert found.details["classes"] == [tag.lower() for tag in sorted(TAGS)]
    assert named(found.measurements)["accuracy", ""].value > 0.95
    assert named(measure_relation(material("noise"), settings).measurements)["accuracy", ""].value < 0.35


def test_the_width_of_each_layer_is_told() -> None:
    given = material("tag", untrained=False, layers=())
    own = given.own
    assert isinstance(own, StatesInMemory)
    wider = {split: {**of, "embedding": np.repeat(of["embedding"], 2, axis=1)} for split, of in own.by_split.items()}
    details = measure(StatesMaterial(given.trees, StatesInMemory(wider)), SETTINGS).details
    assert details["widths"] == {"embedding": 2 * WIDTH, "encoder 1": WIDTH}


def test_an_interval_is_over_sentences_since_their_words_hang_together() -> None:
    """Sentences that are right or wrong as wholes: taken word by word the interval would be three times too narrow."""
    draw = np.random.default_rng(0)
    sentences = np.repeat(np.arange(200), 9)
    right = np.repeat(draw.random(200) < 0.7, 9)
    hits, words = Hits(right, right), AskedWords(sentences, np.zeros(len(right), dtype=np.bool_))
    whole = summarise(accuracy_measurements("layer", hits, {}, words)[:1])
    single = summarise([mean_of(right, "accuracy", "layer", 1.0)])
    assert whole.value == single.value
    assert (whole.high - whole.low) / (single.high - single.low) == pytest.approx(3.0, rel=0.2)
