"""Batches for language models."""

from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedseq.errors import RequestError
from embedseq.text.encoded import Encoded
from embedseq.text.text_batches import TextBatches
from embedseq.text.vocabulary import END, START

Sentences = list[list[int]]


def real(padded: torch.Tensor, valid: torch.Tensor) -> Sentences:
    return [row[mask].tolist() for row, mask in zip(padded, valid, strict=True)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sentences=st.lists(st.lists(st.integers(4, 99), max_size=9), min_size=1, max_size=30),
    batch_tokens=st.integers(1, 60),
    seed=st.none() | st.integers(0, 9),
)
def test_every_sentence_comes_once_an_epoch_with_nothing_to_read(
    tmp_path: Path, sentences: Sentences, batch_tokens: int, seed: int | None
) -> None:
    seen = []
    for batch in TextBatches(Encoded.write(tmp_path / "t", sentences), batch_tokens).epoch(seed):
        rows = batch.rows.tolist()
        seen += rows
        assert real(batch.target_in, batch.target_valid) == [[START, *sentences[row]] for row in rows]
        assert real(batch.target_out, batch.target_valid) == [[*sentences[row], END] for row in rows]
        assert batch.source.shape == batch.source_valid.shape == (len(rows), 0)
        assert (batch.source.dtype, batch.source_valid.dtype) == (torch.int64, torch.bool)
        assert batch.target_valid.numel() <= batch_tokens or len(rows) == 1
    assert sorted(seen) == list(range(len(sentences)))


def test_long_sentences_are_left_out_and_counted(tmp_path: Path) -> None:
    text = Encoded.write(tmp_path / "t", [[5] * 4, [5] * 3, [5]])
    batches = TextBatches(text, 20, max_length=3)
    assert batches.left_out == 1
    assert batches.target_tokens == 6
    assert batches.rows.tolist() == [1, 2]


def test_leaving_out_everything_is_an_error(tmp_path: Path) -> None:
    text = Encoded.write(tmp_path / "t", [[5] * 4, [5] * 3])
    with pytest.raises(RequestError, match="no sentence of 2 is left to train on: expected at most 2 tokens, found 3"):
        TextBatches(text, 20, max_length=2)
