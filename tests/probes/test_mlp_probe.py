"""The probe with a hidden layer: a scikit-learn classifier, determined by its seed, that reads what no line parts."""

from typing import Any

import numpy as np
from sklearn.utils.estimator_checks import parametrize_with_checks

from embedseq.probes.linear import LinearProbe
from embedseq.probes.mlp import MLPProbe, MlpShape, Sample, fit_mlp


@parametrize_with_checks([MLPProbe(hidden=16, rounds=15)])
def test_it_is_a_scikit_learn_classifier(estimator: Any, check: Any) -> None:
    check(estimator)


def exclusive_or(count: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    features = np.random.default_rng(0).standard_normal((count, 4)).astype(np.float32)
    return features, (features[:, 0] * features[:, 1] > 0).astype(np.int64)


def test_it_reads_what_no_line_parts() -> None:
    features, labels = exclusive_or()
    assert MLPProbe().fit(features[:1500], labels[:1500]).score(features[1500:], labels[1500:]) > 0.9
    assert LinearProbe().fit(features[:1500], labels[:1500]).score(features[1500:], labels[1500:]) < 0.6


def test_the_seed_determines_it() -> None:
    features, labels = exclusive_or(600)
    one, same, other = (MLPProbe(rounds=3, random_state=seed).fit(features, labels) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.predict_log_proba(features), same.predict_log_proba(features))
    assert (one.predict_log_proba(features) != other.predict_log_proba(features)).any()


def test_validation_rows_stop_it_before_it_knows_noise_by_heart() -> None:
    rng = np.random.default_rng(0)
    train, valid = (Sample(rng.standard_normal((300, 20)), rng.integers(2, size=300)) for _ in range(2))
    stopped, run_out = fit_mlp(train, MlpShape(2), valid), fit_mlp(train, MlpShape(2))
    assert stopped.rounds < run_out.rounds == 40

    def loss(fit: Any) -> float:
        return float(-fit.log_probabilities(valid.features)[np.arange(300), valid.codes].mean())

    assert loss(stopped) < 0.75 < loss(run_out)


def test_a_class_without_rows_has_a_probability() -> None:
    features, labels = exclusive_or(400)
    logs = fit_mlp(Sample(features, labels), MlpShape(3, rounds=3, smoothing=0.5)).log_probabilities(features)
    np.testing.assert_allclose(np.exp(logs).sum(axis=1), 1)
    assert np.exp(logs[:, 2]).min() > 0.4 / 401.5
