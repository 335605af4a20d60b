"""L-BFGS that is asked for a point and told what was found there, so that many functions can share one pass over the data."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

_ENOUGH = 1e-4
"""The share of the decrease promised by the slope that a step must bring (Armijo's condition)."""
_SHORTEST = 2.0**-30


@dataclass(frozen=True)
class Stopping:
    """When to stop."""

    tolerance: float
    """As soon as the next step promises to lower the function by less than this."""
    passes: int
    """After so many evaluations, in any case."""


class Descent:
    """Minimises one smooth convex function by L-BFGS (Nocedal and Wright 2006, algorithm 7.5), halving steps that do not help.

    `solve` applies a guess of the inverse Hessian; with a good one, few passes are needed. Evaluate the function at `trial` and
    `tell` it, until `done`; `point` is the best point so far.
    """

    def __init__(self, start: Tensor, solve: Callable[[Tensor], Tensor], stopping: Stopping, memory: int = 10) -> None:
        self.point = self.trial = start
        self.value = torch.inf
        self.passes = 0
        self.done = self.converged = False
        self._solve = solve
        self._stopping = stopping
        self._gradient = torch.zeros_like(start)
        self._direction = torch.zeros_like(start)
        self._slope = 0.0
        self._length = 1.0
        self._scale = 1.0
        self._pairs: deque[tuple[Tensor, Tensor, float]] = deque(maxlen=memory)

    def tell(self, value: float, gradient: Tensor) -> None:
        """The function and its gradient at `trial`. Chooses the next trial, or finishes."""
        self.passes += 1
        if value <= self.value + _ENOUGH * self._length * self._slope:
            self._accept(value, gradient)
        else:
            self._length /= 2
            self.done = self._length < _SHORTEST  # rounding hides any further decrease
        self.done = self.done or self.passes >= self._stopping.passes
        self.trial = self.point + self._length * self._direction

    def _accept(self, value: float, gradient: Tensor) -> None:
        if self.passes > 1:
            self._remember(self.trial - self.point, gradient - self._gradient)
        self.point, self.value, self._gradient = self.trial, value, gradient
        self._direction = -self._times_inverse(gradient)
        self._slope = float((self._direction * gradient).sum())
        self._length = 1.0
        self.converged = -self._slope / 2 <= self._stopping.tolerance
        self.done = self.converged

    def _remember(self, step: Tensor, change: Tensor) -> None:
        curvature = float((step * change).sum())
        if curvature > 0:  # else rounding
            self._scale = curvature / float((change * self._solve(change)).sum())
            self._pairs.append((step, change, 1 / curvature))

    def _times_inverse(self, gradient: Tensor) -> Tensor:
        """The two loops: the inverse Hessian as the guess and the last steps have it, times the gradient."""
        rest, shares = gradient.clone(), []
        for step, change, weight in reversed(self._pairs):
            share = weight * (step * rest).sum()
            rest -= share * change
            shares.append(share)
        direction = self._scale * self._solve(rest)
        for (step, change, weight), share in zip(self._pairs, reversed(shares), strict=True):
            direction += (share - weight * (change * direction).sum()) * step
        return direction
