"""Attention by one kernel of a device, run on a processor, against `attend`."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from embedseq.models.attention import mixing
from embedseq.models.attention.fused import fused, has_kernel
from embedseq.models.attention.heads import Attention, Projections
from embedseq.models.attention.look import Asking, Prepared
from embedseq.models.attention.registry import scorers
from embedseq.models.attention.spans import LocalPredictive, Span, Window
from embedseq.models.seq2seq import Seq2Seq
from embedseq.text.batches import pad

DIM, HEADS, TOKENS = 12, 3, 5
Made = tuple[Tensor, list[Tensor]]


def made(attention: Attention, asking: Asking) -> Made:
    """Contexts at five tokens of three sentences, of which one has nothing to look at, and the gradients of all weights."""
    attention.zero_grad()
    states = torch.randn(3, TOKENS, DIM, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    valid = torch.arange(TOKENS) < torch.tensor([[5], [2], [0]])
    context = attention(states, attention.prepare(states, valid), asking).context
    (context**2).sum().backward()  # type: ignore[no-untyped-call]
    return context.detach(), [each.grad.clone() for each in attention.parameters() if each.grad is not None]


def attention_of(scorer: str, span: Span | None = None, projected: bool = True) -> Attention:
    torch.manual_seed(2)
    width = DIM // HEADS
    return Attention(scorers()[scorer](width, width, 4), HEADS, Projections(DIM, DIM, DIM) if projected else None, span).double()


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Have the kernel used on a processor, too, from now on: the scales that it is called with."""
    called = list[float]()

    def counted(scale: float, heads: Tensor, prepared: Prepared, visible: Tensor) -> Tensor:
        called.append(scale)
        return fused(scale, heads, prepared, visible)

    monkeypatch.setattr(mixing, "fused", counted)
    monkeypatch.setattr(mixing, "has_kernel", lambda device: True)
    return called


ASKED = {
    "all": Asking(),
    "causal": Asking(causal=True),
    "allowed": Asking(allowed=torch.ones(TOKENS, TOKENS, dtype=torch.bool).tril(1)),
}


@pytest.mark.parametrize("asking", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("scorer", ["dot", "scaled-dot"])
@pytest.mark.parametrize("span", [None, Window(1)], ids=["everywhere", "window"])
def test_contexts_and_gradients_are_those_of_plain_attention(
    scorer: str, span: Span | None, asking: Asking, request: pytest.FixtureRequest
) -> None:
    attention = attention_of(scorer, span)
    expected = made(attention, asking)
    called = request.getfixturevalue("kernels")
    torch.testing.assert_close(made(attention, asking), expected, rtol=0, atol=1e-12)
    assert len(called) == 1


def test_heads_may_share_their_keys(kernels: list[float]) -> None:
    generator = torch.Generator().manual_seed(3)
    heads, keys, values = (torch.randn(2, count, 4, 6, generator=generator).double() for count in (HEADS, 1, 1))
    prepared = Prepared(keys, values, torch.tensor([[True] * 4, [True, True, False, False]]))
    scorer, query = scorers()["scaled-dot"](6, 6, 4), torch.zeros(2, 4, 6)
    plain = mixing.answer(scorer, Window(9), query, heads, prepared, Asking(weights=True)).mixed
    assert not kernels
    torch.testing.assert_close(
        mixing.answer(scorer, Window(9), query, heads, prepared, Asking()).mixed, plain, rtol=0, atol=1e-12
    )
    assert len(kernels) == 1


def test_whatever_a_kernel_cannot_do_is_done_without(kernels: list[float]) -> None:
    made(attention_of("scaled-dot"), Asking(weights=True))
    made(attention_of("scaled-dot"), Asking(bias=torch.zeros(1, 1, TOKENS, TOKENS, dtype=torch.float64)))
    made(attention_of("scaled-dot", LocalPredictive(2, DIM).double()), Asking())
    made(attention_of("additive"), Asking())
    assert not kernels


def test_a_processor_keeps_plain_attention_and_other_devices_do_not() -> None:
    assert not has_kernel(torch.device("cpu"))
    assert all(has_kernel(torch.device(name)) for name in ("cuda", "mps", "meta"))


def test_a_transformer_says_the_same(build: Callable[..., Seq2Seq], sentences: list[list[int]], kernels: list[float]) -> None:
    model = build(architecture="transformer", attention={"scorer": "scaled-dot", "heads": 2}).double().eval()
    source, valid = pad(sentences)
    targets = torch.randint(4, 23, (len(sentences), 6), generator=torch.Generator().manual_seed(5))
    with pytest.MonkeyPatch.context() as patch, torch.inference_mode():
        patch.setattr(mixing, "has_kernel", lambda device: False)
        expected = model(source, valid, targets).logits
        assert not kernels
    torch.testing.assert_close(model(source, valid, targets).logits, expected, rtol=0, atol=1e-12)
    assert len(kernels) == 6  # two layers: two attentions in the decoder, one in the encoder


def test_other_devices_use_the_kernel(kernels: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixing, "has_kernel", has_kernel)
    attention = attention_of("scaled-dot").to("meta")
    states = torch.empty(3, TOKENS, DIM, dtype=torch.float64, device="meta")
    valid = torch.empty(3, TOKENS, dtype=torch.bool, device="meta")
    context = attention(states, attention.prepare(states, valid)).context
    assert (context.shape, context.device.type, len(kernels)) == (states.shape, "meta", 1)
