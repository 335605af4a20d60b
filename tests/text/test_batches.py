"""Batches, padding and masks."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedseq.errors import RequestError
from embedseq.text.batches import Batch, TokenBatches, held, pad, question, source_batches
from embedseq.text.encoded import Encoded
from embedseq.text.frames import Frames
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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
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


def test_a_pair_is_left_out_for_its_longest_side_whichever_it_is(encode: Make, tmp_path: Path) -> None:
    source, target = encode([([5], [6]), ([5], [6]), ([5] * 4, [6])])
    further = Encoded.write(tmp_path / "further", [[7], [7] * 4, [7]])
    batches = TokenBatches(source, target, 20, 3, (further,))
    assert batches.left_out == 2
    assert [batch.rows.tolist() for batch in batches.epoch(1)] == [[0]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=pair_lists, batch_tokens=st.integers(1, 60), seed=st.none() | st.integers(0, 9))
def test_further_sources_stand_beside_the_first_row_by_row(
    encode: Make, tmp_path: Path, pairs: Pairs, batch_tokens: int, seed: int | None
) -> None:
    others = [[[90 + number, *source[::-1]] for source, _ in pairs] for number in range(2)]
    further = tuple(Encoded.write(tmp_path / f"further{number}", other) for number, other in enumerate(others))
    for batch in TokenBatches(*encode(pairs), batch_tokens, None, further).epoch(seed):
        assert len(batch.further) == 2
        for reading, other in zip(batch.further, others, strict=True):
            assert unpadded(reading.source, reading.valid) == [[*other[row], END] for row in batch.rows.tolist()]
            assert (reading.source[~reading.valid] == PAD).all()


def test_a_further_source_changes_no_batch(encode: Make) -> None:
    source, target = encode(PAIRS)
    assert same(list(TokenBatches(source, target, 20).epoch(1)), list(TokenBatches(source, target, 20, None, (target,)).epoch(1)))


def test_frames_are_read_as_tokens_are_with_zeros_at_the_end(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    rows = [random.random((length, 3)).astype(np.float32) for length in (2, 5, 1)]
    frames = Frames.write(tmp_path / "f", rows)
    target = Encoded.write(tmp_path / "t", [[5], [6, 7], [8]])
    seen = []
    for batch in TokenBatches(frames, target, 100).epoch(None):
        assert batch.source.dtype == torch.float32
        for row, source, valid in zip(batch.rows.tolist(), batch.source, batch.source_valid, strict=True):
            seen.append(row)
            expected = np.concatenate((rows[row], np.zeros((1, 3))))
            np.testing.assert_array_equal(source[valid].numpy(), expected.astype(np.float32))
            assert not source[~valid].any()
    assert sorted(seen) == [0, 1, 2]


def test_leaving_out_everything_is_an_error(encode: Make) -> None:
    with pytest.raises(RequestError, match="Raise `max_length`"):
        TokenBatches(*encode([([5] * 4, [6])]), 20, max_length=3)


def test_sides_of_different_length_are_an_error(tmp_path: Path) -> None:
    one, two = Encoded.write(tmp_path / "a", [[5]]), Encoded.write(tmp_path / "b", [[5], [6]])
    with pytest.raises(ValueError, match="1 source sentences, but 2 target"):
        TokenBatches(one, two, 20)


def test_a_further_source_of_different_length_is_an_error(tmp_path: Path) -> None:
    one, two = Encoded.write(tmp_path / "a", [[5]]), Encoded.write(tmp_path / "b", [[5], [6]])
    with pytest.raises(ValueError, match="2 source sentences, but 1 target"):
        TokenBatches(one, one, 20, None, (two,))


@given(sentences=st.lists(st.tuples(ids, ids), max_size=20), batch_tokens=st.integers(1, 40))
def test_source_batches_read_further_sources_beside_the_first(
    sentences: list[tuple[list[int], list[int]]], batch_tokens: int
) -> None:
    first, second = ([sides[number] for sides in sentences] for number in range(2))
    for batch, alone in zip(source_batches(first, batch_tokens, (second,)), source_batches(first, batch_tokens), strict=True):
        assert torch.equal(batch.source, alone.source)
        assert torch.equal(batch.rows, alone.rows)
        (reading,) = batch.further
        assert unpadded(reading.source, reading.valid) == [[*second[row], END] for row in batch.rows.tolist()]


def test_source_batches_of_frames_are_those_of_token_batches(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    frames = Frames.write(tmp_path / "f", [random.random((length, 3)) for length in (3, 1, 2)])
    (batch,) = source_batches(frames, 100)
    assert batch.rows.tolist() == [1, 2, 0]
    np.testing.assert_array_equal(batch.source.numpy(), frames.ended(batch.rows.numpy()))
    assert batch.source_valid.sum(dim=1).tolist() == [2, 3, 4]


@given(sentences=st.lists(ids, min_size=1, max_size=9), data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_in_memory_are_those_on_disk(tmp_path: Path, sentences: list[list[int]], data: st.DataObject) -> None:
    rows = np.array(data.draw(st.lists(st.integers(0, len(sentences) - 1), max_size=5)), dtype=np.int64)
    random = np.random.default_rng(1)
    frames = [random.random((len(sentence), 3)) for sentence in sentences]
    pairs = (
        (held(sentences), Encoded.write(tmp_path / "t", sentences)),
        (held([np.array(sentence) for sentence in sentences]), Encoded.write(tmp_path / "t", sentences)),
        (held(frames), Frames.write(tmp_path / "f", frames)),
    )
    for in_memory, on_disk in pairs:
        assert in_memory.lengths.tolist() == on_disk.lengths.tolist()
        assert in_memory.ended(rows).dtype == on_disk.ended(rows).dtype
        np.testing.assert_array_equal(in_memory.ended(rows), on_disk.ended(rows))


@given(asked=st.lists(st.tuples(ids, st.lists(st.integers(0, 8), max_size=4)), min_size=1, max_size=9))
def test_a_question_has_the_sentences_and_the_places_and_no_truth(asked: list[tuple[list[int], list[int]]]) -> None:
    sentences, places = ([each[side] for each in asked] for side in range(2))
    batch = question(sentences, places)
    assert batch.places is not None
    assert batch.rows.tolist() == list(range(len(asked)))
    assert unpadded(batch.source, batch.source_valid) == [[*sentence, END] for sentence in sentences]
    assert unpadded(batch.places, batch.target_valid) == places
    assert batch.target_out.shape == batch.target_in.shape == batch.places.shape
    assert not batch.target_out.any()


@given(sentences=st.lists(ids, max_size=20), batch_tokens=st.integers(1, 40))
def test_source_batches_hold_every_sentence_once(sentences: list[list[int]], batch_tokens: int) -> None:
    seen: dict[int, list[int]] = {}
    for batch in source_batches(sentences, batch_tokens):
        seen.update(zip(batch.rows.tolist(), unpadded(batch.source, batch.source_valid), strict=True))
        assert batch.source.numel() <= batch_tokens or len(batch.rows) == 1
    assert seen == {row: [*sentence, END] for row, sentence in enumerate(sentences)}


def test_further_sources_move_with_their_batch_and_what_is_not_there_stays_away(encode: Make) -> None:
    source, target = encode(PAIRS)
    batch = next(TokenBatches(source, target, 20, None, (target,)).epoch()).to("meta")
    assert {each.device.type for each in (batch.target_out, batch.further[0].source, batch.further[0].valid)} == {"meta"}
    assert batch.places is None


def test_a_batch_moves_as_a_whole() -> None:
    batch = next(source_batches([np.array([5, 6], dtype=np.int32)], 10)).to("meta")
    assert {batch.rows.device.type, batch.source.device.type, batch.source_valid.device.type} == {"meta"}
