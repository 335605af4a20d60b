"""Each span against a plain double loop of its equation; a span without a loop here fails the suite."""

import math
from collections.abc import Callable
from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from embedseq.models.attention.heads import Attention
from embedseq.models.attention.look import Asking
from embedseq.models.attention.registry import scorers
from embedseq.models.attention.spans import LocalMonotonic, LocalPredictive, Reach, Span, SpanTrait, causal, spans
from embedseq.models.settings import SelfAttentionSettings

NAMES = sorted(spans())
COUNTED = ["local-m", "local-p"]
"""Those that count the valid keys, wherever these stand."""
DIM = 6


def everywhere(span: Span, query: Tensor, position: int, slot: int, valid: list[bool]) -> float:
    return 1.0


def window(span: Span, query: Tensor, position: int, slot: int, valid: list[bool]) -> float:
    """|s - t| ≤ D."""
    return 1.0 if abs(slot - position) <= span.width else 0.0


def local_monotonic(span: Span, query: Tensor, position: int, slot: int, valid: list[bool]) -> float:
    """|s - p| ≤ D, p = min(t, S - 1)."""
    centre = min(position, sum(valid) - 1)
    return 1.0 if abs(sum(valid[:slot]) - centre) <= span.width else 0.0


def local_predictive(span: Span, query: Tensor, position: int, slot: int, valid: list[bool]) -> float:
    """p = S · sigmoid(v · tanh(W h)), exp(-(s - p)² / 2σ²), σ = D/2, where |s - p| ≤ D."""
    weights = dict(span.named_parameters())
    w, v = weights["hidden.weight"].detach(), weights["position.weight"].detach()[0]
    inner = [math.tanh(sum(float(w[i, j] * query[j]) for j in range(len(query)))) for i in range(len(v))]
    logit = sum(float(v[i]) * inner[i] for i in range(len(v)))
    distance = sum(valid[:slot]) - sum(valid) / (1.0 + math.exp(-logit))
    sigma = span.width / 2
    return math.exp(-(distance**2) / (2 * sigma**2)) if abs(distance) <= span.width else 0.0


EQUATIONS: dict[str, Callable[[Span, Tensor, int, int, list[bool]], float]] = {
    "all": everywhere,
    "window": window,
    "local-m": local_monotonic,
    "local-p": local_predictive,
}


def make(name: str, width: int) -> Span:
    return spans()[name](width, DIM).double()


def spread(reach: Reach, b: int, t: int, s: int) -> tuple[Tensor, Tensor]:
    """What is allowed and the factor, both (B, T, S)."""
    allowed = torch.ones(1, 1, 1, 1, dtype=torch.bool) if reach.allowed is None else reach.allowed
    factor = torch.ones(1, 1, 1, 1, dtype=torch.float64) if reach.factor is None else reach.factor
    return allowed.expand(b, 1, t, s).squeeze(1), factor.expand(b, 1, t, s).squeeze(1)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 6), st.integers(1, 4), st.integers(0, 5), st.integers(0, 2**31))
def test_a_span_equals_its_equation(name: str, b: int, t: int, s: int, width: int, first: int, seed: int) -> None:
    torch.manual_seed(seed)
    span, query, valid = make(name, width), 2 * torch.randn(b, t, DIM, dtype=torch.float64), torch.rand(b, s) < 0.7
    allowed, factor = (part.detach() for part in spread(span(query, valid, first), b, t, s))
    for row in range(b):
        for position in range(t):
            for slot in range(s):
                if not valid[row, slot]:
                    continue
                expected = EQUATIONS[name](span, query[row, position], first + position, slot, valid[row].tolist())
                assert bool(allowed[row, position, slot]) == (expected > 0.0)
                if expected > 0.0:
                    assert abs(float(factor[row, position, slot]) - expected) < 1e-12


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 6), st.integers(1, 3), st.integers(0, 2**31))
def test_attention_within_a_span_equals_a_loop(name: str, b: int, t: int, s: int, width: int, seed: int) -> None:
    torch.manual_seed(seed)
    span, scorer = make(name, width), scorers()["additive"](DIM, DIM, 4).double()
    query, states = torch.randn(b, t, DIM, dtype=torch.float64), torch.randn(b, s, DIM, dtype=torch.float64)
    valid = torch.rand(b, s) < 0.7
    look = Attention(scorer, span=span)
    seen = look(query, look.prepare(states, valid), Asking(weights=True))
    scores = scorer(query, scorer.prepare(states)).detach()
    for row in range(b):
        for position in range(t):
            asked = (span, query[row, position], position)
            factors = [EQUATIONS[name](*asked, slot, valid[row].tolist()) if valid[row, slot] else 0.0 for slot in range(s)]
            total = sum(math.exp(scores[row, position, slot]) for slot in range(s) if factors[slot])
            weights = [
                math.exp(scores[row, position, slot]) / total * factors[slot] if factors[slot] else 0.0 for slot in range(s)
            ]
            expected = torch.tensor(weights, dtype=torch.float64)
            torch.testing.assert_close(seen.weights[row, position, 0], expected, rtol=0, atol=1e-12)
            assert all(seen.weights[row, position, 0, slot] == 0.0 for slot in range(s) if not factors[slot])
            torch.testing.assert_close(seen.context[row, position], expected @ states[row], rtol=0, atol=1e-12)


