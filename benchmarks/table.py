"""What a benchmark found, and how it is written down."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

MEMORY = Path("/proc/meminfo")
PROCESSOR = Path("/proc/cpuinfo")
WIDEST = {"avx512f": "AVX-512", "avx2": "AVX2"}
"""Instructions for many numbers at once, as Linux names them and as they are called, the widest first."""


@dataclass(frozen=True)
class Table:
    """columns: their names, of which the first is the rows'; notes: what a reader must know, one sentence or more each."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def markdown(self) -> str:
        """A section of a page."""
        lines = [f"## {self.title}", "", _row(self.columns), _row(["---", *["---:"] * (len(self.columns) - 1)])]
        lines += [_row(row) for row in self.rows]
        for note in self.notes:
            lines += ["", note]
        return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def today() -> str:
    """The date in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%d")


def machine() -> str:
    """Processor, its widest instructions, cores, memory and system, as far as the system tells."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = [_field(PROCESSOR, "model name") or platform.processor() or platform.machine()]
    flags = _field(PROCESSOR, "flags").split()
    widest = next((name for flag, name in WIDEST.items() if flag in flags), None)
    found += [f"{cores} cores"] if widest is None else [widest, f"{cores} cores"]
    if memory := _field(MEMORY, "MemTotal"):
        found.append(f"{int(memory.split()[0]) / 2**20:.0f} GiB")
    return ", ".join([*found, f"{platform.system()} {platform.release()}", f"Python {platform.python_version()}"])


def _field(path: Path, name: str) -> str:
    """The first value of a field, `name : value`; empty where there is none."""
    if not path.exists():
        return ""
    pairs = (line.partition(":") for line in path.read_text().splitlines())
    return next((value.strip() for field, _, value in pairs if field.strip() == name), "")
