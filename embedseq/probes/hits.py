"""From what a classifier got right, word by word, to accuracy, selectivity and the accuracy on unseen word types.

Items are (right words, words), one a test sentence, since words of a sentence hang together; those of selectivity are (right -
right in the control task, words). They are the same sentences in the same order for every model and seed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedseq.probes.control import LABEL
from embedseq.probes.means import Grouped
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


@dataclass(frozen=True, eq=False)
class AskedWords:
    """The N words that all are asked about."""

    sentences: NDArray[np.int64]
    """(N,): the sentence of each."""
    unseen: Bools
    """(N,): whether its form stands in no training sentence."""


def accuracy_measurements(part: str, own: Hits, beside: Mapping[str, Hits], words: AskedWords) -> list[Measurement]:
    """Accuracy, selectivity, and, where some words are unseen, the accuracy on them; each with what it is held against: what is
    `beside` it, by label, and the control task."""
    sentences = Grouped(words.sentences)
    return [
        *_accuracies("accuracy", part, own, beside, words, np.ones_like(words.unseen)),
        sentences.mean(own.selectivity, "selectivity", part, 1.0),
        *(
            sentences.mean(hits.selectivity, "selectivity", part, 1.0, "baseline", label)
            for label, hits in beside.items()
            if hits.control is not None
        ),
        *(_accuracies("unseen-accuracy", part, own, beside, words, words.unseen) if words.unseen.any() else ()),
    ]


def _accuracies(
    score: str, part: str, own: Hits, beside: Mapping[str, Hits], words: AskedWords, chosen: Bools
) -> list[Measurement]:
    sentences = Grouped(words.sentences).among(chosen)
    found = [sentences.mean(own.right[chosen], score, part, 1.0)]
    found += [sentences.mean(hits.right[chosen], score, part, 1.0, "baseline", label) for label, hits in beside.items()]
    if own.control is not None:
        found.append(sentences.mean(own.control[chosen], score, part, 1.0, "control", LABEL))
    return found
