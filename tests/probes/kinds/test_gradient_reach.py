"""How far gradients reach: against autograd one by one, and networks whose decay is known."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from embedseq.errors import RequestError
from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.interfaces import Model
from embedseq.models.settings import ModelShape
from embedseq.probes.gradients import Reach, gradient_norms
from embedseq.probes.kinds.gradient_reach import GradientReachSettings, measure
from embedseq.probes.material import ModelMaterial
from embedseq.probes.probe import Found
from embedseq.probes.sums import STATISTICS, decay_of
from embedseq.statistics.bootstrap import statistic_value
from embedseq.statistics.measurement import Measurement
from embedseq.text.vocabulary import END, START

WORDS = 20
SHAPES = [
    {"kind": "language-model", "architecture": "lstm", "layers": 2},
    {"kind": "language-model", "architecture": "transformer"},
    {"kind": "encoder-decoder", "architecture": "gru"},
    {"kind": "tagger", "architecture": "transformer"},
]


def built(**fields: object) -> Model:
    shape = ModelShape.model_validate({"dim": 16, "heads": 2, "dropout": 0.1, **fields})
    return build_model(shape, Sizes(WORDS, WORDS), HandedOver(), 1)


def texts(count: int, longest: int = 30, seed: int = 0) -> list[list[int]]:
    random = np.random.default_rng(seed)
    return [random.integers(4, WORDS, size=length).tolist() for length in random.integers(1, longest, size=count)]


def probed(model: Model, untrained: Model | None = None, distance: int = 10, sources: list[list[int]] | None = None) -> Found:
    settings = GradientReachSettings(kind="gradient-reach", of="m", data="d", distance=distance)
    return measure(ModelMaterial(model, untrained or model, texts(30) if sources is None else sources), settings)


def decays(found: Found) -> dict[str, Measurement]:
    return {each.label: each for each in found.measurements if each.score == "decay"}


def firing(scale: float) -> Model:
    """A rectifier network all of whose units fire always: h_t = W x_t + b + scale h_{t-1}."""
    model = built(kind="tagger", architecture="rnn-relu", bidirectional=False)
    recurrence = model.encoder.layers[0].rightward.recurrence  # type: ignore[union-attr, index]
    with torch.no_grad():
        recurrence.weight_hh_l0.mul_(scale)  # the identity before
        recurrence.bias_ih_l0.fill_(1000.0)
    return model


def orthogonal() -> Model:
    """As `firing`, with an orthogonal recurrent matrix whose units fire as the bias is large and turns with them."""
    model = firing(1.0)
    recurrence = model.encoder.layers[0].rightward.recurrence  # type: ignore[union-attr, index]
    with torch.no_grad():
        order = torch.randperm(16, generator=torch.Generator().manual_seed(1))
        recurrence.weight_hh_l0.copy_(torch.eye(16)[order])
    return model


@pytest.mark.parametrize("fields", SHAPES, ids=str)
def test_a_sentence_alone_gives_the_norms_that_it_has_among_others(fields: dict[str, object]) -> None:
    model, sources = built(**fields).double().train(), texts(7, 12)
    together = gradient_norms(model, sources, Reach(6, 5))
    alone = np.concatenate([gradient_norms(model, [source], Reach(6, 5)) for source in sources])
    np.testing.assert_allclose(together, alone, rtol=1e-6, atol=1e-12)
    assert model.training


def test_norms_are_those_of_autograd_one_loss_at_a_time() -> None:
    model, source = built(**SHAPES[0]).double().eval(), [5, 9, 4, 11, 7]
    found = gradient_norms(model, [source], Reach(3, 20))[0]
    expected = np.zeros((4, 2))
    for position in range(6):
        read = torch.tensor([[START, *source]])
        embedded = model.decoder.embedding(read).detach().requires_grad_()  # type: ignore[union-attr, operator]
        hook = model.decoder.embedding.register_forward_hook(  # type: ignore[union-attr]
            lambda module, given, output, embedded=embedded: embedded if output.dim() == 3 else output
        )
        nothing = model._nothing(1)  # type: ignore[operator]
        logits = model.decoder(read, nothing).logits[0, position]  # type: ignore[operator]
        hook.remove()
        torch.nn.functional.cross_entropy(logits, torch.tensor([*source, END])[position]).backward()
        norms = embedded.grad[0].norm(dim=-1)
        for distance in range(min(3, position) + 1):
            expected[distance] += [float(norms[position - distance]), float(norms[position])]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.1])
def test_a_network_that_multiplies_by_a_number_decays_by_its_logarithm(scale: float) -> None:
    found = probed(firing(scale).double())
    assert decays(found)[""].value == pytest.approx(math.log(scale), abs=1e-6)
    near = [each.value for each in found.measurements if each.part == "distance 3" and not each.label]
    assert near == [pytest.approx(scale**3)]


def test_vanishing_and_exploding_are_told_apart() -> None:
    shrinking, growing = firing(0.8), firing(1.1)
    details = probed(shrinking, growing).details
    assert details["model"]["verdict"] == "vanishing"
    assert details["model"]["steps to halve or double"] == pytest.approx(math.log(2) / -math.log(0.8), rel=1e-3)
    assert details["untrained model"]["verdict"] == "exploding"


def test_an_orthogonal_network_keeps_the_length_of_gradients() -> None:
    assert decays(probed(orthogonal().double()))[""].value == pytest.approx(0.0, abs=0.03)


@pytest.mark.parametrize("kind", ["language-model", "tagger", "encoder-decoder"])
def test_gradients_of_an_lstm_vanish_at_initialisation(kind: str) -> None:
    found = probed(built(kind=kind, architecture="lstm"))
    assert decays(found)[""].value < -0.1
    assert found.details["model"]["verdict"] == "vanishing"


def test_noise_in_place_of_norms_has_no_slope() -> None:
    random = np.random.default_rng(0)
    slopes = [float(decay_of(random.uniform(0.9, 1.1, size=(500, 10, 2)).sum(axis=0).ravel())) for _ in range(20)]
    assert max(map(abs, slopes)) < 0.01


@given(st.floats(-0.5, 0.5), st.integers(2, 12), st.floats(0.1, 10.0))
def test_the_slope_of_an_exact_decay_is_found_with_and_without_gaps(slope: float, distances: int, size: float) -> None:
    steps = np.arange(1, distances + 1)
    pairs = np.stack([size * np.exp(slope * steps), np.full(distances, 2.0)], axis=-1)
    assert decay_of(pairs.ravel()) == pytest.approx(slope, abs=1e-9)
    gap = np.concatenate([pairs, [[0.0, 3.0], [0.0, 0.0]]])
    assert decay_of(gap.ravel()) == pytest.approx(slope, abs=1e-9)
    assert np.isnan(decay_of(np.concatenate([pairs[:1], [[0.0, 1.0]]]).ravel()))


def test_measurements_are_of_all_sentences_and_their_values_those_of_the_items() -> None:
    sources = [[5], [], *texts(20, 8)]
    found = probed(built(**SHAPES[2]), distance=40, sources=sources)
    longest = max(map(len, sources)) - 1
    assert len(found.measurements) == 3 * longest + 3
    for each in found.measurements:
        assert each.n == len(sources)
        assert each.value == statistic_value(each.statistic, each.items, STATISTICS)


def test_a_decay_is_there_and_its_control_has_none() -> None:
    """Distances dealt out at random decay with as many slopes above 0 as below; the mean over many is about 0."""
    found = probed(built(**SHAPES[2]), distance=8, sources=texts(150, 8))
    decays = {each.label: each for each in found.measurements if each.score == "decay"}
    assert decays["distances shuffled"].role == "control"
    assert decays["untrained model"].role == "baseline"
    assert abs(decays["distances shuffled"].value) < 0.1 < abs(decays[""].value)
    own, control = (decays[label].items.reshape(150, -1, 2) for label in ("", "distances shuffled"))
    np.testing.assert_allclose(np.sort(own[..., 0], axis=1), np.sort(control[..., 0], axis=1))


def test_sentences_that_are_too_short_are_refused() -> None:
    with pytest.raises(RequestError, match="three tokens or more"):
        probed(built(**SHAPES[2]), sources=[[5, 6], [7]])
