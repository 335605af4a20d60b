"""The recurrent decoder against a loop that spells out its equations, one token of one sentence at a time."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from equations import cell_by_equation, softmax_by_hand
from torch import Tensor

from embedseq.models.interfaces import Decoded
from embedseq.models.memory import Memory
from embedseq.models.positions import Unmarked
from embedseq.models.recurrent import Joining, RecurrentDecoder, RecurrentShape
from embedseq.models.seq2seq import Seq2Seq
from embedseq.text.batches import pad

Build = Callable[..., Seq2Seq]
Fields = dict[str, Any]
CELLS = ("rnn", "rnn-relu", "lstm", "gru")


def attention(**fields: Any) -> Fields:
    return {"attention": {"scorer": "additive", **fields}}


VARIANTS: dict[str, Fields] = {
    "after": attention(),
    "feeding": attention(input_feeding=True),
    "before": attention(when="before"),
    "before-feeding": attention(when="before", input_feeding=True),
    "token": attention(query="token"),
    "joined": attention(query="joined"),
    "sum": attention(query="sum"),
    "before-token": attention(when="before", query="token"),
    "before-joined": attention(when="before", query="joined"),
    "before-sum-feeding": attention(when="before", query="sum", input_feeding=True),
    "coverage": attention(coverage=True, coverage_loss=0.3),
    "before-coverage": attention(when="before", coverage=True, query="joined"),
    "tutorial": {"attention": {"scorer": "concat-linear", "query": "joined", "when": "before", "positions": 6}},
    "tutorial-coverage": {
        "attention": {"scorer": "concat-linear", "query": "joined", "when": "before", "positions": 6, "coverage": True}
    },
    "self-attention": {**attention(), "self_attention": "scaled-dot"},
    "before-self-attention": {**attention(when="before", input_feeding=True), "self_attention": "scaled-dot"},
    "residual": {**attention(when="before"), "residual": True},
    "all": {**attention(when="before", input_feeding=True, coverage=True), "self_attention": "scaled-dot", "residual": True},
    "copying": attention(copying=True),
    "before-copying": attention(when="before", input_feeding=True, coverage=True, query="joined", copying=True),
    "fixed": {"attention": "none"},
    "fixed-self-attention": {"attention": "none", "self_attention": "scaled-dot", "residual": True},
}


def shaken(model: Seq2Seq) -> Seq2Seq:
    """The model in float64 with no weight zero, so that everything counts."""
    generator = torch.Generator().manual_seed(9)
    model = model.double().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.3 * torch.randn(weight.shape, dtype=torch.float64, generator=generator))
    return model


class ByHand:
    """One sentence through a decoder, step by step, with the decoder's weights."""

    def __init__(self, decoder: RecurrentDecoder, memory: Memory, row: int, cell: str, shape: Fields) -> None:
        self.cell, self.asked, self.shape = cell, shape["attention"], shape
        self.decoder, self.weights = decoder, dict(decoder.named_parameters())
        self.states = memory.states[row, : int(memory.valid[row].sum())]
        self.summary = memory.summary[row]
        self.hidden = [tuple(kept[row] for kept in layer) for layer in decoder.start(memory).hidden]
        self.state = self.hidden[-1][0]
        self.fed = torch.zeros_like(self.state)
        self.covered = torch.zeros(len(self.states), dtype=torch.float64)
        self.past: list[Tensor] = []
        self.tokens = [] if memory.tokens is None else memory.tokens[row, : len(self.states)].tolist()
        self.penalty = 0.0

    def option(self, name: str, usual: Any) -> Any:
        return usual if self.asked == "none" else self.asked.get(name, usual)

    def linear(self, name: str, *parts: Tensor) -> Tensor:
        return self.weights[f"{name}.weight"] @ torch.cat(parts) + self.weights[f"{name}.bias"]

    def attend(self, token: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """The context, and the weights of the source's tokens."""
        if self.asked == "none":
            return self.summary, torch.zeros(0)
        kind = self.option("query", "state")
        query = {"state": state, "token": token, "joined": torch.cat((token, state)), "sum": token + state}[kind]
        bias = [self.weights["coverage.gain"][0] * c if self.option("coverage", False) else 0.0 for c in self.covered]
        if self.asked["scorer"] == "concat-linear":
            scores = list(self.linear("look.scorer.positions.score", query)[: len(self.states)])
        else:
            w, u, v = (self.weights[f"look.scorer.{name}.weight"] for name in ("query_projection", "key_projection", "energy"))
            scores = [v[0] @ torch.tanh(w @ query + u @ key) for key in self.states]
        weights = softmax_by_hand([score + more for score, more in zip(scores, bias, strict=True)])
        return sum(weight * key for weight, key in zip(weights, self.states, strict=True)), weights

    def recur(self, read: Tensor) -> Tensor:
        for layer in range(len(self.hidden)):
            below = read
            cell_weights = dict(self.decoder.get_submodule(f"layers.{layer}.recurrence").named_parameters())
            self.hidden[layer] = cell_by_equation(self.cell, cell_weights, below, self.hidden[layer])
            read = self.hidden[layer][0]
            if layer and self.shape.get("residual"):
                read = read + below
        if "self_attention" not in self.shape:
            return read
        self.past.append(read)
        weights = softmax_by_hand([read @ earlier / math.sqrt(len(read)) for earlier in self.past])
        context = sum(weight * earlier for weight, earlier in zip(weights, self.past, strict=True))
        return torch.tanh(self.linear("self_attention.combine", context, read))

    def step(self, token: Tensor) -> tuple[Tensor, Tensor]:
        """The logits after an embedded token, and the weights."""
        before = self.option("when", "after") == "before"
        read = token
        if before:
            context, weights = self.attend(token, self.state)
            read = torch.cat((token, context))
            if self.asked["scorer"] == "concat-linear":
                read = torch.relu(self.linear("entry", token, context))
        if self.option("input_feeding", False):
            read = torch.cat((read, self.fed))
        self.state = self.recur(read)
        if not before:
            context, weights = self.attend(token, self.state)
        self.fed = torch.tanh(self.linear("combine", context, self.state))
        if self.option("coverage", False):
            again = sum(min(a, c) for a, c in zip(weights.tolist(), self.covered.tolist(), strict=True))
            self.penalty += self.option("coverage_loss", 1.0) * again
            self.covered = self.covered + weights
        logits = self.linear("output", self.fed)
        if self.option("copying", False):
            logits = self.mix(logits, torch.sigmoid(self.linear("copying.gate", context, self.state, token)), weights)
        return logits, weights

    def mix(self, logits: Tensor, gate: Tensor, weights: Tensor) -> Tensor:
        """log p of what is generated with the probability `gate`, and copied otherwise."""
        p = gate * softmax_by_hand(list(logits))
        for token, weight in zip(self.tokens, weights, strict=True):
            p[token] += (1.0 - gate[0]) * weight
        return p.log()


def check_by_hand(model: Seq2Seq, cell: str, shape: Fields) -> None:
    source, valid = pad([[4, 5, 6, 7], [8], [9, 10]])
    targets, real = pad([[2, 4, 5, 6], [2, 7], [2, 9, 9]])
    memory, decoder = model.encode(source, valid), model.decoder
    assert isinstance(decoder, RecurrentDecoder)
    decoded: Decoded = decoder(targets, memory, weights=True)
    penalty = 0.0
    for row in range(len(source)):
        by_hand = ByHand(decoder, memory, row, cell, shape)
        for t in range(int(real[row].sum())):
            logits, weights = by_hand.step(decoder.embedding(targets[row, t]))
            torch.testing.assert_close(decoded.logits[row, t], logits, rtol=0, atol=1e-12)
            if decoded.attention is not None:
                torch.testing.assert_close(decoded.attention[row, t, 0, : len(weights)], weights, rtol=0, atol=1e-12)
                assert torch.all(decoded.attention[row, t, 0, len(weights) :] == 0.0)
        penalty += by_hand.penalty
    assert (decoded.penalty is None) == (penalty == 0.0)
    if decoded.penalty is not None:
        assert decoded.penalty.item() == pytest.approx(penalty, abs=1e-12)


@pytest.mark.parametrize("variant", VARIANTS)
@torch.no_grad()
def test_every_variant_equals_its_equations(build: Build, variant: str) -> None:
    check_by_hand(shaken(build(architecture="gru", **VARIANTS[variant])), "gru", VARIANTS[variant])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bridge", ["learned", "final", "mean", "none"])
@torch.no_grad()
def test_every_cell_equals_its_equations_after_every_bridge(build: Build, cell: str, bridge: str) -> None:
    for variant in ("after", "all"):
        check_by_hand(shaken(build(architecture=cell, bridge=bridge, **VARIANTS[variant])), cell, VARIANTS[variant])


PARALLEL = {
    "after",
    "token",
    "joined",
    "sum",
    "before-token",
    "self-attention",
    "copying",
    "fixed",
    "fixed-self-attention",
}


@pytest.mark.parametrize("variant", VARIANTS)
@torch.no_grad()
def test_a_known_target_is_read_in_one_call_where_no_step_waits_for_the_attention_before(build: Build, variant: str) -> None:
    model = build(architecture="gru", **VARIANTS[variant]).eval()
    calls: list[int] = []
    model.decoder.get_submodule("look").register_forward_hook(lambda *_: calls.append(1))
    model(*pad([[4, 5, 6]]), torch.tensor([[2, 4, 5, 6]]))
    assert len(calls) == (1 if variant in PARALLEL else 4)


def test_the_loss_of_coverage_is_a_sum_over_sentences_and_knows_no_padding(
    build: Build, sentences: list[list[int]], targets: Tensor
) -> None:
    model = shaken(build(**attention(coverage=True)))
    real = torch.arange(6) < torch.randint(1, 7, (64, 1), generator=torch.Generator().manual_seed(4))
    padded = targets.masked_fill(~real, 0)
    together = model(*pad(sentences), padded).penalty
    alone = [model(*pad([sentences[row]]), padded[row : row + 1, : int(real[row].sum())]).penalty for row in range(64)]
    torch.testing.assert_close(together, torch.stack(alone).sum(), rtol=0, atol=1e-10)
    assert together.item() > 0.0


@torch.no_grad()
def test_coverage_turns_the_eye_away_from_what_was_seen_and_its_loss_may_be_zero(build: Build) -> None:
    model = build(dropout=0.0, **attention(coverage=True, coverage_loss=0.0)).double().eval()
    source, valid = pad([[4, 5, 6]])
    target = torch.tensor([[2, 4, 4, 4, 4]])
    model.get_parameter("decoder.coverage.gain").fill_(-50.0)
    decoded = model(source, valid, target, weights=True)
    assert decoded.penalty is None
    looked = decoded.attention[0, :, 0]
    covered = torch.cat((torch.zeros(1, 3), looked.cumsum(0)[:-1]))
    assert torch.all(looked[1:].argmax(-1) == covered[1:].argmin(-1))


def test_a_fixed_length_context_cannot_be_covered(build: Build) -> None:
    decoder = build(architecture="gru", attention="none").decoder
    assert isinstance(decoder, RecurrentDecoder)
    with pytest.raises(ValueError, match="coverage needs an attention"):
        RecurrentDecoder(
            RecurrentShape("gru", 16, 1),
            Joining(coverage=1.0),
            decoder.look,
            None,
            decoder.embedding,
            Unmarked(),
            decoder.output,
        )


@torch.no_grad()
def test_attention_is_given_only_where_it_is_asked_for(build: Build) -> None:
    for variant in ("after", "coverage", "all"):
        model = build(architecture="gru", **VARIANTS[variant]).eval()
        source, valid = pad([[4, 5, 6]])
        assert model(source, valid, torch.tensor([[2, 4]])).attention is None
        state = model.start(model.encode(source, valid))
        assert model.step(torch.tensor([2]), state).attention is None
        assert model.step(torch.tensor([2]), state, weights=True).attention.shape == (1, 1, 3)
