"""Embedding tables: frozen rows stay, row i is token i, padding is zero, arms are matched."""

import hashlib
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch import Tensor

from embedseq.models.embedding import As, EmbeddingTable, Slots, random_rows
from embedseq.models.seq2seq import Seq2Seq

Build = Callable[..., Seq2Seq]
AS: tuple[As, ...] = get_args(As)
WORDS = 23
WITHOUT = [1, 2, 3, 9, 15]
WITH = [row for row in range(4, WORDS) if row not in WITHOUT]


def both(as_: str, **more: Any) -> dict[str, Any]:
    handed = {"from": "vectors", "as": as_, **more}
    return {"source": handed, "target": handed}


def train(model: Seq2Seq, updates: int = 3) -> None:
    """A few updates with an optimiser that owns every parameter, weight decay included."""
    torch.manual_seed(2)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.05, weight_decay=0.1)
    source = torch.randint(1, WORDS, (8, 6))
    source[:, 5] = 0
    target = torch.randint(1, WORDS, (8, 6))
    for _ in range(updates):
        optimiser.zero_grad()
        logits = model(source, source != 0, target).logits
        torch.autograd.backward(torch.nn.functional.cross_entropy(logits.flatten(0, 1), source.flatten()))
        optimiser.step()


@pytest.mark.parametrize("as_", AS)
@pytest.mark.parametrize("width", [16, 10])
def test_row_i_is_the_vector_of_token_i(vectors: Callable[[int], Any], as_: As, width: int) -> None:
    handed = vectors(width)
    table = EmbeddingTable(width, 16, Slots.of(WORDS, handed), as_)
    table.fill(1, handed)
    norm = np.linalg.norm(handed.matrix[WITH], axis=1).mean()
    expected = torch.from_numpy(handed.matrix[WITH] / norm)
    torch.testing.assert_close(table.table()[WITH], expected, rtol=1e-6, atol=1e-7)
    tokens = torch.arange(WORDS)
    projected = table.table() * width**0.5 if table.projection is None else table.projection(table.table() * width**0.5)
    torch.testing.assert_close(table(tokens), projected)
    np.testing.assert_allclose(table.original_vectors()[WITH], handed.matrix[WITH], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("as_", [None, *AS])
def test_padding_is_zero_before_and_after_training(build: Build, vectors: Callable[[int], Any], as_: As | None) -> None:
    handed = vectors(16) if as_ else None
    model = build(handed, handed, embedding=both(as_) if as_ else "random", tie_output=True)
    if as_ == "gradual":
        model.set_epoch(3)
    for _ in range(2):
        for table in (model.source, model.target):
            assert torch.all(table(torch.tensor([0])) == 0.0)
            assert torch.all(table.table()[0] == 0.0)
            assert torch.all(table.trained[0] == 0.0)
            assert torch.all(table.vectors[0] == 0.0)
        train(model)


@pytest.mark.parametrize("width", [16, 10])
@pytest.mark.parametrize("tie_output", [False, True])
@pytest.mark.parametrize("architecture", ["gru", "transformer"])
def test_frozen_vectors_are_byte_equal_after_training(
    build: Build, vectors: Callable[[int], Any], width: int, tie_output: bool, architecture: str
) -> None:
    handed = vectors(width)
    model = build(handed, handed, architecture=architecture, embedding=both("frozen"), tie_output=tie_output)
    digest = hashlib.sha256(handed.matrix[WITH].tobytes()).hexdigest()
    assert model.frozen_digests() == {"source": digest, "target": digest}
    before = model.vectors("source"), model.vectors("target")
    train(model)
    assert model.frozen_digests() == {"source": digest, "target": digest}
    for start, now in zip(before, (model.vectors("source"), model.vectors("target")), strict=True):
        assert now[WITH].tobytes() == handed.matrix[WITH].tobytes()
        assert np.all(np.any(start[WITHOUT] != now[WITHOUT], axis=1))
    optimised = {id(weight) for weight in model.parameters()}
    assert id(model.source.vectors) not in optimised


@pytest.mark.parametrize("tie_output", [False, True])
def test_tuned_vectors_move_and_have_no_digest(build: Build, vectors: Callable[[int], Any], tie_output: bool) -> None:
    handed = vectors(16)
    model = build(handed, handed, embedding=both("tuned"), tie_output=tie_output)
    before = model.vectors("source")
    train(model)
    assert np.all(np.any(model.vectors("source")[WITH] != before[WITH], axis=1))
    assert model.frozen_digests() == {}


def test_gradual_vectors_are_frozen_until_their_epoch(build: Build, vectors: Callable[[int], Any]) -> None:
    handed = vectors(16)
    model = build(handed, handed, embedding=both("gradual", from_epoch=3), tie_output=True)
    digests = model.frozen_digests()
    assert set(digests) == {"source", "target"}
    before = model.vectors("source")
    for epoch in (1, 2):
        model.set_epoch(epoch)
        train(model)
        assert model.frozen_digests() == digests
        assert model.vectors("source")[WITH].tobytes() == before[WITH].tobytes()
    model.set_epoch(3)
    train(model)
    assert model.frozen_digests() == {}
    assert np.all(np.any(model.vectors("source")[WITH] != before[WITH], axis=1))


@pytest.mark.parametrize("as_", AS)
def test_a_gradual_or_tuned_table_is_as_the_frozen_one_before_training(
    build: Build, vectors: Callable[[int], Any], as_: As
) -> None:
    handed = vectors(10)
    frozen = build(handed, handed, embedding=both("frozen")).eval()
    other = build(handed, handed, embedding=both(as_)).eval()
    source, target = torch.tensor([[4, 9, 5]]), torch.tensor([[2, 6, 15]])
    torch.testing.assert_close(
        other(source, source != 0, target).logits, frozen(source, source != 0, target).logits, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("as_", [None, *AS])
def test_all_tables_have_a_mean_row_norm_of_one(build: Build, vectors: Callable[[int], Any], as_: As | None) -> None:
    handed = vectors(16) if as_ else None
    model = build(handed, handed, embedding=both(as_) if as_ else "random")
    rows = model.source.table()
    trained_rows = WITH if as_ else range(WORDS)
    assert rows[list(trained_rows)].norm(dim=1).sum().item() / len(trained_rows) == pytest.approx(1.0, abs=0.05)


def test_random_rows_have_a_mean_norm_of_one_at_any_width() -> None:
    for width in (3, 50, 300):
        assert random_rows(40, width, 1).norm(dim=1).mean().item() == pytest.approx(1.0, abs=1e-5)


def test_arms_draw_the_same_rows_for_words_without_vectors(build: Build, vectors: Callable[[int], Any]) -> None:
    handed = vectors(16)
    random = build().source.table()
    for as_ in AS:
        assert torch.equal(build(handed, handed, embedding=both(as_)).source.table()[WITHOUT], random[WITHOUT])


def test_special_tokens_never_take_a_trained_vector(vectors: Callable[[int], Any]) -> None:
    handed = vectors(4)
    handed.has_vector[:] = True
    slots = Slots.of(WORDS, handed)
    assert slots.vector.tolist() == [0, 0, 0, 0, *range(1, WORDS - 3)]
    assert slots.trained.tolist() == [0, 1, 2, 3] + [0] * (WORDS - 4)


def test_tied_output_is_the_product_with_the_projected_vectors(build: Build, vectors: Callable[[int], Any]) -> None:
    for width in (16, 10):
        handed = vectors(width)
        table = build(handed, handed, embedding=both("frozen"), tie_output=True).target
        states = torch.randn(2, 3, 16)
        vectors_in_model: Tensor = table.table() if table.projection is None else table.projection(table.table())
        torch.testing.assert_close(table.query(states) @ table.table().T, states @ vectors_in_model.T)


@pytest.mark.parametrize("as_", [None, *AS])
def test_no_vectors_at_all_leave_a_random_table(vectors: Callable[[int], Any], as_: As | None) -> None:
    handed = vectors(4)
    handed.has_vector[:] = False
    table = EmbeddingTable(4, 4, Slots.of(WORDS, handed), as_)
    table.fill(1, handed)
    assert table.frozen_digest() is None
    torch.testing.assert_close(table.table()[1:], random_rows(WORDS, 4, 1)[1:])
    assert table.original_vectors().shape == (WORDS, 4)
