"""Numbers as people read them: as many digits as the interval supports, thousands parted, units named."""

import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

NONE = "–"
"""What stands where there is nothing to say."""
UNDEFINED = "undefined"
"""What stands where there should be a number and is none."""
MOST_DECIMALS = 4


def decimals_for(half_widths: Iterable[float], values: Sequence[float] = ()) -> int:
    """How many decimals numbers deserve whose intervals reach so far to either side.

    One significant digit of the typical half-width, two if it begins with 1 or 2. Without any interval: three significant digits
    of the largest value.
    """
    widths = sorted(width for width in half_widths if math.isfinite(width) and width > 0)
    if widths:
        typical = widths[(len(widths) - 1) // 2]
        power = math.floor(math.log10(typical))
        digits = 1 - power if typical / 10**power < 3 else -power
    else:
        largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
        digits = 3 if largest == 0 else 2 - math.floor(math.log10(largest))
    return min(max(digits, 0), MOST_DECIMALS)


def fixed(value: float | None, decimals: int) -> str:
    """The number with so many decimals and a true minus sign; never a negative zero."""
    if value is None:
        return NONE
    if not math.isfinite(value):
        return "no number"
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and any(digit in "123456789" for digit in text)
    return f"\u2212{text}" if negative else text


def value(number: float | None, decimals: int) -> str:
    """A measured number, which is undefined where there is none."""
    return UNDEFINED if number is None else fixed(number, decimals)


def given(number: float | None) -> str:
    """A number that a person chose, as it was written, to six significant digits: `0.01`, `2`."""
    return NONE if number is None else f"{Decimal(f'{number:.6g}').normalize():,f}"


def span(low: float | None, high: float | None, decimals: int) -> str:
    """An interval: `0.904 to 0.920`."""
    return NONE if low is None or high is None else f"{fixed(low, decimals)} to {fixed(high, decimals)}"


def count(number: int | None) -> str:
    """A whole number, `18,204`."""
    return NONE if number is None else f"{number:,}"


def counted(number: int, noun: str) -> str:
    """`1 seed`, `3 seeds`; the noun is given in the plural."""
    return f"{count(number)} {noun[:-1] if number == 1 and noun.endswith('s') else noun}"


def some_of(part: int, whole: int, noun: str, verb: str) -> str:
    """`1 of 2 models beats`, `2 of 3 models beat`, `0 of 1 model beats`: noun and verb are given in the plural."""
    return f"{count(part)} of {counted(whole, noun)} {verb}{'s' if 1 in (part, whole) else ''}"


def share(fraction: float | None) -> str:
    """A share of 1 in percent; what is not all is never shown as 100 %, nor what is not nothing as 0 %."""
    if fraction is None:
        return NONE
    if not math.isfinite(fraction):
        return "no number"
    if fraction in (0, 1):
        return f"{fraction:.0%}".replace("%", " %")
    if 0 < fraction < 0.0005:
        return "< 0.1 %"
    if 0.9995 <= fraction < 1:
        return "> 99.9 %"
    return f"{100 * fraction:.1f} %"


def duration(seconds: float | None) -> str:
    """A span of time: `0.4 s`, `12 s`, `3 min 12 s`, `1 h 04 min`."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60:,} h {minutes % 60:02d} min"


def spread(values: Sequence[float | None], text: Callable[[float], str]) -> str:
    """The values of several seeds as one number, or as the range that they span where their texts differ."""
    known = sorted(number for number in values if number is not None)
    if not known:
        return NONE
    least, most = text(known[0]), text(known[-1])
    return least if least == most else f"{least} to {most}"


def rate(per_second: float | None) -> str:
    """A speed to three significant digits, `48,300`."""
    if per_second is None or not math.isfinite(per_second):
        return NONE
    if per_second < 100:
        return f"{per_second:.3g}"
    digits = 2 - math.floor(math.log10(per_second))
    return f"{round(per_second, digits):,.0f}"


def memory(size: float | None) -> str:
    """Bytes to three significant digits, `735 MiB`, `1.21 GiB`."""
    if size is None:
        return NONE
    mebibytes = size / 2**20
    return f"{mebibytes:.3g} MiB" if mebibytes < 999.5 else f"{mebibytes / 1024:.3g} GiB"


def several(texts: Sequence[str]) -> str:
    """The values of several seeds in one cell; once if they are all the same."""
    if not texts:
        return NONE
    return texts[0] if len(set(texts)) == 1 else ", ".join(texts)


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "none"
