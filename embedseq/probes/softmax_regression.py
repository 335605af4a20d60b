"""Softmax regression of many targets on one matrix of features, fitted together: each pass over the data serves all targets.

    loss(W, b) = 1/N Σ_i -log softmax(x_i W + b)[y_i]  +  1/2 Σ_d λ_d |W_d|²  -  α/N Σ_k log softmax(b)[k]

The gradient is closed, X' (softmax - onehot) / N, and the function convex. The Hessian at the outset is that of class k about
p_k (1 - p_k) X'X / N + λ (Böhning 1992, "Multinomial logistic regression algorithm", bounds it likewise), which makes the guess
that L-BFGS starts from: correlated features then cost no further passes. Single precision unless asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax
from torch import Tensor

from embedseq.probes.descent import Descent, Stopping
from embedseq.probes.standardised import Features, Scaler

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROWS = 4096
"""Rows of a block: its logits stay in the cache between the two products."""
_GRAM_ROWS = 16
"""So many rows a feature give the products of features well enough to start from."""


@dataclass(frozen=True, eq=False)
class Target:
    """What is to be told from the features of N rows."""

    codes: Ints
    """(N,): the class of each row, from 0."""
    classes: int
    penalty: float | Floats
    """λ, of all features or of each, (D,): beside the *mean* loss, so that one strength serves samples of every size."""
    smoothing: float = 0.0
    """α: so many imagined rows of each class at the mean of the features, so that a class without rows has a probability too."""


@dataclass(frozen=True)
class Effort:
    """How exactly the optimum is sought."""

    tolerance: float = 1e-4
    """In nats a row: stop when the next step promises less."""
    passes: int = 200
    """Over the data, at most."""
    double: bool = False
    """In double precision."""


@dataclass(frozen=True, eq=False)
class SoftmaxFit:
    """A fitted target."""

    scaler: Scaler
    weights: Floats
    """(D, K), for scaled features."""
    bias: Floats
    """(K,)"""
    loss: float
    """The penalised mean loss that was reached, in nats."""
    passes: int
    converged: bool

    @property
    def raw_weights(self) -> Floats:
        """(D, K), for features as they were given."""
        return self.weights / self.scaler.scale[:, None]

    @property
    def raw_bias(self) -> Floats:
        """(K,), for features as they were given."""
        bias: Floats = self.bias - self.scaler.mean @ self.raw_weights
        return bias

    def log_probabilities(self, features: Features) -> Floats:
        """(N, K), in nats."""
        logs: Floats = log_softmax(features.astype(np.float64) @ self.raw_weights + self.raw_bias, axis=1)
        return logs


def fit_softmax(features: Features, targets: Sequence[Target], effort: Effort, standardise: bool = True) -> list[SoftmaxFit]:
    """The optimum of each target, on features (N, D) that are scaled to mean 0 and variance 1 (on these rows) unless told not to.

    The same input gives the same bytes with the same number of threads.
    """
    scaler = Scaler.fitted(features) if standardise else Scaler.nothing(features.shape[1])
    scaled = torch.from_numpy(scaler.apply(features, np.float64 if effort.double else np.float32))
    gram = _gram(scaled, exactly=effort.double)
    descents = [_started(target, gram, effort) for target in targets]
    codes = [torch.from_numpy(np.ascontiguousarray(target.codes)) for target in targets]
    while going := [number for number, descent in enumerate(descents) if not descent.done]:
        trials = [descents[number].trial for number in going]
        found = _losses(scaled, [codes[number] for number in going], trials)
        for number, trial, (loss, gradient) in zip(going, trials, found, strict=True):
            descents[number].tell(*_penalised(targets[number], trial, loss, gradient))
    return [_finished(descent, scaler) for descent in descents]


def _losses(features: Tensor, codes: Sequence[Tensor], trials: Sequence[Tensor]) -> list[tuple[float, Tensor]]:
    """Of each trial (D + 1, K), whose last row is the bias, the mean loss and its gradient (D + 1, K), in one pass."""
    ends = np.cumsum([trial.shape[1] for trial in trials]).tolist()
    parts = [slice(end - trial.shape[1], end) for end, trial in zip(ends, trials, strict=True)]
    together = torch.cat(list(trials), dim=1)
    gradient = torch.zeros_like(together)
    losses = [0.0] * len(trials)
    for first in range(0, len(features), _ROWS):
        block = features[first : first + _ROWS]
        logits = torch.addmm(together[-1], block, together[:-1])
        for number, (columns, all_codes) in enumerate(zip(parts, codes, strict=True)):
            part = logits[:, columns]
            right = all_codes[first : first + _ROWS, None]
            total = torch.logsumexp(part, dim=1, keepdim=True)
            losses[number] += float((total - part.gather(1, right)).double().sum())
            part.sub_(total).exp_().scatter_add_(1, right, part.new_full((1, 1), -1.0).expand(len(part), 1))
        gradient[:-1].addmm_(block.T, logits)
        gradient[-1] += logits.sum(dim=0)
    gradient /= len(features)
    return [(loss / len(features), gradient[:, part]) for loss, part in zip(losses, parts, strict=True)]


def _penalised(target: Target, trial: Tensor, loss: float, gradient: Tensor) -> tuple[float, Tensor]:
    """The same with the penalty and the imagined rows."""
    weights, gradient = trial[:-1], gradient.clone()
    pull = _penalties(target, weights)[:, None] * weights
    gradient[:-1] += pull
    loss += 0.5 * float((pull * weights).double().sum())
    if target.smoothing > 0:
        share = target.smoothing / len(target.codes)
        logs = torch.log_softmax(trial[-1], dim=0)
        loss -= share * float(logs.double().sum())
        gradient[-1] += share * (target.classes * logs.exp() - 1)
    return loss, gradient


def _penalties(target: Target, like: Tensor) -> Tensor:
    """(D,)"""
    return torch.as_tensor(np.broadcast_to(target.penalty, len(like)).copy(), dtype=like.dtype)


def _gram(features: Tensor, exactly: bool) -> Tensor:
    """X'X / N, (D, D): of evenly spaced rows unless exactly. It only steers the search."""
    count, width = features.shape
    rows = features if exactly else features[:: max(1, count // max(_ROWS, _GRAM_ROWS * width))]
    return rows.T @ rows / len(rows)


def _started(target: Target, gram: Tensor, effort: Effort) -> Descent:
    """At weights of zero and the frequencies of the classes."""
    counts = torch.from_numpy(np.bincount(target.codes, minlength=target.classes)).to(gram.dtype)
    frequencies = (counts + max(target.smoothing, 0.5)) / (counts + max(target.smoothing, 0.5)).sum()
    start = torch.cat([gram.new_zeros(len(gram), target.classes), frequencies.log()[None]])
    solve = _guess(gram, _penalties(target, gram), frequencies * (1 - frequencies))
    return Descent(start, solve, Stopping(effort.tolerance, effort.passes))


def _guess(gram: Tensor, penalties: Tensor, spreads: Tensor) -> Callable[[Tensor], Tensor]:
    """Times the inverse of the Hessian, about: classes apart, with spreads p (1 - p) (K,), and weights apart from biases."""
    spreads = spreads.clamp_min(1e-8)
    ridge = penalties / spreads.mean() + torch.finfo(gram.dtype).eps * len(gram) * gram.diagonal().mean() + 1e-12
    factor = torch.linalg.cholesky(gram + torch.diag(ridge))

    def solve(gradient: Tensor) -> Tensor:
        return torch.cat([torch.cholesky_solve(gradient[:-1], factor), gradient[-1:]]) / spreads

    return solve


def _finished(descent: Descent, scaler: Scaler) -> SoftmaxFit:
    """Adding a number to all biases changes nothing: their mean is made 0, as scikit-learn's is."""
    found: NDArray[Any] = descent.point.double().numpy()
    return SoftmaxFit(scaler, found[:-1], found[-1] - found[-1].mean(), descent.value, descent.passes, descent.converged)
