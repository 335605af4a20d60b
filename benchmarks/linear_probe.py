"""Benchmarks are side-by-side measurements, each a script that prints its table: `python benchmarks/NAME.py`.

This one: the linear probe (`embedseq/probes/linear.py`) and scikit-learn's default logistic regression on 50,000 rows of 512
features with 17 classes, on two threads, as they come and standardised. Classes are Gaussians that overlap, with correlated
features and unlike sizes. The sides take turns in one process; times are medians, by the clock and of the processors. Accuracy is
on 10,000 further rows. Below, on a smaller sample, how near the exact mode comes to the optimum of the penalised loss.
"""

import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from embedseq.probes.linear import LinearProbe, fit_many

THREADS = 2
TRAIN, TEST, WIDTH, CLASSES = 50_000, 10_000, 512, 17
DIRECTIONS, SPREAD = 128, 0.23
REPEATS = 3
SMALL, SMALL_WIDTH = 10_000, 64
Floats32 = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass
class Side:
    """One way to fit, and what it took."""

    name: str
    fit: Callable[[Floats32, Ints], Any]
    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    accuracy: float = 0.0

    def run(self, features: Floats32, labels: Ints) -> Any:
        clock, processor = time.perf_counter(), time.process_time()
        fitted = self.fit(features, labels)
        self.clock.append(time.perf_counter() - clock)
        self.processor.append(time.process_time() - processor)
        return fitted


def sample(rows: int) -> tuple[Floats32, Ints]:
    """Like states of words: classes differ in the directions in which states vary, a few of them strong, and overlap; the other
    directions are noise. The whole is scaled to a variance of 1, as a layer norm would."""
    rng = np.random.default_rng(0)
    share = np.arange(1, CLASSES + 1) ** -0.7
    labels = rng.choice(CLASSES, size=rows, p=share / share.sum())
    means = SPREAD * rng.standard_normal((CLASSES, DIRECTIONS), dtype=np.float32)
    mixing = rng.standard_normal((DIRECTIONS, WIDTH)) * np.geomspace(1, 0.1, DIRECTIONS)[:, None]
    states = (means[labels] + rng.standard_normal((rows, DIRECTIONS), dtype=np.float32)) @ mixing.astype(np.float32)
    states += 0.5 * rng.standard_normal((rows, WIDTH), dtype=np.float32)
    return states / states.std(), labels


def speed() -> None:
    """The sides in turn."""
    features, labels = sample(TRAIN + TEST)
    train, test = slice(TRAIN), slice(TRAIN, None)
    sides = [
        Side("scikit-learn, as they come", lambda x, y: LogisticRegression().fit(x, y)),
        Side("scikit-learn, standardised", lambda x, y: make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)),
        Side("LinearProbe", lambda x, y: LinearProbe().fit(x, y)),
        Side("LinearProbe, 4 targets at once", lambda x, y: fit_many(x, [y, y[::-1], y % 5, y > 3])[0]),
    ]
    LinearProbe().fit(features[:1000], labels[:1000])  # warms up
    for _ in range(REPEATS):
        for side in sides:
            side.accuracy = side.run(features[train], labels[train]).score(features[test], labels[test])
    print(f"{TRAIN:,} x {WIDTH}, {CLASSES} classes, {THREADS} threads, medians of {REPEATS}, gains over the faster of the two\n")
    print("                                 seconds  processor s   gain, clock  processor   accuracy  difference")
    for side in sides:
        clock, processor = statistics.median(side.clock), statistics.median(side.processor)
        gains = [
            min(statistics.median(getattr(other, kind)) for other in sides[:2]) / own
            for kind, own in (("clock", clock), ("processor", processor))
        ]
        told = f"{gains[0]:>13.1f} {gains[1]:>10.1f} {side.accuracy:>10.4f} {side.accuracy - sides[0].accuracy:>+11.4f}"
        print(f"{side.name:<31} {clock:>8.2f} {processor:>12.2f} {told}", flush=True)


def exactness() -> None:
    """The exact mode and scikit-learn's Newton method."""
    features, labels = sample(SMALL)
    scaled = StandardScaler().fit_transform(features[:, :SMALL_WIDTH].astype(np.float64))
    theirs = LogisticRegression(solver="newton-cg", tol=1e-10, max_iter=1000).fit(scaled, labels)
    ours = LinearProbe(exact=True, standardise=False).fit(scaled, labels)
    optimum, largest = loss(theirs, scaled, labels), np.abs(theirs.coef_).max()
    gap, apart = loss(ours, scaled, labels) - optimum, np.abs(ours.coef_ - theirs.coef_).max()
    print(
        f"\nexact mode on {SMALL:,} x {SMALL_WIDTH}: penalised loss by Newton's method {optimum:.6f} nats a row, ours {gap:+.1e}"
    )
    print(f"the largest difference of a coefficient {apart:.1e}, of coefficients up to {largest:.2f}")


def loss(fitted: Any, features: NDArray[np.float64], labels: Ints) -> float:
    """The penalised mean loss in nats, with C = 1."""
    nats = -fitted.predict_log_proba(features)[np.arange(len(labels)), labels].mean()
    return float(nats + 0.5 * (fitted.coef_**2).sum() / len(labels))


if __name__ == "__main__":
    torch.set_num_threads(THREADS)
    warnings.simplefilter("ignore", ConvergenceWarning)  # scikit-learn's default stops after 100 iterations
    with threadpool_limits(THREADS):
        speed()
        exactness()
