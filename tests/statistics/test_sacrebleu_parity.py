"""Approximate randomisation over sentence counts is sacrebleu's own paired test: the same differences, the same p."""

import math

import numpy as np
import pytest

from embedseq.evaluation.metrics import STATISTICS
from embedseq.evaluation.paired import PairedMetric, PairedScores, paired_test
from embedseq.evaluation.texts import score_texts
from embedseq.statistics.contrast import Contrast, Plan, contrast
from embedseq.statistics.permutation import Permuting

WORDS = np.array(
    ["a", "the", "dog", "cat", "man", "woman", "runs", "sees", "under", "over", "red", "small", "two", "house", "in"]
)
DRAWS = 1500


def corpus(seed: int, wrong: tuple[float, float]) -> tuple[list[str], list[str], list[list[str]]]:
    """Two systems that get a word wrong so often, and one reference a sentence."""
    rng = np.random.default_rng(seed)
    references = [rng.choice(WORDS, rng.integers(5, 15)) for _ in range(120)]
    systems = [
        [" ".join(np.where(rng.random(len(each)) < share, rng.choice(WORDS, len(each)), each)) for each in references]
        for share in wrong
    ]
    return systems[0], systems[1], [[" ".join(each)] for each in references]


def both(metric: PairedMetric, seed: int, wrong: tuple[float, float]) -> tuple[Contrast, PairedScores]:
    first, second, references = corpus(seed, wrong)
    better, worse = ([*score_texts([metric], each, references)] for each in (first, second))
    ours = contrast(better, worse, STATISTICS, Plan(permuting=Permuting(draws=DRAWS)))
    return ours, paired_test(metric, first, second, references, DRAWS)


@pytest.mark.parametrize("metric", ["bleu", "bleu-lc", "chrf"])
@pytest.mark.parametrize(("seed", "wrong"), [(0, (0.3, 0.32)), (1, (0.3, 0.3)), (2, (0.3, 0.36))])
def test_differences_are_equal_and_p_agrees_within_what_drawing_leaves_open(
    metric: PairedMetric, seed: int, wrong: tuple[float, float]
) -> None:
    ours, theirs = both(metric, seed, wrong)
    assert ours.effect == pytest.approx(theirs.effect, abs=1e-6)
    assert abs(ours.p - theirs.p) <= 4 * math.sqrt(2 * max(theirs.p * (1 - theirs.p), 1 / DRAWS) / DRAWS)


def test_planted_difference_is_as_unlikely_as_it_can_be_in_both() -> None:
    ours, theirs = both("bleu", 3, (0.1, 0.4))
    assert ours.effect > 10
    assert ours.p == theirs.p == 1 / (DRAWS + 1)