def test_every_span_has_an_equation_here_and_a_name_in_the_pipeline_file() -> None:
    assert sorted(EQUATIONS) == NAMES
    assert list(spans()) == list(get_args(SelfAttentionSettings.model_fields["span"].annotation))


@pytest.mark.parametrize("name", NAMES)
def test_a_span_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    member = spans()[name]
    assert member.about.equation in (member.__doc__ or "")
    assert member.about.paper in (member.__doc__ or "")
    assert member.about.traits <= set(get_args(SpanTrait))
    assert member.about.traits & {"within", "across"}


def reach_of(name: str, width: int = 2, first: int = 0, length: int = 9) -> tuple[Tensor, Tensor]:
    """The reach of three queries, always the same, among nine slots of which the first `length` are valid."""
    torch.manual_seed(1)
    span = make(name, width)
    query, valid = torch.randn(1, 3, DIM, dtype=torch.float64), (torch.arange(9) < length).unsqueeze(0)
    allowed, factor = spread(span(query, valid, first), 1, 3, 9)
    return allowed & valid[:, None], factor


@pytest.mark.parametrize("name", NAMES)
def test_the_traits_of_a_span_are_true(name: str) -> None:
    traits = spans()[name].about.traits
    assert ("learned" in traits) == any(True for _ in make(name, 2).parameters())
    assert ("hard" in traits) == bool(torch.all(reach_of(name)[1] == 1.0))
    assert ("width" in traits) == (not torch.equal(reach_of(name)[0], reach_of(name, width=1)[0]))
    assert ("diagonal" in traits) == ("across" in traits and not torch.equal(reach_of(name)[0], reach_of(name, first=4)[0]))
    among_fewer, among_all = reach_of(name, first=6, length=4)[0], reach_of(name, first=6)[0]
    assert ("needs-length" in traits) == (not torch.equal(among_fewer[..., :4], among_all[..., :4]))


@pytest.mark.parametrize("name", [name for name in NAMES if "hard" in spans()[name].about.traits])
def test_a_hard_window_that_covers_everything_equals_full_attention_exactly(name: str) -> None:
    torch.manual_seed(1)
    query, states = torch.randn(2, 7, DIM), torch.randn(2, 7, DIM)
    valid = torch.arange(7) < torch.tensor([[7], [4]])
    scorer = scorers()["additive"](DIM, DIM, 4)
    full, within = Attention(scorer), Attention(scorer, span=spans()[name](6, DIM))
    expected, seen = (look(query, look.prepare(states, valid), Asking(weights=True)) for look in (full, within))
    assert torch.equal(seen.context, expected.context)
    assert torch.equal(seen.weights, expected.weights)


def test_the_gaussian_of_local_p_stays_however_wide_the_window() -> None:
    allowed, factor = reach_of("local-p", width=9)
    assert torch.all(allowed)
    assert torch.all(factor < 1.0)


def test_beyond_the_sources_end_local_m_stays_at_the_last_key() -> None:
    valid = torch.arange(6) < torch.tensor([[4], [6]])
    reach = LocalMonotonic(1)(torch.zeros(2, 3, DIM), valid, first=9)
    assert reach.allowed is not None
    within = (reach.allowed.squeeze(1) & valid[:, None]).tolist()
    assert within[0] == [[False, False, True, True, False, False]] * 3
    assert within[1] == [[False, False, False, False, True, True]] * 3


@pytest.mark.parametrize("name", COUNTED)
def test_padding_anywhere_moves_no_window(name: str) -> None:
    torch.manual_seed(1)
    span, query = make(name, 2), torch.randn(1, 5, DIM, dtype=torch.float64)
    valid = torch.tensor([[False, True, True, False, False, True, True, True, False]])
    padded, factor = spread(span(query, valid, 1), 1, 5, 9)
    bare, bare_factor = spread(span(query, torch.ones(1, 5, dtype=torch.bool), 1), 1, 5, 5)
    assert torch.equal(padded[..., valid[0]], bare)
    assert torch.equal(factor[..., valid[0]], bare_factor)


