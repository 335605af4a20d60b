"""The stages that compute a contrast and judge a family, on measurements that are made up."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedseq.errors import WorkError
from embedseq.pipeline.stage import StageContext
from embedseq.pipeline.stages.claim import CONTRAST, STAGE, VERDICT, VERDICTS
from embedseq.pipeline.stages.records import read_record
from embedseq.statistics.measurement import Measurement, save_measurements
from embedseq.statistics.multiple import holm
from embedseq.text.encoded import Encoded

ARM = {"part": None, "role": "score", "label": None, "x": None}


def measurement(right: float, n: int = 200, **changes: Any) -> Measurement:
    """An accuracy of about `right` on n items."""
    hits = (np.arange(n) < round(right * n)).astype(float)
    fields: dict[str, Any] = {
        "subject": "m",
        "score": "accuracy",
        "role": "score",
        "label": "",
        "value": hits.mean(),
        "statistic": "ratio",
        "items": np.stack((hits, np.ones(n)), axis=1),
        "coverage": 1.0,
    }
    return Measurement(**fields | changes)


def context(folder: Path, *arms: list[list[Measurement]], **spec: Any) -> StageContext:
    """A claim on arms, each with what was measured of it under each seed."""
    inputs = {}
    for number, arm in enumerate(arms):
        for place, found in enumerate(arm):
            role = f"{number}.{place}"
            save_measurements(folder / role / "measurements", found)
            inputs[role] = folder / role
    (folder / "out").mkdir(exist_ok=True)
    fields = {"score": "accuracy", "arms": [ARM] * len(arms), "direction": None, "slice": None, "truths": []}
    fields |= {"by_number": False, "test": "auto", "probed": False}
    labels = {"labels": [f"m{number}" for number in range(len(arms))]}
    return StageContext(spec=fields | spec, output=folder / "out", scratch=folder / "scratch", inputs=inputs, execution=labels)


def contrast(given: StageContext) -> dict[str, Any]:
    STAGE.run(given)
    record: dict[str, Any] = read_record(given.output / CONTRAST)
    return record


def with_tokens(given: StageContext, lengths: list[int]) -> StageContext:
    folder = given.output.parent / "tokens"
    folder.mkdir()
    Encoded.write(folder / "test.source", ([5] * length for length in lengths))
    given.inputs = {**given.inputs, "tokens": folder}
    return given


def test_the_arms_are_paired_seed_by_seed(tmp_path: Path) -> None:
    found = contrast(context(tmp_path, [[measurement(0.7)], [measurement(0.8)]], [[measurement(0.6)], [measurement(0.4)]]))
    assert found["per_seed"] == pytest.approx([0.1, 0.4])
    assert found["effect"] == pytest.approx(0.25)


def test_the_seeds_of_more_than_ten_keep_their_order(tmp_path: Path) -> None:
    wide = [[measurement(0.5 + number / 40)] for number in range(12)]
    found = contrast(context(tmp_path, wide, [[measurement(0.5)]] * 12))
    assert found["per_seed"] == pytest.approx([number / 40 for number in range(12)])


def test_what_was_measured_once_is_held_against_every_seed(tmp_path: Path) -> None:
    found = contrast(context(tmp_path, [[measurement(0.7)], [measurement(0.8)]], [[measurement(0.5)]]))
    assert found["per_seed"] == pytest.approx([0.2, 0.3])


@pytest.mark.parametrize("bounds", [{"above": 4, "at_most": None}, {"above": None, "at_most": 4}, {"above": 1, "at_most": 7}])
def test_a_slice_has_the_items_between_its_bounds(tmp_path: Path, bounds: dict[str, int | None]) -> None:
    lengths = [number % 9 for number in range(400)]
    better, worse = measurement(0.7, n=400), measurement(0.2, n=400)
    given = context(tmp_path, [[better]], [[worse]], slice={"side": "source", **bounds})
    found = contrast(with_tokens(given, lengths))
    low, high = (bounds["above"], bounds["at_most"])
    rows = [row for row, length in enumerate(lengths) if (low is None or length > low) and (high is None or length <= high)]
    assert found["n"] == len(rows)
    assert found["effect"] == pytest.approx(better.items[rows, 0].mean() - worse.items[rows, 0].mean())


def test_a_slice_of_items_that_are_no_sentences_is_an_error(tmp_path: Path) -> None:
    given = context(tmp_path, [[measurement(0.7)]], [[measurement(0.5)]], slice={"side": "source", "above": 1, "at_most": None})
    with pytest.raises(WorkError, match="among the 300 test sentences, but accuracy is measured on 200 items, which are others"):
        STAGE.run(with_tokens(given, [3] * 300))


@pytest.mark.parametrize(
    ("better", "worse", "said"),
    [
        ([[measurement(0.7)]] * 2, [[measurement(0.5)]] * 3, "expected the same seeds in all arms, found 2, 3"),
        ([[measurement(0.7)]], [[measurement(0.5, n=150)]], "expected the same items in all arms, found 200 and 150"),
        ([[measurement(0.7)]], [[measurement(0.5, better="lower")]], "expected one score in all arms"),
    ],
    ids=["other seeds", "other items", "another score"],
)
def test_arms_that_cannot_be_compared_are_told(tmp_path: Path, better: Any, worse: Any, said: str) -> None:
    with pytest.raises(WorkError) as error:
        STAGE.run(context(tmp_path, better, worse))
    assert str(error.value).startswith("the arms cannot be compared by accuracy: ")
    assert said in str(error.value)


def test_more_is_the_higher_number_even_where_lower_is_better(tmp_path: Path) -> None:
    arms = [[measurement(0.7, better="lower")]], [[measurement(0.5, better="lower")]]
    for folder, by_number, effect in (("a", True, 0.2), ("b", False, -0.2)):
        (tmp_path / folder).mkdir()
        assert contrast(context(tmp_path / folder, *arms, by_number=by_number))["effect"] == pytest.approx(effect)


def test_scores_of_models_on_a_handful_of_items_are_refused_and_those_of_probes_are_not(tmp_path: Path) -> None:
    arms = [[measurement(0.7, n=19)]], [[measurement(0.5, n=19)]]
    for folder, probed, refused in (("a", False, True), ("b", True, False)):
        (tmp_path / folder).mkdir()
        found = contrast(context(tmp_path / folder, *arms, probed=probed))
        assert (found["n"], "19 items; fewer than 20" in found["refused"]) == (19, refused)


def test_a_test_over_items_can_be_asked_for_and_one_over_few_seeds_is_an_error(tmp_path: Path) -> None:
    six = [[measurement(0.7)]] * 6, [[measurement(0.5)]] * 6
    for folder, test, done in (("a", "items", "approximate randomisation"), ("b", "seeds", "sign-flip")):
        (tmp_path / folder).mkdir()
        assert contrast(context(tmp_path / folder, *six, test=test))["test"] == done
    with pytest.raises(WorkError, match="expected 6 of them or more, found 1"):
        STAGE.run(context(tmp_path, [[measurement(0.7)]], [[measurement(0.5)]], test="seeds"))


def layers(*values: float, name: str = "layer {}") -> list[Measurement]:
    """An accuracy of each layer, with a control that is no part of a trend."""
    found = [measurement(value, part=name.format(number)) for number, value in enumerate(values)]
    return [*found, measurement(0.9, part="layer 9", role="control"), measurement(0.1, part="all")]


PARTS = {"arms": [ARM], "direction": "rises"}


def test_a_trend_over_parts_leaves_out_those_without_a_number(tmp_path: Path) -> None:
    found = contrast(context(tmp_path, [layers(0.2, 0.3, 0.4), layers(0.2, 0.4, 0.6)], **PARTS))
    assert found["per_seed"] == pytest.approx([0.1, 0.2])


def test_a_trend_that_falls_is_above_zero_where_it_does(tmp_path: Path) -> None:
    found = contrast(context(tmp_path, [layers(0.6, 0.4, 0.2)], **PARTS | {"direction": "falls"}))
    assert found["effect"] == pytest.approx(0.2)


def test_a_trend_over_two_parts_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="needs three of them with a number in their names, found layer 0, layer 1"):
        STAGE.run(context(tmp_path, [layers(0.2, 0.3)], **PARTS))


def test_a_trend_over_parts_without_numbers_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="found none"):
        STAGE.run(context(tmp_path, [layers(0.2, 0.3, 0.4, name="layer")], **PARTS))


def judging(folder: Path, contrasts: dict[str, Path], smallest: dict[str, float | None]) -> dict[str, Any]:
    (folder / "verdicts").mkdir()
    spec = {"smallest": smallest}
    VERDICT.run(StageContext(spec=spec, output=folder / "verdicts", scratch=folder / "scratch", inputs=contrasts))
    record: dict[str, Any] = read_record(folder / "verdicts" / VERDICTS)
    return record


def test_claims_that_failed_or_were_refused_count_in_the_size_of_their_family(tmp_path: Path) -> None:
    claims = {"0": (0.7, None), "2": (0.55, None), "10": (0.7, [3] * 100 + [9] * 100)}
    made: dict[str, Path] = {}
    for role, (right, lengths) in claims.items():
        folder = tmp_path / role
        folder.mkdir()
        wanted = {"side": "source", "above": 9, "at_most": None} if lengths else None
        given = context(folder, [[measurement(right)]], [[measurement(0.5)]], slice=wanted)
        contrast(given if lengths is None else with_tokens(given, lengths))
        made[role] = given.output
    found = judging(tmp_path, made, {"0": None, "1": 0.1, "2": 0.2, "10": None})
    assert set(found) == {"0", "2", "10"}
    assert [found[role]["family"] for role in found] == [4, 4, 4]
    p = [found[role]["contrast"]["p"] for role in ("0", "2")]
    assert [found[role]["p_adjusted"] for role in ("0", "2")] == holm([*p, 1.0, 1.0])[:2]
    assert (found["10"]["kind"], found["10"]["p_adjusted"]) == ("refused", None)
    assert [found[role]["smallest"] for role in claims] == [None, 0.2, None]
