"""The state where reading ends, in encoders that have an end and in those that have none."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from embedseq.models.interfaces import Encoded
from embedseq.models.pools import new_pool, pools
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import PoolingSettings

Build = Callable[..., Seq2Seq]
SHAPES = {
    "rightward": {"architecture": "gru", "bidirectional": False},
    "both ways": {"architecture": "lstm"},
    "residual": {"architecture": "gru", "residual": True},
    "residual rightward": {"architecture": "lstm", "residual": True, "bidirectional": False},
    "self-attention": {"architecture": "rnn", "self_attention": "dot"},
    "residual self-attention": {"architecture": "gru", "residual": True, "self_attention": "dot"},
    "transformer": {"architecture": "transformer"},
}
VALID = torch.arange(6) < torch.tensor([[6], [3], [1], [0]])
EXACT = {"rtol": 0, "atol": 1e-12}


@pytest.fixture(params=SHAPES)
def read(request: pytest.FixtureRequest, build: Build) -> Callable[[Tensor, Tensor], Encoded]:
    """An encoder in float64, without dropout."""
    model = build(**SHAPES[request.param]).double().eval()
    return model.encode_layers


def tokens() -> Tensor:
    return torch.randint(4, 23, VALID.shape, generator=torch.Generator().manual_seed(3)).masked_fill(~VALID, 0)


@pytest.mark.parametrize("name", sorted(pools()))
def test_every_pooling_of_every_encoder_is_the_same_alone_and_in_a_batch(
    name: str, read: Callable[[Tensor, Tensor], Encoded]
) -> None:
    pool = new_pool(PoolingSettings(kind=name, hops=2), 16).double()
    together = pool(read(tokens(), VALID), VALID).vector
    for row, length in enumerate((6, 3, 1)):
        valid = torch.ones(1, length, dtype=torch.bool)
        alone = pool(read(tokens()[row : row + 1, :length], valid), valid).vector
        torch.testing.assert_close(alone[0], together[row], **EXACT)
    assert torch.all(together[3] == 0.0)


def last_of(model: Seq2Seq) -> tuple[Tensor, Tensor]:
    """The last state of each sentence, and the states (B, S, D) of the last layer."""
    encoded = model.double().eval().encode_layers(tokens(), VALID)
    vector: Tensor = new_pool("last", 16)(encoded, VALID).vector
    return vector, encoded.layers[-1]


@pytest.mark.parametrize("name", ["rightward", "residual rightward", "transformer"])
def test_what_reads_in_one_direction_or_all_at_once_ends_at_the_last_token(name: str, build: Build) -> None:
    vector, states = last_of(build(**SHAPES[name]))
    for row, length in enumerate((6, 3, 1)):
        assert torch.equal(vector[row], states[row, length - 1])


@pytest.mark.parametrize("name", ["both ways", "residual", "self-attention", "residual self-attention"])
def test_what_reads_in_both_directions_ends_at_the_last_token_and_at_the_first(name: str, build: Build) -> None:
    vector, states = last_of(build(**SHAPES[name]))
    for row, length in enumerate((6, 3, 1)):
        assert torch.equal(vector[row, :8], states[row, length - 1, :8])
        assert torch.equal(vector[row, 8:], states[row, 0, 8:])


def test_a_decoder_starts_from_what_the_cells_keep_without_a_residual(build: Build) -> None:
    encoded = build(**SHAPES["residual"]).double().eval().encode_layers(tokens(), VALID)
    torch.testing.assert_close(encoded.ends[:3], encoded.final[-1][:3] + encoded.final[-2][:3], **EXACT)


def test_the_last_state_of_a_transformer_is_not_its_summary(build: Build) -> None:
    encoded = build(architecture="transformer").double().eval().encode_layers(tokens(), VALID)
    assert not torch.allclose(new_pool("last", 16)(encoded, VALID).vector[0], encoded.final[-1][0])
    assert torch.allclose(new_pool("mean", 16)(encoded, VALID).vector, encoded.final[-1])
