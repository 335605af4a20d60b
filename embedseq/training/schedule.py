"""The learning rate at each update. What an optimiser does with it is not here."""

import math

from embedseq.training.settings import TrainSettings


def learning_rate(settings: TrainSettings, update: int, updates: int, plateaus: int = 0, time: float = 0.0) -> float:
    """The rate of update n (counted from 1) of N in all, with w updates of warm-up and the highest rate `lr`.

    During the warm-up, n <= w: lr n / w. After it:
    constant: lr; inverse-sqrt: lr sqrt(max(w, 1) / n) (Vaswani et al. 2017, equation 3, scaled so that its peak is `lr`);
    cosine: lr (1 + cos(pi (n - w) / (N - w))) / 2 (Loshchilov and Hutter 2017, equation 5), 0 at update N and after it; where the
    share `time` of a time limit is over, and that is more than (n - w) / (N - w), it stands in its place, so that the rate has
    come down to 0 when training ends, whichever ends it;
    plateau: lr / 2^p, p being how many `plateaus` the validation loss has had (`history.plateaus`).
    """
    if update <= settings.warmup:
        return settings.lr * update / settings.warmup
    if settings.schedule == "constant":
        return settings.lr
    if settings.schedule == "plateau":
        return settings.lr / 2.0**plateaus
    if settings.schedule == "inverse-sqrt":
        return settings.lr * math.sqrt(max(settings.warmup, 1) / update)
    # Without updates after the warm-up there is nothing to fall over; the division is guarded, the rate is 0.
    progress = min(max((update - settings.warmup) / max(updates - settings.warmup, 1), time), 1.0)
    return settings.lr * (1.0 + math.cos(math.pi * progress)) / 2.0
