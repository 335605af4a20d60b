"""Probes on the page and in the summary: level by level, each introduced, at a glance where they are many."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from embedseq.report.content import Lead, ProbeFacts, Reference, Report, ScoreRow, ScoreTable
from embedseq.report.findings import headlines
from embedseq.report.page import FOLDED_ROWS, render
from embedseq.report.probe_tables import LEVELS, glance_table
from embedseq.report.score_tables import score_table
from embedseq.report.standing import judge, standing
from embedseq.report.summary import MOST_ROWS, render_text


def row(part: str, value: float, *references: Reference, control: Reference | None = None) -> ScoreRow:
    controls = (control,) if control else ()
    return ScoreRow("a", value, value - 0.1, value + 0.1, 50, baselines=references, controls=controls, part=part)


def held(label: str, low: float) -> Reference:
    return Reference(label, 0.3, 0.2, 0.4, Lead(low + 0.1, low, low + 0.2))


def table(*rows: ScoreRow, **more: str) -> ScoreTable:
    settings = {"metric": "accuracy", "better": "higher", "title": "Accuracy of the probe p", **more}
    return ScoreTable(rows=rows, probe="p", part_name="layer", ordered=True, **settings)  # type: ignore[arg-type]


def probe_of(one_seed: Report, *tables: ScoreTable) -> ProbeFacts:
    return replace(one_seed.probes[1], name="p", tables=tables)


MIXED = (
    row("1", 0.5, held("majority", 0.01), held("untrained", 0.02)),
    row("2", 0.5, held("majority", 0.01), held("untrained", -0.02)),
    row("3", 0.5, held("majority", -0.01), held("untrained", -0.02)),
)


# How rows stand to what they are held against.


def test_a_row_stands_above_if_it_beats_all_that_it_is_held_against() -> None:
    found = standing([table(*MIXED)])
    assert found is not None
    assert (found.above, found.judged) == (1, 3)
    assert (found.hardest, found.beaten, found.met) == ("the baseline “untrained”", 1, 3)
    assert found.kinds == ("baselines",)


def test_what_has_no_value_or_nothing_to_be_held_against_is_not_judged() -> None:
    undefined = replace(MIXED[0], value=None)
    assert standing([table(undefined, row("4", 0.9))]) is None
    assert judge(table(), undefined, held("majority", 0.1)) is None


def test_nothing_is_judged_where_neither_more_nor_less_is_better() -> None:
    assert standing([table(*MIXED, better="neither")]) is None


def test_lower_is_better_turns_the_judgement_round() -> None:
    assert judge(table(better="lower"), MIXED[0], held("majority", -0.3)) is True
    assert judge(table(better="lower"), MIXED[0], held("majority", -0.1)) is False


# In the findings.


def test_a_probe_is_one_finding_however_many_rows_it_has(one_seed: Report) -> None:
    tags = headlines(one_seed)[-2]
    assert tags.startswith(
        "tags: accuracy beats all that it is held against (baselines and control) in 2 of 7 rows "
        "(hardest to beat: the baseline “untrained model”, 2 of 7); restorer[transformer,random] (encoder 1) has the highest"
    )
    rows = (*(row(str(number), 0.5, held("majority", 0.1)) for number in range(4, 9)), *MIXED)
    probe = probe_of(one_seed, table(*rows), table(*MIXED, title="Selectivity of the probe p", metric="selectivity"))
    (line,) = [line for line in headlines(replace(one_seed, probes=(probe,))) if line.startswith("p:")]
    assert line.startswith("p: accuracy beats its baselines in 6 of 8 rows (hardest to beat: the baseline “untrained”, 1 of 3); ")


def test_a_finding_of_what_describes_is_its_range(one_seed: Report) -> None:
    described = table(*(row(str(number), 0.1 * number, held("untrained", 0.1)) for number in range(1, 9)), better="neither")
    (line,) = [line for line in headlines(replace(one_seed, probes=(probe_of(one_seed, described),))) if line.startswith("p:")]
    assert line == "p: accuracy goes from 0.10 (0.00 to 0.20) in a (layer 1) to 0.80 (0.70 to 0.90) in a (layer 8)."


def test_a_small_probe_is_told_by_the_names_of_its_rows(one_seed: Report) -> None:
    lines = headlines(replace(one_seed, probes=(probe_of(one_seed, table(*MIXED)),)))
    assert any("2 of 3 rows beat the baseline “majority”, but not a (layer 3)" in line for line in lines)


def test_sets_of_word_pairs_share_a_finding(one_seed: Report) -> None:
    (line,) = [line for line in headlines(one_seed) if line.startswith("similarity:")]
    assert "Spearman’s ρ beats its control in all 9 rows" in line
    assert all(f"on {name} " in line for name in ("WordSim-353", "SimLex-999", "Rare words"))


def test_a_probe_without_a_defined_number_says_so(one_seed: Report) -> None:
    undefined = table(*(replace(each, value=None, low=None, high=None) for each in MIXED))
    lines = headlines(replace(one_seed, probes=(probe_of(one_seed, undefined, undefined),)))
    assert any(line.startswith("p: accuracy is undefined everywhere") for line in lines)


# On the page.


@pytest.fixture(scope="module")
def html(one_seed: Report) -> str:
    return render(one_seed)


def test_each_level_is_a_section_and_each_probe_is_introduced(one_seed: Report, html: str) -> None:
    places = [html.index(f'<section id="probes-{level}"') for level in ("word", "token", "memory")]
    assert places == sorted(places)
    assert 'id="probes-geometry"' not in html
    for probe in one_seed.probes:
        for told in (probe.paper, probe.statistic, probe.kind, probe.settings):
            assert told.replace("'", "&#39;") in html
        assert f"{probe.question[0].upper()}{probe.question[1:]}?".replace("'", "&#39;") in html
    assert html.count('<section class="probing"') == len(one_seed.probes)


def test_layers_are_drawn_as_curves_and_one_part_as_dots(html: str) -> None:
    token = html[html.index('<section id="probes-token"') : html.index('<section id="probes-memory"')]
    assert "Accuracy, by layer of the encoder" in token
    assert "Accuracy: each with what it is held against" in token
    memory = html[html.index('<section id="probes-memory"') : html.index('<section id="claims"')]
    assert 'aria-label="Dots with intervals: lstm, random, layer 2' in memory


def test_a_long_table_opens_at_a_click_below_its_figure(one_seed: Report) -> None:
    rows = tuple(replace(MIXED[0], subject=f"t[{model}]", part=f"encoder {layer}") for model in range(6) for layer in range(1, 6))
    assert len(rows) > FOLDED_ROWS
    page = render(replace(one_seed, probes=(probe_of(one_seed, table(*rows)),), costs=()))
    section = page[page.index('<section id="probes-token"') : page.index('<section id="claims"')]
    assert section.index("<figure>") < section.index('<details class="table">')
    assert section.count("<summary>") == 1
    assert "30 rows</small>" in section
    assert "<details" not in page[: page.index('<section id="probes-token"')]


def test_headings_go_down_one_step_at_a_time(html: str) -> None:
    steps = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert all(after <= before + 1 for before, after in pairwise(steps))


# At a glance.


def test_a_glance_has_a_row_for_each_score_with_its_best_row(one_seed: Report) -> None:
    found = glance_table(one_seed.probes[:2], "token")
    assert [row[0].text for row in found.rows] == ["similarity"] * 3 + ["tags"]
    assert [cell.plain for cell in found.rows[-1]] == [
        "tags",
        "Accuracy",
        "2 of 7 rows",
        "baseline “untrained model” (2 of 7)",
        "restorer[transformer,random] (encoder 1)",
        "56 % (53 to 59)",
    ]


def test_a_glance_of_what_describes_speaks_of_no_beating(one_seed: Report) -> None:
    found = glance_table([probe_of(one_seed, table(*MIXED, better="neither"))], "geometry")
    assert [column.title for column in found.columns] == ["probe", "score", "best row", "its value"]
    assert "beats" not in found.how_to_read


def test_the_summary_tells_long_levels_at_a_glance_and_short_ones_in_full(one_seed: Report) -> None:
    rows = tuple(replace(MIXED[0], part=str(layer)) for layer in range(1, MOST_ROWS + 2))
    text = render_text(replace(one_seed, probes=(probe_of(one_seed, table(*rows)), one_seed.probes[2])))
    assert f"{LEVELS['token']}, at a glance" in text
    assert f"All {MOST_ROWS + 1} rows, with intervals and controls, are on the page." in text
    assert "### Accuracy of the probe p\n" not in text
    assert "### Accuracy of the probe previous-word" in text


# What a number needs.


def test_a_row_without_an_interval_or_anything_to_be_held_against_is_told(one_seed: Report) -> None:
    bare = ScoreRow("b", 0.4, None, None, 1, part="1")
    notes = score_table(table(*MIXED, bare)).notes
    assert "No interval for b (layer 1): it takes two items or more that differ." in notes
    assert "Held against nothing: b (layer 1)." in notes
    assert score_table(table(*MIXED)).notes == ()
    assert score_table(replace(table(bare), probe="")).notes == ()
