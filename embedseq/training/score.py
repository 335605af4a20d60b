"""A score on the validation split by which epochs are compared. What it is made of is its maker's: training only asks for it."""

from collections.abc import Callable
from dataclasses import dataclass

from embedseq.models.interfaces import Model
from embedseq.training.settings import LOSS


@dataclass(frozen=True)
class Score:
    """A metric and how it is measured."""

    name: str
    higher: bool
    """Whether a higher value is a better one."""
    measure: Callable[[Model], float]
    """Of a model in evaluation mode; the same for the same weights. It leaves the model and torch's random state as they were."""


def wanted_score(best_by: str, given: Score | None) -> Score | None:
    """What epochs are compared by; None for the loss. Raises ValueError where it was not handed over."""
    if best_by == LOSS:
        return None
    if given is None or given.name != best_by:
        raise ValueError(f"expected data.score to measure '{best_by}', by which epochs are to be compared")
    return given
