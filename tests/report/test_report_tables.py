from hypothesis import given
from hypothesis import strategies as st

from embedseq.report import fact_tables
from embedseq.report.content import ArmFacts, CostRow, EmbeddingFacts, Reference, Report, ScoreRow, ScoreTable
from embedseq.report.score_tables import score_table
from embedseq.report.tables import Cell, Column, Table, cells, markdown


def one_row(**more: object) -> ScoreTable:
    row = ScoreRow("restorer[lstm]", 0.91273, 0.9089, 0.9164, 21_483, coverage=1.0)
    return ScoreTable("accuracy", (row,), items="words", **more)  # type: ignore[arg-type]


def test_every_score_shows_n_seeds_coverage_interval_baseline_and_control() -> None:
    row = ScoreRow("a", 0.5, 0.4, 0.6, 12, 3, 0.75, (Reference("majority", 0.3, 0.2, 0.4),), Reference("shuffled", 0.1))
    table = score_table(ScoreTable("accuracy", (row,), items="words"))
    shown = dict(zip((column.title for column in table.columns), (cell.plain for cell in table.rows[0]), strict=True))
    assert shown == {
        "models": "a",
        "accuracy": "0.50",
        "95 % interval": "0.40 to 0.60",
        "baseline: majority": "0.30 (0.20 to 0.40)",
        "control: shuffled": "0.10",
        "n, words": "12",
        "seeds": "3",
        "coverage": "75.0 %",
    }


def test_numbers_stand_to_the_right() -> None:
    assert [column.numeric for column in score_table(one_row()).columns] == [False, True, True, True, True, True]


def test_one_seed_is_said_to_speak_of_these_models_only() -> None:
    assert "over 21,483 words only: with one seed it speaks of these models only" in score_table(one_row()).how_to_read
    assert "speaks of these vectors only" in score_table(one_row(subjects="vectors")).how_to_read


def test_several_seeds_are_said_to_be_crossed_with_items(three_seeds: Report) -> None:
    assert "95 % interval over 3 seeds and 21,483 words" in score_table(three_seeds.scores[0]).how_to_read


def test_the_direction_is_said() -> None:
    assert score_table(one_row(better="lower")).how_to_read.startswith("Lower is better.")


def test_a_metric_becomes_a_heading_without_losing_its_capitals() -> None:
    assert score_table(one_row()).title == "Accuracy"
    assert score_table(ScoreTable("chrF", one_row().rows)).title == "chrF"


def test_subjects_that_failed_are_named_below_the_table() -> None:
    assert score_table(one_row(), missing=("restorer[gru]",)).notes == (
        "Not in this table, because the training failed: restorer[gru].",
    )


def test_a_signature_is_shown_once() -> None:
    rows = tuple(ScoreRow(name, 29.3, 28.1, 30.4, 1000, signature="nrefs:1|case:lc") for name in "ab")
    assert score_table(ScoreTable("BLEU", rows)).notes == ("Signature: nrefs:1|case:lc",)


def test_a_table_without_rows_is_still_a_table() -> None:
    assert score_table(ScoreTable("accuracy", ())).rows == ()


def test_frozen_rows_that_changed_stand_out() -> None:
    arm = ArmFacts("a", "lstm", "skipgram", "frozen", "none", 10, 5, frozen_rows=4, frozen_unchanged=False)
    assert fact_tables.arm_table((arm,)).rows[0][-1] == Cell("4", small="CHANGED", tone="bad")


def test_columns_without_any_content_are_left_out() -> None:
    table = fact_tables.embedding_table((EmbeddingFacts("glove", "GloVe", "from a file", 400_000),))
    assert [column.title for column in table.columns] == ["embedding", "algorithm", "settings", "words"]


def test_costs_are_summed_and_said_in_words() -> None:
    table = fact_tables.cost_table((CostRow("text", "cached"), CostRow("a", "done", 30.0), CostRow("b", "failed", 60.0)))
    assert table.how_to_read.startswith("3 stages: 1 computed, 1 taken from the store and 1 failed. Together 1 min 30 s of work")
    assert [row[2].bar for row in table.rows] == [0.0, 0.5, 1.0]


def test_markdown_is_padded_and_aligned() -> None:
    table = Table("t", "", (Column("model"), Column("BLEU", numeric=True)), (cells("gru", "29.3"), cells("transformer", "33.1")))
    assert markdown(table).splitlines() == [
        "| model       | BLEU |",
        "| ----------- | ---: |",
        "| gru         | 29.3 |",
        "| transformer | 33.1 |",
    ]


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_any_text_stays_within_its_cell(texts: list[str]) -> None:
    table = Table("t", "", (Column("word"),), tuple(cells(text) for text in texts))
    lines = markdown(table).split("\n")
    assert len(lines) == 2 + len(texts)
    assert len({len(line) for line in lines}) == 1
    assert all(line.replace("\\\\", "").replace("\\|", "").count("|") == 2 for line in lines)
