"""Batches for masked language models."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedseq.text.batches import Batch
from embedseq.text.encoded import Encoded
from embedseq.text.masked_batches import MASK, MaskedBatches
from embedseq.text.vocabulary import END, UNK

Sentences = list[list[int]]
SIZE = 12  # tokens of the vocabulary, special ones included
SENTENCES: Sentences = [[4 + (row + place) % 8 for place in range(1 + row % 40)] for row in range(400)]

texts = st.lists(st.lists(st.integers(4, SIZE - 1) | st.just(UNK), min_size=1, max_size=12), min_size=1, max_size=20)


def batches(folder: Path, sentences: Sentences, batch_tokens: int = 100, share: float = 0.15, size: int = SIZE) -> MaskedBatches:
    return MaskedBatches(Encoded.write(folder / "t", sentences), batch_tokens, None, share, size)


def lines(batch: Batch) -> dict[int, tuple[list[int], list[int], list[int]]]:
    """Of each sentence what is read, the positions asked for, and the truth there."""
    assert batch.places is not None
    found = {}
    for line, row in enumerate(batch.rows.tolist()):
        asked = batch.target_valid[line]
        found[row] = (
            batch.source[line][batch.source_valid[line]].tolist(),
            batch.places[line][asked].tolist(),
            batch.target_out[line][asked].tolist(),
        )
    return found


def drawn(made: MaskedBatches, seed: int | None) -> dict[int, tuple[list[int], list[int], list[int]]]:
    return {row: each for batch in made.epoch(seed) for row, each in lines(batch).items()}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sentences=texts, batch_tokens=st.integers(1, 60), share=st.floats(0.01, 0.99), seed=st.none() | st.integers(0, 9))
def test_putting_the_truth_back_gives_every_sentence_once(
    tmp_path: Path, sentences: Sentences, batch_tokens: int, share: float, seed: int | None
) -> None:
    made = batches(tmp_path, sentences, batch_tokens, share)
    found = drawn(made, seed)
    assert sorted(found) == list(range(len(sentences)))
    for row, (read, places, truth) in found.items():
        assert len(places) == max(1, round(share * len(sentences[row])))
        assert places == sorted(set(places))
        for place, token in zip(places, truth, strict=True):
            assert read[place] == MASK or read[place] >= 4 or read[place] == token
            read[place] = token
        assert read == [*sentences[row], END]
    assert made.target_tokens == sum(len(places) for _, places, _ in found.values())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sentences=texts, cuts=st.tuples(st.integers(1, 60), st.integers(1, 60)), seed=st.none() | st.integers(0, 9))
def test_what_is_drawn_does_not_depend_on_how_the_batches_are_cut(
    tmp_path: Path, sentences: Sentences, cuts: tuple[int, int], seed: int | None
) -> None:
    one, other = (drawn(batches(tmp_path, sentences, cut), seed) for cut in cuts)
    assert one == other


def test_what_is_drawn_for_a_sentence_does_not_depend_on_the_others(tmp_path: Path) -> None:
    whole, part = drawn(batches(tmp_path, SENTENCES), 3), drawn(batches(tmp_path, SENTENCES[:50]), 3)
    assert part == {row: whole[row] for row in range(50)}


def test_every_epoch_draws_anew_and_without_a_seed_always_the_same(tmp_path: Path) -> None:
    made = batches(tmp_path, SENTENCES)
    assert drawn(made, 1) == drawn(made, 1)
    assert drawn(made, 1) != drawn(made, 2)
    assert drawn(made, None) == drawn(made, None)
    assert drawn(made, None) != drawn(made, 0)


def test_eighty_per_cent_are_masked_ten_replaced_and_ten_left(tmp_path: Path) -> None:
    masked = replaced = left = 0
    others = np.zeros(SIZE, dtype=np.int64)
    made = batches(tmp_path, SENTENCES, share=0.5)
    for seed in range(3):
        for read, places, truth in drawn(made, seed).values():
            for place, token in zip(places, truth, strict=True):
                masked += read[place] == MASK
                left += read[place] == token
                if read[place] not in (MASK, token):
                    replaced += 1
                    others[read[place]] += 1
    total = masked + replaced + left
    assert total == 3 * made.target_tokens
    assert masked / total == pytest.approx(0.8, abs=0.02)
    assert replaced / total == pytest.approx(0.1, abs=0.015)
    assert left / total == pytest.approx(0.1, abs=0.015)
    assert not others[:4].any()
    assert (others[4:] > 0.5 * others.sum() / 8).all()


def test_all_positions_are_asked_for_alike(tmp_path: Path) -> None:
    made = batches(tmp_path, [[5, 6, 7, 8, 9]] * 400, share=0.2)
    counts = np.zeros(5)
    for _, places, _ in drawn(made, 1).values():
        counts[places] += 1
    assert counts.sum() == 400
    assert (np.abs(counts - 80) < 30).all()


@pytest.mark.parametrize("size", [4, 5])
def test_without_another_token_none_is_replaced(tmp_path: Path, size: int) -> None:
    token = UNK if size == 4 else 4
    for read, places, _ in drawn(batches(tmp_path, [[token] * 30] * 30, share=0.9, size=size), 1).values():
        assert {read[place] for place in places} <= {MASK, token}


def test_long_sentences_are_left_out_and_counted(tmp_path: Path) -> None:
    text = Encoded.write(tmp_path / "t", [[5] * 4, [5] * 3])
    made = MaskedBatches(text, 20, 3, 0.15, SIZE)
    assert (made.left_out, made.rows.tolist(), len(made)) == (1, [1], 1)


def test_the_tensors_are_ids_and_masks(tmp_path: Path) -> None:
    batch = next(batches(tmp_path, SENTENCES).epoch(1))
    assert batch.places is not None
    assert {each.dtype for each in (batch.source, batch.target_in, batch.target_out, batch.places)} == {torch.int64}
    assert batch.target_in.shape == batch.target_out.shape == batch.target_valid.shape == batch.places.shape
