"""What a probe found beside its scores: generic values as text, a row a model, matrices as small tables."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from embedseq.report.also_found import LONGEST, MOST_ENTRIES, MOST_PLACES, also_found_table, in_words, matrix_tables
from embedseq.report.content import AlsoFound, ProbeFacts, Report
from embedseq.report.findings import headlines
from embedseq.report.page import render
from embedseq.report.summary import render_text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=20), inner, max_size=30),
    max_leaves=60,
)


def found(one_seed: Report, **subjects: Mapping[str, Any]) -> ProbeFacts:
    return replace(one_seed.probes[1], also=tuple(AlsoFound(subject, each) for subject, each in subjects.items()))


def said(probe: ProbeFacts, seeds: int = 1) -> tuple[str, list[str], list[list[str]]]:
    table = also_found_table(probe, seeds)
    assert table is not None
    return table.how_to_read, [column.title for column in table.columns], [[cell.text for cell in row] for row in table.rows]


# Values as text.


def test_scalars_are_told_in_words_and_with_the_digits_that_matter() -> None:
    values = (True, False, None, 18204, 0.45312, "vanishing")
    assert [in_words(value) for value in values] == ["yes", "no", "undefined", "18,204", "0.453", "vanishing"]


def test_entries_stand_in_the_order_that_people_count_in() -> None:
    assert in_words({"encoder 10": 1, "encoder 2": 2}) == "encoder 2: 2; encoder 10: 1"


def test_nested_mappings_are_flattened() -> None:
    assert in_words({"encoder 1": {"debiased": 0.45, "biased": 1.0}, "n": 3}) == "encoder 1: biased 1.00, debiased 0.45; n: 3"


def test_equal_entries_are_told_once_and_empty_ones_are_none() -> None:
    assert in_words({"embedding": 16, "encoder 1": 16, "encoder 2": 16}) == "16 in each of 3"
    assert (in_words({}), in_words([])) == ("none", "none")


def test_long_lists_are_cut_and_counted() -> None:
    text = in_words([f"tag{number}" for number in range(MOST_ENTRIES + 5)])
    assert text.endswith(f"tag{MOST_ENTRIES - 1}, … and 5 more")
    assert len(in_words("x" * 1000)) == LONGEST


def test_lists_of_more_than_scalars_are_left_out() -> None:
    assert in_words({"lists": {"man": [["woman", 0.8]]}}) == ""
    assert in_words([[1, 2]]) == ""


@given(JSON)
def test_any_value_becomes_a_text(value: Any) -> None:
    assert isinstance(in_words(value), str)


# A row a model.


def test_what_differs_is_a_column_and_what_is_alike_is_said_once(one_seed: Report) -> None:
    how, columns, rows = said(found(one_seed, a={"words": 9, "best_head": "1"}, b={"words": 9, "best_head": "2"}), seeds=3)
    assert how == "Beside the scores, of the first seed. The same for both: words (9)."
    assert (columns, rows) == (["models", "best head"], [["a", "1"], ["b", "2"]])


def test_what_is_all_alike_is_one_row(one_seed: Report) -> None:
    _, columns, rows = said(found(one_seed, a={"words": 9}, b={"words": 9}, c={"words": 9}))
    assert (columns, rows) == (["models", "words"], [["all 3 models", "9"]])


def test_what_only_one_model_has_is_a_dash_elsewhere(one_seed: Report) -> None:
    _, columns, rows = said(found(one_seed, a={"left out": "it has no weights"}, b={}))
    assert (columns, rows) == (["models", "left out"], [["a", "it has no weights"], ["b", "–"]])


def test_nothing_found_is_no_table(one_seed: Report) -> None:
    assert also_found_table(found(one_seed), 1) is None
    assert also_found_table(found(one_seed, a={"pairs": [[1, 2]]}), 1) is None


# Matrices.


def test_a_square_whose_rows_have_names_is_a_table_of_shades(one_seed: Report) -> None:
    cka = {"": [[1.0, 0.5], [0.5, 1.0]], "untrained model": [[1.0, None], [-0.2, 1.0]]}
    probe = found(one_seed, a={"layers": ["embedding", "encoder 1"], "cka": cka, "words": 7})
    own, before = matrix_tables(probe)
    assert (own.title, before.title) == ("a: cka", "a, untrained model: cka")
    assert [[cell.text for cell in row] for row in own.rows] == [["embedding", "1.00", "0.50"], ["encoder 1", "0.50", "1.00"]]
    assert [cell.heat for cell in own.rows[0]] == [None, 1.0, 0.5]
    assert [cell.heat for cell in before.rows[1]] == [None, 0.0, 1.0]
    assert said(probe)[1] == ["models", "words"]


def test_a_matrix_that_nobody_could_read_is_left_out(one_seed: Report) -> None:
    size = MOST_PLACES + 1
    matrix = [[0.0] * size for _ in range(size)]
    assert matrix_tables(found(one_seed, a={"layers": [str(place) for place in range(size)], "cka": matrix})) == ()


# On the page.


def test_the_page_shows_it_below_the_scores_and_what_must_be_known_above(one_seed: Report) -> None:
    own = {"layers": ["x", "y"], "cka": [[1.0, 0.4], [0.4, 1.0]], "classes": ["NOUN", "<b>"]}
    probe = replace(found(one_seed, a=own), notes=("The states differ in width (256, 128).",))
    report = replace(one_seed, probes=(probe,))
    page = render(report)
    section = page[page.index('<section class="probing"') :]
    places = [section.index(text) for text in ("differ in width (256, 128)", "<figure>", "Also found</h4>", "1 matrix")]
    assert places == sorted(places)
    assert "NOUN, &lt;b&gt;" in section
    assert 'class="number heat" style="--share:40.0%"' in section
    assert "tags: The states differ in width (256, 128)." in render_text(report)


def test_a_probe_without_scores_is_shown_and_is_no_finding(one_seed: Report) -> None:
    probe = replace(found(one_seed, a={"left out": "it has no weights"}), tables=())
    report = replace(one_seed, probes=(probe,))
    assert "it has no weights" in render(report)
    assert not any(line.startswith(probe.name) for line in headlines(report))
