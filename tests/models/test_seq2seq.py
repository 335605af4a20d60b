"""What must hold for every encoder under every decoder with every way of looking."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from embedseq.models.seq2seq import Seq2Seq
from embedseq.text.batches import pad

Build = Callable[..., Seq2Seq]
ARCHITECTURES = ("rnn", "lstm", "gru", "transformer")
ATTENTIONS: tuple[Any, ...] = ("none", "additive", "scaled-dot", {"scorer": "additive", "heads": 2})
COMBINATIONS = [
    {"encoder": {"architecture": encoder}, "decoder": {"architecture": decoder}, "attention": attention}
    for encoder in ARCHITECTURES
    for decoder in ARCHITECTURES
    for attention in ATTENTIONS
]
every_combination = pytest.mark.parametrize("combination", COMBINATIONS, ids=lambda c: "-".join(map(str, _names(c))))


def _names(combination: dict[str, Any]) -> tuple[str, str, str]:
    attention = combination["attention"]
    name = attention if isinstance(attention, str) else f"{attention['scorer']}x{attention['heads']}"
    return combination["encoder"]["architecture"], combination["decoder"]["architecture"], name


@every_combination
@torch.no_grad()
def test_steps_equal_teacher_forcing(
    build: Build, sentences: list[list[int]], targets: Tensor, combination: dict[str, Any]
) -> None:
    model = build(**combination).double().eval()
    source, valid = pad(sentences)
    decoded = model(source, valid, targets, weights=True)
    state = model.start(model.encode(source, valid))
    for position in range(targets.shape[1]):
        step = model.step(targets[:, position], state, weights=True)
        state = step.state
        torch.testing.assert_close(step.logits, decoded.logits[:, position], rtol=0, atol=1e-12)
        if combination["attention"] == "none":
            assert step.attention is None
            assert decoded.attention is None
        else:
            torch.testing.assert_close(step.attention, decoded.attention[:, position], rtol=0, atol=1e-12)


@every_combination
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
@torch.no_grad()
def test_a_sentence_alone_equals_the_sentence_in_a_batch(
    build: Build, sentences: list[list[int]], targets: Tensor, combination: dict[str, Any], dtype: torch.dtype, tolerance: float
) -> None:
    model = build(**combination).to(dtype).eval()
    source, valid = pad(sentences)
    memory = model.encode(source, valid)
    together = model(source, valid, targets, weights=True)
    for row in (0, 13, 63):
        source_alone, valid_alone = pad([sentences[row]])
        length = len(sentences[row])
        alone = model.encode(source_alone, valid_alone)
        torch.testing.assert_close(alone.states[0], memory.states[row, :length], rtol=0, atol=tolerance)
        for ours, theirs in zip(alone.final, memory.final, strict=True):
            torch.testing.assert_close(ours[0], theirs[row], rtol=0, atol=tolerance)
        decoded = model(source_alone, valid_alone, targets[row : row + 1], weights=True)
        torch.testing.assert_close(decoded.logits[0], together.logits[row], rtol=0, atol=tolerance)
        if together.attention is not None:
            torch.testing.assert_close(decoded.attention[0], together.attention[row, :, :, :length], rtol=0, atol=tolerance)
            assert torch.all(together.attention[row, :, :, length:] == 0.0)


@every_combination
@torch.no_grad()
def test_what_stands_at_padding_never_changes_a_number(
    build: Build, sentences: list[list[int]], combination: dict[str, Any]
) -> None:
    model = build(**combination).eval()
    source, valid = pad(sentences)
    rubbish = torch.where(valid, source, 17)
    memory, other = model.encode(source, valid), model.encode(rubbish, valid)
    assert torch.equal(memory.states, other.states)
    assert torch.all(memory.states[~valid] == 0.0)
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(memory.final, other.final, strict=True))


@every_combination
@torch.no_grad()
def test_later_target_tokens_never_change_earlier_logits(
    build: Build, sentences: list[list[int]], targets: Tensor, combination: dict[str, Any]
) -> None:
    model = build(**combination).double().eval()
    source, valid = pad(sentences)
    changed = targets.clone()
    changed[:, 3:] = 0
    before, after = model(source, valid, targets).logits, model(source, valid, changed).logits
    torch.testing.assert_close(before[:, :3], after[:, :3], rtol=0, atol=1e-14)
    assert not torch.allclose(before[:, 3], after[:, 3])


@every_combination
@torch.no_grad()
def test_selected_hypotheses_go_on_from_their_own_past(
    build: Build, sentences: list[list[int]], targets: Tensor, combination: dict[str, Any]
) -> None:
    model = build(**combination).double().eval()
    source, valid = pad(sentences[:4])
    rows = torch.tensor([3, 3, 0, 2, 1])
    state = model.start(model.encode(source, valid))
    for position in range(2):
        state = model.step(targets[:4, position], state).state
    chosen = model.step(targets[:5, 2], state.select(rows)).logits
    prefixes = torch.cat((targets[:4][rows, :2], targets[:5, 2:3]), dim=1)
    direct = model.decoder(prefixes, model.encode(source, valid).select(rows)).logits[:, 2]
    torch.testing.assert_close(chosen, direct, rtol=0, atol=1e-12)


@every_combination
def test_gradients_reach_every_parameter_and_are_finite(
    build: Build, sentences: list[list[int]], targets: Tensor, combination: dict[str, Any]
) -> None:
    model = build(**combination, dropout=0.0)
    source, valid = pad([*sentences, [4, 5, 6]])
    model(source, valid, torch.cat((targets, targets[:1]))).logits.square().sum().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert torch.all(torch.isfinite(weight.grad)), name
        shifts_all_scores_alike = name.endswith("projections.key.bias")
        assert shifts_all_scores_alike or torch.any(weight.grad != 0.0), name


@every_combination
@torch.no_grad()
def test_a_source_without_tokens_gives_finite_logits(build: Build, targets: Tensor, combination: dict[str, Any]) -> None:
    model = build(**combination).eval()
    source = torch.zeros(2, 3, dtype=torch.long)
    source[0] = 5
    memory = model.encode(source, source != 0)
    assert torch.all(memory.states[1] == 0.0)
    assert all(torch.all(final[1] == 0.0) for final in memory.final)
    assert torch.all(torch.isfinite(model(source, source != 0, targets[:2]).logits))


@pytest.mark.parametrize("encoder", ARCHITECTURES)
@pytest.mark.parametrize("decoder", ARCHITECTURES)
@torch.no_grad()
def test_a_fixed_length_context_hands_over_as_much_for_any_source(
    build: Build, targets: Tensor, encoder: str, decoder: str
) -> None:
    model = build(encoder={"architecture": encoder}, decoder={"architecture": decoder}, attention="none").eval()
    short, long = (torch.full((1, length), 5) for length in (2, 40))
    memories = [model.encode(source, source != 0) for source in (short, long)]
    assert [final.shape for final in memories[0].final] == [final.shape for final in memories[1].final]
    blind = [type(memory)(torch.full_like(memory.states, torch.nan), memory.valid, memory.final) for memory in memories]
    for memory, without_states in zip(memories, blind, strict=True):
        assert torch.equal(model.decoder(targets[:1], memory).logits, model.decoder(targets[:1], without_states).logits)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@torch.no_grad()
def test_encoder_and_decoder_may_differ_in_depth(
    build: Build, sentences: list[list[int]], targets: Tensor, architecture: str
) -> None:
    source, valid = pad(sentences)
    for encoder, decoder in ((1, 3), (3, 1)):
        model = build(architecture=architecture, encoder={"layers": encoder}, decoder={"layers": decoder}).eval()
        assert len(model.encode(source, valid).final) == encoder
        assert model(source, valid, targets).logits.shape == (64, 6, 23)


@torch.no_grad()
def test_attention_counts_the_heads_of_all_layers(build: Build, sentences: list[list[int]], targets: Tensor) -> None:
    source, valid = pad(sentences)
    decoded = build(architecture="transformer", attention={"scorer": "additive", "heads": 4}).eval()(
        source, valid, targets, weights=True
    )
    assert decoded.attention.shape == (64, 6, 2 * 4, 9)
    torch.testing.assert_close(decoded.attention.sum(-1), torch.ones(64, 6, 8))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_tensor_follows_the_model_to_another_device(build: Build, targets: Tensor, architecture: str) -> None:
    model = build(architecture=architecture).to("meta")
    source = torch.full((2, 3), 5, device="meta")
    logits = model(source, source.bool(), targets[:2].to("meta")).logits
    state = model.start(model.encode(source, source.bool()))
    step = model.step(targets[:2, 0].to("meta"), state)
    assert logits.device.type == step.logits.device.type == "meta"


@pytest.mark.parametrize("architecture", ["gru", "transformer"])
def test_a_small_model_learns_to_copy_ten_sentences(build: Build, architecture: str) -> None:
    torch.manual_seed(0)
    model = build(architecture=architecture, dim=32, layers=1, dropout=0.0, heads=4)
    generator = torch.Generator().manual_seed(3)
    words = torch.randint(4, 23, (10, 5), generator=generator)
    target_in = torch.cat((torch.full((10, 1), 2), words[:, :-1]), dim=1)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(60):
        logits = model(words, words != 0, target_in).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), words.flatten())
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    assert loss.item() < 0.05
