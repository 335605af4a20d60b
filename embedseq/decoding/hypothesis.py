"""A finished sentence with its score, and the n best of them. How they are found is `search`'s."""

import math
from bisect import insort
from dataclasses import dataclass


@dataclass(frozen=True)
class Hypothesis:
    """One finished output of a decoder."""

    tokens: tuple[int, ...]
    """Ids without the start and end symbols."""
    score: float
    """`log_probability` over the length, end symbol counted, to the power of the length penalty."""
    log_probability: float
    """The model's, of the tokens and the end symbol, in nats."""


def score(log_probability: float, length: int, length_penalty: float) -> float:
    """log p / length^a: a = 0 compares plain sums, a = 1 means per token (Wu et al. 2016, equation 14, with 0 for their 5)."""
    return log_probability / math.pow(length, length_penalty)


class BestHypotheses:
    """The n best finished hypotheses of one sentence, best first, equal scores in the order of their tokens."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._ranked: list[tuple[float, tuple[int, ...], Hypothesis]] = []

    def add(self, hypothesis: Hypothesis) -> None:
        """Takes it in if it is among the best."""
        insort(self._ranked, (-hypothesis.score, hypothesis.tokens, hypothesis))
        del self._ranked[self._size :]

    @property
    def bar(self) -> float:
        """The score that a further hypothesis must beat: that of the worst of n, or minus infinity where there are fewer."""
        return -self._ranked[-1][0] if len(self._ranked) == self._size else -math.inf

    def ranked(self) -> list[Hypothesis]:
        """Best first."""
        return [hypothesis for _, _, hypothesis in self._ranked]
