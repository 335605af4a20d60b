"""Batches for taggers and classifiers."""

from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedseq.text.encoded import Encoded
from embedseq.text.label_batches import LabelBatches
from embedseq.text.vocabulary import END, PAD

Tagged = list[list[tuple[int, int]]]
"""Of each sentence its words: how many tokens each has, and its label."""


def encode(folder: Path, tagged: Tagged) -> tuple[Encoded, Encoded, Encoded]:
    """Source, labels, places; the first token of a word is 10, the others are 11."""
    source = [[token for pieces, _ in words for token in [10] + [11] * (pieces - 1)] for words in tagged]
    places = [[sum(pieces for pieces, _ in words[:row]) for row in range(len(words))] for words in tagged]
    labels = [[label for _, label in words] for words in tagged]
    files = {"s": source, "l": labels, "p": places}
    s, labelled, p = (Encoded.write(folder / name, each) for name, each in files.items())
    return s, labelled, p


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tagged=st.lists(st.lists(st.tuples(st.integers(1, 3), st.integers(4, 8)), min_size=1, max_size=6), min_size=1, max_size=20),
    batch_tokens=st.integers(1, 60),
    seed=st.none() | st.integers(0, 9),
)
def test_each_label_is_given_where_its_word_begins(tmp_path: Path, tagged: Tagged, batch_tokens: int, seed: int | None) -> None:
    source, labels, places = encode(tmp_path, tagged)
    seen = []
    for batch in LabelBatches(source, labels, places, batch_tokens).epoch(seed):
        assert batch.places is not None
        assert batch.places.shape == batch.target_out.shape == batch.target_in.shape == batch.target_valid.shape
        assert batch.source.numel() <= batch_tokens or len(batch.rows) == 1
        for line, row in enumerate(batch.rows.tolist()):
            seen.append(row)
            real = batch.target_valid[line]
            assert batch.source[line][batch.source_valid[line]].tolist() == [*source[row].tolist(), END]
            assert batch.target_out[line][real].tolist() == [label for _, label in tagged[row]]
            assert (batch.source[line][batch.places[line][real]] == 10).all()
            assert batch.places[line][real].unique().numel() == len(tagged[row])
            assert (batch.target_out[line][~real] == PAD).all()
    assert sorted(seen) == list(range(len(tagged)))


def test_a_text_has_one_label_and_no_places(tmp_path: Path) -> None:
    source, labels = Encoded.write(tmp_path / "s", [[5, 6], [7]]), Encoded.write(tmp_path / "l", [[4], [5]])
    batches = LabelBatches(source, labels, None, 100)
    (batch,) = batches.epoch(None)
    assert batch.places is None
    assert (batch.rows.tolist(), batch.target_out.tolist()) == ([1, 0], [[5], [4]])
    assert batch.target_valid.all()
    assert batch.target_out.dtype == torch.int64
    assert batches.target_tokens == 2


def test_long_sentences_are_left_out_and_counted(tmp_path: Path) -> None:
    batches = LabelBatches(*encode(tmp_path, [[(2, 4), (2, 5)], [(1, 4)]]), 100, max_length=3)
    assert (batches.left_out, batches.rows.tolist(), batches.target_tokens) == (1, [1], 1)


def test_what_does_not_pair_is_refused(tmp_path: Path) -> None:
    one, two = Encoded.write(tmp_path / "a", [[5]]), Encoded.write(tmp_path / "b", [[5], [6, 7]])
    with pytest.raises(ValueError, match="1 sentences, but labels of 2"):
        LabelBatches(one, two, None, 100)
    with pytest.raises(ValueError, match="one label a sentence"):
        LabelBatches(two, two, None, 100)
    with pytest.raises(ValueError, match="a place for each label"):
        LabelBatches(two, two, one, 100)
