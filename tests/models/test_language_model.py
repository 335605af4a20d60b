"""Language models: decoders that look at nothing but their own past."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.language_model import LanguageModel
from embedseq.models.memory import Memory
from embedseq.models.settings import ModelShape
from embedseq.text.batches import Batch
from embedseq.training.loss import batch_loss

WORDS = 23
VARIANTS: dict[str, dict[str, Any]] = {
    "rnn": {"architecture": "rnn", "layers": 1},
    "rnn-relu": {"architecture": "rnn-relu"},
    "lstm": {"architecture": "lstm", "residual": True},
    "gru": {"architecture": "gru", "positions": "learned", "layers": 3},
    "lstm-self-attention": {"architecture": "lstm", "self_attention": "additive", "positions": "sinusoidal"},
    "gru-rotary": {"architecture": "gru", "self_attention": "dot", "positions": "rotary", "tie_output": True},
    "gru-window": {"architecture": "gru", "self_attention": {"scorer": "dot", "span": "window", "window": 2, "heads": 2}},
    "transformer": {"architecture": "transformer"},
    "transformer-post": {"architecture": "transformer", "norm": "post", "positions": "learned", "tie_output": True},
    "transformer-rotary": {"architecture": "transformer", "positions": "rotary", "activation": "swiglu", "normalisation": "rms"},
    "transformer-experts": {"architecture": "transformer", "self_attention": {"heads": 2, "experts": 3}, "embedding_dim": 8},
    "decoder": {"architecture": "lstm", "decoder": {"architecture": "transformer", "layers": 1}},
}
every_variant = pytest.mark.parametrize("name", VARIANTS)
Make = Callable[[str], LanguageModel]


@pytest.fixture
def model_of(shape: Callable[..., ModelShape]) -> Make:
    """A language model of 23 words in float64, with its every weight moved off zero."""

    def make(name: str) -> LanguageModel:
        model = build_model(shape(kind="language-model", **VARIANTS[name]), Sizes(WORDS, 0), HandedOver(), seed=1)
        assert isinstance(model, LanguageModel)
        generator = torch.Generator().manual_seed(9)
        with torch.no_grad():
            for weight in model.double().eval().parameters():
                weight.add_(0.05 * torch.randn(weight.shape, dtype=torch.float64, generator=generator))
        return model

    return make


def batch_of(target_in: Tensor) -> Batch:
    """Texts (B, T) that begin with the start symbol, as a language model reads them."""
    rows = len(target_in)
    nothing = torch.zeros(rows, 0, dtype=torch.long, device=target_in.device)
    return Batch(torch.arange(rows), nothing, nothing.bool(), target_in, target_in.roll(-1, dims=1), target_in > 0)


@every_variant
@torch.no_grad()
def test_steps_equal_teacher_forcing_and_selected_texts_go_on_from_their_own_past(
    model_of: Make, targets: Tensor, name: str
) -> None:
    model = model_of(name)
    expected = model.predict(batch_of(targets), weights=True)
    assert expected.attention is None
    rows = torch.tensor([7, 7, 50, 0])
    state, chosen = model.start(64), model.start(64).select(rows)
    for position in range(targets.shape[1]):
        step, other = model.step(targets[:, position], state), model.step(targets[rows, position], chosen)
        state, chosen = step.state, other.state
        assert step.attention is None
        torch.testing.assert_close(step.logits, expected.logits[:, position], rtol=0, atol=1e-10)
        torch.testing.assert_close(other.logits, expected.logits[rows, position], rtol=0, atol=1e-10)


@every_variant
@torch.no_grad()
def test_a_text_alone_equals_the_text_among_64(model_of: Make, targets: Tensor, name: str) -> None:
    model = model_of(name)
    padded = targets.clone()
    padded[13, 3:] = 0
    together = model.predict(batch_of(padded)).logits
    for row, length in ((0, 6), (13, 3), (63, 6)):
        alone = model.predict(batch_of(padded[row : row + 1, :length])).logits
        torch.testing.assert_close(alone[0], together[row, :length], rtol=0, atol=1e-10)


@every_variant
@torch.no_grad()
def test_a_later_token_changes_no_earlier_prediction(model_of: Make, targets: Tensor, name: str) -> None:
    model = model_of(name)
    for place in (1, 3, 5):
        changed = targets.clone()
        changed[:, place] = 4 + (changed[:, place] - 3) % (WORDS - 4)
        before, after = (model.predict(batch_of(each)).logits for each in (targets, changed))
        torch.testing.assert_close(before[:, :place], after[:, :place], rtol=0, atol=1e-12)
        assert torch.all((before[:, place] - after[:, place]).abs().amax(dim=-1) > 1e-9)


@every_variant
def test_gradients_reach_every_parameter_and_none_is_of_a_look_at_a_memory(model_of: Make, targets: Tensor, name: str) -> None:
    model = model_of(name).train()
    batch = batch_of(targets)
    decoded = model.predict(batch)
    loss = batch_loss(decoded.predicted, batch.target_out, batch.target_valid, smoothing=0.1)
    loss.objective(decoded.penalty).backward()  # type: ignore[no-untyped-call]
    for place, weight in model.named_parameters():
        parts = place.split(".")[:-1]
        own = "self_attention" in parts or "attention" in parts
        assert own or not {"look", "look_residual", "bridge", "combine", "entry", "coverage", "copying"} & set(parts), place
        assert weight.grad is not None, place
        shifts_all_scores_alike = place.endswith("projections.key.bias")
        assert shifts_all_scores_alike or torch.any(weight.grad != 0.0), place
        assert torch.all(torch.isfinite(weight.grad)), place


@pytest.mark.parametrize("architecture", ["rnn", "rnn-relu", "lstm", "gru", "transformer"])
def test_the_gradient_is_right(shape: Callable[..., ModelShape], architecture: str) -> None:
    small = shape(kind="language-model", architecture=architecture, dim=4, heads=2, activation="gelu", self_attention="dot")
    model = build_model(small, Sizes(6, 0), HandedOver(), seed=1).double().eval()
    names, weights = zip(*((name, weight) for name, weight in model.named_parameters() if weight.dim() == 1), strict=True)
    batch = batch_of(torch.tensor([[2, 4, 5], [2, 5, 0]]))

    def logits(*values: Tensor) -> Tensor:
        called = torch.func.functional_call(
            _Predicting(model), {f"model.{n}": v for n, v in zip(names, values, strict=True)}, batch
        )
        assert isinstance(called, Tensor)
        return called[batch.target_valid]

    leaves = [weight.detach().clone().requires_grad_() for weight in weights]
    assert torch.autograd.gradcheck(logits, leaves)


class _Predicting(torch.nn.Module):
    """A model that is called for its logits."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: Batch) -> Tensor:
        logits: Tensor = self.model.predict(batch).logits
        return logits


