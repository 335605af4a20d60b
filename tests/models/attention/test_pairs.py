"""A hidden layer for every pair, a part of the queries at a time."""

import pytest
import torch
from torch import Tensor

from embedseq.models.attention import pairs
from embedseq.models.attention.registry import scorers


@pytest.mark.parametrize("name", ["additive", "tanh-sum"])
@pytest.mark.parametrize("at_once", [1, 100, 250])
def test_scoring_a_few_queries_at_a_time_changes_neither_scores_nor_gradients(
    name: str, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(1)
    scorer = scorers()[name](3, 2, 4).double()
    query = torch.randn(2, 1, 7, 3, dtype=torch.float64, requires_grad=True)
    keys = torch.randn(2, 3, 5, 2, dtype=torch.float64, requires_grad=True)
    given = (query, keys, *scorer.parameters())
    whole = scorer(query, scorer.prepare(keys))
    of_whole = torch.autograd.grad(whole.square().sum(), given)
    monkeypatch.setattr(pairs, "AT_ONCE", at_once)
    parts = scorer(query, scorer.prepare(keys))
    torch.testing.assert_close(parts, whole, rtol=0, atol=1e-14)
    torch.testing.assert_close(torch.autograd.grad(parts.square().sum(), given), of_whole, rtol=0, atol=1e-13)


def test_no_more_than_the_numbers_allowed_are_computed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "AT_ONCE", 2 * 3 * 5 * 4 * 2)
    sizes: list[int] = []

    def score(hidden: Tensor) -> Tensor:
        sizes.append(hidden.numel())
        return hidden.sum(-1)

    assert pairs.over_pairs(torch.randn(2, 1, 7, 4), torch.randn(2, 3, 5, 4), score).shape == (2, 3, 7, 5)
    assert sizes == [240, 240, 240, 120]
    assert pairs.over_pairs(torch.randn(2, 0, 4), torch.randn(2, 5, 4), score).shape == (2, 0, 5)
    assert pairs.over_pairs(torch.randn(2, 3, 4), torch.randn(2, 0, 4), score).shape == (2, 3, 0)
