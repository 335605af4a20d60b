"""What every encoder hands to a decoder, and the penalties of both sides."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from embedseq.models.interfaces import Decoded, Encoded
from embedseq.models.seq2seq import Seq2Seq
from embedseq.text.batches import pad

Build = Callable[..., Seq2Seq]
ARCHITECTURES = ("rnn", "rnn-relu", "lstm", "gru", "transformer")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@torch.no_grad()
def test_the_means_are_those_of_each_layers_real_states(build: Build, architecture: str) -> None:
    model = build(architecture=architecture).double().eval()
    source, valid = pad([[4, 5, 6], [7], []])
    layers, memory = model.encode_layers(source, valid).layers, model.encode(source, valid)
    for layer, means in zip(layers, memory.means, strict=True):
        expected = torch.stack([layer[0].sum(0) / 3, layer[1, 0], torch.zeros(16, dtype=torch.float64)])
        torch.testing.assert_close(means, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("encoder", ARCHITECTURES)
@pytest.mark.parametrize("decoder", ["gru", "lstm"])
@pytest.mark.parametrize("bridge", ["final", "mean"])
@torch.no_grad()
def test_cells_go_from_an_lstm_to_an_lstm_that_starts_from_final_states(
    build: Build, encoder: str, decoder: str, bridge: str
) -> None:
    model = build(architecture=encoder, decoder={"architecture": decoder}, bridge=bridge).eval()
    memory = model.encode(*pad([[4, 5, 6], [7]]))
    wanted = (encoder, decoder, bridge) == ("lstm", "lstm", "final")
    assert [cell.shape for cell in memory.cells] == ([(2, 16)] * 2 if wanted else [])


def test_the_penalties_of_both_sides_are_added(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    model = build(architecture="gru").eval()
    source, valid = pad([[4, 5, 6]])
    encode, decode = model.encoder.forward, model.decoder.forward

    def penalties(first: Tensor | None, second: Tensor | None) -> Tensor | None:
        def encoded(*given: Tensor) -> Encoded:
            return replace(encode(*given), penalty=first)

        def decoded(*given: object) -> Decoded:
            return replace(decode(*given), penalty=second)  # type: ignore[arg-type]

        monkeypatch.setattr(model.encoder, "forward", encoded)
        monkeypatch.setattr(model.decoder, "forward", decoded)
        penalty: Tensor | None = model(source, valid, torch.tensor([[2, 4]])).penalty
        return penalty

    one, two = torch.tensor(1.0), torch.tensor(2.0)
    assert penalties(None, None) is None
    assert penalties(one, None) == penalties(None, one) == 1.0
    assert penalties(one, two) == 3.0
