"""The Transformer's steps with few operations against its teacher-forced pass."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from embedseq.errors import RequestError
from embedseq.models.attention.attend import attend
from embedseq.models.attention.past import ROOM, Past
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.transformer.hypotheses import Hypotheses
from embedseq.models.transformer.stepping import TransformerSteps
from embedseq.text.batches import pad

Build = Callable[..., Seq2Seq]
EXACT = {"rtol": 0.0, "atol": 1e-12}
STEPPED: dict[str, dict[str, Any]] = {
    "plain": {},
    "post-norm": {"norm": "post", "activation": "gelu"},
    "rms-gated": {"normalisation": "rms", "activation": "swiglu"},
    "tied": {"tie_output": True, "layers": 1},
    "learned": {"positions": "learned", "max_positions": 40},
    "unmarked": {"positions": "none", "attention": {"scorer": "dot", "heads": 4}},
    "nothing-to-look-at": {"decoder": {"architecture": "transformer"}, "self_attention": {"scorer": "dot", "heads": 2}},
}
UNUSUAL: dict[str, dict[str, Any]] = {
    "rotary": {"positions": "rotary"},
    "window": {"self_attention": {"scorer": "scaled-dot", "span": "window", "window": 2}},
    "additive": {"attention": {"scorer": "additive", "heads": 2}},
    "experts": {"attention": {"scorer": "scaled-dot", "heads": 2, "experts": 3}},
    "without projections": {"attention": {"scorer": "dot", "projections": False, "heads": 1}},
    "copying": {"attention": {"scorer": "scaled-dot", "copying": True}},
    "no attention": {"attention": "none"},
}
every_stepped = pytest.mark.parametrize("fields", STEPPED.values(), ids=STEPPED)


def built(build: Build, fields: dict[str, Any]) -> Seq2Seq:
    return build(**{"architecture": "transformer", "attention": "scaled-dot", **fields}).double().eval()


def long_targets(rows: int, length: int) -> Tensor:
    return torch.randint(4, 23, (rows, length), generator=torch.Generator().manual_seed(5))


@every_stepped
@torch.inference_mode()
def test_steps_equal_teacher_forcing_beyond_the_first_room(
    build: Build, sentences: list[list[int]], fields: dict[str, Any]
) -> None:
    model, targets = built(build, fields), long_targets(len(sentences), 2 * ROOM + 2)
    source, valid = pad(sentences)
    decoded, steps = model(source, valid, targets), model.stepper()
    assert isinstance(steps, TransformerSteps)
    state = steps.start(model.encode(source, valid))
    for position in range(targets.shape[1]):
        step = steps.step(targets[:, position], state)
        state = step.state
        torch.testing.assert_close(step.logits, decoded.logits[:, position], **EXACT)


@pytest.mark.parametrize("length", [ROOM - 1, ROOM, ROOM + 1, 40])
@torch.inference_mode()
def test_sources_of_any_length_are_looked_at(build: Build, length: int) -> None:
    model = built(build, {})
    source, valid = pad([[*long_targets(1, length - 1)[0].tolist(), 3], [7, 3]])
    memory, targets = model.encode(source, valid), long_targets(2, 3)
    steps, state = model.stepper(), None
    for position in range(3):
        step = steps.step(targets[:, position], steps.start(memory) if state is None else state)
        state = step.state
        torch.testing.assert_close(step.logits, model.decoder(targets[:, : position + 1], memory).logits[:, -1], **EXACT)


@torch.inference_mode()
def test_positions_are_marked_as_they_come_and_learned_ones_end(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedseq.models.transformer.stepping._MARKED", 2)
    source, valid = pad([[5, 6, 3], [7, 3], [8, 9, 3]])
    for fields, last in (({}, 9), ({"positions": "learned", "max_positions": 5}, 5)):
        model, targets = built(build, fields), long_targets(3, 9)
        steps, memory = model.stepper(), model.encode(source, valid)
        state = steps.start(memory)
        for position in range(last):
            step = steps.step(targets[:, position], state)
            state = step.state
        torch.testing.assert_close(step.logits, model.decoder(targets[:, :last], memory).logits[:, -1], **EXACT)
    with pytest.raises(RequestError, match="learned positions for 5"):
        steps.step(targets[:, 5], state)


@every_stepped
@torch.inference_mode()
def test_hypotheses_that_change_places_keep_their_sentence_and_their_past(
    build: Build, sentences: list[list[int]], fields: dict[str, Any]
) -> None:
    model, steps = built(build, fields), built(build, fields).stepper()
    source, valid = pad(sentences[:4])
    memory = model.encode(source, valid)
    state, histories, owners = steps.start(memory), torch.full((4, 0), 0), torch.arange(4)
    for chosen in ([0, 0, 1, 1, 2, 2, 3, 3], [1, 0, 3, 2, 4, 5, 6, 6], [7, 2, 2, 1, 6], [1, 0, 4, 2], [0, 0, 2, 3], [3, 1]):
        tokens = long_targets(len(owners), 1 + histories.shape[1])[:, -1]
        step = steps.step(tokens, state)
        histories = torch.cat((histories, tokens.unsqueeze(1)), dim=1)
        direct = model.decoder(histories, memory.select(owners)).logits[:, -1]
        torch.testing.assert_close(step.logits, direct, **EXACT)
        rows = torch.tensor(chosen)
        state, histories, owners = step.state.select(rows), histories[rows], owners[rows]


@torch.inference_mode()
def test_a_source_of_which_nothing_is_real_adds_nothing(build: Build, sentences: list[list[int]], targets: Tensor) -> None:
    model = built(build, {})
    source, valid = pad(sentences[:5])
    valid[2] = False
    memory = model.encode(source, valid)
    steps = model.stepper()
    said = steps.step(targets[:5, 0], steps.start(memory)).logits
    torch.testing.assert_close(said, model.decoder(targets[:5, :1], memory).logits[:, 0], **EXACT)


@pytest.mark.parametrize("fields", UNUSUAL.values(), ids=UNUSUAL)
def test_whatever_is_not_a_projected_dot_product_over_everything_is_stepped_by_the_decoder(
    build: Build, fields: dict[str, Any]
) -> None:
    model = built(build, fields)
    assert model.stepper() is model.decoder


@given(data=st.data(), sentences=st.integers(1, 5))
@settings(max_examples=50, deadline=None)
def test_rows_come_back_from_a_grid_in_which_each_line_is_a_sentence(data: st.DataObject, sentences: int) -> None:
    hypotheses, owners = Hypotheses.one_each(sentences, torch.device("cpu")), torch.arange(sentences)
    for _ in range(3):
        rows = torch.tensor(data.draw(st.lists(st.integers(0, len(owners) - 1), min_size=1, max_size=9)))
        selected = hypotheses.select(rows)
        before = owners.unique()
        hypotheses, owners = selected.hypotheses, owners[rows]
        kept = torch.arange(len(before)) if selected.kept is None else selected.kept
        assert torch.equal(before[kept], owners.unique())
        marked = torch.stack((owners.double(), torch.arange(len(owners)).double()), dim=1) + 1.0
        grid = hypotheses.spread(marked)
        assert torch.equal(hypotheses.gather(grid), marked)
        assert grid.shape[1] == owners.bincount().max()
        for line, sentence in zip(grid, owners.unique(), strict=True):
            assert set(line[:, 0].tolist()) <= {0.0, sentence.item() + 1.0}


@pytest.mark.parametrize("length", [1, ROOM - 1, ROOM, ROOM + 1])
def test_a_past_is_mixed_as_attention_mixes_it(length: int) -> None:
    generator = torch.Generator().manual_seed(2)
    newest = torch.randn(length, 3, 16, generator=generator, dtype=torch.float64)
    query = torch.randn(3, 8, generator=generator, dtype=torch.float64)
    past = Past.of(newest[0], heads=2)
    for each in newest[1:]:
        past = past.append(each)
    keys, values = newest.view(length, 3, 2, 2, 4).permute(2, 1, 3, 0, 4)  # (3, 2, length, 4) each
    scores = query.view(3, 2, 1, 4) @ keys.transpose(-1, -2)
    expected = attend(scores, values, torch.ones(length, dtype=torch.bool)).mixed.view(3, 8)
    torch.testing.assert_close(past.mix(query), expected, **EXACT)
    rows = torch.tensor([2, 0, 0])
    torch.testing.assert_close(past.select(rows).select(rows).mix(query[rows][rows]), expected[rows][rows], **EXACT)
