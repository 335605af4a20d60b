"""What stands at the top of the page, and the sentence on how the run went."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from embedseq.report.content import ArmFacts, CostRow, Expectation, Failure, Report, SeedFacts
from embedseq.report.page import render
from embedseq.report.problems import problems, status_line
from embedseq.report.summary import render_text

HOLDS, FAILS = Expectation("a is above 1", True, "2"), Expectation("b is above 1", False, "0.5")
UNJUDGED = Expectation("c is above 1", False, "not run: the run was interrupted", ran=False)


def arm(label: str, seeds: int, failure: str | None = None) -> ArmFacts:
    return ArmFacts(
        label, "lstm", "sg", "tuned", "none", 10, 5, tuple(SeedFacts(seed, 3) for seed in range(seeds)), failure=failure
    )


@pytest.fixture
def bare(one_seed: Report) -> Report:
    """A report with nothing that could be told of."""
    return replace(one_seed, failures=(), warnings=(), expectations=(), arms=(), costs=())


def test_kinds_of_problems_have_headings_of_their_own(bare: Report) -> None:
    report = replace(
        bare, failures=(Failure("train a", "diverged"),), warnings=("careful",), expectations=(HOLDS, FAILS, UNJUDGED)
    )
    parts = problems(report).parts
    assert [(part.anchor, part.mild) for part in parts] == [("problems", False), ("unmet", False), ("warnings", True)]
    assert parts[1].entries == (Failure("b is above 1", "Found: 0.5"),)
    text = render_text(report)
    order = ["## What went wrong", "## What was expected and is not so", "## Warnings"]
    assert [line for line in text.splitlines() if line in order] == order


def test_what_was_not_judged_is_no_problem(bare: Report) -> None:
    report = replace(bare, expectations=(UNJUDGED,))
    assert problems(report).parts == ()
    page = render(report)
    assert "What went wrong" not in page
    assert "is not so" not in page
    assert "Expectations that were not judged" in page


def test_each_kind_has_its_place_in_the_contents(bare: Report) -> None:
    page = render(replace(bare, warnings=("careful",), expectations=(FAILS,)))
    assert '<a href="#unmet">What was expected and is not so</a>' in page
    assert 'id="warnings" class="problems mild"' in page
    assert 'id="problems"' not in page


@pytest.mark.parametrize(
    ("arms", "said"),
    [
        ([arm("a", 0), arm("b", 0)], "0 of 2 models trained"),
        ([arm("a", 1)], "1 model trained"),
        ([arm("a", 2), arm("b", 1, "diverged"), arm("c", 0, "diverged")], "1 of 3 models trained, 1 in part"),
    ],
)
def test_only_models_with_results_count_as_trained(bare: Report, arms: Sequence[ArmFacts], said: str) -> None:
    assert status_line(replace(bare, arms=tuple(arms))) == said


@pytest.mark.parametrize(
    ("expectations", "said"),
    [
        ((HOLDS,), "1 of 1 expectation holds"),
        ((HOLDS, FAILS), "1 of 2 expectations holds"),
        ((FAILS, FAILS), "0 of 2 expectations hold"),
        ((HOLDS, HOLDS, UNJUDGED), "2 of 2 expectations hold, 1 more not judged, as their stages did not run"),
        ((UNJUDGED, UNJUDGED), "2 expectations not judged, as their stages did not run"),
    ],
)
def test_expectations_are_counted_in_good_english(bare: Report, expectations: tuple[Expectation, ...], said: str) -> None:
    assert status_line(replace(bare, expectations=expectations)) == said


def test_an_interrupted_run_says_how_to_go_on(bare: Report) -> None:
    costs = (*(CostRow(f"s{i}", "done", 1.0) for i in range(4)), *(CostRow(f"l{i}", "left") for i in range(3)))
    report = replace(bare, costs=costs, run=replace(bare.run, state="interrupted"))
    assert status_line(report) == "interrupted: 3 of 7 stages left; run the same command to go on"
    assert "Interrupted: 3 of 7 stages left; run the same command to go on." in render_text(report)
    assert "7 stages: 4 computed and 3 left." in render(report)
    assert status_line(replace(report, run=replace(bare.run, state="running"))) == "still running: 3 of 7 stages left"


def test_failed_and_skipped_stages_are_counted(bare: Report) -> None:
    costs = (CostRow("a", "failed", 1.0), CostRow("b", "skipped"), CostRow("c", "cached"))
    assert status_line(replace(bare, costs=costs)) == "1 of 3 stages failed, 1 skipped"
    assert status_line(replace(bare, costs=costs[2:])) == "1 stage, none failed"