@pytest.mark.parametrize("name", NAMES)
def test_queries_one_at_a_time_reach_what_they_reach_together(name: str) -> None:
    torch.manual_seed(1)
    span, query = make(name, 2), torch.randn(2, 6, DIM, dtype=torch.float64)
    valid = torch.arange(6) < torch.tensor([[6], [3]])
    allowed, factor = spread(span(query, valid, 3), 2, 6, 6)
    for step in range(6):
        one_allowed, one_factor = spread(span(query[:, step : step + 1], valid, 3 + step), 2, 1, 6)
        assert torch.equal(one_allowed, allowed[:, step : step + 1])
        torch.testing.assert_close(one_factor, factor[:, step : step + 1], rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_a_source_without_any_token_gives_weights_of_zero_and_finite_gradients(name: str) -> None:
    torch.manual_seed(1)
    look = Attention(scorers()["additive"](DIM, DIM, 4), span=spans()[name](2, DIM))
    query = torch.randn(2, 3, DIM, requires_grad=True)
    valid = torch.arange(4) < torch.tensor([[4], [0]])
    seen = look(query, look.prepare(torch.randn(2, 4, DIM), valid), Asking(first=2, weights=True))
    assert torch.all(seen.weights[1] == 0.0)
    assert torch.all(seen.weights[0].sum(dim=-1) > 0.0)
    seen.context.sum().backward()
    assert query.grad is not None
    assert torch.all(torch.isfinite(query.grad))
    assert torch.all(query.grad[1] == 0.0)


def predicting(share: float) -> LocalPredictive:
    """A local-p that predicts the given share of any sentence, for queries of ones."""
    span = LocalPredictive(1, DIM).double()
    with torch.no_grad():
        span.hidden.weight.fill_(1.0)
        span.position.weight.fill_(math.log(share / (1 - share)) / DIM / math.tanh(DIM))
    return span


@pytest.mark.parametrize("length", [1, 2, 7])
def test_local_p_can_centre_at_every_key(length: int) -> None:
    query, valid = torch.ones(1, 1, DIM, dtype=torch.float64), torch.ones(1, length, dtype=torch.bool)
    for key in range(length):
        factor = predicting(max(key, 1e-9) / length)(query, valid, 0).factor
        assert factor is not None
        assert int(factor.argmax()) == key
        assert factor.flatten()[key].item() > 1.0 - 1e-12


@settings(max_examples=50)
@given(st.floats(1e-16, 1.0 - 1e-16), st.integers(1, 9), st.booleans())
def test_local_p_always_reaches_a_key(share: float, length: int, in_double: bool) -> None:
    span = predicting(share) if in_double else predicting(share).float()
    query = torch.ones(1, 1, DIM, dtype=torch.float64 if in_double else torch.float32)
    reach = span(query, torch.ones(1, length, dtype=torch.bool), 0)
    assert reach.allowed is not None
    assert torch.any(reach.allowed)


def test_gradients_of_local_p_are_right_away_from_the_windows_edges() -> None:
    torch.manual_seed(2)
    span, valid = make("local-p", 2), torch.arange(7) < torch.tensor([[7], [4]])
    query = torch.randn(2, 3, DIM, dtype=torch.float64, requires_grad=True)
    weights = dict(span.named_parameters())

    def factor(query: Tensor, *values: Tensor) -> Tensor:
        reach = torch.func.functional_call(span, dict(zip(weights, values, strict=True)), (query, valid, 0))
        assert isinstance(reach, Reach)
        assert reach.allowed is not None
        assert reach.factor is not None
        return torch.where(reach.allowed, reach.factor, 0.0)

    with torch.no_grad():
        distances = (-0.5 * span(query, valid, 0).factor.log()).sqrt() * span.width
    assert float((distances - span.width).abs().min()) > 1e-3
    assert torch.autograd.gradcheck(factor, (query, *weights.values()))


def test_half_precision_moves_a_predicted_centre_by_less_than_a_key() -> None:
    torch.manual_seed(1)
    span, query, valid = LocalPredictive(10, DIM), torch.randn(1, 20, DIM), torch.ones(1, 60, dtype=torch.bool)
    exact = span(query, valid, 0)
    with torch.autocast("cpu", torch.bfloat16):
        rough = span(query, valid, 0)
    assert exact.factor is not None
    assert rough.factor is not None
    assert torch.all((exact.factor.argmax(-1) - rough.factor.argmax(-1)).abs() <= 1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_span_keeps_the_type_of_what_it_is_used_with(name: str, dtype: torch.dtype) -> None:
    look = Attention(scorers()["additive"](DIM, DIM, 4), span=spans()[name](2, DIM)).to(dtype)
    states, valid = torch.randn(2, 5, DIM, dtype=dtype), torch.ones(2, 5, dtype=torch.bool)
    seen = look(states, look.prepare(states, valid), Asking(weights=True))
    assert seen.context.dtype == seen.weights.dtype == dtype


@pytest.mark.parametrize("name", NAMES)
def test_a_span_works_under_autocast_and_without_a_device(name: str) -> None:
    look = Attention(scorers()["scaled-dot"](DIM, DIM, 4), span=spans()[name](2, DIM))
    states, valid = torch.randn(2, 5, DIM), torch.ones(2, 5, dtype=torch.bool)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.all(torch.isfinite(look(states, look.prepare(states, valid)).context))
    states, valid = states.to("meta"), valid.to("meta")
    shown = look.to("meta")(states, look.prepare(states, valid))
    assert shown.context.shape == (2, 5, DIM)


def test_the_causal_mask_shows_the_past_and_the_present() -> None:
    assert causal(3, torch.device("cpu")).tolist() == [[True, False, False], [True, True, False], [True, True, True]]
    assert causal(2, torch.device("cpu"), first=1).tolist() == [[True, True, False], [True, True, True]]
