"""Batches, padding and masks."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedseq.errors import RequestError
from embedseq.text.batches import Batch, TokenBatches, pad, source_batches
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import END, PAD, START

Pairs = list[tuple[list[int], list[int]]]
Make = Callable[[Pairs], tuple[Encoded, Encoded]]

ids = st.lists(st.integers(4, 99), max_size=9)
pair_lists = st.lists(st.tuples(ids, ids), min_size=1, max_size=30)
PAIRS: Pairs = [([10 + n] * (1 + n % 5), [50 + n] * (1 + n % 7)) for n in range(40)]


@pytest.fixture
def encode(tmp_path: Path) -> Make:
    def make(pairs: Pairs) -> tuple[Encoded, Encoded]:
        sides = zip(*pairs, strict=True)
        source, target = (Encoded.write(tmp_path / name, side) for name, side in zip(("s", "t"), sides, strict=True))
        return source, target

    return make


def unpadded(padded: torch.Tensor, valid: torch.Tensor) -> list[list[int]]:
    return [row[mask].tolist() for row, mask in zip(padded, valid, strict=True)]


@given(sequences=st.lists(ids, max_size=8))
def test_padding_is_undone_by_its_mask(sequences: list[list[int]]) -> None:
    padded, valid = pad(sequences)
    assert unpadded(padded, valid) == sequences
    assert (padded[~valid] == PAD).all()
    assert padded.dtype == torch.int64
    assert valid.dtype == torch.bool
    assert padded.shape == valid.shape == (len(sequences), max(map(len, sequences), default=0))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=pair_lists, batch_tokens=st.integers(1, 60), seed=st.none() | st.integers(0, 9))
def test_every_pair_comes_once_an_epoch(encode: Make, pairs: Pairs, batch_tokens: int, seed: int | None) -> None:
    batches = TokenBatches(*encode(pairs), batch_tokens)
    seen = []
    for batch in batches.epoch(seed):
        sources, targets = unpadded(batch.source, batch.source_valid), unpadded(batch.target_in, batch.target_valid)
        outputs = unpadded(batch.target_out, batch.target_valid)
        for row, source, target, output in zip(batch.rows.tolist(), sources, targets, outputs, strict=True):
            seen.append(row)
            assert source == [*pairs[row][0], END]
            assert target == [START, *pairs[row][1]]
            assert output == [*pairs[row][1], END]
        assert batch.target_valid.numel() <= batch_tokens or len(batch.rows) == 1
    assert sorted(seen) == list(range(len(pairs)))


def same(one: list[Batch], other: list[Batch]) -> bool:
    return len(one) == len(other) and all(torch.equal(a.rows, b.rows) for a, b in zip(one, other, strict=True))


def test_the_order_follows_from_the_seed(encode: Make) -> None:
    batches = TokenBatches(*encode(PAIRS), 20)
    assert same(list(batches.epoch(1)), list(batches.epoch(1)))
    assert not same(list(batches.epoch(1)), list(batches.epoch(2)))
    assert same(list(batches.epoch()), list(batches.epoch(None)))


def test_the_number_of_batches_is_the_same_in_every_epoch(encode: Make) -> None:
    batches = TokenBatches(*encode(PAIRS), 20)
    assert {len(list(batches.epoch(seed))) for seed in (None, 1, 2, 3)} == {len(batches)}


def test_batches_hold_sentences_of_like_length(encode: Make) -> None:
    batches = TokenBatches(*encode(PAIRS), 30)
    padding = sum(int((~batch.target_valid).sum()) for batch in batches.epoch(3))
    assert padding < 0.1 * batches.target_tokens


def test_target_tokens_count_the_end_symbol(encode: Make) -> None:
    assert TokenBatches(*encode([([5], [6, 7]), ([5], [])]), 20).target_tokens == 4


def test_pairs_too_long_on_either_side_are_left_out_and_counted(encode: Make) -> None:
    batches = TokenBatches(*encode([([5] * 4, [6]), ([5], [6] * 4), ([5] * 3, [6] * 3)]), 20, max_length=3)
    assert batches.left_out == 2
    assert [batch.rows.tolist() for batch in batches.epoch(1)] == [[2]]


def test_leaving_out_everything_is_an_error(encode: Make) -> None:
    with pytest.raises(RequestError, match="Raise `max_length`"):
        TokenBatches(*encode([([5] * 4, [6])]), 20, max_length=3)


def test_sides_of_different_length_are_an_error(tmp_path: Path) -> None:
    one, two = Encoded.write(tmp_path / "a", [[5]]), Encoded.write(tmp_path / "b", [[5], [6]])
    with pytest.raises(ValueError, match="1 source sentences, but 2 target"):
        TokenBatches(one, two, 20)


@given(sentences=st.lists(ids, max_size=20), batch_tokens=st.integers(1, 40))
def test_source_batches_hold_every_sentence_once(sentences: list[list[int]], batch_tokens: int) -> None:
    seen: dict[int, list[int]] = {}
    for batch in source_batches(sentences, batch_tokens):
        seen.update(zip(batch.rows.tolist(), unpadded(batch.source, batch.source_valid), strict=True))
        assert batch.source.numel() <= batch_tokens or len(batch.rows) == 1
    assert seen == {row: [*sentence, END] for row, sentence in enumerate(sentences)}


def test_a_batch_moves_as_a_whole() -> None:
    batch = next(source_batches([np.array([5, 6], dtype=np.int32)], 10)).to("meta")
    assert {batch.rows.device.type, batch.source.device.type, batch.source_valid.device.type} == {"meta"}
