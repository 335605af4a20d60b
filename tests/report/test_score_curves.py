import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from embedseq.report.content import Report, ScoreRow, ScoreTable
from embedseq.report.figures.drawing import Figure, Panels
from embedseq.report.figures.score_curves import LINES, MOST_LINES, key_svg, score_curves


@pytest.fixture(scope="module")
def tags(one_seed: Report) -> ScoreTable:
    return one_seed.probes[1].tables[0]


@pytest.fixture(scope="module")
def figures(tags: ScoreTable) -> tuple[Figure, Panels]:
    overview, panels = score_curves(tags)
    assert isinstance(overview, Figure)
    assert isinstance(panels, Panels)
    return overview, panels


def tooltips(svg: str) -> list[str]:
    return [title.text or "" for title in ElementTree.fromstring(svg).iter("title")]


def colours(svg: str) -> set[str]:
    return set(re.findall(r'(?:fill|stroke)="var\(--([^)]*)\)"', svg))


def strokes(svg: str, colour: str) -> list[str]:
    """The dashes of the lines of a colour."""
    paths = ElementTree.fromstring(svg).iter("path")
    return [
        path.get("stroke-dasharray") or "" for path in paths if path.get("stroke") == f"var(--{colour})" and not path.get("fill")
    ]


def many(models: int) -> ScoreTable:
    rows = [ScoreRow(f"t[{number}]", 0.1 * number, None, None, 9, part=part) for number in range(models) for part in ("1", "2")]
    return ScoreTable("accuracy", tuple(rows), part_name="layer", ordered=True)


def test_each_model_has_a_line_and_each_point_its_interval(figures: tuple[Figure, Panels]) -> None:
    for svg in (figures[0].wide.svg(), figures[0].narrow.svg()):
        said = tooltips(svg)
        assert len(said) == 7
        assert "restorer[lstm,random], encoder 1: 54 (51 to 57)" in said
        assert {"line-0", "line-1", "baseline", "control"} <= colours(svg)
    assert "lstm, random: 50 at emb., 54 at 1" in figures[0].alt


def test_lines_differ_without_colour(figures: tuple[Figure, Panels]) -> None:
    svg = figures[0].wide.svg()
    shapes = {path.get("d") for path in ElementTree.fromstring(svg).iter("path") if path.find("title") is not None}
    assert len(shapes) == 2
    assert strokes(svg, "line-0") != strokes(svg, "line-1")


def test_the_key_names_every_line_and_what_all_are_held_against(figures: tuple[Figure, Panels]) -> None:
    assert figures[0].keys == (
        ("line-0", "lstm, random"),
        ("line-1", "transformer, random"),
        ("held-0", "baseline: majority class"),
        ("held-control", "control: random label by word type"),
    )
    assert all(key_svg(mark) for mark, _ in (*figures[0].keys, *figures[1].keys))
    assert key_svg("dot") == ""
    assert len({key_svg(f"line-{number}") for number in range(MOST_LINES)}) == MOST_LINES


def test_each_model_has_a_panel_with_its_own_baselines(figures: tuple[Figure, Panels]) -> None:
    panels = figures[1]
    assert [panel.title for panel in panels.panels] == ["lstm, random", "transformer, random"]
    assert ("held-1", "baseline: untrained model") in panels.keys
    assert all({"accent", "baseline", "control"} <= colours(panel.drawing.svg()) for panel in panels.panels)


def test_one_model_alone_has_all_that_it_is_held_against_in_one_figure(tags: ScoreTable) -> None:
    alone = replace(tags, rows=tuple(row for row in tags.rows if "lstm" in row.subject))
    (figure,) = score_curves(alone)
    assert isinstance(figure, Figure)
    assert ("held-1", "baseline: untrained model") in figure.keys


def test_more_models_than_can_be_told_apart_are_panels_alone() -> None:
    (few,) = score_curves(many(MOST_LINES))
    assert isinstance(few, Figure)
    (panels,) = score_curves(many(MOST_LINES + 1))
    assert isinstance(panels, Panels)
    assert len(panels.panels) == MOST_LINES + 1
    assert MOST_LINES >= LINES


def test_what_is_no_number_leaves_a_gap_and_a_table_without_numbers_no_figure() -> None:
    table = many(2)
    gap = replace(table, rows=(replace(table.rows[0], value=math.nan), replace(table.rows[1], value=None), *table.rows[2:]))
    (figure,) = score_curves(gap)
    assert isinstance(figure, Figure)
    assert len(tooltips(figure.wide.svg())) == 2
    assert score_curves(replace(table, rows=tuple(replace(row, value=None) for row in table.rows))) == ()


def test_the_same_table_gives_the_same_figures(tags: ScoreTable, figures: tuple[Figure, Panels]) -> None:
    assert score_curves(tags) == figures


def test_every_description_is_valid_vega_lite(figures: tuple[Figure, Panels]) -> None:
    altair = pytest.importorskip("altair")
    overview, panels = figures
    for drawing in (overview.wide, overview.narrow, *(panel.drawing for panel in panels.panels)):
        altair.LayerChart.from_dict(drawing.description, validate=True)
