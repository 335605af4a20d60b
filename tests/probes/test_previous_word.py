"""The previous-word probe: noise tells nothing, states that hold the word tell all, the control tells learning by heart apart."""

import numpy as np
import pytest

from embedseq.errors import RequestError
from embedseq.probes.previous_word import Positions, previous_word
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare, summarise
from embedseq.text.vocabulary import SPECIALS

VOCABULARY = 60


def random_text(sentences: int = 300, length: int = 9, states: str = "noise", words: int = 50) -> Positions:
    """Independent words of skewed frequency; the states are noise, or hold the previous word, or the current one."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(3, words + 3)
    ids = rng.choice(words, size=(sentences, length), p=share / share.sum()) + len(SPECIALS)
    previous = np.concatenate([np.full((sentences, 1), 2), ids[:, :-1]], axis=1).ravel()
    current, sentence = ids.ravel(), np.repeat(np.arange(sentences), length)
    code = rng.standard_normal((VOCABULARY, 24))
    noise = rng.standard_normal((len(current), 24))
    held = {"noise": 0 * noise, "previous": code[previous], "current": code[current]}[states]
    return Positions((held + (1.0 if states == "noise" else 0.3) * noise).astype(np.float32), previous, current, sentence)


def table() -> np.ndarray:
    return np.random.default_rng(5).standard_normal((VOCABULARY, 16)).astype(np.float32)


def named(measurements: list[Measurement]) -> dict[str, Measurement]:
    return {each.label or each.score: each for each in measurements if each.score == "accuracy" or each.role == "score"}


def test_noise_scores_no_more_than_its_baselines() -> None:
    found = named(previous_word(random_text(), table(), 20, "noise"))
    accuracy, majority = found["accuracy"], found["majority class"]
    assert not summarise([accuracy]).low > majority.value
    assert accuracy.value == pytest.approx(majority.value, abs=0.05)
    assert abs(found["selectivity"].value) < 0.06


def test_states_that_hold_the_previous_word_are_read_off() -> None:
    found = named(previous_word(random_text(states="previous"), table(), 20, "planted"))
    assert found["accuracy"].value > 0.95
    assert found["selectivity"].value > 0.7
    assert found["accuracy"].value - found["majority class"].value > 0.7
    assert found["current word's vector"].value < 0.25


def test_states_that_hold_only_the_current_word_are_caught_by_the_control() -> None:
    found = named(previous_word(random_text(states="current"), table(), 20, "lexical"))
    assert found["random label by word type"].value > 0.9
    assert found["selectivity"].value < -0.5
    assert found["accuracy"].value == pytest.approx(found["current word's vector"].value, abs=0.05)


def test_the_vector_of_the_current_word_is_a_strong_baseline_where_words_follow_each_other() -> None:
    text = random_text()
    tied = Positions(text.states, (text.current - 4 + 7) % 50 + 4, text.current, text.sentence)
    found = named(previous_word(tied, np.eye(VOCABULARY, dtype=np.float32), 20, "bigrams"))
    assert found["current word's vector"].value > 0.95
    assert found["accuracy"].value < 0.3


def test_items_are_the_same_positions_for_every_model_so_that_models_are_compared_in_pairs() -> None:
    read, noise = (previous_word(random_text(states=states), table(), 20, states) for states in ("previous", "noise"))
    assert len({each.items.shape for each in read + noise}) == 1
    difference = compare(read[:1], noise[:1])
    assert difference.low > 0.6


def test_accuracy_is_the_share_of_right_items_and_selectivity_their_difference() -> None:
    found = named(previous_word(random_text(states="previous"), table(), 20, "m", part="layer 1"))
    for each in found.values():
        assert each.value == pytest.approx(each.items[:, 0].sum() / each.items[:, 1].sum())
        assert each.part == "layer 1"
    assert found["selectivity"].value == pytest.approx(found["accuracy"].value - found["random label by word type"].value)


def test_a_third_of_the_sentences_tests_and_coverage_is_the_share_of_the_classes() -> None:
    every, some = (named(previous_word(random_text(), table(), words, "m"))["accuracy"] for words in (50, 5))
    assert every.coverage == 1.0
    assert every.n == 100
    assert every.items[:, 1].sum() == 100 * 8  # first words have no previous word
    assert some.items[:, 1].sum() / every.items[:, 1].sum() == pytest.approx(some.coverage)
    assert 0.2 < some.coverage < 0.6


def test_the_probe_gives_the_same_numbers_again() -> None:
    first, second = (previous_word(random_text(states="previous"), table(), 20, "m") for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.items, other.items)


def test_a_feature_that_never_changes_does_no_harm() -> None:
    text = random_text(states="previous")
    flat = Positions(np.hstack([text.states, np.ones((len(text.states), 1))]), text.previous, text.current, text.sentence)
    assert named(previous_word(flat, table(), 20, "m"))["accuracy"].value > 0.95


def test_too_little_text_is_refused() -> None:
    text = random_text(sentences=1)
    with pytest.raises(RequestError, match="Read more sentences"):
        previous_word(text, table(), 20, "m")


def test_positions_of_unequal_lengths_are_refused() -> None:
    text = random_text(sentences=2)
    with pytest.raises(ValueError, match="Positions need"):
        Positions(text.states[1:], text.previous, text.current, text.sentence)
