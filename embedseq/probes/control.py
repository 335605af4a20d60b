"""Control tasks: what a classifier can learn by heart.

Hewitt and Liang 2019, "Designing and Interpreting Probes with Control Tasks". Each word *type* has a random label, drawn as the
true labels are distributed, and bears it wherever it stands. Nothing about language tells it, so a classifier can only know it by
heart:

    selectivity = accuracy - control accuracy

A type's draw depends on its form alone, so that it is the same in every split, for every model and seed.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embedseq.seeds import stream

Ints = NDArray[np.int64]

LABEL = "random label by word type"
"""What the control is called in measurements."""


def control_codes(forms: Sequence[str], codes: Ints, classes: int) -> Ints:
    """A class for each of `forms`, the same for equal forms, drawn as the true `codes` of the training words are distributed."""
    upper = np.cumsum(np.bincount(codes, minlength=classes)) / len(codes)
    drawn = {form: np.searchsorted(upper, _uniform(form), side="right") for form in dict.fromkeys(forms)}
    return np.array([drawn[form] for form in forms], dtype=np.int64)


def control_heads(forms: Sequence[str]) -> Ints:
    """The head of each word of a sentence, counted from 1: as its type has it, the word itself, the first word or the last."""
    choices = [(place + 1, 1, len(forms)) for place in range(len(forms))]
    picked = [choice[int(3 * _uniform(form))] for choice, form in zip(choices, forms, strict=True)]
    return np.array(picked, dtype=np.int64)


def _uniform(form: str) -> float:
    """At least 0 and below 1."""
    return stream(0, "control", form) / 2**32
