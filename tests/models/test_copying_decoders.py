"""Decoders that copy: recurrent ones and Transformers, in steps and in one go, from one source and from two."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from pointing import by_hand, shaken
from torch import Tensor

from embedseq.models.attention.looked import mean_over_heads
from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.logits import DenseLogits
from embedseq.models.memory import Memory
from embedseq.models.recurrent import Joining, RecurrentDecoder, RecurrentShape
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import ModelShape
from embedseq.models.transformer import TransformerDecoder
from embedseq.text.batches import pad
from embedseq.text.vocabulary import END, START
from embedseq.training.loss import batch_loss

Build = Callable[..., Seq2Seq]
SOURCE = [[4, 5, 4, 3], [6, 3], [7, 7, 7, 8, 5, 3]]
RECURRENT: dict[str, dict[str, Any]] = {
    "after": {},
    "before": {"when": "before", "input_feeding": True},
    "coverage": {"coverage": True, "query": "joined"},
    "heads": {"heads": 2, "span": "local-p", "window": 2},
    "experts": {"experts": 3, "heads": 2},
    "concat-linear": {"scorer": "concat-linear", "query": "joined", "when": "before", "positions": 3},
}
TRANSFORMER: dict[str, dict[str, Any]] = {
    "transformer": {"scorer": "scaled-dot", "heads": 2},
    "transformer-local": {"scorer": "scaled-dot", "heads": 2, "span": "local-p", "window": 2},
    "transformer-experts": {"scorer": "additive", "heads": 2, "experts": 3},
}
ATTENTIONS = RECURRENT | TRANSFORMER


@pytest.fixture
def model_of(build: Build) -> Callable[[str], Seq2Seq]:
    """A model in float64 that may copy, with its every weight moved off zero."""

    def make(name: str) -> Seq2Seq:
        architecture = "transformer" if name in TRANSFORMER else "gru"
        model: Seq2Seq = shaken(build(architecture=architecture, attention={**ATTENTIONS[name], "copying": True}), scale=0.2)
        return model

    return make


Make = Callable[[str], Seq2Seq]


@pytest.mark.parametrize("name", ATTENTIONS)
@torch.no_grad()
def test_steps_equal_teacher_forcing_and_selected_hypotheses_copy_from_their_own_source(
    model_of: Make, sentences: list[list[int]], targets: Tensor, name: str
) -> None:
    model = model_of(name)
    decoder, memory = model.decoder, model.encode(*pad(sentences[:8]))
    decoded = decoder(targets[:8], memory)
    assert decoded.attention is None
    torch.testing.assert_close(decoded.logits.exp().sum(-1), torch.ones(8, 6).double(), rtol=0, atol=1e-12)
    rows = torch.tensor([7, 7, 2, 0])
    state, chosen = decoder.start(memory), decoder.start(memory).select(rows)
    for position in range(targets.shape[1]):
        step = decoder.step(targets[:8, position], state)
        other = decoder.step(targets[:8][rows, position], chosen)
        state, chosen = step.state, other.state
        assert step.attention is None
        torch.testing.assert_close(step.logits, decoded.logits[:, position], rtol=0, atol=1e-10)
        torch.testing.assert_close(other.logits, decoded.logits[rows, position], rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", ATTENTIONS)
@torch.no_grad()
def test_a_sentence_alone_equals_the_sentence_among_64(
    model_of: Make, sentences: list[list[int]], targets: Tensor, name: str
) -> None:
    model = model_of(name)
    together = model.decoder(targets, model.encode(*pad(sentences))).logits
    for row in (0, 13, 63):
        alone = model.decoder(targets[row : row + 1], model.encode(*pad([sentences[row]]))).logits
        torch.testing.assert_close(alone[0], together[row], rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", ATTENTIONS)
@torch.no_grad()
def test_a_decoder_mixes_its_output_with_the_attention_that_it_shows(
    model_of: Make, sentences: list[list[int]], targets: Tensor, name: str
) -> None:
    model = model_of(name)
    told: list[tuple[Tensor, ...]] = []
    assert isinstance(model.decoder, RecurrentDecoder | TransformerDecoder)
    assert model.decoder.copying is not None
    model.decoder.copying.register_forward_hook(lambda module, inputs, _: told.append(inputs[:3]))
    decoded = model.decoder(targets[:8], model.encode(*pad(sentences[:8])), weights=True)
    logits, reading, looked = told[0]
    weights = decoded.attention.chunk(2 if name in TRANSFORMER else 1, dim=2)[-1]
    assert torch.equal(looked, mean_over_heads(weights))
    gate = torch.sigmoid(model.decoder.copying.gate(reading))
    for row, t in ((0, 0), (3, 2), (7, 5)):
        sentence = sentences[row]
        seen = weights[row, t, :, : len(sentence)].tolist()
        expected = by_hand(logits[row, t].tolist(), gate[row, t].item(), seen, sentence)
        assert decoded.logits[row, t].exp().tolist() == pytest.approx(expected, abs=1e-12)


@torch.no_grad()
def test_a_transformer_decides_by_its_last_context_its_state_and_the_embedded_token(model_of: Make, targets: Tensor) -> None:
    model = model_of("transformer")
    decoder = model.decoder
    assert isinstance(decoder, TransformerDecoder)
    told: dict[str, Any] = {}
    for name in ("layers.1.look", "norm", "positions"):
        decoder.get_submodule(name).register_forward_hook(lambda _, __, made, name=name: told.update({name: made}))
    decoder.get_submodule("copying").register_forward_hook(lambda _, inputs, __: told.update(reading=inputs[1]))
    decoder(targets[:3], model.encode(*pad(SOURCE)))
    expected = torch.cat((told["layers.1.look"].context, told["norm"], told["positions"]), dim=-1)
    assert torch.equal(told["reading"], expected)


def test_gradients_reach_the_gate_and_the_attention(model_of: Make, sentences: list[list[int]], targets: Tensor) -> None:
    for name in ATTENTIONS:
        model = model_of(name)
        decoded = model.decoder(targets[:8], model.encode(*pad([*sentences[:7], []])))
        batch_loss(decoded.predicted, targets[:8], targets[:8] > 0, smoothing=0.1).smoothed.backward()  # type: ignore[no-untyped-call]
        for parameter, weight in model.decoder.named_parameters():
            assert weight.grad is not None, (name, parameter)
            assert torch.all(torch.isfinite(weight.grad)), (name, parameter)
        of_gate = model.get_parameter("decoder.copying.gate.weight").grad
        assert of_gate is not None
        assert torch.all(of_gate != 0.0)


@pytest.mark.parametrize("name", ATTENTIONS)
def test_every_device_and_half_precision_will_do(model_of: Make, targets: Tensor, name: str) -> None:
    model = model_of(name).float().train()
    source, valid = pad(SOURCE)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(source, valid, targets[:3]).logits
        step = model.step(targets[:3, 0], model.start(model.encode(source, valid)))
    batch_loss(DenseLogits(logits), targets[:3], targets[:3] > 0, smoothing=0.1).smoothed.backward()  # type: ignore[no-untyped-call]
    assert logits.dtype == step.logits.dtype == torch.float32
    assert torch.all(torch.isfinite(logits))
    assert torch.all(torch.isfinite(step.logits))
    model.to("meta")
    assert model(source.to("meta"), valid.to("meta"), targets[:3].to("meta")).logits.device.type == "meta"


@torch.no_grad()
def test_weights_are_computed_only_where_they_are_needed(build: Build, model_of: Make, targets: Tensor) -> None:
    for model, needed in ((build(architecture="transformer", dropout=0.0), []), (model_of("transformer"), [1])):
        asked: list[int] = []
        for number in (0, 1):
            look = model.eval().decoder.get_submodule(f"layers.{number}.look")
            look.register_forward_hook(lambda _, __, seen, n=number, asked=asked: asked.extend([n] * (seen.weights is not None)))
        model.decoder(targets[:3], model.encode(*pad(SOURCE)))
        assert asked == needed


@pytest.mark.parametrize("name", ["after", "coverage", "transformer"])
@torch.no_grad()
def test_tokens_of_a_second_source_may_be_copied_too(model_of: Make, targets: Tensor, name: str) -> None:
    model = model_of(name)
    seconds = [[9, 10, 3], [11, 3], [12, 4, 3]]
    told: list[Tensor] = []
    model.decoder.get_submodule("copying").register_forward_hook(lambda _, inputs, __: told.append(inputs[0]))
    both = Memory.of_several([model.encode(*pad(SOURCE)), model.encode(*pad(seconds))])
    decoded = model.decoder(targets[:3], both, weights=True)
    torch.testing.assert_close(decoded.logits.exp().sum(-1), torch.ones(3, 6).double(), rtol=0, atol=1e-12)
    gained = decoded.logits - told[0].log_softmax(-1)
    for row in range(3):
        there = sorted({*SOURCE[row], *seconds[row]})
        lacking = [word for word in range(23) if word not in there]
        assert torch.all(gained[row][:, there] > gained[row][:, lacking].amax(dim=-1, keepdim=True) + 1e-6)
        torch.testing.assert_close(
            gained[row][:, lacking], gained[row][:, lacking[:1]].expand(-1, len(lacking)), rtol=0, atol=1e-12
        )


def test_a_fixed_length_context_points_to_no_token(build: Build) -> None:
    decoder = build(architecture="gru", attention="none").decoder
    assert isinstance(decoder, RecurrentDecoder)
    with pytest.raises(ValueError, match="copying needs an attention"):
        RecurrentDecoder(
            RecurrentShape("gru", 16, 1),
            Joining(copies=True),
            decoder.look,
            None,
            decoder.embedding,
            decoder.positions,
            decoder.output,
        )


SEEN, ALL, UPDATES = 104, 124, 600


def share_of_unseen_words_that_are_copied(copies: bool) -> float:
    """Trained to repeat sequences of some words, and asked to repeat sequences of others, teacher-forced."""
    attention = {"scorer": "location", "positions": 6, "copying": copies}
    shape = ModelShape.model_validate({"architecture": "gru", "dim": 32, "dropout": 0.0, "attention": attention})
    model = build_seq2seq(shape, Sizes(ALL, ALL), HandedOver(), seed=1)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(1)
    for update in range(UPDATES + 1):
        first, end = (4, SEEN) if update < UPDATES else (SEEN, ALL)
        words = torch.randint(first, end, (32, 5), generator=generator).tolist()
        source, valid = pad([[*row, END] for row in words])
        target_in, _ = pad([[START, *row] for row in words])
        logits = model(source, valid, target_in).logits
        optimiser.zero_grad()
        batch_loss(DenseLogits(logits), source, valid).objective(None).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    return float((logits.argmax(dim=-1) == source)[:, :5].float().mean())


@pytest.mark.slow
def test_words_that_were_never_written_in_training_are_copied() -> None:
    assert share_of_unseen_words_that_are_copied(copies=False) < 0.05
    assert share_of_unseen_words_that_are_copied(copies=True) > 0.8
