"""One table has what models score and what they cost, for models whose scores may be compared."""

from dataclasses import replace

import pytest

from embedseq.report.content import ArmFacts, Report, ScoreRow, ScoreTable, SeedFacts
from embedseq.report.page import render
from embedseq.report.score_tables import score_table
from embedseq.report.side_by_side import side_by_side_tables
from embedseq.report.summary import render_text
from embedseq.report.tables import Table


def arm(label: str, corpus: str = "captions", kind: str = "", seeds: int = 1, failure: str | None = None) -> ArmFacts:
    trained = tuple(SeedFacts(seed, 3, tokens_per_second=1000.0 * seed, peak_memory=seed * 2**30) for seed in range(1, seeds + 1))
    facts = ArmFacts(label, "gru", "random", "random", "", 1234, 1234, trained, failure=failure, kind=kind, corpus=corpus)
    return replace(facts, truth=f"{corpus} {kind}")


def scores(metric: str, *labels: str, **more: str) -> ScoreTable:
    rows = tuple(ScoreRow(label, 0.5 + place, 0.4 + place, 0.6 + place, 9) for place, label in enumerate(labels))
    return ScoreTable(metric, rows, **more)  # type: ignore[arg-type]


@pytest.fixture
def captions(one_seed: Report) -> Report:
    """Two translators with the same references, and one that failed."""
    return replace(
        one_seed,
        arms=(arm("b"), arm("a"), arm("c", seeds=0, failure="diverged")),
        scores=(scores("BLEU", "b", "a"), scores("loss", "b", "a", unit="nats per token", better="lower")),
    )


def shown(table: Table) -> list[list[str]]:
    return [[cell.plain for cell in row] for row in table.rows]


def test_each_model_has_its_scores_and_costs_in_one_row_in_the_order_of_the_file(captions: Report) -> None:
    (table,) = side_by_side_tables(captions)
    assert table.title == "Side by side"
    assert [column.title for column in table.columns] == [
        "model",
        "BLEU",
        "loss, nats per token",
        "parameters",
        "tokens per second",
        "memory",
    ]
    assert shown(table) == [
        ["b", "0.50 (0.40 to 0.60)", "0.50 (0.40 to 0.60)", "1,234", "1,000", "1 GiB"],
        ["a", "1.50 (1.40 to 1.60)", "1.50 (1.40 to 1.60)", "1,234", "1,000", "1 GiB"],
        ["c (failed)", "–", "–", "1,234", "–", "–"],
    ]
    assert table.how_to_read.startswith(
        "Lower is better for loss, higher for the other scores. Each score has its 95 % interval;"
    )
    assert table.notes == ()


def test_numbers_are_those_of_the_tables_of_single_scores(one_seed: Report) -> None:
    (table,) = side_by_side_tables(one_seed)
    for place, single in enumerate(map(score_table, one_seed.scores), start=1):
        assert table.columns[place].title == single.columns[1].title
        found = {row[0].text: (row[place].text, row[place].small) for row in table.rows if row[place].text != "–"}
        assert found == {row[0].text: (row[1].text, row[2].text) for row in single.rows}


def test_costs_show_the_range_over_their_seeds(captions: Report) -> None:
    (table,) = side_by_side_tables(replace(captions, arms=(arm("b", seeds=3), arm("a"), arm("c"))))
    assert shown(table)[0][-2:] == ["1,000 to 3,000", "1 GiB to 3 GiB"]
    assert table.how_to_read.endswith("Where seeds differ in these, the range over them is given.")
    (alone,) = side_by_side_tables(captions)
    assert "Where seeds differ" not in alone.how_to_read


def test_it_takes_two_models_that_were_trained_and_a_score(captions: Report) -> None:
    apart = tuple(replace(each, truth=each.label) for each in captions.arms)
    assert side_by_side_tables(replace(captions, arms=apart)) == ()
    assert side_by_side_tables(replace(captions, arms=(arm("b"), arm("a", seeds=0), arm("c", seeds=0)))) == ()
    assert side_by_side_tables(replace(captions, scores=())) == ()


def test_models_that_may_not_be_compared_stand_in_tables_of_their_own(captions: Report) -> None:
    speeches = [
        arm(label, "speeches", kind) for label, kind in (("v", "writer"), ("w", "writer"), ("f", "filler"), ("g", "filler"))
    ]
    report = replace(
        captions,
        arms=(*captions.arms, *(replace(each, answers="masked tokens") for each in speeches)),
        scores=(*captions.scores, scores("perplexity", "v", "w", better="lower"), scores("accuracy", "f", "g")),
    )
    tables = side_by_side_tables(report)
    assert [table.title for table in tables] == [
        "Side by side on captions",
        "Side by side: writers on speeches",
        "Side by side: fillers on speeches",
    ]
    assert [[row[0].text for row in table.rows] for table in tables] == [["b", "a", "c"], ["v", "w"], ["f", "g"]]
    assert [table.how_to_read.partition(".")[0] for table in tables[1:]] == ["Lower is better", "Higher is better"]
    assert tables[1].columns[3].title == "masked tokens per second"


def test_a_score_that_does_not_compare_all_is_left_to_its_own_tables(captions: Report) -> None:
    apart = (scores("loss", "b", title="Loss of b"), scores("loss", "a", title="Loss of a"))
    (table,) = side_by_side_tables(replace(captions, scores=(captions.scores[0], *apart)))
    assert [column.title for column in table.columns][:3] == ["model", "BLEU", "parameters"]
    assert table.notes == ("Not all of these models may be compared by loss: see the tables below.",)


def test_it_stands_before_the_single_scores_on_the_page_and_in_the_summary(one_seed: Report) -> None:
    page, text = render(one_seed), render_text(one_seed)
    assert page.index('id="scores"') < page.index(">Side by side</h3>") < page.index(">Accuracy of the labels</h3>")
    assert text.index("## Scores") < text.index("### Side by side") < text.index("### Accuracy of the labels")
    assert page.count("Side by side") == text.count("Side by side") == 1
