"""The pointer-generator against a loop over its equations and at the edges of floats."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pointing import by_hand, shaken
from torch import Tensor

from embedseq.models.attention.looked import mean_over_heads
from embedseq.models.copying import Copyable, Copying
from embedseq.models.logits import DenseLogits
from embedseq.models.memory import Memory
from embedseq.text.batches import pad
from embedseq.training.loss import batch_loss

DIM, WORDS = 4, 9
SOURCE = [[4, 5, 4, 3], [6, 3], [7, 7, 7, 8, 5, 3]]


def copyable(sentences: list[list[int]]) -> tuple[Copyable, Tensor]:
    tokens, valid = pad(sentences)
    states = torch.zeros(*tokens.shape, DIM)
    return Copyable.of(Memory(states, valid, (), tokens=tokens)), valid


def some_weights(valid: Tensor, steps: int, heads: int, generator: torch.Generator, thin: float) -> Tensor:
    """(B, T, H, S) float64: each row sums to one or, thinned out, to less; a fifth of the rows look at nothing."""
    scores = torch.randn(len(valid), steps, heads, valid.shape[1], dtype=torch.float64, generator=generator)
    weights = scores.masked_fill(~valid[:, None, None], -torch.inf).softmax(-1)
    kept = torch.rand(weights.shape[:-1], generator=generator) > 0.2
    return weights * kept.unsqueeze(-1) * (1.0 - thin * torch.rand(weights.shape, dtype=torch.float64, generator=generator))


SENTENCES = st.lists(st.lists(st.integers(1, WORDS - 1), min_size=1, max_size=5), min_size=1, max_size=3)


@settings(max_examples=40)
@given(SENTENCES, st.integers(1, 3), st.integers(1, 3), st.sampled_from([0.0, 0.7]), st.integers(0, 99))
@torch.no_grad()
def test_copying_equals_its_equations(sentences: list[list[int]], steps: int, heads: int, thin: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    source, valid = copyable(sentences)
    module = shaken(Copying(DIM))
    logits = torch.randn(len(sentences), steps, WORDS, dtype=torch.float64, generator=generator)
    reading = torch.randn(len(sentences), steps, 3 * DIM, dtype=torch.float64, generator=generator)
    weights = some_weights(valid, steps, heads, generator, thin)
    found = module(logits, reading, mean_over_heads(weights), source)
    torch.testing.assert_close(found.exp().sum(-1), torch.ones_like(found[..., 0]), rtol=0, atol=1e-12)
    for row, sentence in enumerate(sentences):
        for t in range(steps):
            score = (module.gate.weight[0] @ reading[row, t] + module.gate.bias[0]).item()
            expected = by_hand(
                logits[row, t].tolist(),
                1.0 / (1.0 + math.exp(-score)),
                weights[row, t, :, : len(sentence)].tolist(),
                sentence,
            )
            assert found[row, t].exp().tolist() == pytest.approx(expected, abs=1e-12)


@torch.no_grad()
def forced(bias: float, dtype: torch.dtype = torch.float64) -> tuple[Copying, Tensor, Tensor]:
    """A pointer-generator with nearly that gate always, logits (3, 2, V) and attention (3, 2, 6) that sums to one."""
    generator = torch.Generator().manual_seed(2)
    module = Copying(DIM).to(dtype)
    module.gate.weight.zero_()
    module.gate.bias.fill_(bias)
    _, valid = copyable(SOURCE)
    scores = torch.randn(3, 2, 6, dtype=dtype, generator=generator).masked_fill(~valid[:, None], -torch.inf)
    return module, torch.randn(3, 2, WORDS, dtype=dtype, generator=generator), scores.softmax(-1)


@torch.no_grad()
def test_a_word_that_the_source_lacks_has_the_generators_share_alone() -> None:
    module, logits, looked = forced(0.4)
    found = module(logits, torch.zeros(3, 2, 3 * DIM, dtype=torch.float64), looked, copyable(SOURCE)[0])
    generated = logits.log_softmax(-1) + math.log(1.0 / (1.0 + math.exp(-0.4)))
    for row, sentence in enumerate(SOURCE):
        for word in range(WORDS):
            if word in sentence:
                assert torch.all(found[row, :, word] > generated[row, :, word])
            else:
                torch.testing.assert_close(found[row, :, word], generated[row, :, word], rtol=0, atol=1e-14)


@torch.no_grad()
def test_without_a_generator_the_output_is_a_source_token_and_with_nothing_else_it_is_the_generators() -> None:
    source, _ = copyable(SOURCE)
    reading = torch.zeros(3, 2, 3 * DIM, dtype=torch.float64)
    module, logits, looked = forced(-2000.0)
    copied = module(logits, reading, looked, source)
    assert torch.all(torch.isfinite(copied))
    for row, sentence in enumerate(SOURCE):
        torch.testing.assert_close(copied[row, :, sorted(set(sentence))].exp().sum(-1), torch.ones(2).double())
        assert set(copied[row].argmax(-1).tolist()) <= set(sentence)
    module, logits, looked = forced(2000.0)
    torch.testing.assert_close(module(logits, reading, looked, source), logits.log_softmax(-1), rtol=0, atol=1e-14)


@torch.no_grad()
def test_the_generator_gets_what_attention_leaves() -> None:
    source, _ = copyable(SOURCE)
    reading = torch.zeros(3, 2, 3 * DIM, dtype=torch.float64)
    module, logits, looked = forced(-2000.0)
    nothing = module(logits, reading, torch.zeros_like(looked), source)
    torch.testing.assert_close(nothing, logits.log_softmax(-1), rtol=0, atol=1e-14)
    half = module(logits, reading, 0.5 * looked, source)
    lacking = [word for word in range(WORDS) if word not in SOURCE[0]]
    expected = (logits.log_softmax(-1) + math.log(0.5))[0, :, lacking]
    torch.testing.assert_close(half[0, :, lacking], expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("bias", [-1e4, -50.0, 0.0, 50.0, 1e4])
@pytest.mark.parametrize("kind", ["whole", "one word", "nothing", "hardly anything"])
def test_values_and_gradients_are_finite_at_every_edge(dtype: torch.dtype, bias: float, kind: str) -> None:
    module, logits, looked = forced(bias, dtype)
    if kind == "one word":
        looked = torch.zeros_like(looked).index_fill(-1, torch.tensor(1), 1.0)
    elif kind != "whole":
        looked = looked * (0.0 if kind == "nothing" else torch.finfo(dtype).tiny / 8)
    logits = (1e3 * logits).requires_grad_()
    reading = torch.randn(3, 2, 3 * DIM, dtype=dtype, generator=torch.Generator().manual_seed(1)).requires_grad_()
    looked.requires_grad_()
    found = module(logits, reading, looked, copyable(SOURCE)[0])
    assert torch.all(torch.isfinite(found))
    loss = batch_loss(
        DenseLogits(found), torch.tensor([[4, 0], [3, 6], [2, 7]]), torch.ones(3, 2, dtype=torch.bool), smoothing=0.1
    )
    loss.smoothed.backward()  # type: ignore[no-untyped-call]
    for leaf in (logits, reading, looked, *module.parameters()):
        assert leaf.grad is not None
        assert torch.all(torch.isfinite(leaf.grad))


@pytest.mark.parametrize("thin", [1.0, 0.6])
def test_the_gradient_is_right(thin: float) -> None:
    generator = torch.Generator().manual_seed(3)
    module = shaken(Copying(DIM))
    source, valid = copyable([[4, 5, 4, 3], [6, 3]])
    shapes = ((2, 2, WORDS), (2, 2, 3 * DIM), (2, 2, 2, 4))
    inputs = [torch.randn(shape, dtype=torch.float64, generator=generator, requires_grad=True) for shape in shapes]

    def mixture(logits: Tensor, reading: Tensor, scores: Tensor) -> Tensor:
        weights = scores.masked_fill(~valid[:, None, None], -1e9).softmax(-1).masked_fill(~valid[:, None, None], 0.0)
        mixed: Tensor = module(logits, reading, mean_over_heads(thin * weights), source)
        return mixed

    assert torch.autograd.gradcheck(mixture, inputs)


def test_half_precision_and_devices_without_numbers_will_do() -> None:
    module, logits, looked = forced(0.0, torch.float32)
    reading = torch.randn(3, 2, 3 * DIM)
    source, _ = copyable(SOURCE)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = module(logits.bfloat16(), reading, looked, source)
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, module(logits, reading, looked, source), rtol=0, atol=0.05)
    meta = Copyable(source.tokens.to("meta"), source.first.to("meta"))
    assert module.to("meta")(logits.to("meta"), reading.to("meta"), looked.to("meta"), meta).shape == logits.shape


def test_a_memory_without_words_cannot_be_copied() -> None:
    with pytest.raises(ValueError, match="copying needs the source's tokens"):
        Copyable.of(Memory(torch.zeros(1, 3, DIM), torch.ones(1, 3, dtype=torch.bool), ()))
