from hypothesis import given
from hypothesis import strategies as st

from embedseq.report import fact_tables
from embedseq.report.content import (
    ArmFacts,
    CostRow,
    DriftBand,
    DriftFacts,
    EmbeddingFacts,
    Expectation,
    HandOffFacts,
    NeighbourColumn,
    NeighbourTable,
    Reference,
    Report,
    ScoreRow,
    ScoreTable,
    SeedFacts,
)
from embedseq.report.score_tables import drift_table, score_table
from embedseq.report.tables import Column, Table, cells, markdown


def one_row(**more: object) -> ScoreTable:
    row = ScoreRow("restorer[lstm]", 0.91273, 0.9089, 0.9164, 21_483, coverage=1.0)
    return ScoreTable("accuracy", (row,), items="words", **more)  # type: ignore[arg-type]


def test_every_score_shows_n_seeds_coverage_interval_baseline_and_control() -> None:
    row = ScoreRow("a", 0.5, 0.4, 0.6, 12, 3, 0.75, (Reference("majority", 0.3, 0.2, 0.4),), (Reference("shuffled", 0.1),))
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


def test_where_no_score_varies_the_baselines_decide_how_many_digits_are_shown() -> None:
    row = ScoreRow("a", 0.0, 0.0, 0.0, 12, baselines=(Reference("majority", 12.5, 4.0, 20.0),))
    table = score_table(ScoreTable("accuracy", (row,)))
    assert [cell.plain for cell in table.rows[0]][1:4] == ["0", "0 to 0", "12 (4 to 20)"]


def test_the_direction_is_said() -> None:
    assert score_table(one_row(better="lower")).how_to_read.startswith("Lower is better.")


def test_a_metric_becomes_a_heading_without_losing_its_capitals() -> None:
    assert score_table(one_row()).title == "Accuracy"
    assert score_table(ScoreTable("chrF", one_row().rows)).title == "chrF"
    assert score_table(ScoreTable("macro F1", one_row().rows)).title == "Macro F1"


def test_subjects_that_failed_are_named_below_the_table() -> None:
    assert score_table(one_row(), missing=("restorer[gru]",)).notes == (
        "Not in this table, because the training failed: restorer[gru].",
    )


def test_a_signature_is_shown_once() -> None:
    rows = tuple(ScoreRow(name, 29.3, 28.1, 30.4, 1000, signature="nrefs:1|case:lc") for name in "ab")
    assert score_table(ScoreTable("BLEU", rows)).notes == ("Signature: nrefs:1|case:lc",)


def test_a_table_without_rows_is_still_a_table() -> None:
    assert score_table(ScoreTable("accuracy", ())).rows == ()


def test_columns_without_any_content_are_left_out() -> None:
    glove = (EmbeddingFacts("glove", "GloVe", "from a file", (400_000,)),)
    assert [column.title for column in fact_tables.embedding_table(glove).columns] == ["embedding", "words"]
    settings = fact_tables.embedding_settings_table(glove)
    assert [column.title for column in settings.columns] == ["embedding", "algorithm", "settings"]


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


def cells_of(table: Table) -> list[list[str]]:
    return [[cell.plain for cell in row] for row in table.rows]


def test_an_undefined_score_is_called_so_and_its_reason_is_told() -> None:
    rows = (
        ScoreRow("a", 0.5, 0.4, 0.6, 12, baselines=(Reference("permuted", None),)),
        ScoreRow("b", None, None, None, 3, per_seed=(0.5, None), problem="Every seed must measure the same items."),
    )
    table = score_table(ScoreTable("ρ", rows, items="word pairs"))
    assert cells_of(table) == [
        ["a", "0.50", "0.40 to 0.60", "undefined", "12", "1"],
        ["b", "undefined", "–", "–", "3", "1"],
    ]
    assert table.notes == ("b has no value: Every seed must measure the same items.",)
    assert "over 12 word pairs only" in table.how_to_read


def test_a_table_without_any_interval_says_why() -> None:
    table = score_table(ScoreTable("BLEU", (ScoreRow("a", 3.0, None, None, 1),), items="sentences"))
    assert table.how_to_read.endswith("There is no interval: it takes two sentences or more that differ.")


def test_an_undefined_drift_is_called_so() -> None:
    bands = (DriftBand("band 1", None, None, None, 0, "seeds differ"), DriftBand("band 2", 0.25, None, None, 1))
    table = drift_table((DriftFacts("a", bands),))
    assert table.notes == ("a, band 1, has no value: seeds differ",)
    assert cells_of(table) == [
        ["a", "band 1", "undefined", "0", "1"],
        ["a", "band 2", "0.250", "1", "1"],
    ]


def arm(label: str, *handoffs: HandOffFacts, frozen_rows: int | None = None, **more: object) -> ArmFacts:
    return ArmFacts(label, "lstm", "e", "tuned", "none", 10, 5, handoffs=handoffs, frozen_rows=frozen_rows, **more)  # type: ignore[arg-type]


