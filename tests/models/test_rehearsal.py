"""Shapes tried out before any work begins."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from embedseq.errors import RequestError
from embedseq.models.interfaces import DecoderState, Step
from embedseq.models.language_model import LanguageModel
from embedseq.models.rehearsal import rehearse
from embedseq.models.resolved import Widths
from embedseq.models.settings import Architecture, Kind, ModelShape

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


@pytest.mark.parametrize("architecture", ["lstm", "transformer"])
@pytest.mark.parametrize("memories", ["flat", "parallel", "hierarchical", "serial"])
def test_several_sources_are_rehearsed(shape: Shape, architecture: str, memories: str) -> None:
    tried = shape(architecture=architecture, attention={"memories": memories})
    if (architecture, memories) == ("lstm", "serial"):
        with pytest.raises(RequestError, match="this decoder is recurrent"):
            rehearse(tried, sources=2)
    else:
        one, two, three = (rehearse(tried, sources=sources).total for sources in (1, 2, 3))
        assert one < two < three


@pytest.mark.parametrize("architecture", ["gru", "transformer"])
def test_sections_and_frames_are_rehearsed(shape: Shape, architecture: str) -> None:
    usual = rehearse(shape(architecture=architecture))
    assert rehearse(shape(architecture=architecture, sections=True)) == usual
    frames = rehearse(shape(architecture=architecture), features=5)
    assert frames.total == usual.total - 10 * 16 + 6 * 16
    with pytest.raises(RequestError, match="no sentences that could be encoded apart"):
        rehearse(shape(architecture=architecture, sections=True), features=5)


@pytest.mark.parametrize("architecture", ["rnn", "transformer"])
@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_of_model_is_rehearsed(kind: Kind, architecture: Architecture) -> None:
    assert rehearse(ModelShape(kind=kind, architecture=architecture, dim=8, heads=2)).total > 0


def test_steps_that_say_something_else_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    step = LanguageModel.step

    def wrong(self: LanguageModel, tokens: Tensor, state: DecoderState) -> Step[Any]:
        right = step(self, tokens, state)
        return replace(right, logits=right.logits + 0.1)

    monkeypatch.setattr(LanguageModel, "step", wrong)
    with pytest.raises(RuntimeError, match=r"differ by 0\.1"):
        rehearse(ModelShape(kind="language-model", dim=8))
