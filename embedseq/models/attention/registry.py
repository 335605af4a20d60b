"""The scorers by name. To add one, put a file into `scorers/` and its name into `ScorerName`; a test holds the two together."""

import inspect
import pkgutil
from functools import cache
from importlib import import_module

from embedseq.models.attention import scorers as folder
from embedseq.models.attention.scorer import Scorer


@cache
def scorers() -> dict[str, type[Scorer]]:
    """Every scorer of the folder `scorers/`, in the order of their names."""
    found: dict[str, type[Scorer]] = {}
    for module in pkgutil.iter_modules(folder.__path__):
        for member in vars(import_module(f"{folder.__name__}.{module.name}")).values():
            if inspect.isclass(member) and issubclass(member, Scorer) and member is not Scorer:
                found[member.about.name] = member
    return dict(sorted(found.items()))
