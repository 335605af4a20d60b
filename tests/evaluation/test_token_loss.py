import math

import numpy as np
import pytest

from embedseq.evaluation.answers import Answers
from embedseq.evaluation.metrics import STATISTICS
from embedseq.evaluation.token_loss import measure_loss, measure_perplexity, measure_word_perplexity
from embedseq.statistics.summary import summarise

ANSWERS = Answers(np.array([2.0, 6.0, 1.0]), np.array([2, 4, 1]), left_out=1)


def test_the_loss_is_nats_per_token_with_an_item_for_each_pair() -> None:
    loss = measure_loss(ANSWERS)
    assert (loss.score, loss.better, loss.statistic) == ("loss", "lower", "ratio")
    assert loss.value == pytest.approx(9 / 7)
    assert loss.items.tolist() == [[2, 2], [6, 4], [1, 1]]
    assert loss.coverage == 0.75


def test_the_perplexity_is_the_exponential_of_the_loss() -> None:
    perplexity = measure_perplexity(ANSWERS.items)
    assert perplexity.value == pytest.approx(math.exp(9 / 7))
    assert (perplexity.role, perplexity.better, perplexity.signature) == ("score", "lower", "per token, end symbols counted")
    summary = summarise([perplexity], STATISTICS)
    assert summary.low < summary.value < summary.high


def test_words_and_the_ends_of_texts_share_the_nats_of_their_pieces() -> None:
    per_word = measure_word_perplexity(ANSWERS.items, words=[1, 2, 0], baseline="unigram model")
    assert per_word.value == pytest.approx(math.exp(9 / 6))
    assert (per_word.role, per_word.label, per_word.better) == ("baseline", "unigram model", "lower")


def test_a_perplexity_of_nothing_is_undefined() -> None:
    assert math.isnan(measure_perplexity(np.zeros((2, 2))).value)


def test_perplexities_of_many_draws_are_those_of_their_sums() -> None:
    draws = np.array([[0, 0, 1], [2, 2, 2]])
    expected = [math.exp((2 + 2 + 6) / 8), math.exp(1.0)]
    assert STATISTICS["perplexity"](ANSWERS.items[draws].sum(axis=1)) == pytest.approx(expected)
