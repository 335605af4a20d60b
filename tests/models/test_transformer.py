"""The Transformer's parts against their equations, and its layers against torch's own with copied weights and without dropout."""

import math
from collections.abc import Callable
from typing import Any, cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from embedseq.models.attention.heads import Attention
from embedseq.models.attention.look import Asking, Look
from embedseq.models.attention.spans import causal
from embedseq.models.positions import Sinusoidal
from embedseq.models.settings import SelfAttentionSettings
from embedseq.models.transformer import LayerShape, TransformerEncoder
from embedseq.models.transformer.decoder import DecoderLayer
from embedseq.models.transformer.encoder import EncoderLayer
from embedseq.models.transformer.feed_forward import FeedForward, usual_width
from embedseq.models.transformer.residual import Residual, new_norm
from embedseq.text.batches import pad

DIM = 12
both_orders = pytest.mark.parametrize("norm", ["pre", "post"])
every_activation = pytest.mark.parametrize("activation", ["relu", "gelu", "geglu", "swiglu"])
F64 = {"rtol": 0, "atol": 1e-12}


def layer_shape(**fields: Any) -> LayerShape:
    return LayerShape(
        **{"dim": DIM, "feed_forward": 20, "dropout": 0.4, "self_attention": SelfAttentionSettings(heads=3), **fields}
    )


@torch.no_grad()
def disturbed(module: Any) -> Any:
    """The module in float64 without dropout, with every weight random, so that none is there by its beginning alone."""
    torch.manual_seed(1)
    for weight in module.double().eval().parameters():
        weight.normal_(std=0.3)
    return module


@torch.no_grad()
def copy_attention(ours: Look, theirs: nn.MultiheadAttention) -> None:
    own = cast(Attention, ours).projections
    assert own is not None
    projections = (own.query, own.key, own.value)
    theirs.in_proj_weight.copy_(torch.cat([projection.weight for projection in projections]))
    theirs.in_proj_bias.copy_(torch.cat([projection.bias for projection in projections]))
    theirs.out_proj.load_state_dict(own.output.state_dict())


def copy_norm(ours: Residual, theirs: nn.LayerNorm) -> None:
    theirs.load_state_dict((ours.before if isinstance(ours.after, nn.Identity) else ours.after).state_dict())


def copy_feed_forward(ours: FeedForward, theirs: Any) -> None:
    theirs.linear1.load_state_dict(ours.inner.state_dict())
    theirs.linear2.load_state_dict(ours.outer.state_dict())


def states_and_valid() -> tuple[Tensor, Tensor]:
    _, valid = pad([[4] * length for length in (3, 6, 1)])
    return torch.randn(3, 6, DIM, dtype=torch.float64), valid


@both_orders
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@torch.no_grad()
def test_an_encoder_layer_equals_torchs(norm: Any, activation: Any) -> None:
    ours = disturbed(EncoderLayer(layer_shape(activation=activation, norm=norm)))
    theirs = nn.TransformerEncoderLayer(DIM, 3, 20, activation=activation, batch_first=True, norm_first=norm == "pre")
    theirs = theirs.double().eval()
    copy_attention(ours.attention, theirs.self_attn)
    copy_norm(ours.attention_residual, theirs.norm1)
    copy_norm(ours.feed_forward_residual, theirs.norm2)
    copy_feed_forward(ours.feed_forward, theirs)
    states, valid = states_and_valid()
    expected = theirs(states, src_key_padding_mask=~valid)
    torch.testing.assert_close(ours(states, valid).states[valid], expected[valid], **F64)


@both_orders
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@torch.no_grad()
def test_a_decoder_layer_equals_torchs(norm: Any, activation: Any) -> None:
    shape = layer_shape(activation=activation, norm=norm)
    ours = disturbed(DecoderLayer(shape, shape.new_self_attention()))
    theirs = nn.TransformerDecoderLayer(DIM, 3, 20, activation=activation, batch_first=True, norm_first=norm == "pre")
    theirs = theirs.double().eval()
    copy_attention(ours.attention, theirs.self_attn)
    copy_attention(ours.look, theirs.multihead_attn)
    copy_norm(ours.attention_residual, theirs.norm1)
    copy_norm(ours.look_residual, theirs.norm2)
    copy_norm(ours.feed_forward_residual, theirs.norm3)
    copy_feed_forward(ours.feed_forward, theirs)
    memory, valid = states_and_valid()
    targets = torch.randn(3, 4, DIM, dtype=torch.float64)
    expected = theirs(targets, memory, tgt_mask=~causal(4, targets.device), memory_key_padding_mask=~valid)
    read = ours(targets, None, ours.look.prepare(memory, valid), Asking(weights=True))
    torch.testing.assert_close(read.states, expected, **F64)
    assert read.seen.weights.shape == (3, 4, 3, 6)


