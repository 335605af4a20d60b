"""What must hold for every recurrent decoder, tried on combinations in which every pair of choices occurs."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from combinations import Values, covering, fields_of, name_of
from torch import Tensor

from embedseq.models.recurrent import RecurrentState
from embedseq.models.seq2seq import Seq2Seq
from embedseq.text.batches import pad

Build = Callable[..., Seq2Seq]
CELLS = ("rnn", "rnn-relu", "lstm", "gru")
FACTORS: dict[str, tuple[Any, ...]] = {
    "encoder": ("lstm", "gru", "transformer"),
    "decoder": CELLS,
    "scorer": ("additive", "general", "concat-linear"),
    "when": ("before", "after"),
    "input_feeding": (False, True),
    "query": ("state", "token", "joined", "sum"),
    "coverage": (False, True),
    "copying": (False, True),
    "self_scorer": (None, "scaled-dot"),
    "bridge": ("learned", "final", "mean", "none"),
    "residual": (False, True),
    "heads": (1, 2),
    "positions": (None, "sinusoidal"),
}
COVERING = covering(FACTORS)
every_combination = pytest.mark.parametrize("values", COVERING, ids=name_of)


@pytest.fixture
def model_of(build: Build) -> Callable[[Values], Seq2Seq]:
    """The model of a combination in float64, with all weights moved off zero."""

    def make(values: Values) -> Seq2Seq:
        model = build(**fields_of(values)).double().eval()
        generator = torch.Generator().manual_seed(9)
        with torch.no_grad():
            for weight in model.parameters():
                weight.add_(0.05 * torch.randn(weight.shape, dtype=torch.float64, generator=generator))
        return model

    return make


Make = Callable[[Values], Seq2Seq]


def test_every_pair_of_choices_occurs() -> None:
    illegal = {("scorer", "concat-linear", "when", "after")} | {
        ("scorer", "concat-linear", "query", query) for query in ("state", "token", "sum")
    }
    for first, second in itertools.combinations(FACTORS, 2):
        for one, other in itertools.product(FACTORS[first], FACTORS[second]):
            occurs = any(values[first] == one and values[second] == other for values in COVERING)
            assert occurs != ((first, one, second, other) in illegal), (first, one, second, other)


@every_combination
@torch.no_grad()
def test_steps_equal_teacher_forcing(model_of: Make, sentences: list[list[int]], targets: Tensor, values: Values) -> None:
    model = model_of(values)
    source, valid = pad(sentences)
    decoded = model(source, valid, targets, weights=True)
    state = model.start(model.encode(source, valid))
    for position in range(targets.shape[1]):
        step = model.step(targets[:, position], state, weights=True)
        state = step.state
        torch.testing.assert_close(step.logits, decoded.logits[:, position], rtol=0, atol=1e-10)
        torch.testing.assert_close(step.attention, decoded.attention[:, position], rtol=0, atol=1e-10)
    assert isinstance(state, RecurrentState)
    assert state.length == targets.shape[1]


@every_combination
@torch.no_grad()
def test_a_sentence_alone_equals_the_sentence_among_64(
    model_of: Make, sentences: list[list[int]], targets: Tensor, values: Values
) -> None:
    model = model_of(values)
    padded = targets.clone()
    padded[13, 3:] = 0
    together = model(*pad(sentences), padded, weights=True)
    for row, length in ((0, 6), (13, 3), (63, 6)):
        alone = model(*pad([sentences[row]]), padded[row : row + 1, :length], weights=True)
        seen = alone.attention.shape[-1]
        torch.testing.assert_close(alone.logits[0], together.logits[row, :length], rtol=0, atol=1e-10)
        torch.testing.assert_close(alone.attention[0], together.attention[row, :length, :, :seen], rtol=0, atol=1e-10)
        assert torch.all(together.attention[row, ..., seen:] == 0.0)


@every_combination
@torch.no_grad()
def test_a_later_target_token_never_changes_an_earlier_prediction(
    model_of: Make, sentences: list[list[int]], targets: Tensor, values: Values
) -> None:
    model = model_of(values)
    source, valid = pad(sentences[:8])
    changed = targets[:8].clone()
    changed[:, 3] = 4 + (changed[:, 3] - 3) % 19
    before, after = (model(source, valid, each).logits for each in (targets[:8], changed))
    torch.testing.assert_close(before[:, :3], after[:, :3], rtol=0, atol=1e-13)
    assert not torch.allclose(before[:, 3], after[:, 3])


@every_combination
@torch.no_grad()
def test_selected_hypotheses_go_on_from_their_own_past(
    model_of: Make, sentences: list[list[int]], targets: Tensor, values: Values
) -> None:
    model = model_of(values)
    source, valid = pad(sentences[:4])
    rows = torch.tensor([3, 3, 0, 2, 1])
    state = model.start(model.encode(source, valid))
    for position in range(2):
        state = model.step(targets[:4, position], state).state
    chosen = model.step(targets[:5, 2], state.select(rows)).logits
    prefixes = torch.cat((targets[:4][rows, :2], targets[:5, 2:3]), dim=1)
    direct = model.decoder(prefixes, model.encode(source, valid).select(rows)).logits[:, 2]
    torch.testing.assert_close(chosen, direct, rtol=0, atol=1e-10)


@every_combination
def test_gradients_reach_every_parameter_and_are_finite(
    model_of: Make, sentences: list[list[int]], targets: Tensor, values: Values
) -> None:
    model = model_of(values)
    source, valid = pad([*sentences[:15], []])
    decoded = model(source, valid, targets[:16])
    loss = decoded.logits.square().mean() if decoded.penalty is None else decoded.logits.square().mean() + decoded.penalty
    loss.backward()
    for name, weight in model.named_parameters():
        if values["scorer"] == "concat-linear" and name.startswith("decoder.look.projections.key"):
            continue  # it never sees the keys
        assert weight.grad is not None, name
        assert torch.all(torch.isfinite(weight.grad)), name
        shifts_all_scores_alike = name.endswith("projections.key.bias")
        assert shifts_all_scores_alike or torch.any(weight.grad != 0.0), name


@every_combination
def test_every_device_and_half_precision_will_do(model_of: Make, targets: Tensor, values: Values) -> None:
    model = model_of(values).float().train()
    source, valid = pad([[4, 5, 6], [7]])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        decoded = model(source, valid, targets[:2])
        logits = model.step(targets[:2, 0], model.start(model.encode(source, valid))).logits
    decoded.logits.float().square().mean().backward()
    assert torch.all(torch.isfinite(decoded.logits.float()))
    assert torch.all(torch.isfinite(logits.float()))
    model, source, valid = model.to("meta"), source.to("meta"), valid.to("meta")
    assert model(source, valid, targets[:2].to("meta")).logits.device.type == "meta"


@pytest.mark.parametrize("encoder", CELLS)
@pytest.mark.parametrize("bridge", ["learned", "final", "mean", "none"])
@torch.no_grad()
def test_a_fixed_length_context_hands_over_as_many_numbers_for_any_source(
    build: Build, targets: Tensor, encoder: str, bridge: str
) -> None:
    model = build(encoder={"architecture": encoder}, decoder={"architecture": "lstm"}, bridge=bridge, attention="none").eval()
    counts = set()
    for length in (2, 40):
        source = torch.full((1, length), 5)
        memory = model.encode(source, source != 0)
        state = model.start(memory)
        assert isinstance(state, RecurrentState)
        handed = [*itertools.chain(*state.hidden), state.memory.keys, state.memory.values]
        counts.add(tuple(vector.numel() for vector in handed))
        blind = replace(memory, states=torch.full_like(memory.states, torch.nan))
        assert torch.equal(model.decoder(targets[:1], memory).logits, model.decoder(targets[:1], blind).logits)
    assert len(counts) == 1
