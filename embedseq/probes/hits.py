"""From what a classifier got right, word by word, to accuracy, selectivity and the accuracy on unseen word types.

Items are (right, 1), one a test word, so that the value is their ratio; those of selectivity are (right - right in the control
task, 1). They are the same words in the same order for every model and seed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedseq.probes.control import LABEL
from embedseq.probes.means import mean_of
from embedseq.statistics.bootstrap import Floats
from embedseq.statistics.measurement import Measurement

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Hits:
    """Which of N test words something told rightly."""

    right: Bools
    """(N,)"""
    control: Bools | None = None
    """(N,): in the control task; None for what has no part in it."""

    @property
    def selectivity(self) -> Floats:
        """(N,): 1, 0 or -1."""
        return self.right.astype(np.float64) - (self.right if self.control is None else self.control).astype(np.float64)


def accuracy_measurements(part: str, own: Hits, beside: Mapping[str, Hits], unseen: Bools) -> list[Measurement]:
    """Accuracy, selectivity, and, where some of the N test words are `unseen` (N,), the accuracy on them; each with what it is
    held against: what is `beside` it, by label, and the control task."""
    return [
        *_accuracies("accuracy", part, own, beside, np.ones_like(unseen)),
        mean_of(own.selectivity, "selectivity", part, 1.0),
        *(
            mean_of(hits.selectivity, "selectivity", part, 1.0, "baseline", label)
            for label, hits in beside.items()
            if hits.control is not None
        ),
        *(_accuracies("unseen-accuracy", part, own, beside, unseen) if unseen.any() else ()),
    ]


def _accuracies(score: str, part: str, own: Hits, beside: Mapping[str, Hits], words: Bools) -> list[Measurement]:
    found = [mean_of(own.right[words], score, part, 1.0)]
    found += [mean_of(hits.right[words], score, part, 1.0, "baseline", label) for label, hits in beside.items()]
    if own.control is not None:
        found.append(mean_of(own.control[words], score, part, 1.0, "control", LABEL))
    return found
