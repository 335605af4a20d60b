"""Softmax regression as probes use it: smoothing of classes without rows, penalties by feature, and a search that is told."""

import numpy as np
import pytest
import torch

from embedseq.probes.descent import Descent, Stopping
from embedseq.probes.softmax_regression import Effort, Target, fit_softmax
from embedseq.probes.standardised import Scaler

EXACT = Effort(1e-14, 2000, double=True)


def sample(count: int = 400, width: int = 6, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = rng.integers(classes, size=count)
    return rng.standard_normal((classes, width))[labels] + rng.standard_normal((count, width)), labels


def test_a_class_without_rows_has_the_share_of_its_imagined_rows() -> None:
    codes = np.repeat([0, 1], [6, 2])
    fit = fit_softmax(np.zeros((8, 2)), [Target(codes, 3, 0.1, smoothing=0.5)], EXACT)[0]
    np.testing.assert_allclose(np.exp(fit.log_probabilities(np.zeros((1, 2)))), [[6.5 / 9.5, 2.5 / 9.5, 0.5 / 9.5]], atol=1e-6)


def test_a_penalty_of_a_feature_is_the_penalty_of_the_feature_scaled() -> None:
    features, codes = sample()
    penalties = np.array([0.1, 0.1, 0.1, 10.0, 10.0, 10.0])
    by_penalty = fit_softmax(features, [Target(codes, 3, penalties)], EXACT, standardise=False)[0]
    smaller = features / np.sqrt(penalties / 0.1)
    by_scale = fit_softmax(smaller, [Target(codes, 3, 0.1)], EXACT, standardise=False)[0]
    np.testing.assert_allclose(by_penalty.log_probabilities(features), by_scale.log_probabilities(smaller), atol=1e-5)


def test_the_loss_that_is_told_is_the_penalised_loss_of_the_fit() -> None:
    features, codes = sample()
    fit = fit_softmax(features, [Target(codes, 3, 0.3, smoothing=0.5)], EXACT)[0]
    plain = -fit.log_probabilities(features)[np.arange(len(codes)), codes].mean()
    smoothing = -0.5 / len(codes) * (fit.bias - np.log(np.exp(fit.bias).sum())).sum()
    assert fit.loss == pytest.approx(plain + 0.15 * (fit.weights**2).sum() + smoothing, abs=1e-9)
    assert fit.converged


def test_nothing_near_the_optimum_is_better() -> None:
    features, codes = sample()
    fit = fit_softmax(features, [Target(codes, 3, 0.05)], EXACT)[0]
    scaled = Scaler.fitted(features).apply(features, np.float64)

    def loss(weights: np.ndarray) -> float:
        logits = scaled @ weights + fit.bias
        gold = logits[np.arange(len(codes)), codes]
        return float((np.log(np.exp(logits).sum(axis=1)) - gold).mean() + 0.025 * (weights**2).sum())

    rng = np.random.default_rng(3)
    for _ in range(50):
        assert loss(fit.weights + 0.01 * rng.standard_normal(fit.weights.shape)) > loss(fit.weights)


def test_fewer_rows_than_features_are_no_obstacle() -> None:
    features, codes = sample(count=5, width=40)
    assert np.isfinite(fit_softmax(features, [Target(codes, 3, 1e-3, 0.5)], Effort())[0].log_probabilities(features)).all()


def test_a_quadratic_with_a_known_hessian_is_minimised_in_two_passes() -> None:
    hessian = torch.tensor([[3.0, 1.0], [1.0, 2.0]], dtype=torch.float64)
    goal = torch.tensor([[1.0], [-2.0]], dtype=torch.float64)
    descent = Descent(torch.zeros_like(goal), lambda gradient: torch.linalg.solve(hessian, gradient), Stopping(1e-12, 50))
    while not descent.done:
        apart = descent.trial - goal
        descent.tell(float((apart.T @ hessian @ apart).squeeze() / 2), hessian @ apart)
    assert (descent.passes, descent.converged) == (2, True)
    torch.testing.assert_close(descent.point, goal)


def test_steps_that_are_too_long_are_halved() -> None:
    descent = Descent(torch.tensor([[3.0]], dtype=torch.float64), lambda gradient: 10 * gradient, Stopping(1e-14, 100))
    while not descent.done:
        descent.tell(float(torch.cosh(descent.trial)), torch.sinh(descent.trial))
    assert abs(float(descent.point)) < 1e-6


def test_the_scaler_has_the_moments_of_its_rows_and_tells_still_features() -> None:
    rng = np.random.default_rng(0)
    features = np.hstack([rng.normal(1000, 0.5, (3000, 2)), np.full((3000, 1), 0.1), np.zeros((3000, 1))])
    for dtype in (np.float32, np.float64):
        scaled = Scaler.fitted(features.astype(dtype)).apply(features.astype(dtype), np.float64)
        np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=2e-3)
        np.testing.assert_allclose(scaled.std(axis=0), [1, 1, 0, 0], atol=1e-3)
