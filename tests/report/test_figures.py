import math
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedseq.report.content import (
    ArmFacts,
    CurvePoint,
    DriftBand,
    DriftFacts,
    Reference,
    Report,
    ScoreRow,
    ScoreTable,
    SeedFacts,
)
from embedseq.report.figures.curves import curve_figures
from embedseq.report.figures.drawing import domain
from embedseq.report.figures.intervals import drift_figure, score_figure, short_labels


def tooltips(svg: str) -> list[str]:
    return [title.text or "" for title in ElementTree.fromstring(svg).iter("title")]


def texts(svg: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(svg).iter("text")]


def table(*rows: ScoreRow) -> ScoreTable:
    return ScoreTable("accuracy", rows)


def test_every_score_and_control_is_drawn_with_its_tooltip(one_seed: Report) -> None:
    probe = one_seed.probes[-1].tables[0]
    figure = score_figure(probe)
    assert figure is not None
    for svg in (figure.wide.svg(), figure.narrow.svg()):
        said = tooltips(svg)
        assert sum(text.startswith("control of ") for text in said) == len(probe.rows)
        assert "lstm, random, layer 2: 0.620 (0.596 to 0.643)" in said
        assert len(said) == 2 * len(probe.rows)


def test_a_figure_is_the_same_each_time(one_seed: Report) -> None:
    assert score_figure(one_seed.scores[0]) == score_figure(one_seed.scores[0])


def test_a_figure_has_the_colours_and_fonts_of_the_page_and_no_ids(three_seeds: Report) -> None:
    figure = score_figure(three_seeds.scores[0])
    assert figure is not None
    colours = set(re.findall(r'(?:fill|stroke)="([^"]*)"', figure.wide.svg())) - {"none", "transparent"}
    assert colours == {f"var(--{name})" for name in ("ink", "muted", "rule", "accent", "baseline")}
    assert not re.search(r"font-family|\bid=|href|script|style=", figure.wide.svg())


def test_a_baseline_that_all_rows_share_is_one_upright_line() -> None:
    rows = [ScoreRow(name, 0.9, 0.8, 0.95, 10, baselines=(Reference("majority", 0.5),)) for name in "abc"]
    figure = score_figure(table(*rows))
    assert figure is not None
    strokes = [line for line in ElementTree.fromstring(figure.wide.svg()).iter("line") if line.get("stroke") == "var(--baseline)"]
    places = [re.findall(r"[\d.]+", line.get("transform") or "") for line in strokes]
    assert len(places) == 3
    assert len({x for x, _ in places}) == 1


def test_better_scores_stand_further_to_the_right() -> None:
    figure = score_figure(table(ScoreRow("a", 0.9, 0.8, 0.95, 10), ScoreRow("b", 0.6, 0.5, 0.65, 10)))
    assert figure is not None
    dots = [path for path in ElementTree.fromstring(figure.wide.svg()).iter("path") if path.find("title") is not None]
    places = {(dot.find("title").text or "")[0]: float(re.findall(r"[\d.]+", dot.get("transform") or "")[0]) for dot in dots}  # type: ignore[union-attr]
    assert places["a"] > places["b"]


def test_what_is_no_number_is_not_drawn() -> None:
    figure = score_figure(table(ScoreRow("a", 0.9, math.nan, math.inf, 10), ScoreRow("b", math.nan, None, None, 10)))
    assert figure is not None
    assert len(tooltips(figure.wide.svg())) == 1
    assert score_figure(table(ScoreRow("b", math.nan, None, None, 10))) is None


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=40))
def test_any_label_makes_a_sound_figure(label: str) -> None:
    figure = score_figure(table(ScoreRow(label, 0.9, 0.8, 0.95, 10)))
    assert figure is not None
    assert len(tooltips(figure.wide.svg())) == 1


def test_markup_in_a_label_stays_text() -> None:
    figure = score_figure(table(ScoreRow("</svg><script>alert(1)</script>", 0.9, 0.8, 0.95, 10)))
    assert figure is not None
    assert "</svg><script>alert(1)</script>" in texts(figure.wide.svg())
    assert "<script" not in figure.wide.svg()


def test_curves_of_all_arms_share_their_axes(three_seeds: Report) -> None:
    (panels,) = curve_figures(three_seeds.arms)
    assert panels.title == "Learning curves"
    assert [panel.title for panel in panels.panels][:2] == ["lstm, random", "lstm, skipgram, frozen"]
    assert len({tuple(texts(panel.drawing.svg())) for panel in panels.panels}) == 1
    assert "seed 3" in panels.panels[0].alt
    assert len(tooltips(panels.panels[0].drawing.svg())) == 3  # the best epoch of each seed


def test_losses_that_cannot_be_compared_have_figures_and_axes_of_their_own() -> None:
    def arm(label: str, corpus: str, loss: float, **more: Any) -> ArmFacts:
        seeds = (SeedFacts(1, 2, 2, curve=(CurvePoint(1, loss, loss + 0.1), CurvePoint(2, loss - 0.2, loss))),)
        return ArmFacts(label, "lstm", "random", "random", "", 10, 10, seeds=seeds, corpus=corpus, **more)

    writers = [arm("w[lstm]", "speeches", 5.0, yardstick="x"), arm("w[gru]", "speeches", 4.0, yardstick="x")]
    tagger = arm("t", "tags", 0.5, yardstick="y", answers="labels")
    unborn = replace(tagger, label="u", seeds=(), yardstick="z", corpus="none")
    first, second = curve_figures((writers[0], tagger, writers[1], unborn))
    assert (first.title, second.title) == ("Learning curves on speeches", "Learning curves on tags")
    assert [panel.title for panel in first.panels] == ["w[lstm]", "w[gru]"]
    assert first.how_to_read.startswith("Loss in nats a token at the end of each epoch. All panels")
    assert second.how_to_read == "Loss in nats a label at the end of each epoch; a line a seed."
    highest = [
        max(float(text) for text in texts(each.panels[0].drawing.svg()) if re.fullmatch(r"[\d.]+", text))
        for each in (first, second)
    ]
    assert highest[0] > 4
    assert highest[1] <= 2  # the last epoch


