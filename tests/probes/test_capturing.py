"""Captured states: aligned with the words, the same in any batch, whatever the kind of model, and on disk as they were."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from embedseq.errors import InputError
from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.interfaces import Model
from embedseq.models.settings import ModelShape
from embedseq.probes.captured import CapturedStates
from embedseq.probes.capturing import Cut, Pieces, Places, Readings, capture
from embedseq.text.batches import question
from embedseq.text.vocabulary import START

WORDS = 23
DRAW = np.random.default_rng(3)
SENTENCES = [DRAW.integers(4, WORDS, size=length).tolist() for length in (3, 9, 1, 6, 6, 2)]
CUTS = [Cut(ids, list(range(0, len(ids), 2))) for ids in SENTENCES]
"""Words of two pieces, the last one perhaps of one."""


def model_of(kind: str, architecture: str, **fields: object) -> Model:
    shape = {"kind": kind, "architecture": architecture, "dim": 16, "heads": 2, "layers": 2, "dropout": 0.3, **fields}
    if kind == "encoder-decoder" and architecture != "transformer":
        shape["attention"] = "additive"
    return build_model(ModelShape.model_validate(shape), Sizes(WORDS, WORDS), HandedOver(), seed=1).train()


def readings_of(kind: str, side: str, cuts: Sequence[Cut] = CUTS) -> Readings:
    if side == "target":
        return Readings(cuts, written=True, sources=[each.ids[::-1] for each in cuts])
    return Readings(cuts, written=kind == "language-model")


CASES = [
    ("encoder-decoder", "lstm", "source", ("embedding", "encoder 1", "encoder 2")),
    ("encoder-decoder", "transformer", "source", ("embedding", "encoder 1", "encoder 2")),
    ("encoder-decoder", "gru", "target", ("embedding", "decoder 1", "decoder 2", "decoder 3")),
    ("encoder-decoder", "transformer", "target", ("embedding", "decoder 1", "decoder 2")),
    ("language-model", "lstm", "source", ("embedding", "decoder 1", "decoder 2")),
    ("language-model", "transformer", "source", ("embedding", "decoder 1", "decoder 2")),
    ("tagger", "gru", "source", ("embedding", "encoder 1", "encoder 2")),
    ("classifier", "rnn", "source", ("embedding", "encoder 1", "encoder 2")),
]
every_case = pytest.mark.parametrize(("kind", "architecture", "side", "layers"), CASES)


@every_case
def test_layers_have_names_and_a_row_for_each_word(
    tmp_path: Path, kind: str, architecture: str, side: str, layers: tuple[str, ...]
) -> None:
    model = model_of(kind, architecture)
    capture(model, tmp_path, {"train": readings_of(kind, side)})
    assert model.training
    found = CapturedStates(tmp_path)
    assert found.layers == layers
    assert found.splits == ("train",)
    words = sum(len(each.starts) for each in CUTS)
    for layer in layers:
        states = found.words("train", layer)
        assert states.shape == (words, 16)
        assert not states.flags.writeable
        assert np.all(np.any(states != 0.0, axis=1))
        mean = found.sentences("train", layer, "mean")
        assert mean is not None
        assert mean.shape == (len(CUTS), 16)


@every_case
def test_a_sentence_alone_has_the_states_it_has_among_others(
    tmp_path: Path, kind: str, architecture: str, side: str, layers: tuple[str, ...]
) -> None:
    model = model_of(kind, architecture)
    (tmp_path / "all").mkdir()
    capture(model, tmp_path / "all", {"test": readings_of(kind, side)})
    together, first = CapturedStates(tmp_path / "all"), 0
    for row, cut in enumerate(CUTS):
        folder = tmp_path / str(row)
        folder.mkdir()
        capture(model, folder, {"test": readings_of(kind, side, [cut])})
        alone = CapturedStates(folder)
        for layer in layers:
            rows = slice(first, first + len(cut.starts))
            np.testing.assert_allclose(alone.words("test", layer), together.words("test", layer)[rows], atol=2e-6)
            for summary in ("mean", "last", "pooled"):
                ours, theirs = (each.sentences("test", layer, summary) for each in (alone, together))  # type: ignore[arg-type]
                assert (ours is None) == (theirs is None)
                if ours is not None and theirs is not None:
                    np.testing.assert_allclose(ours[0], theirs[row], atol=2e-6)
        first += len(cut.starts)


def test_the_states_of_an_encoder_are_those_at_the_words(tmp_path: Path) -> None:
    model = model_of("tagger", "lstm").eval()
    capture(model, tmp_path, {"train": readings_of("tagger", "source")}, pieces="first")
    batch = question([SENTENCES[1]], [[0]])
    with torch.no_grad():
        encoded = model.encode_layers(batch.source, batch.source_valid)  # type: ignore[operator]
    first = len(CUTS[0].starts)
    np.testing.assert_allclose(
        CapturedStates(tmp_path).words("train", "encoder 2")[first : first + 5], encoded.layers[1][0, [0, 2, 4, 6, 8]], atol=1e-6
    )


def test_the_state_of_a_written_word_is_the_one_after_reading_it(tmp_path: Path) -> None:
    model = model_of("language-model", "gru", layers=1).eval()
    ids = SENTENCES[1]
    capture(model, tmp_path, {"train": Readings([Cut(ids, list(range(len(ids))))], written=True)})
    states = CapturedStates(tmp_path).words("train", "decoder 1")
    with torch.no_grad():
        state = model.start(1)  # type: ignore[operator]
        for token in (START, *ids[:4]):
            state = model.step(torch.tensor([token]), state).state  # type: ignore[operator]
    np.testing.assert_allclose(states[3], state.last[0], atol=1e-6)


def test_what_a_later_word_is_changes_no_written_state_before_it(tmp_path: Path) -> None:
    model = model_of("encoder-decoder", "transformer")
    for name, last in (("one", 5), ("other", 9)):
        (tmp_path / name).mkdir()
        readings = Readings([Cut([4, 7, 8, last], [0, 1, 2, 3])], written=True, sources=[[6, 5]])
        capture(model, tmp_path / name, {"train": readings})
    one, other = (CapturedStates(tmp_path / name).words("train", "decoder 2") for name in ("one", "other"))
    np.testing.assert_allclose(one[:3], other[:3], atol=1e-6)
    assert not np.allclose(one[3], other[3])


def test_only_a_classifier_has_a_pooled_vector(tmp_path: Path) -> None:
    for kind in ("classifier", "tagger"):
        (tmp_path / kind).mkdir()
        capture(model_of(kind, "gru"), tmp_path / kind, {"train": readings_of(kind, "source")})
    pooled = CapturedStates(tmp_path / "classifier").sentences("train", "encoder 2", "pooled")
    assert pooled is not None
    assert pooled.shape == (len(CUTS), 16)
    assert CapturedStates(tmp_path / "tagger").sentences("train", "encoder 2", "pooled") is None


def test_the_same_capture_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        capture(model_of("classifier", "lstm"), tmp_path / name, {"train": readings_of("classifier", "source")})
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert [(tmp_path / "one" / name).read_bytes() for name in files] == [
        (tmp_path / "other" / name).read_bytes() for name in files
    ]


@pytest.mark.parametrize("pieces", ["mean", "first", "last"])
@given(lengths=st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=5), min_size=1, max_size=4), lead=st.integers(0, 2))
@settings(max_examples=40)
def test_pieces_are_pooled_into_words_as_a_plain_loop_does(pieces: Pieces, lengths: list[list[int]], lead: int) -> None:
    draw = np.random.default_rng(1)
    width = lead + max(map(sum, lengths)) + 2
    states = draw.standard_normal((len(lengths), width, 3)).astype(np.float32)
    cuts, expected = [], []
    for row, words in zip(states, lengths, strict=True):
        starts = [lead + sum(words[:number]) for number in range(len(words))]
        cuts.append(Cut([5] * (lead + sum(words)), starts))
        for start, length in zip(starts, words, strict=True):
            piece = row[start : start + length]
            expected.append({"mean": piece.mean(axis=0), "first": piece[0], "last": piece[-1]}[pieces])
    words, pooling = Places.of(cuts).pooling(np.arange(len(cuts)), width, pieces)
    assert words.tolist() == list(range(len(expected)))
    pooled = pooling(torch.from_numpy(states).flatten(0, 1))
    np.testing.assert_allclose(pooled.numpy(), np.stack(expected), atol=1e-6)


def test_a_side_that_a_model_does_not_have_is_refused() -> None:
    batch = next(readings_of("tagger", "source").batches(100))
    for kind in ("tagger", "language-model"):
        with pytest.raises(ValueError, match="not of 'target'"):
            model_of(kind, "gru").states(batch, "target")


def test_a_folder_without_captured_states_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected captured states"):
        _ = CapturedStates(tmp_path).layers
