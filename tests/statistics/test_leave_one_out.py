"""Pseudo-values: those of a mean are its values, and their variance is that of the statistic."""

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from embedseq.statistics.leave_one_out import pseudo_values


def test_pseudo_values_of_a_mean_are_its_values() -> None:
    values = np.random.default_rng(0).standard_normal(30)
    np.testing.assert_allclose(pseudo_values("ratio", np.stack([values, np.ones(30)], axis=-1)), values, atol=1e-12)


def test_rho_leaves_each_pair_out_in_turn_and_ranks_anew() -> None:
    pairs = np.random.default_rng(1).integers(0, 6, (25, 2)).astype(float)
    whole = spearmanr(*pairs.T).statistic
    without = [spearmanr(*np.delete(pairs, each, axis=0).T).statistic for each in range(25)]
    np.testing.assert_allclose(pseudo_values("spearman", pairs), 25 * whole - 24 * np.array(without), atol=1e-9)


@pytest.mark.parametrize("statistic", ["ratio", "perplexity", "spearman"])
def test_variance_of_pseudo_values_is_that_of_the_statistic(statistic: str) -> None:
    rng = np.random.default_rng(2)
    additives = {"perplexity": lambda sums: np.exp(sums[..., 0] / sums[..., 1])}
    estimates, values = [], []
    for _ in range(400):
        x = rng.standard_normal(80)
        y = 0.6 * x + rng.standard_normal(80) if statistic == "spearman" else rng.uniform(1, 3, 80)
        items = np.stack([x if statistic == "spearman" else x + y, y], axis=-1)
        pseudo = pseudo_values(statistic, items, additives)
        estimates.append(pseudo.var(ddof=1) / 80)
        values.append(pseudo.mean())
    assert np.mean(estimates) == pytest.approx(np.var(values), rel=0.3)


def test_one_item_has_none_and_an_unknown_statistic_is_refused() -> None:
    assert math.isnan(pseudo_values("ratio", np.ones((1, 2)))[0])
    with pytest.raises(ValueError, match="'blue' is not a statistic"):
        pseudo_values("blue", np.ones((3, 2)))
