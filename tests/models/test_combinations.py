"""What must hold for every model that can be composed: tried on a set of shapes that covers every legal pair of members."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from combinations import FACTORS, SCORERS, Values, covering, every_legal, fields_of, name_of, shape_of, sources_of
from torch import Tensor

from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.seq2seq import Seq2Seq
from embedseq.text.batches import Batch, Reading, pad
from embedseq.text.vocabulary import END

WORDS = 23
FEW = range(16)
COVERING = covering(FACTORS)
Check = Callable[[Values, list[list[int]], Tensor], None]


def build(values: Values) -> Seq2Seq:
    sizes = Sizes(WORDS, WORDS, (WORDS,) * (sources_of(values) - 1))
    return build_seq2seq(shape_of(fields_of(values)), sizes, HandedOver(), seed=1).double().eval()


def batch_of(values: Values, sentences: list[list[int]], targets: Tensor, rows: range = FEW) -> Batch:
    """Some of the sentences with their targets: as they are, or with other ones beside them, or in two sections."""
    chosen = [sentences[row] for row in rows]
    if values["sections"]:
        chosen = [[*sentence, END, *other] for sentence, other in zip(chosen, (sentences[row - 5] for row in rows), strict=True)]
    further = [Reading(*pad([sentences[-1 - row] for row in rows]))][: sources_of(values) - 1]
    target = targets[list(rows)]
    real = torch.ones_like(target, dtype=torch.bool)
    return Batch(torch.arange(len(rows)), *pad(chosen), target, target, real, tuple(further))


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
def a_sentence_alone_equals_the_sentence_among_64(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    model = build(values)
    together = model.predict(batch_of(values, sentences, targets, range(64))).logits
    for row in (0, 63):
        alone = model.predict(batch_of(values, sentences, targets, range(row, row + 1))).logits
        torch.testing.assert_close(alone[0], together[row], rtol=0, atol=1e-10)


@torch.no_grad()
def no_weight_falls_on_padding(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    batch = batch_of(values, sentences, targets)
    batch.source_valid[0] = False  # a source of which nothing is real
    weights = build(values).predict(batch, weights=True).attention
    if weights is not None:
        valid = torch.cat([batch.source_valid, *(reading.valid for reading in batch.further)], dim=1)
        assert torch.all(torch.isfinite(weights))
        assert torch.all(weights.masked_select(~valid[:, None, None]) == 0.0)


@torch.no_grad()
def a_later_token_changes_no_earlier_prediction(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    model, batch = build(values), batch_of(values, sentences, targets, range(8))
    changed = batch.target_in.clone()
    changed[:, 3] = 4 + (changed[:, 3] - 3) % (WORDS - 4)
    before, after = (model.predict(each).logits for each in (batch, replace(batch, target_in=changed)))
    torch.testing.assert_close(before[:, :3], after[:, :3], rtol=0, atol=1e-12)
    assert not torch.allclose(before[:, 3], after[:, 3], rtol=0, atol=1e-12)


def gradients_are_finite(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    model = build(values).train()
    decoded = model.predict(batch_of(values, sentences, targets))
    loss = decoded.logits.square().mean() + (0.0 if decoded.penalty is None else decoded.penalty)
    loss.backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert torch.all(torch.isfinite(weight.grad)), name


CHECKS: list[Check] = [
    steps_equal_teacher_forcing,
    a_sentence_alone_equals_the_sentence_among_64,
    no_weight_falls_on_padding,
    a_later_token_changes_no_earlier_prediction,
    gradients_are_finite,
]


@pytest.mark.parametrize("values", COVERING, ids=name_of)
def test_every_pair_of_members_works_together(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    for check in CHECKS:
        check(values, sentences, targets)


def test_every_member_is_in_the_covering_set() -> None:
    for name, choices in FACTORS.items():
        assert {values[name] for values in COVERING} == set(choices), name


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
        for check in CHECKS[:2]:
            check(values, sentences, targets)
