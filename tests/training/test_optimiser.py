import pytest
import torch
from torch import nn

from embedseq.training.optimiser import Optimiser, mean_of
from embedseq.training.settings import TrainSettings


def model_of() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))


def backward(model: nn.Sequential) -> None:
    model(torch.arange(8.0).view(2, 4)).square().sum().backward()


def norm(model: nn.Sequential) -> float:
    return float(torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]).norm())


def test_the_first_step_moves_by_the_rate_against_the_gradients_sign() -> None:
    model = model_of()
    before = [p.detach().clone() for p in model.parameters()]
    optimiser = Optimiser(model, TrainSettings(clip=None))
    backward(model)
    optimiser.step(0.01)
    for old, new in zip(before, model.parameters(), strict=True):
        assert new.grad is not None
        torch.testing.assert_close(old - new, 0.01 * new.grad.sign(), atol=1e-5, rtol=0)


def test_clipping_scales_down_to_the_norm_and_returns_the_one_before() -> None:
    model = model_of()
    optimiser = Optimiser(model, TrainSettings(clip=0.5))
    backward(model)
    before = norm(model)
    assert before > 0.5
    assert float(optimiser.clip()) == pytest.approx(before, rel=1e-5)
    assert norm(model) == pytest.approx(0.5, rel=1e-4)


def test_without_clipping_the_gradients_stay_and_their_norm_is_returned() -> None:
    model = model_of()
    optimiser = Optimiser(model, TrainSettings(clip=None))
    backward(model)
    assert float(optimiser.clip()) == pytest.approx(norm(model), rel=1e-5)


def test_matrices_decay_and_biases_do_not() -> None:
    model = model_of()
    optimiser = Optimiser(model, TrainSettings(weight_decay=0.5))
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    optimiser.step(0.1)
    for name, p in model.named_parameters():
        torch.testing.assert_close(p.detach(), before[name] * (0.95 if p.dim() > 1 else 1.0))


def test_what_becomes_trainable_later_is_taken_in_and_its_state_comes_back() -> None:
    def run(stop: bool) -> list[torch.Tensor]:
        model = model_of()
        model[0].requires_grad_(False)
        optimiser = Optimiser(model, TrainSettings())
        for update in range(6):
            if update == 2:
                model[0].requires_grad_(True)
            optimiser.enrol(model)
            if stop and update == 4:
                state = optimiser.tensors()
                optimiser = Optimiser(model, TrainSettings())
                optimiser.load(state)
            optimiser.zero_grad()
            backward(model)
            optimiser.step(0.01)
        return [p.detach() for p in model.parameters()]

    assert all(torch.equal(a, b) for a, b in zip(run(False), run(True), strict=True))


def test_what_is_enrolled_again_costs_nothing() -> None:
    """It is, in every epoch."""
    model = model_of()
    optimiser = Optimiser(model, TrainSettings())
    calls = list[float]()
    for group in optimiser._groups:
        group.step = calls.append  # type: ignore[method-assign]
    for _ in range(5):
        optimiser.enrol(model)
    optimiser.step(0.1)
    assert calls == [0.1, 0.1]
    assert len(optimiser._groups) == 2


def test_frozen_parameters_are_outside() -> None:
    model = model_of()
    model[0].requires_grad_(False)
    optimiser = Optimiser(model, TrainSettings(weight_decay=0.5))
    backward(model)
    optimiser.step(0.1)
    assert {name.partition("/")[0] for name in optimiser.tensors()} == {"2.weight", "2.bias"}


def test_a_mean_is_that_of_the_weights_and_what_never_changed_keeps_its_bits() -> None:
    still, number = torch.tensor([-0.0, 1 / 3, float("inf")]), torch.tensor([3])
    several = [{"w": torch.tensor([1.0, 2.0]) * k, "still": still, "number": number + k} for k in (1, 2, 6)]
    found = mean_of(several)
    torch.testing.assert_close(found["w"], torch.tensor([3.0, 6.0]))
    assert found["still"].numpy().tobytes() == still.numpy().tobytes()
    assert found["number"].tolist() == [9]
    alone = mean_of([{"w": torch.tensor([-0.0, 0.1])}])
    assert alone["w"].numpy().tobytes() == torch.tensor([-0.0, 0.1]).numpy().tobytes()
