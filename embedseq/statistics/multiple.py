"""Several tests of one family, corrected together."""

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float], declared: int = 0) -> list[float]:
    """Adjusted p of Holm's step-down procedure (Holm 1979), in the given order.

    The k-th smallest of m is multiplied by m - k + 1, is no smaller than the one before it, and is at most 1. Rejecting what is
    <= alpha keeps the chance of any false rejection in the family <= alpha, whatever the tests have to do with each other.
    An undefined p (NaN) was not tested: it stays NaN. m is the number of those that were tested, or `declared` where that is
    more: tests that were announced and came to nothing count as if their p were 1, so that none gets easier because another
    failed. Outside 0 to 1 is a ValueError.
    """
    values = np.asarray(p_values, dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(values))
    if ((values[tested] < 0) | (values[tested] > 1)).any():
        raise ValueError(f"A p value lies between 0 and 1, not {[float(each) for each in values[tested]]}.")
    order = tested[np.argsort(values[tested], kind="stable")]
    size = max(declared, len(order))
    steps = np.maximum.accumulate(values[order] * np.arange(size, size - len(order), -1))
    adjusted = values.copy()
    adjusted[order] = np.minimum(steps, 1.0)
    return [float(each) for each in adjusted]
