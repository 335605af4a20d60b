"""The mixture of attention experts: against loops, against a plain head, alone and in a batch."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from embedseq.models.attention.attend import attend
from embedseq.models.attention.experts import ExpertProjections, Experts
from embedseq.models.attention.heads import Attention, Projections
from embedseq.models.attention.look import Asking, Prepared
from embedseq.models.attention.position_scorer import ByPosition
from embedseq.models.attention.registry import position_scorers, scorers
from embedseq.models.attention.rotary import Rotary
from embedseq.models.attention.router import Router
from embedseq.models.attention.scorer import Scorer
from embedseq.models.attention.spans import Span, Window, spans

DIM = 12
EXACT = {"rtol": 0, "atol": 1e-13}
SCORERS = sorted(scorers()) + sorted(position_scorers())


def scorer_of(name: str, width: int) -> Scorer:
    return scorers()[name](width, width, 5) if name in scorers() else ByPosition(position_scorers()[name](width, 4))


def make(
    scorer: str = "scaled-dot", experts: int = 5, chosen: int = 2, rotary: bool = False, span: Span | None = None
) -> Experts:
    torch.manual_seed(3)
    width = DIM // chosen
    router, projections = Router(DIM, experts, chosen), ExpertProjections(DIM, DIM, DIM, experts, width)
    return Experts(scorer_of(scorer, width), router, projections, span, Rotary(width) if rotary else None, balance=0.3).double()


def states_and_valid() -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    return torch.randn(3, 5, DIM, dtype=torch.float64), torch.arange(5) < torch.tensor([[5], [2], [1]])


def queries(length: int = 4) -> Tensor:
    return torch.randn(3, length, DIM, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


def likeliest(p: list[float], k: int) -> list[int]:
    return sorted(range(len(p)), key=lambda expert: (-p[expert], expert))[:k]


def contexts_by_loop(look: Experts, query: Tensor, states: Tensor, valid: Tensor, constants: Tensor | None = None) -> Tensor:
    """y = Σ_chosen p_i / Σ_chosen p_j · attention_i(q) W_i + b, token by token and expert by expert.

    constants: (B, T), in place of the normaliser Σ_chosen p_j, which the gradient takes for a constant.
    """
    experts, own = look.router.experts, look.projections
    width = own.key.out_features
    rows = []
    for b in range(len(query)):
        keys = look.scorer.prepare(own.key(states[b]).view(1, 1, -1, width))
        values = own.value(states[b]).view(1, 1, -1, width)
        for t, token in enumerate(query[b]):
            p = torch.softmax(look.router.score.weight @ token, dim=0)
            chosen = likeliest(p.tolist(), look.router.chosen)
            total = p[chosen].sum().detach() if constants is None else constants[b, t]
            y = own.output.bias
            for expert in chosen:
                part = slice(expert * width, (expert + 1) * width)
                asked = own.query.weight[part] @ token + own.query.bias[part]
                mixed = attend(look.scorer(asked.view(1, 1, 1, width), keys), values, valid[b]).mixed.flatten()
                y = y + p[expert] / total * (own.output.weight[:, part] @ mixed)
            rows.append(y)
    assert width * experts == own.output.in_features
    return torch.stack(rows).view(*query.shape[:2], -1)


@pytest.mark.parametrize("scorer", SCORERS)
@pytest.mark.parametrize(("experts", "chosen"), [(5, 2), (3, 1), (4, 4), (7, 3)])
def test_experts_equal_a_loop_over_tokens_and_experts(scorer: str, experts: int, chosen: int) -> None:
    states, valid = states_and_valid()
    look = make(scorer, experts, chosen)
    found = look(queries(), look.prepare(states, valid)).context
    torch.testing.assert_close(found, contexts_by_loop(look, queries(), states, valid), **EXACT)


@settings(max_examples=25)
@given(st.data())
def test_any_shape_and_any_mask_equals_the_loop(data: st.DataObject) -> None:
    chosen = data.draw(st.sampled_from([1, 2, 3]))
    look = make("additive", data.draw(st.integers(chosen, 6)), chosen)
    batch, asked, source = (data.draw(st.integers(1, 4)) for _ in range(3))
    valid = torch.tensor(data.draw(st.lists(st.booleans(), min_size=batch * source, max_size=batch * source))).view(batch, source)
    torch.manual_seed(data.draw(st.integers(0, 99)))
    query, states = (torch.randn(batch, length, DIM, dtype=torch.float64) for length in (asked, source))
    seen = look(query, look.prepare(states, valid), Asking(weights=True))
    torch.testing.assert_close(seen.context, contexts_by_loop(look, query, states, valid), **EXACT)
    assert torch.all(seen.weights.movedim(-1, 1)[~valid] == 0.0)


@pytest.mark.parametrize("scorer", SCORERS)
@pytest.mark.parametrize("rotary", [False, True])
def test_one_expert_of_one_equals_a_plain_head(scorer: str, rotary: bool) -> None:
    states, valid = states_and_valid()
    look = make(scorer, 1, 1, rotary=rotary)
    plain = Attention(look.scorer, 1, Projections(DIM, DIM, DIM), None, look.rotary).double()
    assert plain.projections is not None
    plain.projections.load_state_dict(look.projections.state_dict())
    asking = Asking(first=2, allowed=torch.ones(5, 5).bool().tril(), weights=True)
    ours = look(states, look.prepare(states, valid, 2), asking)
    theirs = plain(states, plain.prepare(states, valid, 2), asking)
    torch.testing.assert_close(ours.context, theirs.context, rtol=0, atol=1e-15)
    torch.testing.assert_close(ours.weights, theirs.weights, rtol=0, atol=1e-15)


@pytest.mark.parametrize("scorer", SCORERS)
def test_all_experts_with_equal_gates_are_the_mean_of_all(scorer: str) -> None:
    states, valid = states_and_valid()
    look = make(scorer, 4, 4)
    nn.init.zeros_(look.router.score.weight)
    seen = look(queries(), look.prepare(states, valid), Asking(weights=True))
    mixed = (seen.weights @ look.projections.value(states).unsqueeze(1)).flatten(-2)  # (B, T, E d)
    torch.testing.assert_close(seen.context, look.projections.output(mixed / 4), **EXACT)


def test_weights_are_shown_for_every_expert_and_are_zero_for_those_that_were_not_chosen() -> None:
    states, valid = states_and_valid()
    look = make()
    prepared = look.prepare(states, valid)
    assert look(queries(), prepared).weights is None
    weights = look(queries(), prepared, Asking(weights=True)).weights
    assert weights.shape == (3, 4, 5, 5)
    picked = (look.router(queries()).chosen.unsqueeze(-1) == torch.arange(5)).any(dim=2)
    torch.testing.assert_close(weights.sum(dim=-1), picked.double(), **EXACT)


@pytest.mark.parametrize("scorer", ["additive", "scaled-dot", "location"])
def test_a_sentence_alone_and_in_a_batch_of_64_with_any_padding_gives_the_same(scorer: str) -> None:
    generator = torch.Generator().manual_seed(4)
    lengths = torch.randint(1, 9, (64,), generator=generator)
    valid = torch.arange(8) < lengths.unsqueeze(1)
    states = torch.randn(64, 8, DIM, dtype=torch.float64, generator=generator)
    padded = torch.where(valid.unsqueeze(-1), states, 1e3 * torch.randn(states.shape, dtype=torch.float64, generator=generator))
    look = make(scorer, 6, 2)
    together = look(padded, look.prepare(padded, valid), Asking(weights=True))
    chosen = look.router(padded).chosen
    for row, length in enumerate(lengths.tolist()):
        one = states[row : row + 1, :length]
        alone = look(one, look.prepare(one, torch.ones(1, length, dtype=torch.bool)), Asking(weights=True))
        assert torch.equal(look.router(one).chosen[0], chosen[row, :length])
        torch.testing.assert_close(alone.context[0], together.context[row, :length], rtol=0, atol=1e-12)
        torch.testing.assert_close(alone.weights[0], together.weights[row, :length, :, :length], rtol=0, atol=1e-12)
        assert torch.all(together.weights[row, :length, :, length:] == 0.0)


@pytest.mark.parametrize("scorer", SCORERS)
@pytest.mark.parametrize("rotary", [False, True])
def test_steps_over_a_past_that_grows_equal_all_tokens_at_once(scorer: str, rotary: bool) -> None:
    states, _ = states_and_valid()
    look = make(scorer, 5, 2, rotary=rotary)
    whole = look(states, look.prepare(states, torch.ones(3, 5).bool()), Asking(causal=True))
    past: Prepared | None = None
    for position in range(5):
        token = states[:, position : position + 1]
        present = look.prepare(token, torch.ones(3, 1).bool(), position)
        past = present if past is None else past.append(present)
        assert past.values.shape == (3, 1, position + 1, 6)
        step = look(token, past, Asking(first=position))
        torch.testing.assert_close(step.context, whole.context[:, position : position + 1], **EXACT)


def test_selecting_rows_repeats_and_reorders_the_memory() -> None:
    (states, valid), look, rows = states_and_valid(), make("additive"), torch.tensor([2, 0, 0])
    chosen, direct = look.prepare(states, valid).select(rows), look.prepare(states[rows], valid[rows])
    torch.testing.assert_close(look(queries(), chosen).context, look(queries(), direct).context, **EXACT)


@pytest.mark.parametrize("scorer", SCORERS)
def test_a_source_without_any_token_gives_finite_contexts(scorer: str) -> None:
    states, valid = states_and_valid()
    look = make(scorer)
    seen = look(queries(), look.prepare(states, valid & False), Asking(weights=True))
    assert torch.all(seen.weights == 0.0)
    torch.testing.assert_close(seen.context, look.projections.output.bias.expand(3, 4, -1), **EXACT)


def gated_sum_of_plain_heads(look: Experts, query: Tensor, states: Tensor, valid: Tensor, asking: Asking) -> Tensor:
    """y = Σ_chosen w_i head_i(q) W_i + b, each head_i a plain attention with expert i's projections; bias (B, E, T, S)."""
    routed, own, context = look.router(query), look.projections, look.projections.output.bias.expand(*query.shape[:2], -1)
    width = own.key.out_features
    for expert in range(look.router.experts):
        part = slice(expert * width, (expert + 1) * width)
        projections = Projections(DIM, DIM, width).double()
        projections.query.weight.data, projections.query.bias.data = own.query.weight[part], own.query.bias[part]
        projections.key, projections.value, projections.output = own.key, own.value, nn.Identity()  # type: ignore[assignment]
        head = Attention(look.scorer, 1, projections, look.span, look.rotary)
        asked = asking if asking.bias is None else replace(asking, bias=asking.bias[:, expert : expert + 1])
        mixed = head(query, head.prepare(states, valid), asked).context
        gate = (routed.gates * (routed.chosen == expert)).sum(dim=-1, keepdim=True)
        context = context + gate * (mixed @ own.output.weight[:, part].T)
    return context


