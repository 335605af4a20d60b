"""A linear classifier that probes can afford: scikit-learn's logistic regression, many times as fast, several targets at once."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from embedseq.probes.softmax_regression import Effort, SoftmaxFit, Target, fit_softmax

Floats = NDArray[np.float64]

_EXACT = 1e-14
"""In nats: where the next step promises less, coefficients are within 1e-3 of the optimum on any data of the usual size."""


class LinearProbe(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """min  Σ_i -log softmax(x_i W + b)[y_i] + |W|² / (2 C), a scikit-learn classifier   (multinomial logistic regression).

    The penalty is scikit-learn's: with the same `C` and on the same scaled features, `exact=True` gives the coefficients of its
    `LogisticRegression`. By default the fit is in single precision and stops early, where accuracy stands.
    """

    def __init__(
        self,
        C: float = 1.0,  # noqa: N803 - scikit-learn's name
        tol: float = 1e-3,
        max_iter: int = 200,
        exact: bool = False,
        standardise: bool = True,
    ) -> None:
        """`C`: the inverse of the penalty on the weights (never on the bias), beside the summed loss.
        `tol`: stop when the next step promises to lower the mean loss by less than this, in nats.
        `max_iter`: passes over the data, at most.
        `exact`: in double precision and to the optimum, whatever `tol`.
        `standardise`: scale features to mean 0 and variance 1 on the rows that train.
        """
        self.C = C
        self.tol = tol
        self.max_iter = max_iter
        self.exact = exact
        self.standardise = standardise

    def fit(self, X: ArrayLike, y: ArrayLike) -> "LinearProbe":  # noqa: N803
        """Features (N, D) and N labels. ValueError where there are fewer than two classes."""
        features, labels = validate_data(self, X, y, dtype=(np.float64, np.float32))
        self._finish([self._target(labels)], features)
        return self

    def decision_function(self, X: ArrayLike) -> Floats:  # noqa: N803
        """The logits (N, K); of two classes that of the second less that of the first, (N,)."""
        check_is_fitted(self)
        features = validate_data(self, X, reset=False, dtype=(np.float64, np.float32))
        logits: Floats = features.astype(np.float64) @ self.coef_.T + self.intercept_
        return logits.ravel() if len(self.classes_) == 2 else logits

    def predict_log_proba(self, X: ArrayLike) -> Floats:  # noqa: N803
        """(N, K), in nats."""
        logits = self.decision_function(X)
        if logits.ndim == 1:
            logits = np.stack([np.zeros_like(logits), logits], axis=1)
        logs: Floats = log_softmax(logits, axis=1)
        return logs

    def predict_proba(self, X: ArrayLike) -> Floats:  # noqa: N803
        """(N, K)"""
        return np.exp(self.predict_log_proba(X))

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """The likeliest class of each row, (N,)."""
        logits = self.decision_function(X)
        likeliest: NDArray[Any] = self.classes_[(logits > 0).astype(int) if logits.ndim == 1 else logits.argmax(axis=1)]
        return likeliest

    def _target(self, y: NDArray[Any]) -> tuple[NDArray[Any], Target]:
        """The classes, and what to fit. scikit-learn gives two classes one vector, w: two vectors of w / 2 and -w / 2 have half
        of its penalty, hence the double."""
        check_classification_targets(y)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"LinearProbe tells two classes or more apart, found {len(classes)} class: {classes}.")
        if not self.C > 0:
            raise ValueError(f"C must be greater than 0, not {self.C}.")
        penalty = (2 if len(classes) == 2 else 1) / (self.C * len(y))
        return classes, Target(codes.astype(np.int64), len(classes), penalty)

    def _finish(self, targets: Sequence[tuple[NDArray[Any], Target]], features: NDArray[Any]) -> list["LinearProbe"]:
        """Fit all targets in one go, the first into this probe and the others into copies of it."""
        effort = Effort(min(self.tol, _EXACT) if self.exact else self.tol, self.max_iter * (10 if self.exact else 1), self.exact)
        fits = fit_softmax(features, [target for _, target in targets], effort, self.standardise)
        probes = [self, *(clone(self) for _ in targets[1:])]
        for probe, (classes, _), fit in zip(probes, targets, fits, strict=True):
            probe.n_features_in_ = features.shape[1]
            probe._take(classes, fit)
        return probes

    def _take(self, classes: NDArray[Any], fit: SoftmaxFit) -> None:
        """What a fit leaves behind, under scikit-learn's names; weights are those of features as they are given."""
        weights, bias = fit.raw_weights, fit.raw_bias
        if len(classes) == 2:
            weights, bias = weights[:, 1:] - weights[:, :1], bias[1:] - bias[:1]
        self.classes_ = classes
        self.coef_ = np.ascontiguousarray(weights.T)
        self.intercept_ = bias
        self.n_iter_ = fit.passes
        if not fit.converged and fit.passes >= self.max_iter and not self.exact:
            warnings.warn(f"LinearProbe stopped after {fit.passes} passes; raise max_iter.", ConvergenceWarning, stacklevel=4)


def fit_many(features: ArrayLike, labels: Sequence[ArrayLike], probe: LinearProbe | None = None) -> list[LinearProbe]:
    """A fitted probe for each sequence of N labels, like `probe` (by default the default one), all on features (N, D).

    The same as one fit after another, but each pass over the features serves all of them.
    """
    first: LinearProbe = clone(probe or LinearProbe())
    matrix, _ = validate_data(first, features, labels[0], dtype=(np.float64, np.float32))
    for each in labels:
        if len(np.asarray(each)) != len(matrix):
            raise ValueError(f"{len(matrix)} rows of features need as many labels, not {len(np.asarray(each))}.")
    return first._finish([first._target(np.asarray(each)) for each in labels], matrix)
