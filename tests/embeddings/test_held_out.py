"""Held-out checks of vectors."""

from pathlib import Path

import numpy as np
import pytest

from embedseq.embeddings.held_out import held_out_auc
from embedseq.embeddings.vectors import Vectors
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import SPECIALS, UNK, Vocabulary

WORDS = tuple(f"w{number}" for number in range(40))
VOCABULARY = Vocabulary.from_counts(dict.fromkeys(WORDS, 5))


def topical_text(folder: Path) -> Encoded:
    """Sentences of words from one of two topics: even words stand with even ones, odd with odd ones."""
    draw = np.random.default_rng(0)
    topics = [[VOCABULARY.id(word) for word in WORDS[start::2]] for start in (0, 1)]
    return Encoded.write(folder / "text", [draw.choice(topics[row % 2], 12).tolist() for row in range(200)])


def test_vectors_that_know_the_topics_score_high(tmp_path: Path) -> None:
    matrix = np.array([[1.0, 0.1 * row] if row % 2 else [0.1 * row, -1.0] for row in range(len(WORDS))])
    auc = held_out_auc(Vectors(WORDS, matrix), topical_text(tmp_path), VOCABULARY, window=5, seed=1)
    assert auc is not None
    assert auc > 0.7


@pytest.mark.parametrize("seed", range(3))
def test_random_vectors_score_one_half(tmp_path: Path, seed: int) -> None:
    matrix = np.random.default_rng(seed).standard_normal((len(WORDS), 50))
    auc = held_out_auc(Vectors(WORDS, matrix), topical_text(tmp_path), VOCABULARY, window=5, seed=1)
    assert auc == pytest.approx(0.5, abs=0.04)


def test_equal_vectors_score_exactly_one_half(tmp_path: Path) -> None:
    auc = held_out_auc(Vectors(WORDS, np.ones((len(WORDS), 3))), topical_text(tmp_path), VOCABULARY, window=5, seed=1)
    assert auc == pytest.approx(0.5, abs=1e-12)


def test_text_without_known_words_has_no_answer(tmp_path: Path) -> None:
    text = Encoded.write(tmp_path / "text", [[UNK, UNK], [len(SPECIALS)]])
    assert held_out_auc(Vectors(WORDS[:3], np.eye(3)), text, VOCABULARY, window=5, seed=1) is None
