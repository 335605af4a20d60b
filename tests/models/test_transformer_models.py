"""Whole models around Transformers: what the settings build, what follows from having no positions, penalties, precision."""

from collections.abc import Callable
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from embedseq.models.attention.heads import Attention
from embedseq.models.attention.registry import scorers
from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.penalty import total
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import ModelShape
from embedseq.text.batches import pad

Build = Callable[..., Seq2Seq]
F64 = {"rtol": 0, "atol": 1e-12}
CONTENT = [*scorers()]
PERMUTED = torch.tensor([4, 2, 0, 1, 3])


def source_and_targets() -> tuple[Tensor, Tensor]:
    return torch.tensor([[5, 9, 14, 7, 21]]), torch.tensor([[2, 8, 11]])


@pytest.mark.parametrize("scorer", CONTENT)
@pytest.mark.parametrize("decoder", ["transformer", "lstm"])
@torch.no_grad()
def test_without_positions_permuting_the_source_permutes_the_states_and_leaves_the_logits(
    build: Build, scorer: str, decoder: str
) -> None:
    looks = {"scorer": scorer, "heads": 2}
    own = {"architecture": "transformer", "self_attention": looks}
    fields = {"positions": "none", "attention": looks, "encoder": own, "decoder": {"architecture": decoder}}
    model = build(**fields).double().eval()
    source, targets = source_and_targets()
    valid = torch.ones_like(source, dtype=torch.bool)
    for turned, straight in zip(
        model.encode_layers(source[:, PERMUTED], valid).layers, model.encode_layers(source, valid).layers, strict=True
    ):
        torch.testing.assert_close(turned, straight[:, PERMUTED], **F64)
    torch.testing.assert_close(model(source[:, PERMUTED], valid, targets).logits, model(source, valid, targets).logits, **F64)


@pytest.mark.parametrize(
    "fields",
    [
        {"positions": "sinusoidal"},
        {"positions": "learned"},
        {"positions": "rotary"},
        {"positions": "none", "self_attention": {"scorer": "location", "heads": 2}},
        {"positions": "none", "self_attention": {"span": "window", "window": 1}},
        {"positions": "none", "attention": {"scorer": "location", "heads": 2}},
    ],
    ids=str,
)
@torch.no_grad()
def test_with_any_sense_of_position_the_order_of_the_source_changes_the_logits(build: Build, fields: dict[str, Any]) -> None:
    model = build(architecture="transformer", **{"attention": "scaled-dot", **fields}).double().eval()
    source, targets = source_and_targets()
    valid = torch.ones_like(source, dtype=torch.bool)
    turned, straight = (model(each, valid, targets).logits for each in (source[:, PERMUTED], source))
    assert (turned - straight).abs().max() > 1e-6


def test_each_layer_has_an_attention_of_its_own_as_its_side_says(build: Build) -> None:
    model = build(
        architecture="transformer",
        self_attention="additive",
        decoder={"self_attention": {"scorer": "dot", "heads": 4, "projections": False}},
        heads=2,
    )
    names = [f"{side}.layers.{number}.attention" for side in ("encoder", "decoder") for number in (0, 1)]
    attentions = [cast(Attention, model.get_submodule(name)) for name in names]
    assert len({id(attention) for attention in attentions}) == 4
    assert [attention.scorer.about.name for attention in attentions] == ["additive", "additive", "dot", "dot"]
    assert [attention.heads for attention in attentions] == [2, 2, 4, 4]
    assert [attention.projections is None for attention in attentions] == [False, False, True, True]


def test_the_usual_self_attention_is_the_scaled_dot_product_with_heads_and_projections(build: Build) -> None:
    attention = cast(Attention, build(architecture="transformer", heads=4).get_submodule("encoder.layers.0.attention"))
    assert (attention.scorer.about.name, attention.heads, attention.rotary) == ("scaled-dot", 4, None)
    assert attention.projections is not None


def test_rotary_positions_stand_in_self_attention_alone(build: Build) -> None:
    model = build(architecture="transformer", positions="rotary", attention={"scorer": "scaled-dot", "heads": 2})
    for side in ("encoder", "decoder"):
        assert cast(Attention, model.get_submodule(f"{side}.layers.1.attention")).rotary is not None
    assert cast(Attention, model.get_submodule("decoder.layers.1.look")).rotary is None


def test_the_penalties_of_all_layers_are_summed() -> None:
    assert total([]) is None
    assert total([None, None]) is None
    summed = total([torch.tensor(2.0), None, torch.tensor(3.5)])
    assert summed is not None
    assert summed.item() == 5.5


