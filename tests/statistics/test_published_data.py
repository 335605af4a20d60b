"""Data of textbooks, and what they find in them: Darwin's plants (Fisher 1935), the law schools (Efron and Tibshirani 1993)."""

import numpy as np
import pytest

from embedseq.statistics import permutation
from embedseq.statistics.bootstrap import Floats, statistic_value
from embedseq.statistics.leave_one_out import pseudo_values
from embedseq.statistics.permutation import Permuting, sign_flip

TALLER = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=np.float64)
"""Crossed less self-fertilised maize, in eighths of an inch, pot by pot."""
LSAT = (576, 635, 558, 578, 666, 580, 555, 661, 651, 605, 653, 575, 545, 572, 594)
GPA = (3.39, 3.30, 2.81, 3.03, 3.44, 3.07, 3.00, 3.43, 3.36, 3.13, 3.12, 2.74, 2.76, 2.88, 2.96)


def pearson(sums: Floats) -> Floats:
    """Of sums (..., 6) of 1, x, y, xx, yy, xy."""
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    return (n * xy - x * y) / np.sqrt((n * xx - x * x) * (n * yy - y * y))


ADDITIVES = {"pearson": pearson}


@pytest.fixture
def schools() -> Floats:
    x, y = np.array(LSAT, dtype=np.float64) / 100, np.array(GPA)  # in hundreds, so that nothing is lost to rounding
    return np.stack([np.ones(15), x, y, x * x, y * y, x * y], axis=-1)


def test_all_flips_of_darwins_fifteen_pairs_are_those_that_fisher_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = 2 * 863 / 2**15  # The Design of Experiments, section 21
    assert sign_flip(TALLER) == pytest.approx(counted, abs=3 * np.sqrt(counted / Permuting().draws))
    monkeypatch.setattr(permutation, "EXACT_UP_TO", len(TALLER))
    assert sign_flip(TALLER) == pytest.approx(counted)


def test_the_correlation_of_the_law_schools_and_its_jackknife(schools: Floats) -> None:
    assert statistic_value("pearson", schools, ADDITIVES) == pytest.approx(0.776, abs=5e-4)
    values = pseudo_values("pearson", schools, ADDITIVES)
    assert values.std(ddof=1) / np.sqrt(15) == pytest.approx(0.1425, abs=5e-5)
