"""Looking at several memories: each strategy against a plain loop of its equation, and what must hold for all."""

import itertools
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from several_memories import (
    DIM,
    EXACT,
    STRATEGIES,
    NewLook,
    additive,
    look_with,
    looks_of,
    masks,
    memory_of,
    one_look,
    queries,
    see,
    softmax,
    two_heads,
)
from torch import Tensor, nn

from embedseq.models.attention.combining import Combining, Mean, SecondAttention, even_shares
from embedseq.models.attention.experts import ExpertProjections, Experts
from embedseq.models.attention.look import Asking, Seen
from embedseq.models.attention.router import Router
from embedseq.models.attention.scorers.scaled_dot import ScaledDot
from embedseq.models.attention.several import Several
from embedseq.models.memory import Memory
from embedseq.models.transformer.serial import Serial


def mixture() -> Experts:
    return Experts(ScaledDot(2, 2, 0), Router(DIM, 3, 2), ExpertProjections(DIM, DIM, DIM, 3, 2), balance=0.5)


every_strategy = pytest.mark.parametrize("strategy", STRATEGIES)


@settings(max_examples=25)
@given(lengths=masks, seed=st.integers(0, 99))
@torch.no_grad()
def test_parallel_is_the_mean_of_what_each_look_sees(lengths: list[list[int]], seed: int) -> None:
    memory, look = memory_of(lengths, seed), look_with("parallel", len(lengths))
    query = queries(len(lengths[0]))
    seen = see(look, memory, query)
    for b, t in itertools.product(range(len(query)), range(2)):
        each = [
            one_look(own, query[b, t], m.states[b], m.valid[b])
            for own, m in zip(looks_of(look), (memory, *memory.others), strict=True)
        ]
        count = max(1, sum(length[b] > 0 for length in lengths))
        context = sum((context for context, _ in each), torch.zeros(DIM, dtype=torch.float64)) / count
        weights = [weight / count for _, ours in each for weight in ours]
        torch.testing.assert_close(seen.context[b, t], context, **EXACT)
        torch.testing.assert_close(seen.weights[b, t, 0], torch.tensor(weights, dtype=torch.float64), **EXACT)


@settings(max_examples=25)
@given(lengths=masks, seed=st.integers(0, 99))
@torch.no_grad()
def test_hierarchical_attends_to_what_each_look_sees(lengths: list[list[int]], seed: int) -> None:
    memory, look = memory_of(lengths, seed), look_with("hierarchical", len(lengths))
    assert isinstance(look, Several)
    second = look.combining
    assert isinstance(second, SecondAttention)
    query = queries(len(lengths[0]))
    seen = see(look, memory, query)
    for b, t in itertools.product(range(len(query)), range(2)):
        each = [
            one_look(own, query[b, t], m.states[b], m.valid[b])
            for own, m in zip(looks_of(look), (memory, *memory.others), strict=True)
        ]
        there = [i for i, length in enumerate(lengths) if length[b] > 0]
        asked = second.query_projection.weight @ query[b, t] + second.query_projection.bias
        energies = [
            float(second.energy.weight[0] @ torch.tanh(asked + matrix(second.key_projections, i) @ each[i][0])) for i in there
        ]
        shares = dict(zip(there, softmax(energies) if there else [], strict=True))
        context = torch.zeros(DIM, dtype=torch.float64)
        for i, share in shares.items():
            context = context + share * (matrix(second.value_projections, i) @ each[i][0])
        weights = [shares.get(i, 0.0) * weight for i, (_, ours) in enumerate(each) for weight in ours]
        torch.testing.assert_close(seen.context[b, t], context, **EXACT)
        torch.testing.assert_close(seen.weights[b, t, 0], torch.tensor(weights, dtype=torch.float64), **EXACT)


def matrix(projections: nn.ModuleList, number: int) -> Tensor:
    weight = projections[number].weight
    assert isinstance(weight, Tensor)
    return weight


@pytest.mark.parametrize("look", [additive, two_heads])
@torch.no_grad()
def test_flat_is_attention_over_all_states_side_by_side(look: NewLook) -> None:
    memory, plain, query = memory_of([[3, 2], [2, 4]]), look_with("flat", 2, look), queries(2)
    other = memory.others[0]
    seen = see(plain, memory, query)
    for row, (first, second) in enumerate([(3, 2), (2, 4)]):
        states = torch.cat((memory.states[row, :first], other.states[row, :second])).unsqueeze(0)
        alone = see(plain, Memory(states, torch.ones(1, first + second, dtype=torch.bool), ()), query[row : row + 1])
        torch.testing.assert_close(seen.context[row], alone.context[0], **EXACT)
        kept = torch.cat((memory.valid[row], other.valid[row]))
        torch.testing.assert_close(seen.weights[row][:, :, kept], alone.weights[0], **EXACT)
        assert torch.all(seen.weights[row][:, :, ~kept] == 0.0)


