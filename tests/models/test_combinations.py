"""What must hold for every model that can be composed: tried on a set of shapes that covers every legal pair of members."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
import torch
from combinations import FACTORS, SCORERS, Values, covering, every_legal, fields_of, name_of, shape_of, sources_of
from torch import Tensor, nn

from embedseq.models import packed as packing
from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.seq2seq import Seq2Seq
from embedseq.text.batches import Batch, Reading, pad
from embedseq.text.vocabulary import END, PAD

WORDS = 23
FEW = range(16)
COVERING = covering(FACTORS)
OF_TRANSFORMERS = (
    "self_heads",
    "self_projections",
    "self_span",
    "self_experts",
    "positions",
    "norm",
    "normalisation",
    "activation",
)
TRANSFORMERS = covering(
    {name: FACTORS[name][:1] for name in FACTORS}
    | {
        "encoder": ("transformer",),
        "decoder": ("transformer",),
        "layers": (2,),
        "scorer": ("scaled-dot",),
        "heads": (2,),
        "when": ("after",),
    }
    | {"self_scorer": SCORERS, **{name: FACTORS[name] for name in OF_TRANSFORMERS}},
    seed=2,
)
"""Pairs of what matters in a Transformer alone, which in other shapes would be no trial."""
RECURRENT: dict[str, Any] = {
    "encoder": ("lstm", "gru", "transformer"),
    "decoder": ("rnn", "rnn-relu", "lstm", "gru"),
    "scorer": ("additive", "general", "concat-linear"),
    "self_scorer": (None, "scaled-dot"),
    "positions": (None, "sinusoidal"),
    **{name: FACTORS[name] for name in ("when", "input_feeding", "query", "coverage", "copying", "bridge", "residual", "heads")},
}
DECODERS = covering({name: FACTORS[name][:1] for name in FACTORS} | RECURRENT)
"""Pairs of what matters in a recurrent decoder."""
Check = Callable[[Values, list[list[int]], Tensor], None]


@torch.no_grad()
def build(values: Values) -> Seq2Seq:
    """The model in float64, with all weights moved off zero, at which some of them begin."""
    sizes = Sizes(WORDS, WORDS, (WORDS,) * (sources_of(values) - 1))
    model = build_seq2seq(shape_of(fields_of(values)), sizes, HandedOver(), seed=1).double().eval()
    generator = torch.Generator().manual_seed(9)
    for weight in model.parameters():
        weight.add_(0.05 * torch.randn(weight.shape, dtype=torch.float64, generator=generator))
    return model


def batch_of(values: Values, sentences: list[list[int]], targets: Tensor, rows: range = FEW) -> Batch:
    """Some of the sentences with their targets: as they are, or with other ones beside them, or in two sections."""
    chosen = [sentences[row] for row in rows]
    if values["sections"]:
        chosen = [[*sentence, END, *other] for sentence, other in zip(chosen, (sentences[row - 5] for row in rows), strict=True)]
    further = [Reading(*pad([sentences[-1 - row] for row in rows]))][: sources_of(values) - 1]
    target = targets[list(rows)]
    real = torch.ones_like(target, dtype=torch.bool)
    return Batch(torch.arange(len(rows)), *pad(chosen), target, target, real, tuple(further))


def valid_of(batch: Batch) -> Tensor:
    """(B, S): which tokens of all sources are real, joined as attention weights are."""
    return torch.cat([batch.source_valid, *(reading.valid for reading in batch.further)], dim=1)


@torch.no_grad()
def steps_equal_teacher_forcing(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    model, batch = build(values), batch_of(values, sentences, targets)
    decoded = model.predict(batch, weights=True)
    state = model.start(model.encode(batch.source, batch.source_valid, batch.further))
    for position in range(targets.shape[1]):
        step = model.step(batch.target_in[:, position], state, weights=True)
        state = step.state
        torch.testing.assert_close(step.logits, decoded.logits[:, position], rtol=0, atol=1e-10)
        assert (step.attention is None) == (decoded.attention is None) == (values["scorer"] == "none")
        if decoded.attention is not None:
            torch.testing.assert_close(step.attention, decoded.attention[:, position], rtol=0, atol=1e-10)


@torch.no_grad()
def packed_steps_equal_teacher_forcing(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    model, batch = build(values).float(), batch_of(values, sentences, targets)
    logits = model.predict(batch).logits
    with patch.object(packing, "LARGE", 1):  # whatever is a product is packed, where this torch can
        steps = model.stepper()
        assert not isinstance(steps, nn.Module) or packing.packed(steps) is steps
    state = steps.start(model.encode(batch.source, batch.source_valid, batch.further))
    for position in range(targets.shape[1]):
        step = steps.step(batch.target_in[:, position], state)
        state = step.state
        torch.testing.assert_close(step.logits, logits[:, position], rtol=1e-4, atol=1e-4)


@torch.no_grad()
def a_sentence_alone_equals_the_sentence_among_64(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    model = build(values)
    shortened = targets.clone()
    shortened[13, 3:] = PAD
    among = batch_of(values, sentences, shortened, range(64))
    together = model.predict(among, weights=True)
    for row, length in ((0, 6), (13, 3), (63, 6)):
        single = batch_of(values, sentences, shortened[:, :length], range(row, row + 1))
        alone = model.predict(single, weights=True)
        torch.testing.assert_close(alone.logits[0], together.logits[row, :length], rtol=0, atol=1e-10)
        if alone.attention is not None and together.attention is not None:
            ours, theirs = (valid_of(single)[0], valid_of(among)[row])
            looked = together.attention[row, :length][..., theirs]
            torch.testing.assert_close(alone.attention[0][..., ours], looked, rtol=0, atol=1e-10)


@torch.no_grad()
def selected_hypotheses_go_on_from_their_own_past(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    model, batch = build(values), batch_of(values, sentences, targets, range(4))
    memory = model.encode(batch.source, batch.source_valid, batch.further)
    rows = torch.tensor([3, 3, 0, 2, 1])
    state = model.start(memory)
    for position in range(2):
        state = model.step(targets[:4, position], state).state
    chosen = model.step(targets[:5, 2], state.select(rows)).logits
    prefixes = torch.cat((targets[:4][rows, :2], targets[:5, 2:3]), dim=1)
    direct = model.decoder(prefixes, memory.select(rows)).logits[:, 2]
    torch.testing.assert_close(chosen, direct, rtol=0, atol=1e-10)


@torch.no_grad()
def no_weight_falls_on_padding(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    batch = batch_of(values, sentences, targets)
    batch.source_valid[0] = False  # a source of which nothing is real
    model = build(values)
    memory = model.encode(batch.source, batch.source_valid, batch.further)
    assert torch.all(memory.states[~batch.source_valid] == 0.0)
    decoded = model.predict(batch, weights=True)
    assert torch.all(torch.isfinite(decoded.logits))
    if decoded.attention is not None:
        assert torch.all(torch.isfinite(decoded.attention))
        assert torch.all(decoded.attention.masked_select(~valid_of(batch)[:, None, None]) == 0.0)


@torch.no_grad()
def a_later_token_changes_no_earlier_prediction(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    model, batch = build(values), batch_of(values, sentences, targets, range(8))
    changed = batch.target_in.clone()
    changed[:, 3] = 4 + (changed[:, 3] - 3) % (WORDS - 4)
    before, after = (model.predict(each).logits for each in (batch, replace(batch, target_in=changed)))
    torch.testing.assert_close(before[:, :3], after[:, :3], rtol=0, atol=1e-12)
    assert not torch.allclose(before[:, 3], after[:, 3], rtol=0, atol=1e-12)


def gradients_reach_every_parameter(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    model = build(values).train()
    decoded = model.predict(batch_of(values, sentences, targets))
    loss = decoded.logits.square().mean() + (0.0 if decoded.penalty is None else decoded.penalty)
    torch.autograd.backward(loss)
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert torch.all(torch.isfinite(weight.grad)), name
        shifts_all_scores_alike = name.endswith("projections.key.bias")
        assert shifts_all_scores_alike or torch.any(weight.grad != 0.0), name


def half_precision_and_every_device_will_do(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    model, batch = build(values).float().train(), batch_of(values, sentences, targets, range(2))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        decoded = model.predict(batch)
        step = model.step(targets[:2, 0], model.start(model.encode(batch.source, batch.source_valid, batch.further)))
    torch.autograd.backward(decoded.logits.float().square().mean())
    assert torch.all(torch.isfinite(decoded.logits.float()))
    assert torch.all(torch.isfinite(step.logits.float()))
    if not values["sections"]:  # how many there are depends on the tokens, which `meta` has not
        assert model.to("meta").predict(batch.to("meta")).logits.device.type == "meta"


CHECKS: list[Check] = [
    steps_equal_teacher_forcing,
    packed_steps_equal_teacher_forcing,
    a_sentence_alone_equals_the_sentence_among_64,
    no_weight_falls_on_padding,
    a_later_token_changes_no_earlier_prediction,
    selected_hypotheses_go_on_from_their_own_past,
    gradients_reach_every_parameter,
    half_precision_and_every_device_will_do,
]


@pytest.mark.parametrize("values", [*COVERING, *TRANSFORMERS, *DECODERS], ids=name_of)
def test_every_pair_of_members_works_together(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    for check in CHECKS:
        check(values, sentences, targets)


def test_every_member_is_in_the_covering_set() -> None:
    for name, choices in FACTORS.items():
        assert {values[name] for values in COVERING} == set(choices), name
    for name in OF_TRANSFORMERS:
        assert {values[name] for values in TRANSFORMERS} == set(FACTORS[name]), name
    assert {values["self_scorer"] for values in TRANSFORMERS} == set(SCORERS) - {"concat-linear"}


def test_a_covering_set_has_every_legal_pair() -> None:
    illegal = {("scorer", "concat-linear", "when", "after")} | {
        ("scorer", "concat-linear", "query", query) for query in ("state", "token", "sum")
    }
    for first, second in itertools.combinations(RECURRENT, 2):
        for one, other in itertools.product(RECURRENT[first], RECURRENT[second]):
            occurs = any(values[first] == one and values[second] == other for values in DECODERS)
            assert occurs != ((first, one, second, other) in illegal), (first, one, second, other)


@pytest.mark.slow
@pytest.mark.parametrize("cell", FACTORS["encoder"])
@pytest.mark.parametrize("scorer", ["none", *SCORERS])
def test_every_legal_combination_works(cell: str, scorer: str, sentences: list[list[int]], targets: Tensor) -> None:
    factors: dict[str, Any] = {
        "encoder": (cell,),
        "decoder": FACTORS["decoder"],
        "scorer": (scorer,),
        **{name: FACTORS[name] for name in ("span", "heads", "positions", "when", "query")},
    }
    usual = {name: choices[0] for name, choices in FACTORS.items()}
    for values in every_legal(factors, usual):
        for check in CHECKS[:3]:
            check(values, sentences, targets)
