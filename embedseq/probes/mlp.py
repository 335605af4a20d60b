"""A classifier with one hidden layer: what a representation tells beyond what a linear classifier can read off it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor
from torch.nn.functional import cross_entropy, relu

from embedseq.probes.standardised import Features, Scaler
from embedseq.training.adam import Adam

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_RATE, _BATCH = 3e-3, 256
_ROUND = 20
"""A round is a pass over the data, or so many steps where a pass has fewer."""
_PATIENCE = 3
"""Rounds without a better loss on the validation rows after which it stops."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows with classes."""

    features: Features
    """(N, D)"""
    codes: Ints
    """(N,): from 0."""


@dataclass(frozen=True)
class MlpShape:
    """What is trained, and how long."""

    classes: int
    hidden: int = 64
    rounds: int = 40
    seed: int = 0
    smoothing: float = 0.0
    """So many imagined rows of each class: a class without rows has a probability too."""


@dataclass(frozen=True, eq=False)
class MlpFit:
    """A trained classifier."""

    scaler: Scaler
    parameters: tuple[NDArray[np.float32], ...] = field(repr=False)
    """W (D, H), b (H,), V (H, K), c (K,)."""
    floor: float
    """The share of a uniform distribution that is mixed in."""
    rounds: int

    def log_probabilities(self, features: Features) -> Floats:
        """(N, K), in nats."""
        weights, bias, output, output_bias = (each.astype(np.float64) for each in self.parameters)
        hidden = np.maximum(self.scaler.apply(features, np.float64) @ weights + bias, 0)
        logs: Floats = log_softmax(hidden @ output + output_bias, axis=1)
        if self.floor == 0:
            return logs
        mixed: Floats = np.logaddexp(np.log1p(-self.floor) + logs, np.log(self.floor / logs.shape[1]))
        return mixed


def fit_mlp(train: Sample, shape: MlpShape, valid: Sample | None = None) -> MlpFit:
    """softmax(relu(x W + b) V + c) with Adam (Kingma and Ba 2015) on standardised features, in batches of 256.

    With validation rows the round with the lowest loss on them is kept, and training stops when it has not fallen for three
    rounds; without, all rounds are run. The same seed gives the same bytes with the same number of threads.
    """
    scaler = Scaler.fitted(train.features)
    features, codes = torch.from_numpy(scaler.apply(train.features, np.float32)), torch.from_numpy(train.codes)
    draws = torch.Generator().manual_seed(shape.seed)
    parameters = _initial(features.shape[1], shape, draws)
    optimiser = Adam(parameters)
    checked = None if valid is None or len(valid.codes) == 0 else _tensors(valid, scaler)
    best, kept, since, rounds = np.inf, [each.detach().clone() for each in parameters], 0, 0
    while rounds < shape.rounds and since < _PATIENCE:
        rounds += 1
        for rows in _round(len(codes), draws):
            optimiser.zero_grad()
            cross_entropy(_logits(features[rows], parameters), codes[rows]).backward()  # type: ignore[no-untyped-call]
            optimiser.step(_RATE)
        loss, since = (-float(rounds), 0) if checked is None else (_loss(checked, parameters), since + 1)
        if loss < best:
            best, kept, since = loss, [each.detach().clone() for each in parameters], 0
    imagined = shape.smoothing * shape.classes
    return MlpFit(scaler, tuple(each.numpy() for each in kept), imagined / (len(codes) + imagined), rounds)


def _initial(width: int, shape: MlpShape, draws: torch.Generator) -> list[Tensor]:
    """He et al. 2015 for the hidden layer; the output starts small."""
    hidden = torch.randn(width, shape.hidden, generator=draws) * (2 / width) ** 0.5
    output = torch.randn(shape.hidden, shape.classes, generator=draws) * 0.1 / shape.hidden**0.5
    return [each.requires_grad_() for each in (hidden, torch.zeros(shape.hidden), output, torch.zeros(shape.classes))]


def _round(count: int, draws: torch.Generator) -> list[Tensor]:
    """The rows of each batch: at least one pass in random order, at least `_ROUND` batches."""
    batches: list[Tensor] = []
    while len(batches) < min(_ROUND, -(-_ROUND * _BATCH // count)) or not batches:
        order = torch.randperm(count, generator=draws)
        batches += [order[first : first + _BATCH] for first in range(0, count, _BATCH)]
    return batches


def _tensors(sample: Sample, scaler: Scaler) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(scaler.apply(sample.features, np.float32)), torch.from_numpy(sample.codes)


def _logits(features: Tensor, parameters: list[Tensor]) -> Tensor:
    weights, bias, output, output_bias = parameters
    return relu(features @ weights + bias) @ output + output_bias


def _loss(sample: tuple[Tensor, Tensor], parameters: list[Tensor]) -> float:
    with torch.no_grad():
        return float(cross_entropy(_logits(sample[0], parameters), sample[1]))


class MLPProbe(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """softmax(relu(x W + b) V + c) on standardised features, a scikit-learn classifier that its seed determines."""

    def __init__(self, hidden: int = 64, rounds: int = 40, random_state: int = 0) -> None:
        """`hidden`: units. `rounds`: passes over the data (of 20 steps at least). `random_state`: the seed."""
        self.hidden = hidden
        self.rounds = rounds
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> "MLPProbe":  # noqa: N803
        """Features (N, D) and N labels. ValueError where there are fewer than two classes."""
        features, labels = validate_data(self, X, y, dtype=(np.float32, np.float64))
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"MLPProbe tells two classes or more apart, found {len(self.classes_)} class: {self.classes_}.")
        shape = MlpShape(len(self.classes_), self.hidden, self.rounds, int(self.random_state or 0))
        self.fit_ = fit_mlp(Sample(features, codes.astype(np.int64)), shape)
        return self

    def predict_log_proba(self, X: ArrayLike) -> Floats:  # noqa: N803
        """(N, K), in nats."""
        check_is_fitted(self)
        return self.fit_.log_probabilities(validate_data(self, X, reset=False, dtype=(np.float32, np.float64)))

    def predict_proba(self, X: ArrayLike) -> Floats:  # noqa: N803
        """(N, K)"""
        return np.exp(self.predict_log_proba(X))

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """The likeliest class of each row, (N,)."""
        codes = self.predict_log_proba(X).argmax(axis=1)
        likeliest: NDArray[Any] = self.classes_[codes]
        return likeliest
