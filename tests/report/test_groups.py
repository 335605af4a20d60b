"""Models that may not be compared stand apart, and the titles say which they are."""

from embedseq.report.content import ArmFacts
from embedseq.report.groups import grouped, telling_apart


def arm(label: str, corpus: str, kind: str = "", yardstick: str = "") -> ArmFacts:
    return ArmFacts(label, "lstm", "random", "random", "", 10, 10, kind=kind, corpus=corpus, yardstick=yardstick)


ENGLISH, BOTH = arm("a", "english", yardstick="x"), arm("b", "both", yardstick="x")
WRITER, FILLER = arm("w", "speeches", "language model", "y"), arm("f", "speeches", "masked language model", "z")


def test_groups_keep_the_order_of_their_first_members() -> None:
    assert grouped([ENGLISH, WRITER, BOTH], lambda each: each.yardstick) == [(ENGLISH, BOTH), (WRITER,)]


def test_a_group_of_all_needs_no_name() -> None:
    assert telling_apart([(ENGLISH, BOTH)], [ENGLISH, BOTH]) == [""]


def test_groups_are_called_after_their_corpora() -> None:
    assert telling_apart([(ENGLISH, BOTH), (WRITER,)], [ENGLISH, BOTH, WRITER]) == [" on english and both", " on speeches"]


def test_groups_of_one_corpus_are_called_after_their_kinds() -> None:
    assert telling_apart([(WRITER,), (FILLER,)], [WRITER, FILLER]) == [
        " of language models on speeches",
        " of masked language models on speeches",
    ]


def test_groups_of_one_kind_are_called_after_their_models() -> None:
    other = arm("g", "speeches", "masked language model")
    assert telling_apart([(FILLER,), (other,)], [FILLER, other]) == [" of f", " of g"]
