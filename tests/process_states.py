"""Which processes there are, as the system tells in /proc."""

from pathlib import Path

PROCESSES = Path("/proc")


def alive(number: int) -> bool:
    """Whether a process runs; one in the state Z is over, and only its parent has not asked yet."""
    found = _state_and_parent(number)
    return found is not None and found[0] != "Z"


def children_of(process: int) -> list[int]:
    """Ids of the processes that it started and that are alive."""
    numbers = [int(path.name) for path in PROCESSES.glob("[0-9]*")]
    return [number for number in numbers if (found := _state_and_parent(number)) and found[0] != "Z" and found[1] == process]


def _state_and_parent(number: int) -> tuple[str, int] | None:
    """None where it is gone."""
    try:
        state, parent = (PROCESSES / str(number) / "stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return state, int(parent)
