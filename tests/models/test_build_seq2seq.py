"""From settings to a model, and back from weights."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from safetensors.torch import load, save

from embedseq.errors import Problems, RequestError
from embedseq.models.attention.fixed import FixedContext
from embedseq.models.attention.heads import Attention
from embedseq.models.build import Sizes, restore_model
from embedseq.models.recurrent import RecurrentDecoder, RecurrentEncoder
from embedseq.models.resolved import Widths, table_widths
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import ModelShape
from embedseq.models.transformer import TransformerDecoder, TransformerEncoder

Build = Callable[..., Seq2Seq]
Shape = Callable[..., ModelShape]
HANDED = {"source": {"from": "v", "as": "gradual"}, "target": {"from": "v", "as": "frozen"}}


def test_encoder_and_decoder_are_what_the_shape_says(build: Build) -> None:
    mixed = build(architecture="lstm", decoder={"architecture": "transformer"})
    assert isinstance(mixed.encoder, RecurrentEncoder)
    assert isinstance(mixed.decoder, TransformerDecoder)
    turned = build(architecture="transformer", decoder={"architecture": "gru"})
    assert isinstance(turned.encoder, TransformerEncoder)
    assert isinstance(turned.decoder, RecurrentDecoder)


def test_a_bare_name_is_one_attention_in_a_recurrent_decoder_and_several_heads_in_a_transformer(build: Build) -> None:
    single = build(attention="additive").decoder.get_submodule("look")
    assert isinstance(single, Attention)
    assert (single.heads, single.projections) == (1, None)
    heads = build(architecture="transformer", heads=4, attention="additive").decoder.get_submodule("layers.0.look")
    assert isinstance(heads, Attention)
    assert heads.heads == 4
    assert heads.projections is not None
    one = build(architecture="transformer", heads=4, attention={"scorer": "additive"}).decoder.get_submodule("layers.0.look")
    assert isinstance(one, Attention)
    assert one.projections is not None
    assert one.heads == 1
    assert isinstance(build(attention="none").decoder.get_submodule("look"), FixedContext)


def test_the_additive_scorer_gets_its_inner_width(build: Build) -> None:
    model = build(attention={"scorer": "additive", "hidden_dim": 6, "heads": 2})
    assert model.get_parameter("decoder.look.scorer.energy.weight").shape == (1, 3)
    assert build().get_parameter("decoder.look.scorer.energy.weight").shape == (1, 16)


@pytest.mark.parametrize(
    ("fields", "handed", "expected"),
    [
        ({}, Widths(), (16, 16)),
        ({"embedding_dim": 7}, Widths(), (7, 7)),
        ({}, Widths(source=10), (10, 10)),
        ({}, Widths(target=10), (10, 10)),
        ({}, Widths(10, 12), (10, 12)),
    ],
)
def test_random_tables_are_as_wide_as_the_vectors_beside_them(
    shape: Shape, fields: dict[str, Any], handed: Widths, expected: tuple[int, int]
) -> None:
    assert table_widths(shape(**fields), handed) == expected


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"dim": 15, "heads": 3}, "dim is 15: choose an even dim, or bidirectional: false"),
        ({"architecture": "transformer", "dim": 16, "heads": 3}, "3 heads cannot share a dim of 16"),
        ({"attention": {"scorer": "additive", "heads": 5}}, "5 heads cannot share a dim of 16"),
        ({"attention": {"scorer": "additive", "heads": 2, "hidden_dim": 5}}, "2 heads cannot share a hidden_dim of 5"),
        ({"attention": {"scorer": "scaled-dot", "hidden_dim": 5}}, "'scaled-dot' has no inner width"),
    ],
)
def test_a_shape_that_cannot_be_built_is_refused_with_the_reason(build: Build, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        build(**fields)


def test_odd_widths_are_fine_where_nothing_is_halved(build: Build) -> None:
    build(dim=15, bidirectional=False)
    build(dim=15, architecture="transformer", heads=5)


def test_vectors_of_another_width_than_asked_for_are_refused(build: Build, vectors: Callable[[int], Any]) -> None:
    with pytest.raises(RequestError, match="embedding_dim is 8, but the source vectors handed over have 10 numbers"):
        build(vectors(10), embedding={"from": "v"}, embedding_dim=8)


def test_all_reasons_are_given_in_one_go(build: Build) -> None:
    with pytest.raises(Problems) as caught:
        build(dim=15, attention={"scorer": "scaled-dot", "heads": 2, "hidden_dim": 3})
    assert len(caught.value.messages) == 3


def test_missing_and_unasked_vectors_are_noticed(build: Build, vectors: Callable[[int], Any]) -> None:
    with pytest.raises(ValueError, match="'v' over to the source side, but no vectors"):
        build(embedding={"from": "v"})
    with pytest.raises(ValueError, match="the shape starts it random"):
        build(None, vectors(16))


@pytest.mark.parametrize("architecture", ["rnn", "lstm", "gru", "transformer"])
@pytest.mark.parametrize("embedding", ["random", {"from": "v", "as": "tuned"}, HANDED])
@torch.no_grad()
def test_a_model_comes_back_from_its_saved_weights(
    build: Build, shape: Shape, vectors: Callable[[int], Any], architecture: str, embedding: Any
) -> None:
    fields = {"architecture": architecture, "embedding": embedding, "tie_output": True}
    source = None if embedding == "random" else vectors(10)
    model = build(source, vectors(10) if embedding is HANDED else None, **fields)
    for weight in model.parameters():
        weight.add_(0.1)
    restored = restore_model(shape(**fields), Sizes(23, 23), load(save(model.state_dict()))).eval()
    tokens = torch.tensor([[4, 9, 5]])
    model.eval()
    assert torch.equal(model(tokens, tokens != 0, tokens).logits, restored(tokens, tokens != 0, tokens).logits)
    assert model.vectors("source").tobytes() == restored.vectors("source").tobytes()
    assert model.frozen_digests() == restored.frozen_digests()
