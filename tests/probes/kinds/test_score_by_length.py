"""A score by source length is the score of the sentences of that length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from embedseq.errors import RequestError
from embedseq.evaluation.metrics import bleu_of
from embedseq.evaluation.settings import METRICS
from embedseq.probes.kinds.score_by_length import ABOUT, FEWEST, ScoreByLengthSettings, buckets_of, measure
from embedseq.probes.material import ScoresMaterial
from embedseq.statistics.bootstrap import statistic_value
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import summarise

LENGTHS = np.random.default_rng(0).integers(1, 60, size=400)


def settings(**fields: object) -> ScoreByLengthSettings:
    return ScoreByLengthSettings.model_validate({"kind": "score-by-length", "of": "m", "score": "accuracy", **fields})


def accuracy(right: np.ndarray, role: str = "score", label: str = "") -> Measurement:
    items = np.stack([right.astype(np.float64), np.ones(len(right))], axis=-1)
    return Measurement("m", "accuracy", role, label, right.mean(), "ratio", items, 1.0)  # type: ignore[arg-type]


def material(*measurements: Measurement) -> ScoresMaterial:
    return ScoresMaterial(measurements, LENGTHS, LENGTHS)


def test_accuracy_falls_where_it_was_made_to_fall_and_the_baseline_is_of_the_same_sentences() -> None:
    baseline = accuracy(np.arange(400) % 2 == 0, "baseline", "majority")
    measured = measure(material(accuracy(LENGTHS <= 30), baseline), settings()).measurements
    found = [each for each in measured if each.role != "control"]
    assert [each.part for each in found[::2]] == [
        "length 1 to 10",
        "length 11 to 20",
        "length 21 to 30",
        "length 31 to 40",
        "length 41 and more",
    ]
    assert [each.value for each in found[::2]] == [1, 1, 1, 0, 0]
    for score, held_against in zip(found[::2], found[1::2], strict=True):
        assert score.n == held_against.n
        assert (held_against.role, held_against.label) == ("baseline", "majority")
    members = (LENGTHS > 10) & (LENGTHS <= 20)
    assert found[3].value == (np.flatnonzero(members) % 2 == 0).mean()


def test_the_control_has_as_many_sentences_of_any_length_and_does_not_fall() -> None:
    found = measure(material(accuracy(LENGTHS <= 30)), settings()).measurements
    scores, controls = ([each for each in found if each.role == role] for role in ("score", "control"))
    assert [(each.part, each.n) for each in controls] == [(each.part, each.n) for each in scores]
    assert sum(each.items[:, 0].sum() for each in controls) == (LENGTHS <= 30).sum()
    for each in controls:
        assert abs(each.value - 0.5) < 0.25  # 30 of 59 lengths, of 60 to 120 sentences
    again = measure(material(accuracy(LENGTHS > 30)), settings()).measurements
    for each, other in zip(controls, [each for each in again if each.role == "control"], strict=True):
        assert each.value == pytest.approx(1 - other.value)  # the same sentences for every model


def test_bleu_of_a_bucket_is_that_of_its_own_sentences() -> None:
    random = np.random.default_rng(1)
    totals = LENGTHS[:, None] - np.arange(4).clip(max=LENGTHS[:, None] - 1)
    matches = random.binomial(totals, 0.5)
    items = np.concatenate([LENGTHS[:, None], LENGTHS[:, None] + 1, matches, totals], axis=1).astype(np.float64)
    bleu = Measurement("m", "bleu", "score", "", 0.0, "bleu", items, 1.0, signature="nrefs:1")
    found = measure(material(bleu, accuracy(LENGTHS > 3)), settings(score="bleu", bounds=(20,))).measurements
    assert [each.value for each in found if each.role == "score"] == [
        pytest.approx(bleu_of(items[chosen].sum(axis=0))) for chosen in (LENGTHS <= 20, LENGTHS > 20)
    ]
    assert {each.signature for each in found} == {"nrefs:1"}


def test_a_score_that_does_not_depend_on_length_is_the_same_in_all_buckets() -> None:
    beyond = 0
    for seed in range(30):
        right = np.random.default_rng(seed).random(400) < 0.6
        measured = measure(material(accuracy(right)), settings()).measurements
        for each in (each for each in measured if each.role == "score"):
            summary = summarise([each])
            beyond += not summary.low <= 0.6 <= summary.high
    assert beyond <= 14  # 150 intervals of 95 %


@given(st.lists(st.integers(1, 70), min_size=1, max_size=150), st.sets(st.integers(1, 60), min_size=1, max_size=5))
def test_buckets_part_all_sentences_and_none_is_small_where_another_could_take_it(lengths: list[int], ends: set[int]) -> None:
    buckets = buckets_of(np.array(lengths), sorted(ends))
    members = np.stack([bucket.members for bucket in buckets])
    assert (members.sum(axis=0) == 1).all()
    assert len(buckets) == 1 or (members.sum(axis=1) >= FEWEST).all()
    for bucket in buckets:
        within = np.array(lengths)[bucket.members]
        assert within.min() >= bucket.first
        assert bucket.last is None or within.max() <= bucket.last


def test_small_buckets_are_joined_and_details_say_how_many_sentences_each_has() -> None:
    lengths = np.array([5] * 30 + [15] * 5 + [25] * 30 + [50] * 3)
    buckets = buckets_of(lengths, (10, 20, 30, 40))
    assert [(bucket.name, int(bucket.members.sum())) for bucket in buckets] == [
        ("length 1 to 10", 30),
        ("length 11 and more", 38),
    ]
    found = measure(ScoresMaterial([accuracy(lengths > 0)], lengths, lengths), settings())
    assert found.details == {"sentences": {"length 1 to 10": 30, "length 11 and more": 38}}
    for each in found.measurements:
        assert each.value == statistic_value(each.statistic, each.items)


def test_every_metric_of_an_evaluation_can_be_asked_for() -> None:
    metrics = {metric for fitting in METRICS.values() for metric in fitting}
    assert {score.name for score in ABOUT.scores} == {*metrics, "loss"}


def test_a_score_that_was_not_measured_and_bounds_that_do_not_ascend_are_refused() -> None:
    with pytest.raises(RequestError, match=r"\(accuracy\), found 'blue'"):
        measure(material(accuracy(LENGTHS > 3)), settings(score="blue"))
    with pytest.raises(ValidationError, match="ascending order"):
        measure(material(accuracy(LENGTHS > 3)), settings(bounds=(20, 10)))