def test_a_training_that_diverged_does_not_squeeze_the_others(one_seed: Report) -> None:
    failed = one_seed.arms[-1]
    points = (*failed.seeds[0].curve[:2], CurvePoint(3, 4e5, 7e5), CurvePoint(4, math.nan, math.inf))
    arms = (*one_seed.arms[:-1], replace(failed, seeds=(replace(failed.seeds[0], curve=points),)))
    (panels,) = curve_figures(arms)
    assert max(float(text) for text in texts(panels.panels[0].drawing.svg()) if re.fullmatch(r"[\d.]+", text)) < 20
    assert panels.panels[-1].note == "failed"
    assert "beyond the axis are not drawn" in panels.how_to_read


def test_the_score_by_which_epochs_are_compared_has_a_figure_of_its_own() -> None:
    def arm(label: str, best_by: str, scores: list[float | None]) -> ArmFacts:
        curve = tuple(CurvePoint(number, 2.0, 2.1, score) for number, score in enumerate(scores, 1))
        seeds = (SeedFacts(1, len(curve), 2, curve=curve, best_by=best_by),)
        return ArmFacts(label, "lstm", "random", "random", "", 10, 10, seeds=seeds)

    arms = (arm("a", "chrF", [41.5, 52.25, 51.0]), arm("b", "", [None, None]), arm("c", "BLEU", [3.0, 7.0]))
    losses, chrf, bleu = curve_figures(arms)
    assert [len(each.panels) for each in (losses, chrf, bleu)] == [3, 1, 1]
    assert (chrf.title, bleu.title) == ("Validation chrF", "Validation BLEU")
    assert (
        chrf.panels[0].alt == "Learning curve of a: seed 1: validation chrF 41.50 in epoch 1, 51.00 in epoch 3, best in epoch 2."
    )
    assert tooltips(chrf.panels[0].drawing.svg()) == ["seed 1: 52.250 in epoch 2"]


def test_arms_without_curves_make_no_figure() -> None:
    arm = ArmFacts(
        "a", "lstm", "random", "random", "none", 10, 10, seeds=(SeedFacts(1, 1, curve=(CurvePoint(1, math.nan, math.nan),)),)
    )
    assert curve_figures((arm,)) == ()


def test_a_curve_of_one_epoch_is_drawn() -> None:
    arm = ArmFacts("a", "lstm", "random", "random", "none", 10, 10, seeds=(SeedFacts(1, 1, 1, curve=(CurvePoint(1, 2.0, 2.1),)),))
    (panels,) = curve_figures((arm,))
    assert tooltips(panels.panels[0].drawing.svg()) == ["seed 1: 2.100 in epoch 1"]


def test_drift_begins_at_zero(one_seed: Report) -> None:
    panels = drift_figure(one_seed.drift)
    assert panels is not None
    assert all("0.0" in texts(panel.drawing.svg()) for panel in panels.panels)
    assert drift_figure((DriftFacts("a", ()),)) is None


def test_labels_lose_only_what_they_share() -> None:
    assert short_labels(["t[lstm,random]", "t[gru,tuned]"]) == ["lstm, random", "gru, tuned"]
    assert short_labels(["skipgram", "t[gru,tuned]"]) == ["skipgram", "t[gru,tuned]"]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_an_axis_holds_all_its_values(values: list[float]) -> None:
    low, high = domain(values)
    assert low < high
    assert low <= min(values) <= max(values) <= high


def test_every_description_is_valid_vega_lite(one_seed: Report) -> None:
    altair = pytest.importorskip("altair")
    figure = score_figure(one_seed.probes[-1].tables[0])
    drift, (curves,) = drift_figure(one_seed.drift[:1]), curve_figures(one_seed.arms[:1])
    assert figure is not None
    assert drift is not None
    for drawing in (figure.wide, figure.narrow, drift.panels[0].drawing, curves.panels[0].drawing):
        altair.LayerChart.from_dict(drawing.description, validate=True)


def test_what_is_undefined_gets_no_point() -> None:
    known = ScoreRow("a", 0.9, 0.8, 0.95, 10, baselines=(Reference("majority", None),), per_seed=(0.8, None))
    unknown = ScoreRow("b", None, None, None, 0, controls=(Reference("shuffled", None),))
    figure = score_figure(table(known, unknown))
    assert figure is not None
    assert tooltips(figure.wide.svg()) == ["a: 0.90 (0.80 to 0.95)"]
    assert "undefined" not in figure.alt
    assert score_figure(table(unknown)) is None


def test_bands_that_are_undefined_get_no_bar() -> None:
    bands = (DriftBand("band 1", None, None, None, 0), DriftBand("band 2", 0.25, None, None, 1))
    panels = drift_figure((DriftFacts("a", bands), DriftFacts("b", bands[:1])))
    assert panels is not None
    assert [tooltips(panel.drawing.svg()) for panel in panels.panels] == [["band 2: 0.250"]]
    assert drift_figure((DriftFacts("b", bands[:1]),)) is None
