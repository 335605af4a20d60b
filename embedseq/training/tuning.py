"""From lists of values to trials, and from trials to the values that are chosen. Knows nothing of stages."""

import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from embedseq.errors import WorkError
from embedseq.seeds import stream
from embedseq.training.history import History
from embedseq.training.settings import LOSS
from embedseq.training.tune_settings import TuneSettings

Candidate = Mapping[str, Any]
"""The name of a tuned field -> one of its values."""
NAMED = 3
"""So many failed trials are named in an error."""
LOWEST = {"warmup": 0, "label_smoothing": 0.0, "weight_decay": 0.0, "teacher_forcing": 0.0, "dropout": 0.0}
HIGHEST = {"teacher_forcing": 1.0}
"""Where a field itself ends, beyond which no list can be widened; 1 is the least of all that are counted."""


@dataclass(frozen=True)
class Trial:
    """One combination of values, and how well it did."""

    values: Candidate
    loss: float | None
    """That of the validation split after the best epoch; None where training failed."""
    best_epoch: int = 0
    epochs: int = 0
    failure: str = ""
    """Why training failed."""
    best_by: str = LOSS
    """What epochs and trials are compared by."""
    score: float | None = None
    """The best epoch's, where that is not the loss."""
    higher: bool = False
    """Whether a higher score is a better one."""

    @staticmethod
    def of(values: Candidate, history: History) -> "Trial":
        """What a training with these values came to: its best epoch, by what its settings compare epochs by."""
        best = next(epoch for epoch in history.epochs if epoch.number == history.best_epoch)
        length = len(history.epochs)
        return Trial(values, best.valid_loss, best.number, length, "", history.best_by, best.score, history.higher)

    @property
    def badness(self) -> float:
        """What trials are compared by, so that less is better; infinite where training failed."""
        if self.loss is None:
            return math.inf
        return self.loss if self.score is None else -self.score if self.higher else self.score

    def record(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "values": dict(self.values)}

    @staticmethod
    def from_record(record: Mapping[str, Any]) -> "Trial":
        """The inverse of `record`."""
        return Trial(**record)


def grid_size(settings: TuneSettings) -> int:
    """The number of combinations of the values."""
    return math.prod(len(values) for values in settings.lists.values())


def candidates(settings: TuneSettings, seed: int) -> tuple[Candidate, ...]:
    """The combinations that are tried, the last list turning fastest; with `trials` so many of them, drawn by the seed.

    Drawn by the combinations' numbers alone, so that whoever has the same lists draws the same.
    """
    names, lists = list(settings.lists), list(settings.lists.values())
    numbers: Sequence[int] = range(grid_size(settings))
    if settings.trials is not None:
        numbers = sorted(sorted(numbers, key=lambda number: (stream(seed, "trials", number), number))[: settings.trials])
    grid = list(itertools.product(*lists))
    return tuple(dict(zip(names, grid[number], strict=True)) for number in numbers)


def best_of(trials: Sequence[Trial]) -> int:
    """The place of the best trial, the first of equals; those that failed lose.

    Raises WorkError where all of them failed.
    """
    if any(trial.loss is not None for trial in trials):
        return min(range(len(trials)), key=lambda place: (trials[place].badness, place))
    named = "\n".join(f"  {in_words(trial.values)}: {trial.failure}" for trial in trials[:NAMED])
    more = f"\n  and {len(trials) - NAMED} more" if len(trials) > NAMED else ""
    raise WorkError(f"No value could be chosen, since training failed in each of the {len(trials)} trials:\n{named}{more}")


def at_an_edge(lists: Mapping[str, Sequence[Any]], chosen: Candidate) -> Iterator[tuple[str, str]]:
    """The chosen numbers that end their list, where a better one may lie beyond: name, and whether it is the smallest or largest.

    Not where the field itself ends there (dropout 0), and not below a `clip` of null, which is the largest.
    """
    for name, value in chosen.items():
        numbers = [each for each in lists[name] if isinstance(each, int | float)]
        if value not in numbers:
            continue
        if value == min(numbers) and value != LOWEST.get(name, 1 if isinstance(value, int) else None):
            yield name, "smallest"
        if value == max(numbers) and value != HIGHEST.get(name) and None not in lists[name]:
            yield name, "largest"


def in_words(values: Candidate) -> str:
    """`lr=0.001, dropout=0.1`."""
    return ", ".join(f"{name}={_shown(value)}" for name, value in values.items())


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