@pytest.mark.parametrize("span", sorted(spans()))
@pytest.mark.parametrize("asking", [Asking(), Asking(causal=True), Asking(first=1), Asking(allowed=torch.eye(5).bool())])
def test_with_any_span_they_are_the_gated_sum_of_plain_heads(span: str, asking: Asking) -> None:
    states, valid = states_and_valid()
    look = make(rotary=True, span=spans()[span](1, DIM))
    query = states[:, asking.first :]
    found = look(query, look.prepare(states, valid), asking).context
    torch.testing.assert_close(found, gated_sum_of_plain_heads(look, query, states, valid, asking), **EXACT)


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("scorer", SCORERS)
def test_a_window_in_blocks_equals_a_window_that_is_masked(scorer: str, is_causal: bool) -> None:
    states, valid = torch.randn(2, 150, DIM, dtype=torch.float64), torch.arange(150) < torch.tensor([[150], [140]])
    look = make(scorer, span=Window(3))
    prepared, asking = look.prepare(states, valid), Asking(causal=is_causal)
    masked = look(states, prepared, replace(asking, weights=True)).context
    torch.testing.assert_close(look(states, prepared, asking).context, masked, rtol=0, atol=1e-12)


def test_a_bias_of_all_or_of_each_expert_is_added_to_the_scores() -> None:
    states, valid = states_and_valid()
    look = make()
    bias = torch.randn(3, 5, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(6))
    for some in (bias, bias[:, :1], bias[:1, :1, :1], bias[:, :1, :1]):
        asking = Asking(bias=some.expand(3, 5, 5, 5))
        expected = gated_sum_of_plain_heads(look, states, states, valid, asking)
        torch.testing.assert_close(look(states, look.prepare(states, valid), Asking(bias=some)).context, expected, **EXACT)


