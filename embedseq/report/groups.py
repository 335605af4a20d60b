"""Models that may be compared with each other, apart from those that may not."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from embedseq.report import numbers
from embedseq.report.content import ArmFacts

Model = TypeVar("Model")


def grouped(models: Sequence[Model], yardstick: Callable[[Model], str]) -> list[tuple[Model, ...]]:
    """The models in groups of one yardstick, in the order of their first ones."""
    groups: dict[str, list[Model]] = {}
    for model in models:
        groups.setdefault(yardstick(model), []).append(model)
    return [tuple(group) for group in groups.values()]


def telling_apart(groups: Sequence[Sequence[ArmFacts]], everyone: Sequence[ArmFacts]) -> list[str]:
    """What to add to the title of each group: ` on captions`; nothing to that of a group of all.

    Groups on the same corpora are told apart by the kind of their models, and those of the same kind by the models' names.
    """
    corpora = [numbers.listed(list(dict.fromkeys(arm.corpus for arm in group))) for group in groups]
    kinds = [numbers.listed(list(dict.fromkeys(f"{arm.kind or 'model'}s" for arm in group))) for group in groups]
    endings = []
    for group, corpus, kind in zip(groups, corpora, kinds, strict=True):
        if len(group) == len(everyone):
            endings.append("")
        elif corpora.count(corpus) == 1:
            endings.append(f" on {corpus}")
        elif list(zip(corpora, kinds, strict=True)).count((corpus, kind)) == 1:
            endings.append(f" of {kind} on {corpus}")
        else:
            endings.append(f" of {numbers.listed([arm.label for arm in group])}")
    return endings
