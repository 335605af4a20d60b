"""Ids on disk."""

import tracemalloc
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedseq.errors import InputError
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import END, PAD

Sentences = list[list[int]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sentences=st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=6), max_size=8))
def test_what_is_written_is_read(tmp_path: Path, sentences: Sentences) -> None:
    Encoded.write(tmp_path / "text.source", iter(sentences))
    encoded = Encoded.open(tmp_path / "text.source")
    assert [row.tolist() for row in encoded] == sentences
    assert encoded.lengths.tolist() == [len(row) for row in sentences]
    assert encoded.token_count == sum(map(len, sentences))


def test_the_files_are_plain_npy_and_byte_stable(tmp_path: Path) -> None:
    for name in ("one", "two"):
        Encoded.write(tmp_path / name, [[5, 6], [], [7]])
    ids, offsets = np.load(tmp_path / "one.ids.npy"), np.load(tmp_path / "one.offsets.npy")
    assert (ids.dtype, ids.tolist()) == (np.int32, [5, 6, 7])
    assert (offsets.dtype, offsets.tolist()) == (np.int64, [0, 2, 2, 3])
    assert (tmp_path / "one.ids.npy").read_bytes() == (tmp_path / "two.ids.npy").read_bytes()


def test_sentences_are_found_from_either_end_and_by_slices(tmp_path: Path) -> None:
    encoded = Encoded.write(tmp_path / "text", [[1], [2, 3], [4]])
    assert encoded[-1].tolist() == [4]
    assert [row.tolist() for row in encoded[1:]] == [[2, 3], [4]]
    with pytest.raises(IndexError):
        encoded[3]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), room=st.integers(0, 2))
def test_rows_side_by_side_are_the_rows_filled_up(tmp_path: Path, data: st.DataObject, room: int) -> None:
    sentences = data.draw(st.lists(st.lists(st.integers(4, 99), max_size=6), min_size=1, max_size=8))
    rows = np.array(data.draw(st.lists(st.integers(0, len(sentences) - 1), max_size=5)), dtype=np.int64)
    encoded = Encoded.write(tmp_path / "text", sentences)
    width = max((len(sentences[row]) for row in rows), default=0)
    padded = encoded.padded(rows, room)
    assert padded.shape == (len(rows), width + room)
    assert padded.tolist() == [sentences[row] + [PAD] * (width + room - len(sentences[row])) for row in rows]
    assert encoded.ended(rows).tolist() == [[*sentences[row], END] + [PAD] * (width - len(sentences[row])) for row in rows]


def test_stretches_can_be_put_side_by_side_too(tmp_path: Path) -> None:
    stretches = Encoded.write(tmp_path / "text", [[5, 6, 7], [8]]).stretches(2)
    assert stretches.ended(np.array([2, 0, 1])).tolist() == [[8, END, PAD], [5, 6, END], [7, END, PAD]]


def test_ids_cannot_be_changed(tmp_path: Path) -> None:
    encoded = Encoded.write(tmp_path / "text", [[1, 2]])
    with pytest.raises(ValueError, match="read-only"):
        encoded[0][0] = 9


def test_stretches_hold_the_same_ids(tmp_path: Path) -> None:
    encoded = Encoded.write(tmp_path / "text", [[1, 2, 3, 4, 5], [], [6]])
    assert [row.tolist() for row in encoded.stretches(2)] == [[1, 2], [3, 4], [5], [6]]


def test_writing_keeps_only_a_few_sentences_in_memory(tmp_path: Path) -> None:
    def sentences(count: int) -> Iterator[list[int]]:
        return ([7] * 5 for _ in range(count))

    def peak(count: int) -> int:
        tracemalloc.start()
        Encoded.write(tmp_path / f"text{count}", sentences(count))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)  # the first call also loads code
    assert peak(210_000) < 1.1 * peak(70_000)


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    Encoded.write(tmp_path / "a", [[1, 2]])
    Encoded.write(tmp_path / "b", [[1, 2, 3]])
    (tmp_path / "a.offsets.npy").write_bytes((tmp_path / "b.offsets.npy").read_bytes())
    with pytest.raises(InputError, match="expected 3 token ids as its offsets say, found 2"):
        Encoded.open(tmp_path / "a")


def test_missing_or_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected an encoded corpus"):
        Encoded.open(tmp_path / "nothing")
    (tmp_path / "text.ids.npy").write_text("no numbers")
    with pytest.raises(InputError, match="expected an encoded corpus"):
        Encoded.open(tmp_path / "text")


@given(st.lists(st.lists(st.integers(0, 99), max_size=30), max_size=8), st.integers(1, 7))
def test_stretches_join_to_the_sentences(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[list[int]], longest: int
) -> None:
    encoded = Encoded.write(tmp_path_factory.mktemp("encoded") / "text", sentences)
    cut = [ids.tolist() for ids in encoded.stretches(longest)]
    assert all(0 < len(stretch) <= longest for stretch in cut)
    assert list(chain(*cut)) == list(chain(*sentences))
    assert [len(stretch) for stretch in cut] == [
        min(longest, len(sentence) - start) for sentence in sentences for start in range(0, len(sentence), longest)
    ]


def resident(name: str) -> int:
    """How many KiB of a mapped file are in this process's memory."""
    maps = Path("/proc/self/smaps").read_text().splitlines()
    begins = [number for number, line in enumerate(maps) if line.endswith(name)]
    return sum(int(next(line for line in maps[number:] if line.startswith("Rss:")).split()[1]) for number in begins)


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="the system tells nothing of mapped files")
def test_memory_of_what_was_read_is_given_back_and_the_numbers_stay(tmp_path: Path) -> None:
    encoded = Encoded.write(tmp_path / "long", ([number] * 10 for number in range(20_000)))
    everything = encoded.ids.sum()
    assert resident("long.ids.npy") > 700
    assert resident("long.offsets.npy") > 0
    view = encoded[19_999]
    encoded.let_go()
    assert resident("long.ids.npy") == 0
    assert resident("long.offsets.npy") == 0
    assert view.tolist() == [19_999] * 10
    assert encoded.ids.sum() == everything


def test_numbers_that_are_in_no_file_stay_where_they_are() -> None:
    encoded = Encoded(np.array([1, 2, 3], dtype=np.int32), np.array([0, 1, 3]))
    encoded.let_go()
    assert [row.tolist() for row in encoded] == [[1], [2, 3]]


def test_numbers_that_were_changed_in_memory_alone_are_not_lost(tmp_path: Path) -> None:
    Encoded.write(tmp_path / "text", [[1], [2, 3]])
    ids = np.load(tmp_path / "text.ids.npy", mmap_mode="c")
    ids[0] = 9
    encoded = Encoded(ids, np.array([0, 1, 3]))
    encoded.let_go()
    assert [row.tolist() for row in encoded] == [[9], [2, 3]]