def test_coverage_is_told_side_by_side_and_the_commonest_missing_words_are_named_once() -> None:
    source, target = HandOffFacts("source", "sg", 0.95, ("rare",)), HandOffFacts("target", "glove", 0.4, ("der", "die"))
    table = fact_tables.arm_table((arm("a", source, target), arm("b", target, frozen_rows=7), arm("c")))
    shown = {column.title: [row[i].text for row in table.rows] for i, column in enumerate(table.columns)}
    assert shown["coverage, source"] == ["95.0 %", "–", "–"]
    assert shown["coverage, target"] == ["40.0 %", "40.0 %", "–"]
    assert shown["frozen rows"] == ["–", "7", "–"]
    assert table.notes == (
        "glove has vectors for 40.0 % of the target's running words (a and b). The commonest words without one: “der”, “die”.",
    )


def test_corpora_are_told_where_models_have_different_ones() -> None:
    same = fact_tables.arm_table((arm("a", corpus="captions"), arm("b", corpus="captions")))
    assert "corpus" not in [column.title for column in same.columns]
    other = fact_tables.arm_table((arm("a", corpus="captions"), arm("b", corpus="tags", kind="tagger")))
    assert [row[1].text for row in other.rows] == ["captions", "tags"]
    assert [row[2].text for row in other.rows] == ["–", "tagger"]


def test_a_frozen_encoder_is_said_to_have_stayed_as_it_was() -> None:
    frozen = ArmFacts("t", "transformer", "masked, with its encoder", "frozen", "", 10, 5, kind="tagger")
    table = fact_tables.arm_table((frozen,))
    assert table.how_to_read.startswith("What is frozen was the same, byte for byte, after training as before")
    assert "frozen rows" not in [column.title for column in table.columns]


def test_speeds_say_what_was_predicted() -> None:
    seeds = (SeedFacts(1, 3, tokens_per_second=1234.0),)
    tagger, writer = arm("t", seeds=seeds, answers="labels"), arm("w", seeds=seeds)
    alone = fact_tables.training_table((tagger,))
    assert "labels per second" in [column.title for column in alone.columns]
    assert cells_of(alone)[0][1:3] == ["3", "1,230"]
    both = fact_tables.training_table((tagger, writer))
    assert "answers per second" in [column.title for column in both.columns]
    assert [row[2:] for row in cells_of(both)] == [["labels", "1,230"], ["tokens", "1,230"]]
    assert "Answers are what a model predicts" in both.how_to_read


def test_models_without_hand_offs_need_no_word_on_coverage() -> None:
    table = fact_tables.arm_table((arm("a"),))
    assert table.how_to_read == ""
    assert not [column.title for column in table.columns if column.title.startswith(("coverage", "frozen"))]


def test_the_experts_of_an_arm_are_held_against_their_own_even_shares() -> None:
    once, twice = (SeedFacts(1, 3),), (SeedFacts(1, 3), SeedFacts(2, 3))
    loads = ((0.4, 0.5, 1.0, 0.1), (0.5, 0.5))
    table = fact_tables.arm_table((arm("a", expert_loads=loads, seeds=once), arm("b"), arm("c", expert_loads=loads, seeds=twice)))
    told = "0.20 to 2.00 times an even share of the validation tokens; 1 of 6 experts got less than half of one."
    assert table.notes == (f"Attention experts of a: {told}", f"Attention experts of c, of the first seed: {told}")


def test_a_model_that_was_not_trained_is_told_from_one_that_failed() -> None:
    arms = (arm("a"), arm("b", failure="diverged"), arm("c", seeds=(SeedFacts(1, 3),)))
    assert [row[0].small for row in fact_tables.arm_table(arms).rows] == ["not trained", "failed", ""]
    assert [row[0].text for row in fact_tables.training_table(arms).rows] == ["b", "c"]


def test_embeddings_show_the_range_over_their_seeds(three_seeds: Report, one_seed: Report) -> None:
    table = fact_tables.embedding_table(three_seeds.embeddings)
    assert [row[4].text for row in table.rows] == ["0.21 to 0.23", "0.19 to 0.21"]
    assert table.how_to_read.endswith("Where seeds differ, the range over them is given.")
    assert "Where seeds differ" not in fact_tables.embedding_table(one_seed.embeddings).how_to_read


def test_what_is_of_the_first_seed_says_so() -> None:
    table = NeighbourTable("city", (NeighbourColumn("sg", ()),))
    assert "of the first seed" not in fact_tables.neighbour_table(table).how_to_read
    assert fact_tables.neighbour_table(table, 2).how_to_read.endswith("nearest first, of the first seed.")
    assert cells_of(fact_tables.neighbour_table(table)) == [["1", "no vector"]]


def test_expectations_that_were_not_judged_stand_apart() -> None:
    held, unjudged = Expectation("a", True, "0.9"), Expectation("b", False, "not run: interrupted", ran=False)
    tables = fact_tables.expectation_tables((held, unjudged))
    assert [cells_of(table) for table in tables] == [[["a", "0.9", "✓ holds"]], [["b", "not run: interrupted"]]]
    assert tables[0].how_to_read == "1 of 1 expectation holds."
    assert fact_tables.expectation_tables(()) == ()
