"""The scorers by name. To add one, put a file into `scorers/` or `position_scorers/`: its name is the file's, and the pipeline
file, the lists, the documentation and the tests find it there."""

import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import ModuleType

from embedseq.models.attention import position_scorers as position_folder
from embedseq.models.attention import scorers as folder
from embedseq.models.attention.position_scorer import PositionScorer
from embedseq.models.attention.scorer import Scorer


@cache
def scorers() -> dict[str, type[Scorer]]:
    """Every scorer of keys, in the order of their names."""
    found = {member.about.name: member for member in _classes(folder) if issubclass(member, Scorer)}
    return dict(sorted(found.items()))


@cache
def position_scorers() -> dict[str, type[PositionScorer]]:
    """Every scorer of numbered positions, in the order of their names."""
    found = {member.about.name: member for member in _classes(position_folder) if issubclass(member, PositionScorer)}
    return dict(sorted(found.items()))


def _classes(package: ModuleType) -> Iterator[type]:
    """The classes that the modules of a package define; those that they import are not theirs."""
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for member in vars(import_module(module.name)).values():
            if inspect.isclass(member) and member.__module__ == module.name:
                yield member
