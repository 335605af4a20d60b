import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.report import numbers


@pytest.mark.parametrize(
    ("half_width", "decimals"), [(0.0038, 3), (0.008, 3), (0.1, 2), (0.09, 2), (0.5, 1), (1.1, 1), (2.9, 1), (4.0, 0), (38.0, 0)]
)
def test_digits_follow_the_interval(half_width: float, decimals: int) -> None:
    assert numbers.decimals_for([half_width]) == decimals


def test_digits_follow_the_typical_interval_and_ignore_what_is_no_interval() -> None:
    assert numbers.decimals_for([0.004, 0.005, 3.0, math.nan, 0.0]) == 3


@pytest.mark.parametrize(("value", "decimals"), [(0.5, 3), (29.3, 1), (1204.0, 0), (0.0, 3)])
def test_without_an_interval_there_are_three_significant_digits(value: float, decimals: int) -> None:
    assert numbers.decimals_for([], [value]) == decimals


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.9127, 3, "0.913"),
        (-0.12, 2, "−0.12"),
        (-0.001, 2, "0.00"),
        (18204.4, 0, "18,204"),
        (math.nan, 2, "no number"),
        (None, 2, "–"),
    ],
)
def test_fixed(value: float | None, decimals: int, text: str) -> None:
    assert numbers.fixed(value, decimals) == text


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_a_fixed_number_reads_back_to_half_its_last_digit(value: float, decimals: int) -> None:
    text = numbers.fixed(value, decimals).replace("−", "-").replace(",", "")
    assert abs(float(text) - value) <= 0.5000001 * 10**-decimals
    assert not re.fullmatch(r"-0(\.0*)?", text)


def test_an_interval_has_the_digits_of_its_value() -> None:
    assert numbers.span(-0.124, 0.13, 2) == "−0.12 to 0.13"
    assert numbers.span(None, 0.13, 2) == "–"


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.0, "0 %"), (1.0, "100 %"), (0.981, "98.1 %"), (0.99999, "> 99.9 %"), (0.00001, "< 0.1 %"), (None, "–")],
)
def test_a_share_is_all_or_nothing_only_where_it_is(fraction: float | None, text: str) -> None:
    assert numbers.share(fraction) == text


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_no_proper_share_is_shown_as_all_or_nothing(fraction: float) -> None:
    assert numbers.share(fraction) not in ("0 %", "100 %", "0.0 %", "100.0 %")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.4 s"),
        (9.97, "10 s"),
        (59.6, "1 min 00 s"),
        (192, "3 min 12 s"),
        (3599.7, "1 h 00 min"),
        (3840, "1 h 04 min"),
        (None, "–"),
    ],
)
def test_duration(seconds: float | None, text: str) -> None:
    assert numbers.duration(seconds) == text


@pytest.mark.parametrize(
    ("speed", "text"), [(48_312.0, "48,300"), (7.125, "7.12"), (0.0, "0"), (1_249_999.0, "1,250,000"), (None, "–")]
)
def test_rate(speed: float | None, text: str) -> None:
    assert numbers.rate(speed) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(2**20, "1 MiB"), (735 * 2**20, "735 MiB"), (999.7 * 2**20, "0.976 GiB"), (1300 * 2**20, "1.27 GiB"), (None, "–")],
)
def test_memory(size: int | None, text: str) -> None:
    assert numbers.memory(size) == text


def test_nouns_follow_their_number() -> None:
    assert numbers.counted(1, "seeds") == "1 seed"
    assert numbers.counted(1204, "word pairs") == "1,204 word pairs"


def test_values_of_seeds_are_said_once_where_they_agree() -> None:
    assert numbers.several(["10", "10"]) == "10"
    assert numbers.several(["10", "12"]) == "10, 12"
    assert numbers.several([]) == "–"


def test_lists_read_like_sentences() -> None:
    assert [numbers.listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["none", "a", "a and b", "a, b and c"]


def test_a_measured_number_that_is_not_there_is_undefined() -> None:
    assert numbers.value(None, 2) == "undefined"
    assert numbers.value(0.5, 2) == "0.50"


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 1, "0 of 1 model beats"),
        (1, 1, "1 of 1 model beats"),
        (1, 2, "1 of 2 models beats"),
        (0, 2, "0 of 2 models beat"),
        (2, 2, "2 of 2 models beat"),
    ],
)
def test_noun_and_verb_agree_with_their_numbers(part: int, whole: int, text: str) -> None:
    assert numbers.some_of(part, whole, "models", "beat") == text


@pytest.mark.parametrize(
    ("values", "text"),
    [((), "–"), ((None,), "–"), ((0.214,), "0.2"), ((0.21, 0.24), "0.2"), ((0.41, None, 0.21), "0.2 to 0.4")],
)
def test_seeds_that_differ_are_shown_as_a_range(values: tuple[float | None, ...], text: str) -> None:
    assert numbers.spread(values, lambda value: numbers.fixed(value, 1)) == text
