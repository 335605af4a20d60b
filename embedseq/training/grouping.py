"""Batches that share an update."""

from collections.abc import Iterable, Iterator
from itertools import islice

from embedseq.text.batches import Batch


def grouped(batches: Iterable[Batch], count: int) -> Iterator[list[Batch]]:
    """So many at a time, the last ones perhaps fewer."""
    left = iter(batches)
    while group := list(islice(left, count)):
        yield group