def test_penalties_of_experts_arrive_at_both_sides_and_padding_has_none(build: Build) -> None:
    experts = {"heads": 2, "experts": 4, "balance": 0.5}
    model = build(
        architecture="transformer",
        dropout=0.0,
        self_attention=experts,
        attention={"scorer": "scaled-dot", **experts},
        positions="none",
    ).train()
    source, valid = pad([[5, 6, 7, 8], [9, 4]])
    targets = torch.tensor([[2, 8, 11, 0, 0], [2, 7, 0, 0, 0]])
    encoded, decoded = model.encode_layers(source, valid), model(source, valid, targets)
    assert encoded.penalty is not None
    assert decoded.penalty is not None
    assert encoded.penalty.ndim == decoded.penalty.ndim == 0
    longer = model.decoder(torch.cat((targets, torch.zeros_like(targets)), dim=1), model.encode(source, valid))
    shorter = model.decoder(targets, model.encode(source, valid))
    torch.testing.assert_close(longer.penalty, shorter.penalty)
    usual = build(architecture="transformer").train()
    assert usual.encode_layers(source, valid).penalty is None
    assert usual(source, valid, targets).penalty is None


@torch.no_grad()
def test_padding_after_a_target_changes_nothing_before_it(build: Build) -> None:
    model = build(architecture="transformer", self_attention="additive", norm="post").double().eval()
    source, valid = pad([[5, 6, 7], [9, 4]])
    targets = torch.tensor([[2, 8, 11, 6], [2, 7, 0, 0]])
    together, alone = model(source, valid, targets).logits, model(source, valid, targets[:, :2]).logits
    torch.testing.assert_close(together[:, :2], alone, **F64)


@torch.no_grad()
def test_a_window_gives_the_same_step_by_step_and_in_blocks(build: Build) -> None:
    own = {"window": 2, "span": "window", "heads": 2}
    model = build(architecture="transformer", self_attention=own, positions="rotary").double().eval()
    tokens = torch.randint(4, 23, (2, 150), generator=torch.Generator().manual_seed(6))
    memory = model.encode(tokens, torch.arange(150) < torch.tensor([[150], [141]]))
    torch.testing.assert_close(model.encode(tokens[1:, :141], tokens[1:, :141] != 0).states, memory.states[1:, :141], **F64)
    together, state = model.decoder(tokens, memory).logits, model.start(memory)
    for position in range(150):
        step = model.step(tokens[:, position], state)
        state = step.state
        torch.testing.assert_close(step.logits, together[:, position], rtol=0, atol=1e-11)


NORMS_AND_ACTIVATIONS = [
    {"norm": "pre", "normalisation": "rms", "activation": "swiglu", "positions": "learned"},
    {"norm": "post", "normalisation": "rms", "activation": "geglu", "positions": "rotary"},
    {"norm": "post", "normalisation": "layer", "activation": "gelu", "positions": "none"},
]


@pytest.mark.parametrize("fields", NORMS_AND_ACTIVATIONS, ids=lambda each: "-".join(each.values()))
def test_autocast_and_meta_devices_work(build: Build, targets: Tensor, fields: dict[str, Any]) -> None:
    model = build(architecture="transformer", **fields).eval()
    source = torch.full((2, 3), 5)
    plain = model(source, source != 0, targets[:2]).logits
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(source, source != 0, targets[:2]).logits
    torch.testing.assert_close(logits.float(), plain, rtol=0, atol=0.2)
    model.to("meta")
    source = source.to("meta")
    assert model(source, source != 0, targets[:2].to("meta")).logits.device.type == "meta"


@pytest.mark.parametrize("fields", NORMS_AND_ACTIVATIONS, ids=lambda each: "-".join(each.values()))
def test_a_model_with_other_norms_and_activations_learns_to_copy(fields: dict[str, Any]) -> None:
    shape = ModelShape.model_validate({"architecture": "transformer", "dim": 32, "heads": 4, "dropout": 0.0, **fields})
    model = build_seq2seq(shape, Sizes(23, 23), HandedOver(), seed=1)
    words = torch.randint(4, 23, (10, 5), generator=torch.Generator().manual_seed(3))
    target_in = torch.cat((torch.full((10, 1), 2), words[:, :-1]), dim=1)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(60):
        logits = model(words, words != 0, target_in).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), words.flatten())
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    assert loss.item() < 0.1


@pytest.mark.parametrize("activation", ["relu", "gelu", "geglu", "swiglu"])
def test_an_inner_width_that_is_asked_for_is_kept(build: Build, activation: Any) -> None:
    model = build(architecture="transformer", activation=activation, feed_forward=21)
    assert model.get_parameter("encoder.layers.0.feed_forward.outer.weight").shape == (16, 21)
    usual = build(architecture="transformer", activation=activation).get_parameter("decoder.layers.1.feed_forward.inner.weight")
    assert usual.shape == (21 if activation in ("geglu", "swiglu") else 32, 16)