@both_orders
@torch.no_grad()
def test_a_decoder_layer_without_a_look_equals_torchs_encoder_layer_that_sees_the_past(norm: Any) -> None:
    ours = disturbed(DecoderLayer(layer_shape(norm=norm), None))
    theirs = nn.TransformerEncoderLayer(DIM, 3, 20, batch_first=True, norm_first=norm == "pre").double().eval()
    copy_attention(ours.attention, theirs.self_attn)
    copy_norm(ours.attention_residual, theirs.norm1)
    copy_norm(ours.feed_forward_residual, theirs.norm2)
    copy_feed_forward(ours.feed_forward, theirs)
    targets = torch.randn(3, 4, DIM, dtype=torch.float64)
    read = ours(targets, None, None, Asking(weights=True))
    torch.testing.assert_close(read.states, theirs(targets, src_mask=~causal(4, targets.device)), **F64)
    assert read.seen is None


@both_orders
@torch.no_grad()
def test_an_encoder_equals_torchs_with_a_final_norm_for_pre_norm_alone(norm: Any) -> None:
    ours = disturbed(TransformerEncoder(layer_shape(norm=norm), 2, Sinusoidal()))
    layer = nn.TransformerEncoderLayer(DIM, 3, 20, batch_first=True, norm_first=norm == "pre")
    final = nn.LayerNorm(DIM) if norm == "pre" else None
    theirs = nn.TransformerEncoder(layer, 2, norm=final, enable_nested_tensor=False).double().eval()
    for own, other in zip(ours.layers, theirs.layers, strict=True):
        copy_attention(own.attention, other.self_attn)
        copy_norm(own.attention_residual, other.norm1)
        copy_norm(own.feed_forward_residual, other.norm2)
        copy_feed_forward(own.feed_forward, other)
    if final is not None:
        final.load_state_dict(ours.norm.state_dict())
    states, valid = states_and_valid()
    expected = theirs(Sinusoidal()(states), src_key_padding_mask=~valid)
    torch.testing.assert_close(ours(states, valid).layers[-1][valid], expected[valid], **F64)


@torch.no_grad()
def test_norms_equal_their_equations() -> None:
    x = torch.randn(4, DIM, dtype=torch.float64) + 0.5
    layer, rms = (disturbed(new_norm(layer_shape(normalisation=name))) for name in ("layer", "rms"))
    normed, scaled = layer(x), rms(x)
    for row in range(4):
        values = x[row].tolist()
        mean = sum(values) / DIM
        variance = sum((value - mean) ** 2 for value in values) / DIM
        square = sum(value**2 for value in values) / DIM
        for i, value in enumerate(values):
            expected = (value - mean) / math.sqrt(variance + 1e-5) * layer.weight[i].item() + layer.bias[i].item()
            assert normed[row, i].item() == pytest.approx(expected, abs=1e-12)
            assert scaled[row, i].item() == pytest.approx(value / math.sqrt(square + 1e-5) * rms.weight[i].item(), abs=1e-12)
    assert [name for name, _ in rms.named_parameters()] == ["weight"]


@pytest.mark.parametrize("normalisation", ["layer", "rms"])
def test_a_norm_of_zeros_and_its_gradient_are_finite(normalisation: Any) -> None:
    zeros = torch.zeros(2, DIM, requires_grad=True)
    normed = new_norm(layer_shape(normalisation=normalisation))(zeros)
    normed.sum().backward()
    assert torch.all(normed == 0.0)
    assert torch.all(torch.isfinite(zeros.grad))


@both_orders
@torch.no_grad()
def test_a_residual_norms_what_is_read_or_what_comes_out(norm: Any) -> None:
    residual = disturbed(Residual(layer_shape(norm=norm)))
    x, change = torch.randn(2, 3, 5, DIM, dtype=torch.float64)
    if norm == "pre":
        assert torch.equal(residual.enter(x), residual.before(x))
        assert torch.equal(residual.join(x, change), x + change)
    else:
        assert torch.equal(residual.enter(x), x)
        assert torch.equal(residual.join(x, change), residual.after(x + change))


@pytest.mark.parametrize(("norm", "own"), [("pre", 0), ("post", 2)])
def test_a_sub_layer_that_reads_nothing_has_no_norm_before_it(norm: Any, own: int) -> None:
    assert len(list(Residual(layer_shape(norm=norm), reads=False).parameters())) == own


SCALARS: dict[str, Callable[[float], float]] = {
    "relu": lambda x: max(x, 0.0),
    "gelu": lambda x: x * 0.5 * (1.0 + math.erf(x / math.sqrt(2.0))),
    "geglu": lambda x: x * 0.5 * (1.0 + math.erf(x / math.sqrt(2.0))),
    "swiglu": lambda x: x / (1.0 + math.exp(-x)),
}