@pytest.mark.parametrize("scorer", SCORERS)
def test_gradients_are_those_of_finite_differences_where_all_experts_are_chosen(scorer: str) -> None:
    """There the normaliser is one, and so a constant in truth."""
    states, valid = states_and_valid()
    look = make(scorer, 2, 2)
    inputs = (queries(2)[:2].requires_grad_(), states[:2, :3].requires_grad_(), look.router.score.weight)

    def context(query: Tensor, keys: Tensor, _: Tensor) -> Tensor:
        found: Tensor = look(query, look.prepare(keys, valid[:2, :3])).context
        return found

    assert torch.autograd.gradcheck(context, inputs)


def test_the_gradient_takes_the_normaliser_of_the_gates_for_a_constant() -> None:
    states, valid = (tensor[:1, :3] for tensor in states_and_valid())
    look, query = make("additive", 5, 2), queries(2)[:1].requires_grad_()
    constants = look.router(query).probabilities.topk(2).values.sum(dim=-1).detach()
    inputs = (query, look.router.score.weight)

    def by_loop(*_: Tensor) -> Tensor:
        return contexts_by_loop(look, query, states, valid, constants)

    assert torch.autograd.gradcheck(by_loop, inputs)
    probe = torch.randn(1, 2, DIM, dtype=torch.float64)
    expected = torch.autograd.grad((by_loop() * probe).sum(), inputs)
    found = torch.autograd.grad((look(query, look.prepare(states, valid)).context * probe).sum(), inputs)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_a_single_chosen_expert_teaches_its_router() -> None:
    states, valid = states_and_valid()
    look = make(experts=4, chosen=1)
    look(queries(), look.prepare(states, valid)).context.square().sum().backward()
    assert look.router.score.weight.grad is not None
    assert look.router.score.weight.grad.abs().max() > 1e-3


