"""Maps of what a model looks at: against loops, alone as in a batch, and from disk as from memory."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from embedseq.errors import InputError, RequestError
from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.interfaces import Model
from embedseq.models.settings import ModelShape
from embedseq.probes.attention_capture import capture_attention
from embedseq.probes.attention_maps import AttentionMaps, SentenceMaps, words_only
from embedseq.text.batches import Batch, TokenBatches, held
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import UNK

WORDS = 23
SHAPES = [
    {"architecture": "lstm"},
    {"architecture": "gru", "attention": "none"},
    {"architecture": "rnn", "attention": {"scorer": "dot", "when": "before", "input_feeding": True, "coverage": True}},
    {"architecture": "lstm", "attention": {"scorer": "additive", "copying": True}},
    {"architecture": "transformer", "layers": 2},
    {"architecture": "transformer", "attention": {"scorer": "scaled-dot", "heads": 2, "experts": 3}},
]


def built(fields: dict[str, object]) -> Model:
    shape = ModelShape.model_validate({"dim": 12, "heads": 2, **fields})
    return build_model(shape, Sizes(WORDS, WORDS), HandedOver(), 1).double().train()


def texts(count: int, seed: int) -> list[list[int]]:
    random = np.random.default_rng(seed)
    return [random.integers(4, WORDS, size=length).tolist() for length in random.integers(2, 8, size=count)]


def batched(sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], batch_tokens: int) -> list[Batch]:
    source, target = held(sources), held(targets)
    assert isinstance(target, Encoded)
    return list(TokenBatches(source, target, batch_tokens).epoch())


SOURCES, TARGETS = texts(9, 1), texts(9, 2)


@pytest.mark.parametrize("fields", SHAPES, ids=str)
def test_a_sentence_alone_gives_the_maps_that_it_has_in_a_batch(fields: dict[str, object]) -> None:
    model = built(fields)
    together = capture_attention(model, batched(SOURCES, TARGETS, 1000), erasure=True)
    alone = capture_attention(model, batched(SOURCES, TARGETS, 1), erasure=True)
    for kind in ("weights", "norms", "gradients", "erasure"):
        one, other = getattr(together, kind), getattr(alone, kind)
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_allclose(one, other, atol=1e-6)
    assert model.training


def test_weights_are_those_of_the_model_and_end_symbols_are_the_last_row_and_column() -> None:
    model = built({"architecture": "transformer", "layers": 2})
    maps = capture_attention(model, batched(SOURCES, TARGETS, 40))
    assert maps.heads == 4
    assert maps.head_names == ("layer 1, head 1", "layer 1, head 2", "layer 2, head 1", "layer 2, head 2")
    model.eval()
    for row in range(len(SOURCES)):
        (batch,) = batched(SOURCES[row : row + 1], TARGETS[row : row + 1], 40)
        with torch.no_grad():
            weights = model.predict(batch, weights=True).attention
        assert weights is not None
        found = maps.get("weights", row)
        assert found is not None
        assert found.shape == (len(TARGETS[row]) + 1, 4, len(SOURCES[row]) + 1)
        np.testing.assert_allclose(found, weights[0].numpy(), atol=1e-6)
        assert words_only(found).shape == (len(TARGETS[row]), 4, len(SOURCES[row]))
    assert maps.erasure is None


@pytest.mark.parametrize("fields", SHAPES[:5], ids=str)
def test_gradients_are_those_of_one_position_at_a_time(fields: dict[str, object]) -> None:
    model = built(fields)
    maps = capture_attention(model, batched(SOURCES, TARGETS, 1000))
    model.eval()
    for row in (0, 5):
        (batch,) = batched(SOURCES[row : row + 1], TARGETS[row : row + 1], 40)
        for step in range(batch.target_out.shape[1]):
            expected = by_autograd(model, batch, step)
            found = maps.get("gradients", row)
            assert found is not None
            np.testing.assert_allclose(found[step], expected, rtol=1e-4, atol=1e-7)


def by_autograd(model: Model, batch: Batch, step: int) -> np.ndarray:
    """|Σ_d (∂ log p / ∂ x_sd) x_sd| by moving the embedded token itself: d log p(x + ε x_s) / d ε."""
    effects = []
    table = model.source
    for place in range(batch.source.shape[1]):
        factor = torch.ones((), dtype=torch.float64, requires_grad=True)
        hook = table.register_forward_hook(  # type: ignore[union-attr]
            lambda module, given, output, place=place, factor=factor: torch.cat(
                [output[:, :place], output[:, place : place + 1] * factor, output[:, place + 1 :]], dim=1
            )
        )
        said = torch.log_softmax(model.predict(batch).logits, dim=-1)[0, step, batch.target_out[0, step]]
        hook.remove()
        (gradient,) = torch.autograd.grad(said, factor, allow_unused=True)
        effects.append(0.0 if gradient is None else abs(float(gradient)))
    return np.array(effects)


def test_norms_are_weights_times_the_lengths_of_the_states() -> None:
    model = built({"architecture": "lstm"})
    maps = capture_attention(model, batched(SOURCES, TARGETS, 1000))
    model.eval()
    (batch,) = batched(SOURCES[3:4], TARGETS[3:4], 40)
    with torch.no_grad():
        lengths = model.encode(batch.source, batch.source_valid).states[0].norm(dim=-1)
    weights, norms = maps.get("weights", 3), maps.get("norms", 3)
    assert weights is not None
    assert norms is not None
    np.testing.assert_allclose(norms, weights * lengths.numpy(), rtol=1e-5)


@pytest.mark.parametrize(
    ("fields", "weights", "norms"), [(SHAPES[1], False, False), (SHAPES[5], True, False), (SHAPES[0], True, True)]
)
def test_models_without_attention_have_gradients_alone_and_experts_no_norms(
    fields: dict[str, object], weights: bool, norms: bool
) -> None:
    maps = capture_attention(built(fields), batched(SOURCES, TARGETS, 1000))
    assert (maps.weights is not None, maps.norms is not None) == (weights, norms)
    assert maps.get("norms", 0) is None or norms
    assert (maps.gradients > 0).any()
    assert (maps.heads > 0) == weights


def test_erasing_a_word_is_reading_the_unknown_symbol_in_its_place() -> None:
    model = built({"architecture": "gru"})
    maps = capture_attention(model, batched(SOURCES, TARGETS, 1000), erasure=True)
    model.eval()
    row, word = 4, 1
    erased = [*SOURCES[row]]
    erased[word] = UNK
    (before,), (after,) = (batched([source], TARGETS[row : row + 1], 40) for source in (SOURCES[row], erased))
    with torch.no_grad():
        moved = model.predict(before).logits.softmax(-1) - model.predict(after).logits.softmax(-1)
    found = maps.get("erasure", row)
    assert found is not None
    np.testing.assert_allclose(found[:, word], 0.5 * moved[0].abs().sum(-1).numpy(), atol=1e-6)
    assert (found[:, -1] == 0).all()


def test_pieces_are_summed_over_the_source_word_and_averaged_over_the_target_word() -> None:
    model = built({"architecture": "transformer", "layers": 1})
    sources, targets = [[5, 6, 7, 8]], [[9, 10, 11]]
    tokens = capture_attention(model, batched(sources, targets, 100), erasure=True)
    words = capture_attention(model, batched(sources, targets, 100), [[0, 3]], [[0, 2]], erasure=True)
    for kind in ("weights", "gradients"):
        each, pooled = tokens.get(kind, 0), words.get(kind, 0)  # type: ignore[arg-type]
        assert each is not None
        assert pooled is not None
        rows = np.stack([each[:2].mean(0), each[2], each[3]])
        columns = [rows[..., :3].sum(-1), rows[..., 3], rows[..., 4]]
        np.testing.assert_allclose(pooled, np.stack(columns, axis=-1), rtol=1e-5)
    weights, erasure = words.get("weights", 0), words.get("erasure", 0)
    assert weights is not None
    np.testing.assert_allclose(weights.sum(-1), 1.0, rtol=1e-6)
    assert erasure is not None
    assert erasure.shape == (3, 3)


def test_words_that_are_not_those_of_the_tokens_are_refused() -> None:
    model = built({"architecture": "rnn"})
    for starts in ([[0, 2, 2]], [[0, 9]], [[]]):
        with pytest.raises(ValueError, match="are not words of 4 tokens"):
            capture_attention(model, batched([[5, 6, 7, 8]], [[9]], 100), starts)


def test_each_pair_is_captured_once() -> None:
    batches = batched(SOURCES, TARGETS, 20)
    with pytest.raises(ValueError, match="each of them once"):
        capture_attention(built({"architecture": "rnn"}), batches[1:])


def test_a_model_that_reads_no_source_of_words_is_refused() -> None:
    with pytest.raises(RequestError, match="one source of words"):
        capture_attention(built({"kind": "language-model"}), [])


def test_saved_maps_come_back_mapped_and_the_same_maps_give_the_same_bytes(tmp_path: Path) -> None:
    model = built({"architecture": "transformer"})
    maps = capture_attention(model, batched(SOURCES, TARGETS, 1000), erasure=True)
    again = capture_attention(model, batched(SOURCES, TARGETS, 1000), erasure=True)
    maps.save(tmp_path / "one.safetensors")
    again.save(tmp_path / "other.safetensors")
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "other.safetensors").read_bytes()
    back = AttentionMaps.load(tmp_path / "one.safetensors")
    assert (len(back), back.layers, back.heads) == (len(maps), maps.layers, maps.heads)
    assert not back.gradients.flags.writeable
    for row in range(len(maps)):
        for kind in ("weights", "norms", "gradients", "erasure"):
            np.testing.assert_array_equal(back.get(kind, row), maps.get(kind, row))  # type: ignore[arg-type]


def test_a_file_that_holds_no_maps_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / "maps.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    with pytest.raises(InputError, match="expected attention maps"):
        AttentionMaps.load(tmp_path / "maps.safetensors")


def test_sentences_that_differ_in_their_kinds_of_maps_are_refused() -> None:
    flat = np.zeros((2, 3), np.float32)
    with pytest.raises(ValueError, match="only some sentences"):
        AttentionMaps.of([SentenceMaps(flat, erasure=flat), SentenceMaps(flat)])
    with pytest.raises(ValueError, match="no sentences"):
        AttentionMaps.of([])
