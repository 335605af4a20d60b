"""Tables of what was tuned."""

from dataclasses import replace

from embedseq.report.content import ArmFacts, TrialFacts, TuningFacts
from embedseq.report.tables import Table
from embedseq.report.tuning_tables import tuning_tables

LSTM = TuningFacts(
    fields=("lr", "dropout"),
    trials=(
        TrialFacts(("0.001", "0.1"), 2.5, best_epoch=9),
        TrialFacts(("0.01", "0.1"), 2.25, best_epoch=7, chosen=True),
        TrialFacts(("1.0", "0.1"), None),
    ),
    seed=3,
    length="10 epochs",
    edges=("dropout 0.1, the smallest of its list",),
)
PLAIN = TuningFacts(
    ("lr",), (TrialFacts(("0.1",), 1.5, 2, chosen=True), TrialFacts(("0.2",), 1.75, 3)), seed=3, length="5 epochs"
)


def arm(label: str, tuning: TuningFacts | None) -> ArmFacts:
    return ArmFacts(label, "lstm", "random", "random", "additive", 10, 10, tuning=tuning)


def rows(table: Table) -> list[list[str]]:
    return [[cell.plain for cell in row] for row in table.rows]


def test_where_nothing_was_tuned_there_is_no_table() -> None:
    assert tuning_tables([arm("m", None)]) == ()


def test_each_arm_has_its_values_its_loss_and_how_many_were_tried() -> None:
    chosen, _ = tuning_tables([arm("a", LSTM), arm("b", None), arm("c", PLAIN)])
    assert [column.title for column in chosen.columns[1:3]] == ["lr", "dropout"]
    assert rows(chosen) == [
        ["a", "0.01", "0.1", "2.2500", "3", "1", "10 epochs"],
        ["c", "0.1", "–", "1.5000", "2", "–", "5 epochs"],
    ]
    assert "with seed 3" in chosen.how_to_read
    assert "nats per token" in chosen.how_to_read


def test_every_candidate_has_its_loss_and_one_is_chosen() -> None:
    _, trials = tuning_tables([arm("a", LSTM)])
    assert rows(trials) == [
        ["a", "0.001", "0.1", "2.5000", "9", "–"],
        ["a", "0.01", "0.1", "2.2500", "7", "chosen"],
        ["a", "1.0", "0.1", "–", "–", "training failed"],
    ]


def test_models_that_chose_the_same_end_of_a_list_are_told_together() -> None:
    labels = ["a", "b", "c", "d"]
    assert tuning_tables([arm(label, LSTM) for label in labels[:2]])[0].notes == (
        "a and b chose dropout 0.1, the smallest of its list: a better value may lie beyond; widen the list.",
    )
    (note,) = tuning_tables([arm(label, LSTM) for label in labels])[0].notes
    assert note.startswith("4 models chose ")
    assert tuning_tables([arm("a", replace(LSTM, edges=()))])[0].notes == ()