def test_the_penalty_is_the_weighted_imbalance_over_the_real_queries_in_training_alone() -> None:
    states, valid = states_and_valid()
    real = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]]).bool()
    look = make()
    penalty = look.train()(queries(), look.prepare(states, valid), Asking(real=real)).penalty
    assert penalty.item() == pytest.approx(0.3 * look.router(queries(), real).imbalance().item(), abs=1e-14)
    assert look.eval()(queries(), look.prepare(states, valid), Asking(real=real)).penalty is None
    look.balance = 0.0
    assert look.train()(queries(), look.prepare(states, valid), Asking(real=real)).penalty is None


@pytest.mark.parametrize("scorer", SCORERS)
def test_half_precision_trains_all_that_float32_trains(scorer: str) -> None:
    states, valid = states_and_valid()
    look = make(scorer).float().train()

    def trained() -> set[str]:
        look.zero_grad()
        seen = look(states.float(), look.prepare(states.float(), valid), Asking(bias=torch.zeros(1, 1, 1, 1), weights=True))
        assert torch.isfinite(seen.context).all()
        (seen.context.float().sum() + seen.penalty).backward()
        return {name for name, weight in look.named_parameters() if weight.grad is not None}

    in_full = trained()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert trained() == in_full >= {"router.score.weight", "projections.query.weight", "projections.value.weight"}


@pytest.mark.parametrize("scorer", SCORERS)
def test_shapes_can_be_known_without_numbers(scorer: str) -> None:
    look = make(scorer).to("meta").train()
    states, valid = torch.empty(3, 5, DIM, dtype=torch.float64, device="meta"), torch.ones(3, 5, device="meta").bool()
    seen = look(states, look.prepare(states, valid), Asking(real=valid, weights=True))
    assert seen.context.shape == (3, 5, DIM)
    assert seen.weights.shape == (3, 5, 5, 5)
