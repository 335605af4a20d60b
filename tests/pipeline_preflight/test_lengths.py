"""Sentences that are longer than the positions that a model learns are told before any training."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.errors import RequestError
from embedseq.models.settings import Kind, ModelShape
from embedseq.pipeline.lengths import Asked, longest_problem, longest_sections, refuse_too_long
from embedseq.pipeline.stages.feeding import Feed
from embedseq.text.encoded import Encoded
from embedseq.text.frames import Frames
from embedseq.text.vocabulary import END, SPECIALS

WORD = len(SPECIALS)


def learned(positions: int, **more: object) -> ModelShape:
    return ModelShape.from_record({"positions": "learned", "max_positions": positions, **more})


def asked(split: str, *positions: int, side: str = "source") -> Asked:
    return Asked(split, side, np.array(positions, dtype=np.int64))


def test_the_longest_row_of_all_splits_is_named() -> None:
    rows = [asked("train", 3, 9), asked("valid", 4, 12, 5), asked("valid", 11, side="target")]
    assert longest_problem(learned(10), rows) == (
        "the longest row of the valid split (number 2, on the source side) asks for 12 positions, its start or end symbol "
        "counted, but the model learns 10: set max_positions to 12 or more, or positions to sinusoidal or rotary, which have no "
        "greatest length"
    )
    assert longest_problem(learned(12), rows) is None


def test_long_training_rows_can_be_left_out() -> None:
    problem = longest_problem(learned(10), [asked("train", 11)])
    assert problem is not None
    assert problem.endswith(", or the corpus's max_length to 9 or less")


@pytest.mark.parametrize("positions", [None, "sinusoidal", "rotary", "none"])
def test_positions_that_are_not_learned_have_no_end(positions: str | None) -> None:
    shape = ModelShape.from_record({"positions": positions, "max_positions": 1})
    assert longest_problem(shape, [asked("train", 99)]) is None


@given(st.lists(st.lists(st.lists(st.just(WORD), min_size=1, max_size=4), max_size=4), max_size=6))
def test_sections_are_as_long_as_a_loop_finds_them(texts: list[list[list[int]]]) -> None:
    rows = [[each for section in text for each in (*section, END)][:-1] for text in texts]
    offsets = np.cumsum([0, *map(len, rows)])
    encoded = Encoded(np.array([each for row in rows for each in row], dtype=np.int32), offsets)
    assert longest_sections(encoded).tolist() == [max((len(section) + 1 for section in text), default=1) for text in texts]


def written(folder: Path, source: Sequence[Sequence[int]], target: Sequence[Sequence[int]], split: str = "train") -> Path:
    Encoded.write(folder / f"{split}.source", source)
    Encoded.write(folder / f"{split}.target", target)
    return folder


def refused(folder: Path, shape: ModelShape, kind: Kind, longest: int | None = None, stretch: int | None = None) -> int | None:
    """The positions that are asked for where the corpus is refused, None where it is not."""
    feed = Feed(kind, ("source",), False, stretch, 0.15)
    try:
        refuse_too_long(shape, folder, ("train",), feed, longest)
    except RequestError as error:
        return int(str(error).partition(" asks for ")[2].partition(" ")[0])
    return None


@pytest.mark.parametrize(
    ("kind", "needed"),
    [("encoder-decoder", 7), ("language-model", 5), ("masked-language-model", 5), ("tagger", 5), ("classifier", 5)],
)
def test_each_kind_asks_for_what_it_reads_and_one_symbol_more(tmp_path: Path, kind: Kind, needed: int) -> None:
    folder = written(tmp_path, [[WORD] * 2, [WORD] * 4], [[WORD] * 6, [WORD]])
    assert refused(folder, learned(needed), kind) is None
    assert refused(folder, learned(needed - 1), kind) == needed


def test_rows_that_training_leaves_out_ask_for_nothing(tmp_path: Path) -> None:
    folder = written(tmp_path, [[WORD] * 2, [WORD] * 9], [[WORD] * 6, [WORD]])
    assert refused(folder, learned(7), "encoder-decoder", longest=8) is None
    assert refused(folder, learned(7), "encoder-decoder", longest=9) == 10
    assert refused(folder, learned(3), "language-model", longest=8) is None


def test_stretches_and_sections_are_read_apart(tmp_path: Path) -> None:
    folder = written(tmp_path, [[WORD, WORD, END, WORD, WORD, WORD]], [[WORD] * 6])
    assert refused(folder, learned(1), "encoder-decoder", stretch=2) == 3
    Encoded.write(tmp_path / "train.target", [[WORD]])
    assert refused(folder, learned(1), "encoder-decoder") == 7
    assert refused(folder, learned(1, sections=True), "encoder-decoder") == 4


def test_images_end_in_a_frame_of_their_own(tmp_path: Path) -> None:
    Frames.write(tmp_path / "train.source", [np.zeros((5, 3)), np.zeros((2, 3))])
    Encoded.write(tmp_path / "train.target", [[WORD], [WORD]])
    feed = Feed("encoder-decoder", ("source",), True, None, 0.15)
    refuse_too_long(learned(6), tmp_path, ("train",), feed)
    with pytest.raises(RequestError, match="asks for 6 positions"):
        refuse_too_long(learned(5), tmp_path, ("train",), feed)


@pytest.mark.parametrize("architecture", ["transformer", "gru"])
def test_what_is_not_refused_can_be_read_and_what_is_refused_cannot(tmp_path: Path, architecture: str) -> None:
    from embedseq.models.build import HandedOver, Sizes, build_model
    from embedseq.pipeline.stages.feeding import batches_of

    Encoded.write(tmp_path / "train.source", [[WORD] * 4, [WORD]])
    feed = Feed("language-model", ("source",), False, None, 0.15)
    (batch,) = batches_of(tmp_path, "train", feed, 99).epoch(None)
    for positions in (5, 4):
        shape = learned(positions, kind="language-model", architecture=architecture, dim=4, heads=1)
        model = build_model(shape, Sizes(WORD + 1, 0), HandedOver(), 1)
        if positions == 5:
            assert refused(tmp_path, shape, "language-model") is None
            assert model.predict(batch).logits.shape[1] == 5
        else:
            assert refused(tmp_path, shape, "language-model") == 5
            with pytest.raises(RequestError, match="max_positions"):
                model.predict(batch)
