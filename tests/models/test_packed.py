"""Packed products, and decoders whose steps are made of them, against the modules that they take the place of."""

import platform
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from embedseq.decoding.settings import SearchSettings
from embedseq.decoding.translate import translate
from embedseq.models import packed as packing
from embedseq.models.packed import PackedLinear, Product, packed
from embedseq.models.recurrent.cells import CELLS, Cell, RecurrentLayer
from embedseq.models.seq2seq import Seq2Seq
from embedseq.text.batches import pad

pytestmark = pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64") or not torch.backends.mkldnn.is_available(),
    reason="nothing is packed here",
)

Build = Callable[..., Seq2Seq]
CLOSE = {"rtol": 1e-5, "atol": 1e-5}
MODELS: dict[str, tuple[dict[str, Any], int]] = {
    "rnn-before": ({"architecture": "rnn", "attention": {"scorer": "additive", "when": "before"}}, 11),
    "rnn-relu": ({"architecture": "rnn-relu", "attention": "none", "bridge": "final"}, 6),
    "lstm-fed": ({"architecture": "lstm", "attention": {"scorer": "general", "input_feeding": True}}, 9),
    "gru-covered": ({"architecture": "gru", "attention": {"scorer": "additive", "coverage": True}}, 11),
    "gru-copying": ({"architecture": "gru", "attention": {"scorer": "general", "copying": True}}, 10),
    "lstm-own-past": ({"architecture": "lstm", "self_attention": "scaled-dot"}, 12),
    "lstm-tied": ({"architecture": "lstm", "tie_output": True}, 11),
    "transformer": ({"architecture": "transformer", "attention": "scaled-dot"}, 13),
    "transformer-tied": ({"architecture": "transformer", "attention": "dot", "tie_output": True, "activation": "geglu"}, 15),
    "transformer-rotary": ({"architecture": "transformer", "attention": "scaled-dot", "positions": "rotary"}, 21),
    "transformer-copying": ({"architecture": "transformer", "attention": {"scorer": "scaled-dot", "copying": True}}, 22),
}
"""Models of two layers, and how many products their steppers have."""
every_model = pytest.mark.parametrize(("fields", "count"), MODELS.values(), ids=MODELS)


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "LARGE", 1)


def products(stepper: object) -> int:
    """How many packed products anything is made of."""
    found, seen, left = 0, set[int](), [stepper]
    while left:
        at = left.pop()
        if id(at) in seen or isinstance(at, Tensor | type):
            continue
        seen.add(id(at))
        found += isinstance(at, Product)
        left += (
            at if isinstance(at, list | tuple) else at.values() if isinstance(at, dict) else getattr(at, "__dict__", {}).values()
        )
    return found


