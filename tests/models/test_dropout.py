import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from keeping import kept_by

from embedseq.models.dropout import LEVELS, Dropout


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5, 0.9])
def test_the_share_that_is_dropped_is_the_rate(rate: float) -> None:
    torch.manual_seed(1)
    count = 1_000_003
    found = Dropout(rate).train()(torch.ones(count))
    kept = found != 0
    assert abs(float((~kept).double().mean()) - rate) < 4 * (rate * (1 - rate) / count) ** 0.5
    assert found[kept].unique().tolist() == [pytest.approx(1 / (1 - rate), rel=1e-4)]
    assert abs(float(found.double().mean()) - 1) < 5 * (rate / (1 - rate) / count) ** 0.5


def test_every_16_bits_of_a_draw_are_alike_and_independent() -> None:
    torch.manual_seed(2)
    dropped = (Dropout(0.25).train()(torch.ones(4 * 200_000)) == 0).view(-1, 4).double()
    together = dropped.T @ dropped / len(dropped)
    expected = torch.full((4, 4), 0.0625, dtype=torch.float64).fill_diagonal_(0.25)
    torch.testing.assert_close(together, expected, atol=4 * 0.45 / len(dropped) ** 0.5, rtol=0)


def test_the_gradient_passes_where_the_value_did_and_the_same_seed_draws_the_same_mask() -> None:
    dropout, values = Dropout(0.4).train(), torch.randn(7, 5, 3, dtype=torch.float64).requires_grad_()
    torch.manual_seed(3)
    first = dropout(values)
    first.sum().backward()
    assert values.grad is not None
    torch.testing.assert_close(first, values * values.grad)
    torch.manual_seed(3)
    assert torch.equal(dropout(values), first)
    assert not torch.equal(dropout(values), first)


def test_in_evaluation_mode_and_at_rate_zero_nothing_is_touched_or_drawn() -> None:
    torch.manual_seed(4)
    before, values = torch.get_rng_state(), torch.randn(2, 3, generator=torch.Generator().manual_seed(1))
    assert Dropout(0.5).eval()(values) is values
    assert Dropout(0.0).train()(values) is values
    assert torch.equal(torch.get_rng_state(), before)


@example([5], 0.999999)
@given(st.lists(st.integers(0, 5), max_size=3), st.floats(0.0, 1.0, exclude_max=True))
def test_any_shape_and_rate(shape: list[int], rate: float) -> None:
    found = Dropout(rate).train()(torch.ones(shape))
    assert found.shape == torch.Size(shape)
    scale = LEVELS / max(1, LEVELS - round(rate * LEVELS))
    assert all(each == 0 or each == pytest.approx(scale) for each in found.flatten().tolist())


def test_other_kinds_of_numbers_stay_what_they_are() -> None:
    for kind in (torch.float64, torch.bfloat16):
        assert Dropout(0.5).train()(torch.ones(9, dtype=kind)).dtype == kind


def test_a_byte_of_each_number_is_kept_for_the_backward_pass() -> None:
    (kept,) = kept_by(lambda: Dropout(0.5).train()(torch.randn(7, 3, requires_grad=True)))
    assert (kept.dtype, kept.shape) == (torch.bool, (7, 3))
