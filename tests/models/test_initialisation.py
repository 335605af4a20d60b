"""How weights begin."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from embedseq.models.seq2seq import Seq2Seq

Build = Callable[..., Seq2Seq]
ARCHITECTURES = ("rnn", "lstm", "gru", "transformer")
HANDED = {"source": {"from": "v", "as": "frozen"}, "target": {"from": "v", "as": "tuned"}}


def weights(model: Seq2Seq) -> dict[str, torch.Tensor]:
    """All parameters but the rows of embedding tables."""
    return {name: weight for name, weight in model.named_parameters() if not name.endswith((".trained", ".vectors"))}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_arms_share_all_weights_but_the_vectors(build: Build, vectors: Callable[[int], Any], architecture: str) -> None:
    handed = vectors(16)
    random, trained = build(architecture=architecture), build(handed, handed, architecture=architecture, embedding=HANDED)
    ours, theirs = weights(random), weights(trained)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_arms_with_projections_share_them_too(build: Build, vectors: Callable[[int], Any]) -> None:
    handed = vectors(10)
    random, trained = build(embedding_dim=10), build(handed, handed, embedding=HANDED)
    assert torch.equal(weights(random)["source.projection.weight"], weights(trained)["source.projection.weight"])


def test_the_same_parts_of_other_models_begin_alike(build: Build) -> None:
    additive, none = weights(build(attention="additive")), weights(build(attention="none"))
    assert none.keys() < additive.keys()
    assert all(torch.equal(none[name], additive[name]) for name in none)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_seed_alone_decides_and_torchs_own_state_stays(build: Build, architecture: str) -> None:
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = build(architecture=architecture).state_dict()
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    second, other = build(architecture=architecture).state_dict(), build(architecture=architecture, seed=2).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["source.trained"], other["source.trained"])
    assert not torch.equal(first["decoder.output.weight"], other["decoder.output.weight"])


@pytest.mark.parametrize(("architecture", "gates"), [("rnn", 1), ("lstm", 4), ("gru", 3)])
def test_recurrent_matrices_are_orthogonal_gate_by_gate(build: Build, architecture: str, gates: int) -> None:
    model = build(architecture=architecture)
    for gate in model.get_parameter("decoder.layers.0.recurrence.weight_hh_l0").chunk(gates):
        torch.testing.assert_close(gate @ gate.T, torch.eye(16), rtol=0, atol=1e-5)
    limit = (6 / (16 + 16)) ** 0.5
    for gate in model.get_parameter("decoder.layers.0.recurrence.weight_ih_l0").chunk(gates):
        assert 0.8 * limit < gate.abs().max() <= limit


def test_biases_are_zero_but_for_the_forget_gate_of_an_lstm(build: Build) -> None:
    for architecture in ARCHITECTURES:
        for name, weight in build(architecture=architecture).named_parameters():
            if architecture == "lstm" and "bias_ih" in name:
                gates = weight.chunk(4)
                assert torch.all(gates[1] == 1.0), name
                assert all(torch.all(gates[i] == 0.0) for i in (0, 2, 3)), name
            elif "bias" in name:
                assert torch.all(weight == 0.0), name
            elif weight.dim() == 1:
                assert torch.all(weight == 1.0), name