@torch.no_grad()
def test_parallel_sees_the_same_of_swapped_memories_with_swapped_looks() -> None:
    memory, look, query = memory_of([[3, 2], [2, 4]]), look_with("parallel", 2, two_heads), queries(2)
    swapped = replace(memory.others[0], others=(replace(memory, others=()),))
    other = Several(list(reversed(looks_of(look))), Mean())
    ours, theirs = see(look, memory, query), see(other, swapped, query)
    torch.testing.assert_close(ours.context, theirs.context, **EXACT)
    first = memory.states.shape[1]
    back = torch.cat((theirs.weights[..., -first:], theirs.weights[..., :-first]), dim=-1)
    torch.testing.assert_close(ours.weights, back, **EXACT)


@every_strategy
@pytest.mark.parametrize("look", [additive, two_heads])
@settings(max_examples=15)
@given(lengths=masks, seed=st.integers(0, 99))
@torch.no_grad()
def test_weights_sum_to_one_where_anything_is_there_and_are_zero_at_padding(
    strategy: str, look: NewLook, lengths: list[list[int]], seed: int
) -> None:
    memory, several = memory_of(lengths, seed), look_with(strategy, len(lengths), look)
    seen, valid = see(several, memory, queries(len(lengths[0]))), several.read(memory).valid
    assert torch.equal(valid, memory.joined_valid)
    there = valid.any(dim=1).double()[:, None, None].expand_as(seen.weights[..., 0])
    torch.testing.assert_close(seen.weights.sum(-1), there, **EXACT)
    assert torch.all(seen.weights.masked_select(~valid[:, None, None]) == 0.0)
    assert torch.all(torch.isfinite(seen.context))


@pytest.mark.parametrize("strategy", ["parallel", "hierarchical", "serial"])
@settings(max_examples=15)
@given(lengths=masks, seed=st.integers(0, 99))
@torch.no_grad()
def test_what_experts_looked_at_is_the_mean_of_those_chosen_for_each_memory_times_its_share(
    strategy: str, lengths: list[list[int]], seed: int
) -> None:
    memory, look, query = memory_of(lengths, seed), look_with(strategy, len(lengths), mixture), queries(len(lengths[0]))
    each: list[Seen] = []
    shares = [even_shares(look.read(memory).there, torch.float64).unsqueeze(1).expand(-1, 2, -1)]
    if isinstance(look, Several):
        look.combining.register_forward_hook(lambda _, __, combined: shares.append(combined.shares))
    for own in look.get_submodule("looks"):
        own.register_forward_hook(lambda _, __, seen: each.append(seen))
    seen = see(look, memory, query)
    assert seen.lengths == tuple(m.valid.shape[1] for m in (memory, *memory.others))
    for b, t in itertools.product(range(len(query)), range(2)):
        expected: list[float] = []
        for i, own in enumerate(each):
            chosen = [weights for weights in own.weights[b, t].tolist() if any(weights)]
            columns = [sum(column) / max(1, len(chosen)) for column in zip(*own.weights[b, t].tolist(), strict=True)]
            expected += [float(shares[-1][b, t, i]) * column for column in columns]
        torch.testing.assert_close(seen.looked[b, t], torch.tensor(expected, dtype=torch.float64), **EXACT)
        assert sum(expected) == pytest.approx(float(any(length[b] for length in lengths)), abs=1e-12)


@every_strategy
@torch.no_grad()
def test_a_memory_that_has_nothing_gives_no_nan_and_counts_nothing(strategy: str) -> None:
    look, query = look_with(strategy, 2, two_heads), queries(2)
    memory = memory_of([[3, 2], [0, 4]])
    seen = see(look, memory, query)
    assert torch.all(torch.isfinite(seen.context))
    torch.testing.assert_close(seen.weights[..., :3].sum(-1)[0], torch.ones(2, 2, dtype=torch.float64), **EXACT)
    changed = replace(memory.others[0], states=torch.where(memory.others[0].valid.unsqueeze(-1), memory.others[0].states, 5.0))
    assert torch.equal(see(look, replace(memory, others=(changed,)), query).context, seen.context)
    nothing = see(look, memory_of([[0, 1], [0, 1]]), query)
    assert torch.all(torch.isfinite(nothing.context))
    assert torch.all(nothing.weights[0] == 0.0)


@every_strategy
@torch.no_grad()
def test_a_sentence_alone_sees_what_it_sees_in_a_batch(strategy: str) -> None:
    lengths = [[3, 1, 2], [2, 4, 1]]
    memory, look, query = memory_of(lengths), look_with(strategy, 2, two_heads), queries(3)
    together = see(look, memory, query)
    for row, (first, second) in enumerate(zip(*lengths, strict=True)):
        parts = [
            Memory(m.states[row : row + 1, :length], m.valid[row : row + 1, :length], ())
            for m, length in ((memory, first), (memory.others[0], second))
        ]
        alone = see(look, replace(parts[0], others=(parts[1],)), query[row : row + 1])
        torch.testing.assert_close(alone.context[0], together.context[row], **EXACT)
        torch.testing.assert_close(alone.weights[0], together.weights[row][:, :, memory.joined_valid[row]], **EXACT)


