"""How registries find their members: a folder holds one a file, so that a file is all that it takes to add one."""

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType


def classes_of(package: ModuleType) -> Iterator[type]:
    """The classes that the modules of a package define; those that they import are not theirs."""
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for member in vars(import_module(module.name)).values():
            if inspect.isclass(member) and member.__module__ == module.name:
                yield member
