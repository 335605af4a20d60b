"""Ranks beside those of SciPy."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.stats import rankdata

from embedseq.statistics.ranks import mean_ranks


@given(
    values=array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=6).flatmap(
        lambda shape: arrays(np.float64, shape, elements=st.integers(-2, 2).map(float) | st.sampled_from([math.nan, math.inf]))
    ),
    data=st.data(),
)
def test_ranks_are_those_of_scipy(values: np.ndarray, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-values.ndim, values.ndim - 1))
    np.testing.assert_array_equal(mean_ranks(values, axis), rankdata(values, axis=axis))


def test_equals_have_their_mean_rank_and_nothing_is_written_over() -> None:
    values = np.array([[3.0, 1.0, 3.0, 2.0]])
    assert mean_ranks(values, axis=1).tolist() == [[3.5, 1.0, 3.5, 2.0]]
    assert values.tolist() == [[3.0, 1.0, 3.0, 2.0]]


def test_one_number_has_the_first_rank_and_none_has_none() -> None:
    assert mean_ranks(np.array([7.0])) == pytest.approx([1.0])
    assert len(mean_ranks(np.empty(0))) == 0


def test_no_statistic_imports_what_takes_longest() -> None:
    code = (
        "import sys, pkgutil, importlib, embedseq.statistics as home; "
        "[importlib.import_module(each.name) for each in pkgutil.iter_modules(home.__path__, 'embedseq.statistics.')]; "
        "sys.exit('scipy.stats' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
