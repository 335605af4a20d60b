"""What the report says of the settings of an embedding."""

from typing import Any

import pytest

from embedseq.embeddings.settings import Word2VecSettings
from embedseq.pipeline.reporting.vector_facts import TOLD_ALWAYS, TOLD_ELSEWHERE, word2vec_in_words

USUAL = "on a.source: dim 100, window 5, 5 noise words, sample 0.001, min_count 5, 20 epochs, alpha 0.025"


def said(min_count: int = 5, **settings: Any) -> str:
    return word2vec_in_words(Word2VecSettings.from_record({"text": "a.source", **settings}), min_count)


def test_usual_settings_are_told_and_no_others() -> None:
    assert said() == USUAL
    assert said(epochs=1, negative=1) == USUAL.replace("20 epochs", "1 epoch").replace("5 noise words", "1 noise word")


@pytest.mark.parametrize(
    ("settings", "end"),
    [
        ({"ns_exponent": 0.5}, ", ns_exponent 0.5"),
        ({"ns_exponent": 0.5, "output": "hierarchical-softmax"}, ""),
        ({"algorithm": "cbow", "cbow_mean": False}, ", cbow_mean false"),
        ({"cbow_mean": False}, ""),  # skip-gram has no mean
        ({"shrink_windows": False}, ", shrink_windows false"),
        ({"min_alpha": 0.001}, ", min_alpha 0.001"),
        ({"batch_words": 500}, ", batch_words 500"),
        ({"workers": 3}, ""),  # said elsewhere
    ],
)
def test_unusual_settings_are_told_where_they_matter(settings: dict[str, Any], end: str) -> None:
    assert said(**settings).partition("alpha 0.025")[2] == end


def test_the_count_that_was_used_is_told() -> None:
    assert "min_count 5 (raised to 9 by max_final_vocab 2,000)," in said(min_count=9, max_final_vocab=2000)
    assert "min_count 5 (not raised by max_final_vocab 2,000)," in said(max_final_vocab=2000)


def test_every_setting_is_told_somewhere() -> None:
    """A setting added one day is told without a word here, unless its name is in these lists."""
    assert set(TOLD_ALWAYS) | set(TOLD_ELSEWHERE) <= set(Word2VecSettings.model_fields)
