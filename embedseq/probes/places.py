"""At which places of long sequences something is measured: the same ones for every model and seed."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def chosen_places(length: int, count: int, reach: int) -> Ints:
    """At most `count` places of a sequence of so many, from 0, ascending: all where they are few, else evenly spaced over those
    with `reach` places before them, or over the last ones where these are too few."""
    first = max(0, min(reach, length - count))
    places: Ints = np.rint(np.linspace(first, length - 1, min(count, length - first))).astype(np.int64)
    return places
