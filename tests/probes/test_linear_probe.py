"""The linear probe is scikit-learn's logistic regression: its interface, its optimum, and its accuracy where it stops early."""

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from embedseq.probes.linear import LinearProbe, fit_many


@parametrize_with_checks([LinearProbe(), LinearProbe(exact=True)])
def test_it_is_a_scikit_learn_classifier(estimator: Any, check: Any) -> None:
    check(estimator)


def sample(classes: int, count: int = 1500, width: int = 20, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Correlated features of overlapping classes of unlike sizes."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, classes + 1)
    labels = rng.choice(classes, size=count, p=share / share.sum())
    mixing = rng.standard_normal((width, width)) * np.geomspace(1, 0.05, width)[:, None]
    means = 0.5 * rng.standard_normal((classes, width)) @ mixing
    return means[labels] + rng.standard_normal((count, width)) @ mixing + 3, labels


@pytest.mark.parametrize("classes", [2, 3, 8])
@pytest.mark.parametrize("strength", [0.01, 1.0, 100.0])
def test_the_exact_mode_reaches_the_optimum_of_scikit_learn(classes: int, strength: float) -> None:
    features, labels = sample(classes)
    features = StandardScaler().fit_transform(features)
    theirs = LogisticRegression(C=strength, tol=1e-10, solver="newton-cg", max_iter=1000).fit(features, labels)
    ours = LinearProbe(C=strength, exact=True, standardise=False).fit(features, labels)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-3)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-3)
    np.testing.assert_allclose(ours.predict_log_proba(features), theirs.predict_log_proba(features), atol=5e-3)


def test_scaling_within_equals_scaling_before() -> None:
    features, labels = sample(4)
    before = LinearProbe(exact=True, standardise=False).fit(StandardScaler().fit_transform(features), labels)
    within = LinearProbe(exact=True).fit(features, labels)
    np.testing.assert_allclose(within.coef_ * features.std(axis=0), before.coef_, atol=1e-4)


def test_the_fast_mode_is_as_accurate_on_held_out_rows() -> None:
    features, labels = sample(8, count=6000)
    exact, fast = (LinearProbe(exact=exact).fit(features[:4000], labels[:4000]) for exact in (True, False))
    assert fast.n_iter_ < exact.n_iter_ / 3
    assert fast.score(features[4000:], labels[4000:]) == pytest.approx(exact.score(features[4000:], labels[4000:]), abs=0.005)
    gap = (exact.predict_log_proba(features) - fast.predict_log_proba(features))[np.arange(6000), labels].mean()
    assert abs(gap) < 2e-3


@pytest.mark.parametrize("exact", [True, False])
def test_fits_of_many_targets_at_once_equal_fits_one_by_one(exact: bool) -> None:
    features, labels = sample(5)
    targets = [labels, labels[::-1], labels > 1, np.array(list("abcde"))[labels]]
    for each, alone in zip(fit_many(features, targets, LinearProbe(exact=exact)), targets, strict=True):
        expected = LinearProbe(exact=exact).fit(features, alone)
        np.testing.assert_allclose(each.coef_, expected.coef_, atol=1e-4 if exact else 5e-2)
        np.testing.assert_array_equal(each.classes_, expected.classes_)


def test_log_probabilities_are_in_nats_and_the_bias_is_not_penalised() -> None:
    labels = np.repeat(["rare", "usual"], [10, 30])
    logs = LinearProbe(C=1e-6, exact=True).fit(np.zeros((40, 3)), labels).predict_log_proba(np.zeros((1, 3)))
    np.testing.assert_allclose(logs, np.log([[0.25, 0.75]]), atol=1e-6)


def test_the_scaler_is_that_of_the_training_rows() -> None:
    features, labels = sample(3)
    probe = LinearProbe().fit(features[:1000], labels[:1000])
    held_out = features[1000:]
    one_by_one = np.concatenate([probe.predict_proba(row[None]) for row in held_out])
    np.testing.assert_allclose(probe.predict_proba(held_out), one_by_one, rtol=1e-9)
    assert (probe.predict(held_out + 10 * held_out.std(axis=0)) != probe.predict(held_out)).mean() > 0.2


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), shift=st.floats(-50, 50), factor=st.floats(0.01, 100))
def test_the_scale_of_features_changes_no_prediction(seed: int, shift: float, factor: float) -> None:
    features, labels = sample(3, count=200, width=5, seed=seed)
    plain, moved = (LinearProbe(exact=True).fit(each, labels) for each in (features, shift + factor * features))
    np.testing.assert_allclose(plain.predict_proba(features), moved.predict_proba(shift + factor * features), atol=1e-4)


def test_turning_or_permuting_the_features_leaves_accuracy_where_it_is() -> None:
    features, labels = sample(6, count=5000)
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((20, 20)))[0]
    accuracies = [
        LinearProbe().fit(each[:3500], labels[:3500]).score(each[3500:], labels[3500:])
        for each in (features, features @ turn, features[:, ::-1])
    ]
    assert max(accuracies) - min(accuracies) < 0.01


def test_the_same_rows_give_the_same_bytes_whatever_their_memory() -> None:
    features, labels = sample(5)
    features = features.astype(np.float32)
    frozen = features.copy()
    frozen.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = LinearProbe().fit(features, labels), LinearProbe().fit(frozen, labels)
    np.testing.assert_array_equal(first.coef_, second.coef_)


def test_a_feature_that_never_changes_does_no_harm_however_large() -> None:
    features, labels = sample(4)
    flat = np.hstack([features, np.full((len(features), 1), 12345.678)]).astype(np.float32)
    probe = LinearProbe().fit(flat, labels)
    assert np.abs(probe.coef_[:, -1]).max() < 1e-6
    assert probe.score(flat, labels) == pytest.approx(LinearProbe().fit(features, labels).score(features, labels), abs=0.01)


def test_too_few_passes_are_told() -> None:
    features, labels = sample(4)
    with pytest.warns(ConvergenceWarning, match="raise max_iter"):
        LinearProbe(max_iter=2).fit(features, labels)


def test_what_cannot_be_fitted_is_refused() -> None:
    features, labels = sample(3, count=30)
    with pytest.raises(ValueError, match="two classes or more"):
        LinearProbe().fit(features, np.zeros(30))
    with pytest.raises(ValueError, match="greater than 0"):
        LinearProbe(C=0).fit(features, labels)
    with pytest.raises(ValueError, match="as many labels"):
        fit_many(features, [labels, labels[1:]])
