"""What is wrong with a pipeline file, and where: positions, problems, and the wording that all of them share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from embedseq.errors import Problems

Path = tuple[str, ...]
SHOWN_CHOICES = 24


@dataclass(frozen=True, order=True)
class Position:
    """A place in a file, lines and columns counted from 1, or a whole `--set` (line 0)."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where it is written, its dotted path, and what to do about it."""

    position: Position
    path: Path
    message: str

    def __str__(self) -> str:
        return f"{self.position}: {'.'.join(self.path)}: {self.message}" if self.path else f"{self.position}: {self.message}"


class Findings:
    """The problems found so far. Each is kept once, and they are told in the order of the file, overrides last."""

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}
        self._broken: set[Path] = set()
        self.reports = 0
        """How often a problem was reported, repetitions counted: whether a reading was clean."""

    def add(self, position: Position, path: Path, message: str) -> None:
        """Take note of a problem with the value at `path`."""
        self.reports += 1
        self._problems[Problem(position, path, message)] = None
        self.taint(path)

    def taint(self, path: Path) -> None:
        """The value at `path` is not what its writer meant: nothing is to be concluded from it."""
        self._broken.add(path)

    def sound(self, path: Path) -> bool:
        """Whether nothing is wrong at `path` or below it, so that a check of it says something new."""
        return not any(broken[: len(path)] == path for broken in self._broken)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All of them, sorted by position."""
        return tuple(sorted(self._problems, key=lambda problem: (problem.position.line == 0, problem.position)))

    def raise_any(self) -> None:
        """Raise `Problems` if there is one."""
        if self._problems:
            raise Problems([str(problem) for problem in self.problems])


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that is spelt most like `word`, or none that is near."""
    spelt = {choice.lower(): choice for choice in choices}
    near = get_close_matches(word.lower(), spelt, n=1, cutoff=0.6)
    return spelt[near[0]] if near else None


def advice(word: str, choices: Sequence[str]) -> str:
    """The end of a sentence about a wrong `word`: the nearest match and the choices."""
    near = nearest(word, [choice for choice in choices if not choice.startswith("{")])
    comma = "; " if any("," in choice for choice in choices if not choice.startswith("{")) else ", "
    listed = comma.join([*choices[:SHOWN_CHOICES], *(["…"] if len(choices) > SHOWN_CHOICES else [])])
    if near is not None:
        return f". Did you mean '{near}'? ({listed})"
    return f" ({listed})" if choices else ""


def with_article(noun: str) -> str:
    """`an architecture`, `a metric`."""
    return f"{'an' if noun[:1] in 'aeio' else 'a'} {noun}"


def several_parts(probe: str, label: str, parts: Sequence[str]) -> str:
    """What to say where a score of a probe has several parts, and which of them is meant is not said."""
    shown = ["'' (the whole)" if part == "" else part for part in parts[:SHOWN_CHOICES]]
    listed = in_words(shown, "and") if len(parts) == len(shown) else ", ".join([*shown, "…"])
    return f"{probe} measures {label} in {len(parts)} parts, {listed}: name one of them in 'part'"


def in_words(choices: Sequence[str], last: str = "or") -> str:
    """`a, b or c`."""
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} {last} {choices[-1]}"
