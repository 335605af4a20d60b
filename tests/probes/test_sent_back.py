"""Gradients that begin at the output layer's states are those that begin at the outcomes."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.settings import ModelShape
from embedseq.probes.embedded_input import followed
from embedseq.probes.sent_back import SentBack, output_states


@pytest.mark.parametrize("architecture", ["lstm", "transformer"])
def test_states_are_a_short_cut_and_no_other_way(architecture: str) -> None:
    shape = ModelShape.model_validate({"architecture": architecture, "dim": 8, "heads": 2, "tie_output": True})
    model = build_seq2seq(shape, Sizes(11, 11), HandedOver(), 1).double().eval()
    tokens = torch.randint(4, 11, (3, 5), generator=torch.Generator().manual_seed(1))
    with followed(model.source) as source:
        decoded = model(tokens, torch.ones_like(tokens, dtype=torch.bool), tokens)
    outcomes, states = decoded.logits.log_softmax(-1)[..., 7], output_states(decoded)
    assert states is not None
    asked = torch.tensor([[0, 1, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 0]], dtype=torch.bool)
    short, whole = SentBack(outcomes, states), SentBack(outcomes)
    torch.testing.assert_close(short.to(source.embedded, asked), whole.to(source.embedded, asked))
    assert (whole.to(source.embedded, asked)[2] == 0).all()


def test_a_decoder_that_copies_has_no_short_cut_and_a_table_that_was_not_asked_no_input() -> None:
    shape = ModelShape.model_validate({"dim": 8, "attention": {"scorer": "additive", "copying": True}})
    model = build_seq2seq(shape, Sizes(11, 11), HandedOver(), 1).eval()
    tokens = torch.full((1, 3), 5)
    with followed(nn.Identity()) as table:
        decoded = model(tokens, tokens > 0, tokens)
    assert output_states(decoded) is None
    with pytest.raises(ValueError, match="nothing was embedded"):
        _ = table.embedded


def test_no_computer_algebra_is_loaded_for_it() -> None:
    """Each process of a probe would load its own."""
    code = (
        "import sys, torch; from embedseq.probes.sent_back import SentBack; leaf = torch.ones(1, 2, 3, requires_grad=True); "
        "print(SentBack(leaf.sum(-1)).to(leaf, torch.tensor([[True, False]])).tolist(), 'sympy' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[[[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]] False"