@every_strategy
@torch.no_grad()
def test_selected_rows_see_their_own_memories(strategy: str) -> None:
    memory, look, query = memory_of([[3, 1, 2], [2, 4, 1]]), look_with(strategy, 2, two_heads), queries(3)
    rows = torch.tensor([2, 0, 0, 1])
    kept = look.read(memory).select(rows)
    assert torch.equal(kept.valid, memory.select(rows).joined_valid)
    selected = look(query[rows], kept, Asking(weights=True))
    together = see(look, memory, query)
    torch.testing.assert_close(selected.context, together.context[rows], **EXACT)
    torch.testing.assert_close(selected.weights, together.weights[rows], **EXACT)


@every_strategy
@torch.no_grad()
def test_a_bias_reaches_the_scores_of_its_own_memory(strategy: str) -> None:
    memory, look, query = memory_of([[3], [4]]), look_with(strategy, 2), queries(1)
    bias = torch.zeros(1, 1, 1, 7, dtype=torch.float64)
    bias[..., 5] = 200.0
    seen = see(look, memory, query, bias=bias)
    weights, share = seen.weights[0, :, 0], 1.0 if strategy == "flat" else seen.weights[0, :, 0, 3:].sum(-1)
    torch.testing.assert_close(weights[:, 5], torch.ones(2, dtype=torch.float64) * share, **EXACT)
    if strategy == "parallel":
        torch.testing.assert_close(weights[:, :3], see(look, memory, query).weights[0, :, 0, :3], **EXACT)


@pytest.mark.parametrize("length", [1, 7])
def test_what_is_asked_of_all_keys_is_cut_for_each_memory(length: int) -> None:
    given, allowed = torch.randn(2, 1, 3, length), torch.rand(3, length) < 0.5
    first, second = Asking(first=2, bias=given, allowed=allowed, weights=True).split((3, 4))
    assert (first.first, first.weights, second.first) == (2, True, 2)
    assert torch.equal(torch.cat((first.bias, second.bias), dim=-1), given.expand(2, 1, 3, 7))
    assert torch.equal(torch.cat((first.allowed, second.allowed), dim=-1), allowed.expand(3, 7))
    assert first.bias.shape[-1] == 3
    assert Asking().split((3, 4)) == (Asking(), Asking())


@pytest.mark.parametrize("strategy", ["parallel", "hierarchical", "serial"])
def test_the_number_of_memories_must_be_that_of_the_looks(strategy: str) -> None:
    with pytest.raises(ValueError, match="2 looks are for as many memories, but there are 3"):
        look_with(strategy, 2).read(memory_of([[1], [1], [1]]))


@pytest.mark.parametrize("strategy", ["parallel", "hierarchical", "serial"])
def test_the_penalties_of_all_looks_add_up(strategy: str) -> None:
    torch.manual_seed(1)
    look = STRATEGIES[strategy](2, mixture).double().train()
    memory, query = memory_of([[3], [4]]), queries(1)
    seen = look(query, look.read(memory))
    penalties, asked = [], query
    for number, own in enumerate(look.get_submodule("looks").children()):
        entered = look.residuals[number].enter(asked) if isinstance(look, Serial) else asked
        alone = own(entered, own.read((memory, *memory.others)[number] if number else replace(memory, others=())))
        penalties.append(alone.penalty)
        asked = look.residuals[number].join(asked, alone.context) if isinstance(look, Serial) else asked
    torch.testing.assert_close(seen.penalty, torch.stack(penalties).sum(), **EXACT)
    assert seen.weights is None
    assert look.eval()(query, look.read(memory)).penalty is None


@pytest.mark.parametrize("combining", [Mean(), SecondAttention(DIM, DIM, 3)], ids=["mean", "second-attention"])
def test_the_gradients_of_combining_are_right_with_a_memory_missing(combining: Combining) -> None:
    combining = combining.double()
    there = torch.tensor([[True, False, True], [False, False, False]])
    query, contexts = (torch.randn(*size, DIM, dtype=torch.float64, requires_grad=True) for size in ((2, 2), (2, 2, 3)))

    def results(query: Tensor, contexts: Tensor, *_: Tensor) -> tuple[Tensor, Tensor]:
        combined = combining(query, contexts, there)
        return combined.context, combined.shares

    assert torch.autograd.gradcheck(results, (query, contexts, *combining.parameters()))


def test_even_shares_are_those_of_the_memories_that_are_there() -> None:
    there = torch.tensor([[True, True], [False, True], [False, False]])
    assert even_shares(there, torch.float64).tolist() == [[0.5, 0.5], [0.0, 1.0], [0.0, 0.0]]
