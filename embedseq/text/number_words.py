"""Numbers in English words."""

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
MOST = 9999


def number_words(number: int) -> str:
    """A number from 0 to 9,999, without `and`: 407 is `four hundred seven`, 21 is `twenty-one`. Raises ValueError for others."""
    if not 0 <= number <= MOST:
        raise ValueError(f"expected a number from 0 to {MOST:,}, found {number:,}")
    for size, called in ((1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            return f"{_SMALL[number // size]} {called}{f' {number_words(rest)}' if rest else ''}"
    if number < len(_SMALL):
        return _SMALL[number]
    tens, ones = _TENS[number // 10 - 2], number % 10
    return f"{tens}-{_SMALL[ones]}" if ones else tens