@every_activation
@torch.no_grad()
def test_feed_forward_equals_its_equation(activation: Any) -> None:
    block = disturbed(FeedForward(layer_shape(activation=activation)))
    x = torch.randn(2, 3, DIM, dtype=torch.float64)
    mapped = block(x)

    def linear(layer: nn.Linear, row: list[float]) -> list[float]:
        weight, bias = layer.weight.tolist(), layer.bias.tolist()
        return [sum(w * value for w, value in zip(each, row, strict=True)) + b for each, b in zip(weight, bias, strict=True)]

    for place in torch.cartesian_prod(torch.arange(2), torch.arange(3)).tolist():
        row = x[*place].tolist()
        inner = linear(block.inner, row)
        if block.gate is None:
            bent = [SCALARS[activation](value) for value in inner]
        else:
            bent = [SCALARS[activation](gate) * value for gate, value in zip(linear(block.gate, row), inner, strict=True)]
        assert mapped[*place].tolist() == pytest.approx(linear(block.outer, bent), abs=1e-12)
    assert (block.gate is not None) == (activation in ("geglu", "swiglu"))


@every_activation
def test_a_gated_network_has_as_many_parameters_as_a_plain_one(activation: Any) -> None:
    dim = 96
    gated, plain = (
        sum(weight.numel() for weight in FeedForward(layer_shape(dim=dim, activation=name, feed_forward=width)).parameters())
        for name, width in ((activation, usual_width(dim, activation)), ("relu", 2 * dim))
    )
    assert gated == pytest.approx(plain, rel=0.01)


@settings(max_examples=25)
@given(
    st.integers(1, 7).flatmap(lambda length: st.lists(st.booleans(), min_size=length, max_size=length)),
    st.sampled_from([(norm, normalisation) for norm in ("pre", "post") for normalisation in ("layer", "rms")]),
)
@torch.no_grad()
def test_what_stands_at_padding_never_changes_a_state(real: list[bool], norms: tuple[Any, Any]) -> None:
    encoder = disturbed(TransformerEncoder(layer_shape(norm=norms[0], normalisation=norms[1]), 2, Sinusoidal()))
    valid = torch.tensor([real])
    states = torch.randn(1, len(real), DIM, dtype=torch.float64)
    rubbish = torch.where(valid.unsqueeze(-1), states, torch.randn_like(states) * 100)
    encoded, other = encoder(states, valid), encoder(rubbish, valid)
    for ours, theirs in zip((*encoded.layers, *encoded.final), (*other.layers, *other.final), strict=True):
        torch.testing.assert_close(ours, theirs, **F64)
    assert all(torch.all(layer[~valid] == 0.0) for layer in encoded.layers)


@both_orders
@pytest.mark.parametrize("normalisation", ["layer", "rms"])
@pytest.mark.parametrize("activation", ["gelu", "geglu", "swiglu"])
def test_the_gradient_of_a_layer_is_right(norm: Any, normalisation: Any, activation: Any) -> None:
    fields = {"norm": norm, "normalisation": normalisation, "activation": activation, "rotary": True}
    layer = disturbed(EncoderLayer(layer_shape(dim=4, feed_forward=3, self_attention=SelfAttentionSettings(heads=2), **fields)))
    states = torch.randn(1, 3, 4, dtype=torch.float64, requires_grad=True)
    valid = torch.tensor([[True, True, False]])
    assert torch.autograd.gradcheck(lambda each: layer(each, valid).states[valid], (states,))


@torch.no_grad()
def test_the_encoders_summary_is_the_mean_of_its_valid_states() -> None:
    encoder = disturbed(TransformerEncoder(layer_shape(), 2, Sinusoidal()))
    states, valid = states_and_valid()
    encoded = encoder(states, valid)
    for layer, final in zip(encoded.layers, encoded.final, strict=True):
        for row, length in enumerate((3, 6, 1)):
            torch.testing.assert_close(final[row], layer[row, :length].mean(0), rtol=0, atol=1e-14)


@torch.no_grad()
def test_literal_self_attention_weighs_the_states_by_their_own_products() -> None:
    literal = SelfAttentionSettings(scorer="dot", projections=False)
    layer = disturbed(EncoderLayer(layer_shape(self_attention=literal)))
    states, valid = states_and_valid()
    seen = layer.attention(states, layer.attention.prepare(states, valid), Asking()).context
    for row, length in enumerate((3, 6, 1)):
        for t in range(length):
            scores = [math.exp(sum((states[row, t] * states[row, s]).tolist())) for s in range(length)]
            expected = sum((score / sum(scores) * states[row, s] for s, score in enumerate(scores)), torch.zeros(()))
            torch.testing.assert_close(seen[row, t], expected, rtol=1e-10, atol=1e-12)
    assert not list(layer.attention.parameters())
