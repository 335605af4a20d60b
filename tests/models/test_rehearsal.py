"""Shapes tried out before any work begins."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from embedseq.errors import RequestError
from embedseq.models.rehearsal import rehearse
from embedseq.models.resolved import Widths
from embedseq.models.settings import ModelShape

Shape = Callable[..., ModelShape]
FROZEN, TUNED = {"from": "v", "as": "frozen"}, {"from": "v", "as": "tuned"}


@pytest.mark.parametrize("architecture", ["rnn", "lstm", "gru", "transformer"])
@pytest.mark.parametrize("attention", ["none", "additive", "scaled-dot", {"scorer": "scaled-dot", "heads": 4}])
@pytest.mark.parametrize("embedding", ["random", FROZEN, {"target": TUNED}, {"source": FROZEN, "target": TUNED}])
@pytest.mark.parametrize("tie_output", [False, True])
def test_every_legal_shape_passes(shape: Shape, architecture: str, attention: Any, embedding: Any, tie_output: bool) -> None:
    before = torch.random.get_rng_state()
    description = rehearse(
        shape(architecture=architecture, attention=attention, embedding=embedding, tie_output=tie_output),
        Widths(10, 12) if embedding != "random" else Widths(),
    )
    assert 0 < description.trainable <= description.total
    assert torch.equal(torch.random.get_rng_state(), before)


def test_an_illegal_shape_is_refused_with_the_reason(shape: Shape) -> None:
    with pytest.raises(RequestError, match="5 heads cannot share a dim of 16"):
        rehearse(shape(architecture="transformer", heads=5))
    with pytest.raises(RequestError, match="have 12 numbers"):
        rehearse(shape(embedding={"target": TUNED}, embedding_dim=9), Widths(target=12))
