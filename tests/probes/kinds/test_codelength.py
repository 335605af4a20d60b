"""The online code: bits, not nats; noise compresses nothing, labels that are there cost little."""

import numpy as np
import pytest
from labelled_states import material

from embedseq.probes.kinds.codelength import CodelengthSettings, measure
from embedseq.probes.label_task import label_task
from embedseq.probes.online_code import PORTIONS, portions_of
from embedseq.statistics.bootstrap import statistic_value
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare

SETTINGS = CodelengthSettings(kind="codelength", of="m", data="d")
CONTROL = "random label by word type"
UNIFORM = np.log2(6)


def named(measurements: object) -> dict[tuple[str, str], Measurement]:
    return {(each.score, each.label): each for each in measurements}  # type: ignore[attr-defined]


@pytest.mark.parametrize("draw", range(3))
def test_noise_costs_about_what_labels_cost_without_states(draw: int) -> None:
    """Six labels of about equal frequency cost some log2 6 = 2.58 bits, which are 1.79 nats."""
    found = named(measure(material("noise", draw), SETTINGS).measurements)
    assert found["codelength", "uniform code"].value == pytest.approx(UNIFORM)
    assert found["codelength", ""].value == pytest.approx(UNIFORM, rel=0.05)
    assert found["compression", ""].value == pytest.approx(1, rel=0.05)
    assert not compare([found["codelength", ""]], [found["codelength", "label frequencies"]]).high < 0
    assert abs(found["codelength", ""].value - found["codelength", "untrained model"].value) < 0.05


@pytest.mark.parametrize("classifier", ["linear", "mlp"])
def test_labels_that_states_hold_cost_little(classifier: str) -> None:
    settings = CodelengthSettings(kind="codelength", of="m", data="d", classifier=classifier, training_words=900)  # type: ignore[arg-type]
    found = named(measure(material("tag", untrained=False), settings).measurements)
    assert found["codelength", ""].value < 0.35 * UNIFORM
    assert found["compression", ""].value > 3
    assert compare([found["codelength", ""]], [found["codelength", CONTROL]]).high < -1
    assert found["compression", ""].better == "higher"
    assert found["codelength", ""].better == "lower"


def test_the_sum_of_bits_is_the_code_length_and_compression_its_inverse() -> None:
    found = measure(material("tag"), SETTINGS)
    own = named(found.measurements)
    for each in found.measurements:
        assert each.value == pytest.approx(statistic_value(each.statistic, each.items))
        assert each.n == found.details["training words"] / 9  # an item is a sentence
        if each.score == "codelength":
            np.testing.assert_array_equal(each.items[:, 1], 9.0)
    for _, label in own:
        assert own["compression", label].value == pytest.approx(UNIFORM / own["codelength", label].value)


def test_portions_are_whole_sentences_and_end_where_the_paper_has_them() -> None:
    task = label_task("codelength", material("noise"), "upos", 20_000)
    portions, train = portions_of(task), task.splits["train"]
    sent = train.sentences[portions.order]
    total = len(sent)
    for end in portions.ends[:-1]:
        assert not set(sent[:end]) & set(sent[end:])
    assert portions.ends[-1] == total
    wanted = {max(9, 9 * int(np.ceil(share * total / 9 - 1e-9))) for share in PORTIONS}
    assert set(portions.ends) == wanted


def test_the_first_portion_costs_the_uniform_code() -> None:
    given = material("tag")
    task = label_task("codelength", given, "upos", 20_000)
    portions = portions_of(task)
    items = named(measure(given, SETTINGS).measurements)["codelength", ""].items
    a_word = items[:, 0] / items[:, 1]
    sentences = task.splits["train"].sentences[portions.order]
    np.testing.assert_allclose(a_word[np.unique(sentences[: portions.ends[0]])], UNIFORM)
    assert a_word[np.unique(sentences[portions.ends[-2] :])].mean() < 0.2
