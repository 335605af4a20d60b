"""Outputs that are suspicious in themselves, planted, and outputs that are not."""

import pytest

from embedseq.evaluation.outputs import suspicious_labels, suspicious_texts

TRUTHS = [f"a sentence of its own, number {number}" for number in range(20)]


def signs(outputs: list[str], truths: list[str] = TRUTHS) -> list[str]:
    return [caution.sign for caution in suspicious_texts(outputs, truths)]


def test_outputs_that_differ_are_not_suspicious_however_bad_they_are() -> None:
    assert signs([f"wrong {number}" for number in range(20)]) == []
    assert signs(TRUTHS) == []


def test_outputs_that_are_all_alike_are_told_with_the_commonest() -> None:
    (caution,) = suspicious_texts(["a man in a blue shirt"] * 14 + TRUTHS[14:], TRUTHS)
    assert caution.sign == "outputs-alike"
    assert (
        "70% of 20 outputs are one and the same, “a man in a blue shirt”; of the true ones at most 5% are alike" in caution.seen
    )


def test_outputs_may_be_alike_where_the_true_ones_are() -> None:
    assert signs(["yes"] * 20, ["yes"] * 15 + ["no"] * 5) == []


@pytest.mark.parametrize(("empty", "expected"), [(2, []), (3, ["outputs-empty"]), (20, ["outputs-empty"])])
def test_more_than_a_tenth_of_empty_outputs_are_told(empty: int, expected: list[str]) -> None:
    assert signs([""] * empty + TRUTHS[empty:]) == expected


def test_an_output_may_be_empty_where_the_true_one_is() -> None:
    assert signs([""] * 5 + TRUTHS[5:], [""] * 5 + TRUTHS[5:]) == []


def test_of_few_outputs_nothing_is_concluded() -> None:
    assert signs(["same"] * 9, TRUTHS[:9]) == []


def test_one_label_for_all_is_told_unless_nearly_all_have_it() -> None:
    half = ["good", "bad"] * 10
    assert [each.sign for each in suspicious_labels(["good"] * 20, half)] == ["labels-alike"]
    assert suspicious_labels(["good"] * 19 + ["bad"], half) == []
    assert suspicious_labels(["good"] * 20, ["good"] * 19 + ["bad"]) == []
