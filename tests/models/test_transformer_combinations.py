"""What must hold for every Transformer: tried on shapes that cover every legal pair of its own members."""

import pytest
import torch
from combinations import FACTORS, SCORERS, Values, covering, fields_of, name_of, shape_of
from torch import Tensor

from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.seq2seq import Seq2Seq
from embedseq.text.batches import pad

WORDS = 23
OWN = ("self_heads", "self_projections", "self_span", "self_experts", "positions", "norm", "normalisation", "activation")
TRANSFORMERS = covering(
    {
        "encoder": ("transformer",),
        "decoder": ("transformer",),
        "layers": (2,),
        "scorer": ("scaled-dot",),
        "heads": (2,),
        "self_scorer": SCORERS,
        **{name: FACTORS[name] for name in OWN},
    },
    seed=2,
)
every_transformer = pytest.mark.parametrize("values", TRANSFORMERS, ids=name_of)


def build(values: Values) -> Seq2Seq:
    return build_seq2seq(shape_of(fields_of(values)), Sizes(WORDS, WORDS), HandedOver(), seed=1).double().eval()


@every_transformer
@torch.no_grad()
def test_steps_equal_teacher_forcing(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    model = build(values)
    source, valid = pad(sentences[:16])
    decoded = model(source, valid, targets[:16], weights=True)
    state = model.start(model.encode(source, valid))
    for position in range(targets.shape[1]):
        step = model.step(targets[:16, position], state, weights=True)
        state = step.state
        torch.testing.assert_close(step.logits, decoded.logits[:, position], rtol=0, atol=1e-11)
        torch.testing.assert_close(step.attention, decoded.attention[:, position], rtol=0, atol=1e-11)


@every_transformer
@torch.no_grad()
def test_a_pair_alone_equals_the_pair_in_a_batch_of_64(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    model = build(values)
    source, valid = pad(sentences)
    shortened = targets.clone()
    shortened[13, 4:] = 0
    together, memory = model(source, valid, shortened).logits, model.encode(source, valid)
    for row, length in ((0, 6), (13, 4), (63, 6)):
        alone = model.encode(*pad([sentences[row]]))
        torch.testing.assert_close(alone.states[0], memory.states[row, : len(sentences[row])], rtol=0, atol=1e-11)
        logits = model.decoder(targets[row : row + 1, :length], alone).logits
        torch.testing.assert_close(logits[0], together[row, :length], rtol=0, atol=1e-11)
    assert torch.all(memory.states[~valid] == 0.0)


@every_transformer
@torch.no_grad()
def test_a_later_token_changes_no_earlier_prediction(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    model = build(values)
    source, valid = pad(sentences[:8])
    for place in (1, 3, 5):
        changed = targets[:8].clone()
        changed[:, place] = 4 + (changed[:, place] - 3) % (WORDS - 4)
        before, after = (model(source, valid, each).logits for each in (targets[:8], changed))
        torch.testing.assert_close(before[:, :place], after[:, :place], rtol=0, atol=1e-12)
        assert torch.all((before[:, place] - after[:, place]).abs().amax(dim=-1) > 1e-9)


@every_transformer
def test_gradients_reach_every_parameter(values: Values, sentences: list[list[int]], targets: Tensor) -> None:
    model = build(values)
    decoded = model(*pad(sentences), targets)
    decoded.logits.square().sum().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert torch.all(torch.isfinite(weight.grad)), name
        shifts_all_scores_alike = name.endswith("projections.key.bias")
        assert shifts_all_scores_alike or torch.any(weight.grad != 0.0), name


@every_transformer
@torch.no_grad()
def test_a_source_without_tokens_gives_finite_logits(values: Values, targets: Tensor) -> None:
    model = build(values)
    source = torch.zeros(2, 3, dtype=torch.long)
    source[0] = 5
    memory = model.encode(source, source != 0)
    assert torch.all(memory.states[1] == 0.0)
    assert torch.all(torch.isfinite(model.decoder(targets[:2], memory).logits))


def test_every_member_is_in_one_of_these_transformers() -> None:
    assert {values["self_scorer"] for values in TRANSFORMERS} >= set(SCORERS) - {"concat-linear"}
    for name in OWN:
        assert {values[name] for values in TRANSFORMERS} == set(FACTORS[name]), name