@given(
    rows=st.integers(1, 200), inner=st.integers(1, 70), outer=st.integers(1, 90), biased=st.booleans(), seed=st.integers(0, 99)
)
def test_a_packed_product_is_the_product(rows: int, inner: int, outer: int, biased: bool, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    states, weight, bias = (torch.randn(size, generator=generator) for size in ((rows, inner), (outer, inner), (outer,)))
    exact = states.double() @ weight.double().T + (bias.double() if biased else 0.0)
    with torch.inference_mode():
        product = Product(weight, bias if biased else None)
        torch.testing.assert_close(product(states).double(), exact, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(product(states.view(rows, 1, inner))[:, 0], product(states), rtol=0.0, atol=0.0)


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize("cell", CELLS)
@torch.inference_mode()
def test_steps_of_a_packed_layer_are_those_of_torch(cell: Cell) -> None:
    layer = RecurrentLayer(cell, 5, 7)
    start = kept = own = tuple(torch.randn(3, 7) for _ in range(CELLS[cell].kept))
    steps, inputs = layer.packed(), torch.randn(3, 4, 5)
    assert products(steps) == 2
    for position in range(4):
        kept = layer.step(inputs[:, position], kept)
        _, own = steps(inputs[:, position : position + 1], own)
        torch.testing.assert_close(own, kept, **CLOSE)
    torch.testing.assert_close(steps(inputs, start), layer(inputs, start), **CLOSE)


@pytest.mark.usefixtures("everything_is_large")
@every_model
def test_whatever_is_large_is_packed(build: Build, fields: dict[str, Any], count: int) -> None:
    assert products(build(**fields).stepper()) == count


@every_model
def test_translations_and_models_are_the_same_with_packed_products(
    build: Build, sentences: list[list[int]], fields: dict[str, Any], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, settings = build(**fields), SearchSettings(beam=3, max_length=12)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.startswith("decoder.output"):
                parameter.mul_(4.0)  # surer of itself, so that hypotheses differ in more than their last digits
    before = deepcopy(model.state_dict())
    plain = translate(model, sentences, settings, 128)
    monkeypatch.setattr(packing, "LARGE", 1)
    for replicas in (1, 2):
        found = translate(model, sentences, settings, 128, replicas=replicas)
        assert [[each.tokens for each in one] for one in found] == [[each.tokens for each in one] for one in plain]
        scores = [[each.score for one in lists for each in one] for lists in (found, plain)]
        assert scores[0] == pytest.approx(scores[1], abs=1e-4)
    assert products(model) == 0 < count
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.usefixtures("everything_is_large")
@torch.inference_mode()
def test_what_is_packed_has_the_weights_of_its_time(build: Build) -> None:
    model = build(**MODELS["lstm-fed"][0]).eval()
    memory, tokens = model.encode(*pad([[5, 3], [6, 3]])), torch.tensor([2, 2])
    early, before = model.stepper(), model.step(tokens, model.start(memory)).logits
    model.decoder.output.weights()[0].mul_(2.0)
    late, after = model.stepper(), model.step(tokens, model.start(memory)).logits
    assert not torch.allclose(before, after, **CLOSE)
    torch.testing.assert_close(early.step(tokens, early.start(memory)).logits, before, **CLOSE)
    torch.testing.assert_close(late.step(tokens, late.start(memory)).logits, after, **CLOSE)


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize("as_", ["frozen", "tuned"])
@torch.inference_mode()
def test_tables_that_were_handed_over_and_projected_are_read_as_they_are(
    build: Build, vectors: Callable[[int], Any], sentences: list[list[int]], as_: str
) -> None:
    embedding = {"source": "random", "target": {"from": "words", "as": as_}}
    for architecture in ("gru", "transformer"):
        model = build(target=vectors(12), architecture=architecture, embedding=embedding, tie_output=True).eval()
        memory, tokens = model.encode(*pad(sentences)), torch.full((len(sentences),), 2)
        steps = model.stepper()
        logits = steps.step(tokens, steps.start(memory)).logits
        torch.testing.assert_close(logits, model.step(tokens, model.start(memory)).logits, **CLOSE)


def test_only_large_matrices_of_float32_on_a_cpu_are_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    large = nn.Linear(1024, 512)
    assert isinstance(packed(nn.Sequential(large, nn.Tanh()))[0], PackedLinear)
    for other in (nn.Linear(1023, 512), nn.Linear(1024, 512).double(), nn.Linear(1024, 512, device="meta")):
        kept = nn.Sequential(other, nn.Tanh())
        assert packed(kept) is kept
    kept = nn.Sequential(large, nn.Tanh())
    with monkeypatch.context() as without:
        without.setattr("torch.backends.mkldnn.is_available", lambda: False)
        assert packed(kept) is kept
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("platform.machine", lambda: "arm64")
        assert packed(kept) is kept
    assert packed(kept) is not kept


def test_what_is_not_packed_is_shared_and_nothing_is_packed_twice() -> None:
    twice = nn.Linear(1024, 512)
    module = nn.Sequential(nn.Sequential(twice, nn.Tanh()), nn.LayerNorm(512), nn.Sequential(nn.Linear(512, 8)), twice)
    twin = packed(module)
    assert twin is not module
    assert type(module[0][0]) is nn.Linear
    assert isinstance(twin[3], PackedLinear)
    assert twin[0][0] is twin[3]
    assert all(twin[place] is module[place] for place in (1, 2))
    assert twin[0][1] is module[0][1]
    assert packed(twin) is twin
    assert isinstance(packed(twice), PackedLinear)


def test_gradients_do_not_go_through_a_product_unnoticed() -> None:
    product = packed(nn.Linear(1024, 512))(torch.randn(2, 1024, requires_grad=True))
    with pytest.raises(RuntimeError, match="does not require grad"):
        product.sum().backward()
