"""Held-out checks of vectors."""

import tracemalloc
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


# More pairs than are looked at.

KNOWN = Vectors(WORDS[:30], np.random.default_rng(5).standard_normal((30, 4)))


def text_of_lengths(folder: Path, lengths: list[int]) -> Encoded:
    draw = np.random.default_rng(1)
    return Encoded.write(folder / "text", [draw.integers(0, len(VOCABULARY), length).tolist() for length in lengths])


def by_hand(vectors: Vectors, text: Encoded, window: int, seed: int, most_pairs: int) -> float:
    """All pairs in a list, sentence by sentence and nearer ones first; a sample of them; every comparison made."""
    pairs = []
    for ids in text:
        words = [token for token in (VOCABULARY.tokens[each] for each in ids) if token in vectors]
        for distance in range(1, window + 1):
            pairs += [pair for pair in zip(words[:-distance], words[distance:], strict=True) if pair[0] != pair[1]]
    draw = np.random.default_rng(seed)
    if len(pairs) > most_pairs:
        pairs = [pairs[number] for number in draw.choice(len(pairs), most_pairs, replace=False)]
    seconds = draw.permutation([vectors.row(second) for _, second in pairs])
    near = [vectors.similarity(*pair) for pair in pairs]
    shuffled = [(first, vectors.words[row]) for (first, _), row in zip(pairs, seconds, strict=True)]
    far = np.array([vectors.similarity(*pair) for pair in shuffled if pair[0] != pair[1]])
    return float(np.mean([((cosine > far).mean() + (cosine >= far).mean()) / 2 for cosine in near]))


LENGTHS = {
    "many short sentences": [row % 9 for row in range(6000)],
    "one longer than a block": [5, 0, 20_000, 3, 0],
    "few": [4, 0, 0, 7, 1],
}


@pytest.mark.parametrize("case", LENGTHS)
@pytest.mark.parametrize("window", [1, 4])
def test_the_streamed_sample_is_that_of_all_pairs_in_a_list(tmp_path: Path, case: str, window: int) -> None:
    text = text_of_lengths(tmp_path, LENGTHS[case])
    auc = held_out_auc(KNOWN, text, VOCABULARY, window, seed=3, most_pairs=500)
    assert auc == pytest.approx(by_hand(KNOWN, text, window, 3, 500), abs=1e-6)


def test_a_sample_is_repeatable_drawn_by_the_seed_and_near_the_answer_of_all_pairs(tmp_path: Path) -> None:
    matrix = np.array([[1.0, 0.1 * row] if row % 2 else [0.1 * row, -1.0] for row in range(len(WORDS))])
    vectors, text = Vectors(WORDS, matrix), topical_text(tmp_path)
    everything = held_out_auc(vectors, text, VOCABULARY, window=5, seed=1)
    one, again, other = (held_out_auc(vectors, text, VOCABULARY, 5, seed, most_pairs=2000) for seed in (1, 1, 2))
    assert one == again != other
    assert one == pytest.approx(everything, abs=0.03)


def test_memory_does_not_grow_with_the_text(tmp_path: Path) -> None:
    def peak(sentences: int) -> int:
        folder = tmp_path / str(sentences)
        folder.mkdir()
        text = text_of_lengths(folder, [10] * sentences)
        tracemalloc.start()
        held_out_auc(KNOWN, text, VOCABULARY, window=5, seed=1, most_pairs=1000)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    small, large = peak(4_000), peak(40_000)
    assert large < 1.2 * small
    assert large < 16e6  # all pairs of the larger text would take more than 20 MB