@every_variant
def test_every_device_and_half_precision_will_do(model_of: Make, targets: Tensor, name: str) -> None:
    model = model_of(name).float().train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model.predict(batch_of(targets)).logits
        step = model.step(targets[:, 0], model.start(64))
    logits.float().square().mean().backward()  # type: ignore[no-untyped-call]
    assert torch.all(torch.isfinite(logits.float()))
    assert torch.all(torch.isfinite(step.logits.float()))
    model.to("meta")
    assert model.predict(batch_of(targets.to("meta"))).logits.device.type == "meta"
    assert model.step(targets[:2, 0].to("meta"), model.start(2)).logits.shape == (2, WORDS)


@torch.no_grad()
def test_it_reads_what_it_writes_and_takes_vectors_on_its_only_side(shape: Callable[..., ModelShape], vectors: Any) -> None:
    handed = vectors(10)
    fields = {"kind": "language-model", "embedding": {"from": "skipgram", "as": "frozen"}, "tie_output": True}
    model = build_model(shape(**fields), Sizes(WORDS, 0), HandedOver(source=handed), seed=1)
    assert list(model.tables()) == ["source"]
    assert torch.equal(
        torch.from_numpy(model.vectors("source"))[handed.has_vector], torch.from_numpy(handed.matrix[handed.has_vector])
    )
    assert set(model.frozen_digests()) == {"source"}
    assert model.predict(batch_of(torch.tensor([[2, 4]]))).logits.shape == (1, 2, WORDS)


@pytest.mark.parametrize("name", ["lstm", "transformer"])
@torch.no_grad()
def test_the_probabilities_of_all_short_texts_sum_to_one(shape: Callable[..., ModelShape], name: str) -> None:
    small = shape(kind="language-model", **VARIANTS[name])
    model = build_model(small, Sizes(6, 0), HandedOver(), seed=1).double().eval()
    first = torch.cartesian_prod(torch.tensor([2]), torch.arange(6), torch.arange(6))
    log_p = model.predict(batch_of(first)).logits.log_softmax(-1)
    of_texts = log_p[:, 0].gather(1, first[:, 1:2]) + log_p[:, 1].gather(1, first[:, 2:3])
    assert of_texts.exp().sum().item() == pytest.approx(1.0, abs=1e-12)


@torch.no_grad()
def test_a_memory_of_nothing_has_rows_and_a_kind_and_no_states() -> None:
    like = torch.zeros(3, 7, dtype=torch.float64)
    nothing = Memory.nothing(5, like)
    assert nothing.states.shape == (5, 0, 7)
    assert nothing.states.dtype == torch.float64
    assert nothing.valid.shape == (5, 0)
    assert nothing.select(torch.tensor([0, 0])).states.shape == (2, 0, 7)
