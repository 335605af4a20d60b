"""Numbers in words, on known answers."""

import pytest

from embedseq.text.number_words import number_words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (7, "seven"),
        (10, "ten"),
        (12, "twelve"),
        (13, "thirteen"),
        (19, "nineteen"),
        (20, "twenty"),
        (21, "twenty-one"),
        (40, "forty"),
        (99, "ninety-nine"),
        (100, "one hundred"),
        (101, "one hundred one"),
        (407, "four hundred seven"),
        (815, "eight hundred fifteen"),
        (999, "nine hundred ninety-nine"),
        (1000, "one thousand"),
        (1001, "one thousand one"),
        (2030, "two thousand thirty"),
        (5600, "five thousand six hundred"),
        (9999, "nine thousand nine hundred ninety-nine"),
    ],
)
def test_known_answers(number: int, words: str) -> None:
    assert number_words(number) == words


ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
VALUES = {word: value for value, word in enumerate(("zero", *ONES, *TEENS))} | {
    word: 10 * value for value, word in enumerate(TENS, start=2)
}


def value_of(words: str) -> int:
    total = current = 0
    for word in words.replace("-", " ").split():
        if word == "thousand":
            total, current = total + current * 1000, 0
        elif word == "hundred":
            current *= 100
        else:
            current += VALUES[word]
    return total + current


def test_reading_the_words_gives_each_number_back() -> None:
    assert [value_of(number_words(number)) for number in range(10_000)] == list(range(10_000))


@pytest.mark.parametrize("number", [-1, 10_000])
def test_other_numbers_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="expected a number from 0 to 9,999"):
        number_words(number)
