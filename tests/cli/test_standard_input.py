import io
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.cli.standard_input import answers
from embedseq.errors import RequestError

GOOD, REFUSED, BROKEN = "für", "refused", "broken"
BYTES = {GOOD: "für".encode(), REFUSED: b"refused", BROKEN: b"f\xfcr"}


def ask(lines: list[str]) -> list[str]:
    if REFUSED in lines:
        raise RequestError("not this one")
    return [line.upper() for line in lines]


def answered(kinds: list[str], size: int, end: bytes = b"\n") -> tuple[list[str], str]:
    """The answers, and what was said in the end."""
    found: list[str] = []
    with patch("sys.stdin", io.TextIOWrapper(io.BytesIO(end.join(BYTES[kind] for kind in kinds)))):
        told = answers(ask, size)
        while True:
            try:
                found.append(next(told))
            except StopIteration:
                return found, ""
            except RequestError as error:
                return found, str(error)


@given(kinds=st.lists(st.sampled_from([GOOD] * 6 + [REFUSED, BROKEN]), max_size=40), size=st.integers(1, 17))
def test_all_lines_before_the_first_that_cannot_be_read_are_answered(kinds: list[str], size: int) -> None:
    bad = next((place for place, kind in enumerate(kinds) if kind != GOOD), None)
    found, said = answered(kinds, size)
    assert found == ["FÜR"] * (len(kinds) if bad is None else bad)
    if bad is None:
        assert said == ""
    else:
        why = "not this one" if kinds[bad] == REFUSED else "expected text in UTF-8, found the byte 0xfc at place 2"
        assert said == f"line {bad + 1} of standard input: {why}"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_ends_of_lines_are_no_part_of_them(end: bytes) -> None:
    assert answered([GOOD] * 5, 2, end) == (["FÜR"] * 5, "")
