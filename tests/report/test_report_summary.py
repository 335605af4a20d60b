from dataclasses import replace

from embedseq.report.content import Report, ScoreRow, ScoreTable
from embedseq.report.summary import render_text


def test_the_summary_has_failures_findings_scores_and_the_command(one_seed: Report) -> None:
    text = render_text(one_seed)
    places = [
        text.index(part)
        for part in ("## What went wrong", "## Findings", "### similarity: WordSim-353", "### Accuracy of the labels", "Command:")
    ]
    assert places == sorted(places)
    assert "| restorer[lstm,random]                 |    0.913 | 0.909 to 0.916 |" in text
    assert text.endswith("`embedseq run pipelines/quickstart.yaml`\n")


def test_the_summary_speaks_of_one_seed_or_of_several(one_seed: Report, three_seeds: Report) -> None:
    assert "speaks of these models only" in render_text(one_seed)
    assert "95 % interval over 3 seeds and 21,483 words" in render_text(three_seeds)


def test_the_summary_is_the_same_each_time(one_seed: Report) -> None:
    assert render_text(one_seed) == render_text(one_seed)


def test_markup_in_names_cannot_break_a_table(one_seed: Report) -> None:
    table = ScoreTable("accuracy", (ScoreRow("a | b\n<script>", 0.5, 0.4, 0.6, 10),))
    text = render_text(replace(one_seed, scores=(table,)))
    assert "| a \\| b \\<script> |" in text


def test_a_failed_arm_is_said_once(one_seed: Report) -> None:
    assert render_text(one_seed).count("the loss was no number") == 1
