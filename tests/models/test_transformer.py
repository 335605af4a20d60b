"""The Transformer's layers against torch's own, with copied weights and without dropout."""

import pytest
import torch
from torch import Tensor, nn

from embedseq.models.attention.heads import MultiHead
from embedseq.models.attention.spans import causal
from embedseq.models.transformer import Activation, DecoderLayer, EncoderLayer, FeedForward, LayerShape, TransformerEncoder
from embedseq.text.batches import pad

DIM = 12


def layer_shape(activation: Activation = "relu") -> LayerShape:
    return LayerShape(DIM, heads=3, feed_forward=20, dropout=0.4, activation=activation)


@torch.no_grad()
def copy_attention(ours: MultiHead, theirs: nn.MultiheadAttention) -> None:
    projections = (ours.query_projection, ours.key_projection, ours.value_projection)
    theirs.in_proj_weight.copy_(torch.cat([projection.weight for projection in projections]))
    theirs.in_proj_bias.copy_(torch.cat([projection.bias for projection in projections]))
    theirs.out_proj.load_state_dict(ours.output_projection.state_dict())


@torch.no_grad()
def disturb(module: nn.Module) -> None:
    """Give every weight a random value, so that none is there by its beginning alone."""
    torch.manual_seed(1)
    for weight in module.parameters():
        weight.normal_(std=0.3)


def states_and_valid() -> tuple[Tensor, Tensor]:
    _, valid = pad([[4] * length for length in (3, 6, 1)])
    return torch.randn(3, 6, DIM, dtype=torch.float64), valid


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@torch.no_grad()
def test_an_encoder_layer_equals_torchs(activation: Activation) -> None:
    ours = EncoderLayer(layer_shape(activation)).double().eval()
    disturb(ours)
    theirs = nn.TransformerEncoderLayer(DIM, 3, 20, activation=activation, batch_first=True, norm_first=True).double().eval()
    copy_attention(ours.attention, theirs.self_attn)
    theirs.norm1.load_state_dict(ours.attention_norm.state_dict())
    theirs.norm2.load_state_dict(ours.feed_forward_norm.state_dict())
    theirs.linear1.load_state_dict(ours.feed_forward.inner.state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward.outer.state_dict())
    states, valid = states_and_valid()
    expected = theirs(states, src_key_padding_mask=~valid)
    torch.testing.assert_close(ours(states, valid)[valid], expected[valid], rtol=0, atol=1e-12)


@torch.no_grad()
def test_a_decoder_layer_equals_torchs() -> None:
    shape = layer_shape()
    look = shape.self_attention()
    ours = DecoderLayer(shape, look).double().eval()
    disturb(ours)
    theirs = nn.TransformerDecoderLayer(DIM, 3, 20, batch_first=True, norm_first=True).double().eval()
    copy_attention(ours.attention, theirs.self_attn)
    copy_attention(look, theirs.multihead_attn)
    theirs.norm1.load_state_dict(ours.attention_norm.state_dict())
    theirs.norm2.load_state_dict(ours.look_norm.state_dict())
    theirs.norm3.load_state_dict(ours.feed_forward_norm.state_dict())
    theirs.linear1.load_state_dict(ours.feed_forward.inner.state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward.outer.state_dict())
    memory, valid = states_and_valid()
    targets = torch.randn(3, 4, DIM, dtype=torch.float64)
    span = causal(4, targets.device)
    expected = theirs(targets, memory, tgt_mask=~span, memory_key_padding_mask=~valid)
    read = ours(targets, None, look.prepare(memory, valid), span, True)
    torch.testing.assert_close(read.states, expected, rtol=0, atol=1e-12)
    assert read.weights.shape == (3, 4, 3, 6)


@torch.no_grad()
def test_feed_forward_equals_its_equation() -> None:
    block = FeedForward(layer_shape())
    x = torch.randn(2, 3, DIM)
    inner = (x @ block.inner.weight.T + block.inner.bias).clamp(min=0)
    torch.testing.assert_close(block(x), inner @ block.outer.weight.T + block.outer.bias)


@torch.no_grad()
def test_the_encoders_summary_is_the_mean_of_its_valid_states() -> None:
    encoder = TransformerEncoder(layer_shape(), 2).double().eval()
    states, valid = states_and_valid()
    encoded = encoder(states, valid)
    for layer, final in zip(encoded.layers, encoded.final, strict=True):
        for row, length in enumerate((3, 6, 1)):
            torch.testing.assert_close(final[row], layer[row, :length].mean(0), rtol=0, atol=1e-14)


@torch.no_grad()
def test_order_matters_through_positions_alone() -> None:
    encoder = TransformerEncoder(layer_shape(), 2).double().eval()
    states, valid = torch.randn(1, 5, DIM, dtype=torch.float64), torch.ones(1, 5, dtype=torch.bool)
    turned = torch.tensor([4, 2, 0, 1, 3])
    with_positions = encoder(states[:, turned], valid).layers[-1], encoder(states, valid).layers[-1][:, turned]
    assert not torch.allclose(*with_positions)
    encoder.set_submodule("positions", nn.Identity())
    without = encoder(states[:, turned], valid).layers[-1], encoder(states, valid).layers[-1][:, turned]
    torch.testing.assert_close(*without, rtol=0, atol=1e-12)
