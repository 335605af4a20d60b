"""Claims on the page and in the summary: verdicts, reasons, headlines, and the figure of effects."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from embedseq.report.claim_tables import claim_headlines, claim_reasons, claim_tables, p_words
from embedseq.report.content import ClaimFacts, Report
from embedseq.report.figures.effects import effect_figures
from embedseq.report.findings import headlines
from embedseq.report.page import render
from embedseq.report.summary import render_text


@pytest.fixture(scope="module")
def claims(one_seed: Report) -> tuple[ClaimFacts, ...]:
    return one_seed.claims


def test_a_family_is_a_table_and_what_was_not_judged_stands_apart(claims: tuple[ClaimFacts, ...]) -> None:
    titles = [table.title for table in claim_tables(claims)]
    assert titles == ["Verdicts on claims", "Verdicts on length", "Claims that were not judged"]


def test_a_verdict_stands_with_its_effect_interval_p_n_and_scope(claims: tuple[ClaimFacts, ...]) -> None:
    family = claim_tables(claims)[0]
    said = [cell.plain for cell in family.rows[0]]
    assert said == [
        "Pre-trained vectors help the LSTM.",
        "✓\N{NO-BREAK SPACE}supported",
        "1.1 (% points)",
        "0.3 to 2.0",
        "0.5",
        "0.031",
        "21,483",
        "6",
        "training",
        "pretraining-helps",
    ]
    assert "corrected (Holm) for the 2 claims of the family “claims”." in family.how_to_read


def test_a_late_claim_is_marked_wherever_it_stands(claims: tuple[ClaimFacts, ...]) -> None:
    family = claim_tables(claims)[0]
    assert [row[0].small for row in family.rows] == ["", "late"]
    assert family.notes == ("Added to the file after results existed, so that the wording may follow them: transformer-wins.",)
    assert [reason.late for reason in claim_reasons(claims)] == [False, True, False]
    assert [headline.endswith("; added after results existed.") for headline in claim_headlines(claims)] == [False, True, False]


def test_each_judged_claim_has_its_reason_and_what_else_must_be_known(claims: tuple[ClaimFacts, ...]) -> None:
    _, second, third = claim_reasons(claims)
    assert second.compared.startswith("accuracy: restorer[transformer,random] against")
    assert "not the same budget" in second.notes[0]
    assert (third.name, third.verdict) == ("long-sentences", "refused")


def test_findings_begin_with_the_claims(one_seed: Report) -> None:
    first, second, third, *_ = headlines(one_seed)
    assert first == ("Claim “Pre-trained vectors help the LSTM”: supported; effect 1.1 % points (0.3 to 2.0), corrected p 0.031.")
    assert ": undecided; effect −0.2 % points (−1.1 to 0.9), corrected p 0.40, of these models only; added" in second
    assert third == "Claim “Attention helps on long sentences”: refused: There are 31 items in the slice, and 100 are needed."


def test_the_page_and_the_summary_tell_verdicts_and_reasons(one_seed: Report) -> None:
    page, text = render(one_seed), render_text(one_seed)
    for told in (page, text):
        assert "The corrected p is 0.4, above 0.05." in told
        assert "The arms had not the same budget" in told
        assert "It was added to the file after results existed." in told
        assert "Nobody measured this." in told
    assert '<section id="claims"' in page
    assert "claims" not in render(replace(one_seed, claims=())).split("</style>")[1].split("Command")[0]


def test_the_smallest_effect_of_interest_is_shown_as_it_was_given(claims: tuple[ClaimFacts, ...]) -> None:
    coarse = replace(claims[0], effect=3.0, low=-4.0, high=10.0, smallest=0.01)
    (family,) = claim_tables([coarse])
    said = {column.title: cell.text for column, cell in zip(family.columns, family.rows[0], strict=True)}
    assert (said["effect"], said["smallest of interest"]) == ("3", "0.01")


def test_p_is_told_to_the_digits_that_matter() -> None:
    assert [p_words(p) for p in (None, 0.0002, 0.0314, 0.25)] == ["–", "< 0.001", "0.031", "0.25"]


def test_effects_of_one_unit_share_an_axis_with_zero_and_what_is_too_small(claims: tuple[ClaimFacts, ...]) -> None:
    (figure,) = effect_figures(claims)
    for svg in (figure.wide.svg(), figure.narrow.svg()):
        root = ElementTree.fromstring(svg)
        said = [title.text or "" for title in root.iter("title")]
        assert said[0].startswith("Pre-trained vectors help the LSTM: supported, effect 1.1")
        assert len(said) == 2
        assert 'fill="var(--paper)"' in svg  # the undecided one is hollow
        bands = [path for path in root.iter("path") if path.get("fill") == "var(--muted)"]
        assert len(bands) == 1
    assert ("smallest", "below the smallest effect of interest") in figure.keys


def test_units_that_differ_are_figures_of_their_own(claims: tuple[ClaimFacts, ...]) -> None:
    of_chrf = replace(claims[0], score="chrF", unit="", smallest=None)
    figures = effect_figures((*claims, of_chrf))
    assert [figure.title for figure in figures] == ["Effects, % points", "Effects, chrF"]
    assert [mark for mark, _ in figures[1].keys] == ["dot", "hollow"]
    assert effect_figures(claims[2:]) == ()


def test_the_description_is_valid_vega_lite(claims: tuple[ClaimFacts, ...]) -> None:
    altair = pytest.importorskip("altair")
    (figure,) = effect_figures(claims)
    for drawing in (figure.wide, figure.narrow):
        altair.LayerChart.from_dict(drawing.description, validate=True)
