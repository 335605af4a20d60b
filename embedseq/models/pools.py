"""The poolings by name, and which settings go with which. To add one, put a file into `pooling/`: its name is the file's, and the
pipeline file, the lists, the documentation and the tests find it there."""

from collections.abc import Iterator
from functools import cache
from typing import get_args

from embedseq.models import pooling as folder
from embedseq.models.members import classes_of
from embedseq.models.pool import Pool, PoolSetting
from embedseq.models.settings import Pooling, PoolingSettings


@cache
def pools() -> dict[str, type[Pool]]:
    """Every pooling, in the order of their names."""
    found = {member.about.name: member for member in classes_of(folder) if issubclass(member, Pool)}
    return dict(sorted(found.items()))


def new_pool(settings: Pooling, dim: int) -> Pool:
    """A new pooling of states of width `dim`. What is illegal has been refused before (`pooling_problems`)."""
    asked = _told(settings)
    return pools()[asked.kind](dim, asked)


def pooling_problems(settings: Pooling) -> Iterator[str]:
    """Which settings were given to a pooling that does not heed them, each with what to do."""
    asked, usual = _told(settings), PoolingSettings()
    for name in get_args(PoolSetting):
        if getattr(asked, name) != getattr(usual, name) and name not in pools()[asked.kind].about.heeds:
            those = " or ".join(f"'{kind}'" for kind, member in pools().items() if name in member.about.heeds)
            yield f"pooling: '{asked.kind}' has no {name}: leave {name} out, or choose {those}"


def _told(settings: Pooling) -> PoolingSettings:
    """A bare name is that pooling with its usual settings."""
    return settings if isinstance(settings, PoolingSettings) else PoolingSettings(kind=settings)
