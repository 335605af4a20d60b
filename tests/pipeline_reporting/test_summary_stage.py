"""The summary: numbers that are undefined cost nothing but themselves."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedseq.pipeline.stage import StageContext
from embedseq.pipeline.stages.records import read_record
from embedseq.pipeline.stages.summary import STAGE
from embedseq.statistics.bootstrap import statistic_value
from embedseq.statistics.measurement import Measurement, save_measurements


def measured(score: str, items: list[list[float]], statistic: str = "ratio", part: str = "") -> Measurement:
    array = np.array(items, dtype=np.float64).reshape(-1, 2)
    return Measurement("", score, "score", "", statistic_value(statistic, array), statistic, array, coverage=1.0, part=part)


def summary_of(folder: Path, *seeds: list[Measurement]) -> list[dict[str, Any]]:
    """The lines that the stage writes about measurements of one subject, a list a seed."""
    nodes = [str(seed) for seed in range(len(seeds))]
    for node, measurements in zip(nodes, seeds, strict=True):
        save_measurements(folder / node / "measurements", measurements)
    (folder / "output").mkdir()
    context = StageContext(
        spec={},
        output=folder / "output",
        scratch=folder,
        inputs={node: folder / node for node in nodes},
    )
    STAGE.run(context)
    lines: list[dict[str, Any]] = read_record(folder / "output" / "summary.json")
    return lines


@pytest.mark.parametrize(
    ("items", "statistic", "value"),
    [
        ([], "spearman", None),  # no word pair was found
        ([[0.5, 3.0]], "spearman", None),
        ([[0.5, 3.0], [0.5, 4.0]], "spearman", None),  # all cosines alike
        ([[0.25, 1.0]], "ratio", 0.25),  # a band of one word
        ([], "ratio", None),
        ([[0.0, 0.0]], "ratio", None),
    ],
)
def test_an_undefined_number_is_null(tmp_path: Path, items: list[list[float]], statistic: str, value: float | None) -> None:
    (line,) = summary_of(tmp_path, [measured("rho", items, statistic)])
    assert (line["value"], line["low"], line["high"], line["per_seed"]) == (value, None, None, [value])
    assert (line["n"], line["problem"]) == (len(items), "")


def test_an_undefined_coverage_is_null(tmp_path: Path) -> None:
    (line,) = summary_of(tmp_path, [Measurement("", "rho", "score", "", 0.5, "ratio", np.array([[1.0, 2.0]]), coverage=math.nan)])
    assert (line["coverage"], line["value"]) == (None, 0.5)


def test_seeds_with_different_items_cost_one_line(tmp_path: Path) -> None:
    good = measured("accuracy", [[1.0, 1.0], [0.0, 1.0]])
    lines = summary_of(
        tmp_path,
        [good, measured("rho", [[1.0, 1.0]])],
        [good, measured("rho", [[1.0, 1.0], [0.0, 1.0]])],
    )
    accuracy, rho = sorted(lines, key=lambda line: str(line["score"]))
    assert (accuracy["value"], accuracy["seeds"], accuracy["problem"]) == (0.5, 2, "")
    assert (rho["value"], rho["low"], rho["per_seed"], rho["n"]) == (None, None, [1.0, 0.5], 1)
    assert "Every seed must measure the same items" in rho["problem"]


def test_an_unknown_statistic_costs_one_line(tmp_path: Path) -> None:
    odd = Measurement("", "odd", "score", "", 0.5, "magic", np.array([[1.0, 2.0]]), coverage=1.0)
    lines = {line["score"]: line for line in summary_of(tmp_path, [odd, measured("accuracy", [[1.0, 1.0], [0.0, 1.0]])])}
    assert "'magic' is not a statistic" in lines["odd"]["problem"]
    assert lines["accuracy"]["low"] is not None


def held_against(label: str, items: list[list[float]], part: str = "") -> Measurement:
    return replace(measured("accuracy", items, part=part), role="baseline", label=label)


# Sentences differ in how hard they are; on each the model is a little better than counting.
OF_MODEL = [[float(place), 20.0] for place in range(1, 21)]
OF_COUNTING = [[float(place - 1), 20.0] for place in range(1, 21)]


def test_a_baseline_tells_how_far_the_score_is_above_it_on_the_same_items(tmp_path: Path) -> None:
    own, counting = summary_of(tmp_path, [measured("accuracy", OF_MODEL), held_against("counting", OF_COUNTING)])
    assert own["difference"] is None
    assert own["low"] < counting["value"] < own["value"]
    assert {name: pytest.approx(0.05) for name in ("value", "low", "high")} == counting["difference"]


def test_each_part_is_held_against_its_own_baselines(tmp_path: Path) -> None:
    lines = summary_of(
        tmp_path,
        [
            *(measured("accuracy", items, part=part) for part, items in (("1", OF_MODEL), ("2", OF_COUNTING))),
            *(held_against("counting", OF_COUNTING, part) for part in "12"),
        ],
    )
    assert [line["difference"]["value"] for line in lines if line["role"] == "baseline"] == pytest.approx([0.05, 0.0])


@pytest.mark.parametrize(
    "others",
    [
        [held_against("fewer items", OF_COUNTING[:5])],
        [replace(held_against("another statistic", OF_COUNTING), statistic="spearman")],
        [replace(held_against("another score", OF_COUNTING), score="f1")],
    ],
    ids=lambda others: others[0].label,
)
def test_what_cannot_be_paired_has_no_difference(tmp_path: Path, others: list[Measurement]) -> None:
    lines = summary_of(tmp_path, [measured("accuracy", OF_MODEL), *others])
    assert [line["difference"] for line in lines] == [None, None]
    assert all(line["value"] is not None for line in lines)


def test_the_summary_is_strict_json(tmp_path: Path) -> None:
    summary_of(tmp_path, [measured("rho", [], "spearman")])

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads((tmp_path / "output" / "summary.json").read_text(), parse_constant=refuse)
