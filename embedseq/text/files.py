"""Lines of text files, plain or gzip, and everything that can be wrong with them. What the lines mean, `splits.py` knows."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from embedseq.errors import InputError

LONGEST_LINE = 10_000_000  # bytes; a file without line ends would otherwise end up in memory as a whole
MOST_PROBLEMS = 10  # of one file that are listed
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"

Column = Iterator[tuple[int, str | InputError]]


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a file, in UTF-8, without their ends (LF or CRLF) and without a byte order mark.

    Raises InputError, with the line where there is one, when the file is missing or not text, or when it breaks off.
    """
    for _, line in _numbered(path):
        if isinstance(line, InputError):
            raise line
        yield line


def problems_in(path: Path) -> list[str]:
    """What is wrong with a file that should hold one sentence a line: the first few faults, in one pass."""
    return _listed(path, _faults(path))


def problems_between(source: Path, *others: Path) -> list[str]:
    """What is wrong with files that should pair line by line: the faults of each, lines empty in one alone, lengths.

    The others are each held against the first.
    """
    problems = [problem for path in (source, *others) for problem in problems_in(path)]
    return problems or [problem for other in others for problem in _listed(source, _mismatches(source, other))]


def problems_in_tabbed(path: Path) -> list[str]:
    """What is wrong with a file that should hold two columns parted by a tab."""
    return problems_in(path) or _listed(path, _tab_faults(path))


def read_tabbed(path: Path) -> Iterator[tuple[str, str]]:
    """The first two columns of each line that is not empty. Raises InputError for a line with fewer."""
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        if fault := _tab_fault(line):
            raise InputError(f"{at(path, number)} {fault}")
        source, target = line.split("\t")[:2]
        yield source, target


def at(path: Path, number: int) -> str:
    """How messages name a line: `train.de.gz: line 18,204`."""
    return f"{path}: line {number:,}"


def _numbered(path: Path) -> Column:
    """Each line with its number, or what is wrong with it. Faults of the file as a whole are raised."""
    try:
        with path.open("rb") as plain:
            compressed = plain.read(2) == _GZIP
        with gzip.open(path, "rb") if compressed else path.open("rb") as file:
            number = 0
            while raw := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(raw) > LONGEST_LINE:
                    raise InputError(f"{at(path, number)} is longer than {LONGEST_LINE:,} bytes: expected one sentence a line")
                yield number, _decoded(path, number, raw.removeprefix(_BOM) if number == 1 else raw)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"{path}: the gzip data break off or are damaged after line {number:,} ({error}): get the file anew"
        ) from error
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error


def _decoded(path: Path, number: int, raw: bytes) -> str | InputError:
    try:
        line = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"found the byte 0x{raw[error.start]:02x} at byte {error.start + 1:,} of the line"
        return InputError(f"{at(path, number)} is not UTF-8: {found}. Convert the file, with iconv for instance.")
    if "\x00" in line:
        return InputError(f"{at(path, number)} contains a NUL byte: expected text. Is it a binary file, or UTF-16?")
    return line.removesuffix("\n").removesuffix("\r")


def _faults(path: Path) -> Iterator[str]:
    blank = True
    for _, line in _numbered(path):
        if isinstance(line, InputError):
            yield str(line)
            blank = False
        elif blank and line.strip():
            blank = False
    if blank:
        yield f"{path}: the file is empty: expected one sentence a line"


def _mismatches(source: Path, target: Path) -> Iterator[str]:
    """The faults of two files that are sound each by itself."""
    missing = object()
    lengths = [0, 0]
    for number, (left, right) in enumerate(zip_longest(read_lines(source), read_lines(target), fillvalue=missing), start=1):
        lengths = [length + (side is not missing) for length, side in zip(lengths, (left, right), strict=True)]
        if isinstance(left, str) and isinstance(right, str) and bool(left.strip()) != bool(right.strip()):
            empty, full = (source, target) if right.strip() else (target, source)
            yield (
                f"{at(empty, number)} is empty, but line {number:,} of {full.name} is not: parallel files must pair line by line."
            )
    if lengths[0] != lengths[1]:
        yield (
            f"{source}: the file has {lengths[0]:,} lines, but {target.name} has {lengths[1]:,}: "
            "parallel files must pair line by line."
        )


def _tab_faults(path: Path) -> Iterator[str]:
    for number, line in enumerate(read_lines(path), start=1):
        if line.strip() and (fault := _tab_fault(line)):
            yield f"{at(path, number)} {fault}"


def _tab_fault(line: str) -> str | None:
    if "\t" not in line:
        return "has no tab: expected a source sentence, a tab, and a target sentence"
    source, target = line.split("\t")[:2]
    if not source.strip():
        return "has nothing before the tab: expected a source sentence"
    return None if target.strip() else "has nothing after the tab: expected a target sentence"


def _listed(path: Path, faults: Iterable[str]) -> list[str]:
    """The first faults; a fault that ends the reading comes last."""
    found: list[str] = []
    faults = iter(faults)
    try:
        for fault in faults:
            found.append(fault)
            if len(found) == MOST_PROBLEMS:
                more = sum(1 for _ in faults)
                return [*found, f"{path}: and {more:,} more lines like these"] if more else found
    except InputError as error:
        found.append(str(error))
    return found
