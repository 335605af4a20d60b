"""A recurrent decoder without a memory, against a loop over its cells."""

from collections.abc import Callable

import pytest
import torch
from equations import cell_by_equation, zeros

from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.language_model import LanguageModel
from embedseq.models.memory import Memory
from embedseq.models.recurrent import ALONE, Joining, RecurrentDecoder, RecurrentShape
from embedseq.models.settings import ModelShape

Shape = Callable[..., ModelShape]


def alone(shape: Shape, cell: str, residual: bool = False) -> RecurrentDecoder:
    """A language model's decoder in float64 with two layers and no weight zero."""
    asked = shape(kind="language-model", architecture=cell, residual=residual)
    model = build_model(asked, Sizes(23, 0), HandedOver(), seed=1)
    assert isinstance(model, LanguageModel)
    decoder = model.double().eval().decoder
    assert isinstance(decoder, RecurrentDecoder)
    generator = torch.Generator().manual_seed(9)
    with torch.no_grad():
        for weight in decoder.parameters():
            weight.add_(0.3 * torch.randn(weight.shape, dtype=torch.float64, generator=generator))
    return decoder


@pytest.mark.parametrize("cell", ["rnn", "rnn-relu", "lstm", "gru"])
@pytest.mark.parametrize("residual", [False, True])
@torch.no_grad()
def test_a_decoder_without_a_memory_starts_from_zeros_and_its_output_reads_its_state(
    shape: Shape, cell: str, residual: bool
) -> None:
    decoder = alone(shape, cell, residual)
    tokens = torch.tensor([[2, 4, 5, 6], [2, 9, 9, 0]])
    logits = decoder(tokens, Memory.nothing(2, torch.zeros(1, 16).double())).logits
    cells = [dict(decoder.get_submodule(f"layers.{layer}.recurrence").named_parameters()) for layer in range(2)]
    output = dict(decoder.output.named_parameters())
    for row, length in ((0, 4), (1, 3)):
        hidden = [zeros(cell, 16), zeros(cell, 16)]
        for t in range(length):
            read = decoder.embedding(tokens[row, t])
            hidden[0] = cell_by_equation(cell, cells[0], read, hidden[0])
            hidden[1] = cell_by_equation(cell, cells[1], hidden[0][0], hidden[1])
            state = hidden[1][0] + hidden[0][0] if residual else hidden[1][0]
            torch.testing.assert_close(logits[row, t], output["weight"] @ state + output["bias"], rtol=0, atol=1e-12)


@torch.no_grad()
def test_it_reads_a_known_text_in_one_call(shape: Shape) -> None:
    decoder = alone(shape, "gru")
    calls: list[int] = []
    decoder.get_submodule("layers.0").register_forward_hook(lambda *_: calls.append(1))
    decoder(torch.tensor([[2, 4, 5, 6]]), Memory.nothing(1, torch.zeros(1, 16).double()))
    assert calls == [1]


@pytest.mark.parametrize(
    "joining", [Joining(), Joining("none", feeds=True), Joining("none", coverage=1.0), Joining("none", copies=True)]
)
def test_nothing_can_be_joined_without_a_memory(shape: Shape, joining: Joining) -> None:
    decoder = alone(shape, "gru")
    parts = (decoder.embedding, decoder.positions, decoder.output)
    with pytest.raises(ValueError, match="without a look there is no memory"):
        RecurrentDecoder(RecurrentShape("gru", 16, 1), joining, None, None, *parts)
    RecurrentDecoder(RecurrentShape("gru", 16, 1), ALONE, None, None, *parts)
