"""Models that read several sources side by side."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from embedseq.models.attention.looked import mean_over_heads
from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.resolved import attention_of
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import ModelShape
from embedseq.text.batches import Batch, Reading, pad

Shape = Callable[..., ModelShape]
WORDS, FURTHER_WORDS = 23, (19, 21)
EXACT: Any = {"rtol": 0, "atol": 1e-12}
STRATEGIES = ("flat", "parallel", "hierarchical", "serial")
DECODERS = ("gru", "lstm", "transformer")
COMBINATIONS = [
    {"architecture": decoder, "attention": {"scorer": scorer, "memories": strategy}}
    for decoder in DECODERS
    for strategy in STRATEGIES
    for scorer in ("additive", "scaled-dot")
    if strategy != "serial" or decoder == "transformer"
]
COMBINATIONS += [
    {"architecture": "gru", "attention": {"memories": "hierarchical", "coverage": True, "when": "before", "query": "joined"}},
    {"architecture": "lstm", "attention": {"memories": "flat", "coverage": True, "input_feeding": True}, "bridge": "final"},
    {"architecture": "rnn", "attention": {"memories": "parallel", "heads": 2, "experts": 3}, "bridge": "mean"},
    {"architecture": "transformer", "norm": "post", "attention": {"memories": "serial", "scorer": "scaled-dot", "heads": 2}},
    {"architecture": "transformer", "attention": {"memories": "parallel", "span": "local-m", "window": 1, "heads": 2}},
    {"architecture": "gru", "attention": {"memories": "hierarchical", "copying": True, "coverage": True}},
    {"architecture": "transformer", "attention": {"memories": "flat", "copying": True, "scorer": "scaled-dot", "heads": 2}},
    {"architecture": "transformer", "attention": {"memories": "serial", "copying": True}},
    {"architecture": "gru", "attention": {"memories": "flat", "experts": 4, "copying": True}},
    {"architecture": "gru", "attention": {"memories": "parallel", "experts": 4, "copying": True, "coverage": True}},
    {"architecture": "gru", "attention": {"memories": "hierarchical", "heads": 2, "experts": 4, "copying": True}},
    {"architecture": "lstm", "attention": {"memories": "hierarchical", "experts": 4, "coverage": True, "when": "before"}},
    {"architecture": "transformer", "attention": {"memories": "serial", "heads": 2, "experts": 4, "copying": True}},
    {"architecture": "transformer", "attention": {"memories": "hierarchical", "experts": 4, "scorer": "scaled-dot"}},
    {"architecture": "gru", "attention": "none"},
    {"architecture": "transformer", "attention": "none"},
]
every_combination = pytest.mark.parametrize("combination", COMBINATIONS, ids=str)


def build(shape: ModelShape, sources: int = 2, seed: int = 1) -> Seq2Seq:
    """A model with a vocabulary of another size for each further source, but of one size where it copies from them."""
    attention = attention_of(shape)
    copies = attention is not None and attention.copying
    further = (WORDS,) * (sources - 1) if copies else FURTHER_WORDS[: sources - 1]
    return build_seq2seq(shape, Sizes(WORDS, WORDS, further), HandedOver(), seed)


def batch_of(sentences: list[list[int]], targets: Tensor, sources: int = 2, rows: range = range(16)) -> Batch:
    """Some sentences; their further sources are other sentences of other lengths."""
    chosen, length = [[*sentences[row], 3] for row in rows], targets.shape[1]
    further = []
    for number in range(1, sources):
        words = FURTHER_WORDS[number - 1]
        further.append(
            Reading(*pad([[4 + word % (words - 4) for word in sentences[-1 - row - 16 * number]] + [3] for row in rows]))
        )
    target = targets[list(rows)]
    valid = torch.ones(len(rows), length, dtype=torch.bool)
    return Batch(torch.arange(len(rows)), *pad(chosen), target, target.roll(-1, 1), valid, tuple(further))


@every_combination
@torch.no_grad()
def test_steps_equal_teacher_forcing(
    shape: Shape, sentences: list[list[int]], targets: Tensor, combination: dict[str, Any]
) -> None:
    model = build(shape(**combination)).double().eval()
    batch = batch_of(sentences, targets)
    decoded = model.predict(batch, weights=True)
    state = model.start(model.encode(batch.source, batch.source_valid, batch.further))
    for position in range(targets.shape[1]):
        step = model.step(batch.target_in[:, position], state, weights=True)
        state = step.state
        torch.testing.assert_close(step.logits, decoded.logits[:, position], **EXACT)
        if combination["attention"] == "none":
            assert step.attention is None
        else:
            torch.testing.assert_close(step.attention, decoded.attention[:, position], **EXACT)


@every_combination
@torch.no_grad()
def test_a_pair_alone_equals_the_pair_in_a_batch_and_padding_changes_nothing(
    shape: Shape, sentences: list[list[int]], targets: Tensor, combination: dict[str, Any]
) -> None:
    model = build(shape(**combination), sources=3).double().eval()
    batch = batch_of(sentences, targets, sources=3)
    together = model.predict(batch, weights=True)
    rubbish = tuple(replace(one, source=torch.where(one.valid, one.source, 11)) for one in batch.further)
    source = torch.where(batch.source_valid, batch.source, 17)
    assert torch.equal(model.predict(replace(batch, source=source, further=rubbish)).logits, together.logits)
    for row in (0, 9, 15):
        alone = model.predict(batch_of(sentences, targets, sources=3, rows=range(row, row + 1)), weights=True)
        torch.testing.assert_close(alone.logits[0], together.logits[row], **EXACT)
        if alone.attention is not None and together.attention is not None:
            valid = torch.cat([batch.source_valid[row], *(one.valid[row] for one in batch.further)])
            torch.testing.assert_close(alone.attention[0], together.attention[row][:, :, valid], **EXACT)
            assert torch.all(together.attention[row][:, :, ~valid] == 0.0)
            mean = mean_over_heads(together.attention[row], together.lengths).sum(-1)
            torch.testing.assert_close(mean, torch.ones_like(mean), **EXACT)


@every_combination
@torch.no_grad()
def test_all_that_is_looked_at_is_told_to_coverage_and_may_be_copied_wherever_there_is_anything(
    shape: Shape, sentences: list[list[int]], targets: Tensor, combination: dict[str, Any]
) -> None:
    model, told = build(shape(**combination)).double().eval(), list[Tensor]()
    for name, place in (("coverage", 1), ("copying", 2)):
        for module in [module for at, module in model.decoder.named_modules() if at == name]:
            module.register_forward_hook(lambda _, inputs, __, place=place: told.append(inputs[place]))
    batch = batch_of(sentences, targets)
    valid, further = batch.source_valid.clone(), batch.further[0].valid.clone()
    valid[[0, 2]], further[[1, 2]] = False, False
    decoded = model.predict(replace(batch, source_valid=valid, further=(replace(batch.further[0], valid=further),)), weights=True)
    if decoded.attention is not None:
        told.append(mean_over_heads(decoded.attention, decoded.lengths))
    for looked in told:
        there = torch.ones(16).double().index_fill(0, torch.tensor(2), 0.0).unsqueeze(1)
        torch.testing.assert_close(looked.sum(-1), there.expand(16, looked.shape[1]), **EXACT)
    wants = isinstance(combination["attention"], dict) and {"coverage", "copying"} & set(combination["attention"])
    assert len(told) > 1 if wants else len(told) == (decoded.attention is not None)
    apart = decoded.attention is not None and combination["attention"]["memories"] != "flat"
    assert decoded.lengths == ((valid.shape[1], further.shape[1]) if apart else ())


@every_combination
@torch.no_grad()
def test_selected_hypotheses_go_on_with_their_own_sources(
    shape: Shape, sentences: list[list[int]], targets: Tensor, combination: dict[str, Any]
) -> None:
    model = build(shape(**combination)).double().eval()
    batch = batch_of(sentences, targets, rows=range(4))
    memory, rows = model.encode(batch.source, batch.source_valid, batch.further), torch.tensor([3, 3, 0, 2, 1])
    state = model.start(memory)
    for position in range(2):
        state = model.step(targets[:4, position], state).state
    chosen = model.step(targets[:5, 2], state.select(rows)).logits
    prefixes = torch.cat((targets[:4][rows, :2], targets[:5, 2:3]), dim=1)
    torch.testing.assert_close(chosen, model.decoder(prefixes, memory.select(rows)).logits[:, 2], **EXACT)


@every_combination
def test_gradients_reach_every_parameter_and_are_finite_with_a_source_missing(
    shape: Shape, sentences: list[list[int]], targets: Tensor, combination: dict[str, Any]
) -> None:
    model = build(shape(**combination, dropout=0.0))
    batch = batch_of(sentences, targets)
    missing = batch.further[0].valid.clone()
    missing[:3] = False
    decoded = model.predict(replace(batch, further=(replace(batch.further[0], valid=missing),)))
    assert torch.all(torch.isfinite(decoded.logits))
    (decoded.logits.square().sum() + (0.0 if decoded.penalty is None else decoded.penalty)).backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert torch.all(torch.isfinite(weight.grad)), name
        shifts_all_scores_alike = name.endswith("projections.key.bias")
        assert shifts_all_scores_alike or torch.any(weight.grad != 0.0), name


@pytest.mark.parametrize("combination", COMBINATIONS[::3], ids=str)
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_all_kinds_of_numbers_and_devices_are_welcome(
    shape: Shape, sentences: list[list[int]], targets: Tensor, combination: dict[str, Any], device: str
) -> None:
    model, batch = build(shape(**combination)).to(device), batch_of(sentences, targets).to(device)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        decoded = model.predict(batch, weights=True)
    assert decoded.logits.device.type == device
    assert device == "meta" or bool(torch.all(torch.isfinite(decoded.logits)))


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_with_one_source_every_strategy_is_the_plain_look(shape: Shape, decoder: str, strategy: str) -> None:
    plain = build(shape(architecture=decoder, attention={"scorer": "dot"}), sources=1).state_dict()
    other = build(shape(architecture=decoder, attention={"scorer": "dot", "memories": strategy}), sources=1).state_dict()
    assert list(plain) == list(other)
    assert all(torch.equal(plain[name], other[name]) for name in plain)


@pytest.mark.parametrize("bridge", ["learned", "final", "mean", "none"])
@torch.no_grad()
def test_a_decoder_starts_from_the_means_of_its_memories_summaries(
    shape: Shape, sentences: list[list[int]], targets: Tensor, bridge: str
) -> None:
    model = build(shape(architecture="lstm", bridge=bridge), sources=3).double().eval()
    batch = batch_of(sentences, targets, sources=3)
    missing = replace(batch.further[1], valid=batch.further[1].valid & (torch.arange(16) > 0).unsqueeze(1))
    memory = model.encode(batch.source, batch.source_valid, (batch.further[0], missing))
    alone = model.encode_layers(batch.source, batch.source_valid)
    for layer, mean in enumerate(memory.final):
        each = [alone.final[layer], *(other.final[layer] for other in memory.others)]
        torch.testing.assert_close(mean[1:], torch.stack(each).mean(0)[1:], **EXACT)
        torch.testing.assert_close(mean[0], (each[0][0] + each[1][0]) / 2, **EXACT)
    assert len(memory.cells) == (2 if bridge == "final" else 0)
    for layer, mean in enumerate(memory.cells):
        each = [alone.cells[layer], *(other.cells[layer] for other in memory.others)]
        torch.testing.assert_close(mean[1:], torch.stack(each).mean(0)[1:], **EXACT)
    for layer, mean in enumerate(memory.means):
        first = alone.layers[layer].sum(1) / batch.source_valid.sum(1, keepdim=True)
        torch.testing.assert_close(mean[1:], torch.stack([first, *(o.means[layer] for o in memory.others)]).mean(0)[1:], **EXACT)


@torch.no_grad()
def test_each_source_has_an_encoder_and_a_table_of_its_own(shape: Shape, sentences: list[list[int]], targets: Tensor) -> None:
    model, batch = build(shape(architecture="gru"), sources=3).eval(), batch_of(sentences, targets, sources=3)
    assert list(model.tables()) == ["source", "source2", "source3", "target"]
    assert [len(table.trained_slot) for table in model.tables().values()] == [WORDS, *FURTHER_WORDS, WORDS]
    names = {name.split(".")[0] for name in model.state_dict()}
    assert names == {"source", "encoder", "further", "decoder"}
    memory = model.encode(batch.source, batch.source_valid, batch.further)
    model.tables()["source2"].trained.add_(1.0)
    changed = model.encode(batch.source, batch.source_valid, batch.further)
    assert torch.equal(changed.states, memory.states)
    assert torch.equal(changed.others[1].states, memory.others[1].states)
    assert not torch.allclose(changed.others[0].states, memory.others[0].states)
    assert torch.equal(changed.joined_tokens, torch.cat([batch.source, *(one.source for one in batch.further)], dim=1))


def test_the_first_source_begins_as_without_the_others(shape: Shape) -> None:
    alone, several = (build(shape(architecture="gru"), sources).state_dict() for sources in (1, 3))
    assert set(alone) < set(several)
    assert all(torch.equal(weight, several[name]) for name, weight in alone.items())
    assert not torch.equal(several["source.trained"][1:19], several["further.0.table.trained"][1:19])


def test_the_penalties_of_all_encoders_add_up(shape: Shape, sentences: list[list[int]], targets: Tensor) -> None:
    fields = {"self_attention": {"heads": 2, "experts": 3}, "decoder": {"self_attention": "none"}, "dropout": 0.0}
    model, batch = build(shape(architecture="gru", **fields)).double().train(), batch_of(sentences, targets)
    penalty = model.predict(batch).penalty
    first = model.encode_layers(batch.source, batch.source_valid).penalty
    both = model.remember(batch.source, batch.source_valid, batch.further).penalty
    assert 0 < first < both
    torch.testing.assert_close(penalty, both, **EXACT)


@torch.no_grad()
def test_what_a_decoder_predicts_by_itself_is_with_all_sources_in_view(
    shape: Shape, sentences: list[list[int]], targets: Tensor
) -> None:
    model, batch = build(shape(architecture="gru")).double().eval(), batch_of(sentences, targets)
    mixed = model.predict_mixed(batch, torch.ones_like(batch.target_in, dtype=torch.bool))
    torch.testing.assert_close(mixed.logits, model.predict(batch).logits, **EXACT)
    other = replace(batch, further=(replace(batch.further[0], source=batch.further[0].source.flip(0)),))
    assert not torch.allclose(model.predict(other).logits, model.predict(batch).logits)


@torch.no_grad()
@torch.no_grad()
def test_the_states_of_words_are_those_of_the_first_source(shape: Shape, sentences: list[list[int]], targets: Tensor) -> None:
    model, batch = build(shape(architecture="gru")).eval(), batch_of(sentences, targets)
    layers = model.states(batch).layers
    assert torch.equal(layers["encoder 2"], model.encode(batch.source, batch.source_valid, batch.further).states)


def test_a_source_too_few_or_too_many_is_told(shape: Shape, sentences: list[list[int]], targets: Tensor) -> None:
    batch = batch_of(sentences, targets)
    with pytest.raises(ValueError, match="expected 1 sources beside the first, one for each encoder; found 0"):
        build(shape()).encode(batch.source, batch.source_valid)
    with pytest.raises(ValueError, match="expected 0 sources beside the first, one for each encoder; found 1"):
        build(shape(), sources=1).predict(batch)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("decoder", "strategy"),
    [("gru", "flat"), ("gru", "parallel"), ("gru", "hierarchical"), *(("transformer", strategy) for strategy in STRATEGIES)],
)
def test_what_only_the_second_source_says_is_learnt(shape: Shape, decoder: str, strategy: str) -> None:
    torch.manual_seed(0)
    attention = {"memories": strategy, "scorer": "scaled-dot", "heads": 2}
    model = build(shape(architecture=decoder, attention=attention, dim=32, layers=1, dropout=0.0))
    words = torch.randint(4, 19, (10, 5), generator=torch.Generator().manual_seed(3))
    same, valid = torch.full_like(words, 4), torch.ones_like(words, dtype=torch.bool)
    target_in = torch.cat((torch.full((10, 1), 2), words[:, :-1]), dim=1)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(80):
        logits = model(same, valid, target_in, further=(Reading(words, valid),)).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), words.flatten())
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    assert loss.item() < 0.05
