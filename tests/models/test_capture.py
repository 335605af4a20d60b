"""Hidden states for probes."""

from collections.abc import Callable

import pytest
import torch

from embedseq.models.capture import hidden_states
from embedseq.models.seq2seq import Seq2Seq
from embedseq.text.batches import pad


@pytest.mark.parametrize("architecture", ["lstm", "transformer"])
def test_layers_are_aligned_with_the_tokens(build: Callable[..., Seq2Seq], sentences: list[list[int]], architecture: str) -> None:
    model = build(architecture=architecture, layers=3).train()
    source, valid = pad(sentences)
    layers = hidden_states(model, source, valid)
    assert model.training
    assert [layer.shape for layer in layers] == [(64, 9, 16)] * 4
    assert all(torch.all(layer[~valid] == 0.0) and not layer.requires_grad for layer in layers)
    model.eval()
    torch.testing.assert_close(layers[0][valid], model.source(source[valid]))
    torch.testing.assert_close(layers[-1], model.encode(source, valid).states)
    alone = hidden_states(model, *pad([sentences[5]]))
    for ours, theirs in zip(alone, layers, strict=True):
        torch.testing.assert_close(ours[0], theirs[5, : len(sentences[5])], rtol=0, atol=1e-5)
