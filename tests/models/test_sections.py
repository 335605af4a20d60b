"""Documents whose sentences are encoded apart."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.sections import Sections
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import ModelShape
from embedseq.text.batches import Batch, pad
from embedseq.text.vocabulary import END

Shape = Callable[..., ModelShape]
Document = list[list[int]]
WORDS = 23
EXACT: Any = {"rtol": 0, "atol": 1e-12}
DOCUMENTS: list[Document] = [[[4, 5, 6], [7], [], [8, 9]], [[10, 11, 12, 13, 14]], [[15], [16, 17]]]
MODELS: list[dict[str, Any]] = [
    {"architecture": "gru", "residual": True},
    {"architecture": "lstm", "bridge": "final", "bidirectional": False},
    {"architecture": "lstm", "self_attention": "additive", "bridge": "final"},
    {"architecture": "rnn", "positions": "learned", "max_positions": 6},
    {"architecture": "transformer"},
    {"architecture": "transformer", "positions": "rotary", "norm": "post"},
    {"architecture": "transformer", "self_attention": {"span": "window", "window": 1}},
]
every_model = pytest.mark.parametrize("fields", MODELS, ids=str)
documents = st.lists(st.lists(st.lists(st.integers(4, WORDS - 1), max_size=4), min_size=1, max_size=4), min_size=1, max_size=4)


def ids_of(document: Document) -> list[int]:
    return [token for sentence in document for token in (*sentence, END)]


def read(some: list[Document]) -> tuple[Tensor, Tensor]:
    return pad([ids_of(document) for document in some])


def build(shape: ModelShape, seed: int = 1) -> Seq2Seq:
    return build_seq2seq(shape, Sizes(WORDS, WORDS), HandedOver(), seed)


@settings(max_examples=60)
@given(some=documents, missing=st.integers(0, 3))
def test_every_sentence_gets_a_row_of_its_own_and_every_token_its_place_back(some: list[Document], missing: int) -> None:
    source, valid = read(some)
    valid[missing : missing + 1] = False
    sections = Sections.of(source == END, valid)
    kept = [document if row != missing else [] for row, document in enumerate(some)]
    expected = [ids for document in kept for ids in ([[*sentence, END] for sentence in document] or [[]])]
    rows = sections.cut(source.unsqueeze(-1)).squeeze(-1)
    assert sections.valid.sum(dim=1).tolist() == [len(ids) for ids in expected]
    assert [rows[number, : len(ids)].tolist() for number, ids in enumerate(expected)] == expected
    assert sections.valid.shape[1] == max(1, *map(len, expected))
    joined = sections.join(rows.unsqueeze(-1).double(), valid).squeeze(-1)
    assert torch.equal(joined, source.masked_fill(~valid, 0).double())
    assert sections.belongs.sum(dim=1).tolist() == [max(1, len(document)) for document in kept]
    assert torch.equal(sections.belongs.sum(dim=0), torch.ones(len(expected), dtype=torch.long))


@every_model
@torch.no_grad()
def test_a_document_is_encoded_as_its_sentences_alone_and_joined(shape: Shape, fields: dict[str, Any]) -> None:
    model = build(shape(**fields, sections=True)).double().eval()
    source, valid = read(DOCUMENTS)
    encoded, memory = model.encode_layers(source, valid), model.encode(source, valid)
    assert torch.equal(memory.states, encoded.layers[-1])
    assert torch.equal(memory.tokens, source)
    for row, document in enumerate(DOCUMENTS):
        alone = [model.encoder(model.embed(torch.tensor([[*one, END]])), torch.ones(1, len(one) + 1).bool()) for one in document]
        for layer, states in enumerate(encoded.layers):
            expected = torch.cat([one.layers[layer][0] for one in alone])
            torch.testing.assert_close(states[row, : len(expected)], expected, **EXACT)
            assert torch.all(states[row, len(expected) :] == 0.0)
            torch.testing.assert_close(encoded.final[layer][row], mean([one.final[layer] for one in alone]), **EXACT)
            if encoded.cells:
                torch.testing.assert_close(encoded.cells[layer][row], mean([one.cells[layer] for one in alone]), **EXACT)
            torch.testing.assert_close(memory.means[layer][row], expected.mean(0), **EXACT)
    assert len(encoded.cells) == (2 if fields.get("bridge") == "final" else 0)


def mean(vectors: list[Tensor]) -> Tensor:
    return torch.cat(vectors).sum(0) / len(vectors)


@every_model
@torch.no_grad()
def test_a_changed_word_changes_no_state_of_another_sentence(shape: Shape, fields: dict[str, Any]) -> None:
    apart, together = (build(shape(**fields, sections=sections)).eval() for sections in (True, False))
    if fields.get("max_positions") is not None:
        together = build(shape(architecture="gru")).eval()  # all of the document has more positions than are learned
    document = [[4, 5], [6, 7, 8], [9]]
    source, valid = read([document])
    changed = source.clone()
    changed[0, 4] = 20
    own = torch.zeros_like(valid)
    own[0, 3:7] = True
    for before, after in zip(apart.encode_layers(source, valid).layers, apart.encode_layers(changed, valid).layers, strict=True):
        assert torch.equal(before[~own], after[~own])
        assert not torch.allclose(before[own], after[own])
    assert not torch.equal(together.encode(source, valid).states[~own], together.encode(changed, valid).states[~own])


@every_model
@torch.no_grad()
def test_padding_and_batching_change_nothing(shape: Shape, fields: dict[str, Any]) -> None:
    model = build(shape(**fields, sections=True)).double().eval()
    source, valid = read(DOCUMENTS)
    target = torch.tensor([[2, 5, 6]] * 3)
    memory, together = model.encode(source, valid), model(source, valid, target)
    rubbish = torch.where(valid, source, END)
    assert torch.equal(model.encode(rubbish, valid).states, memory.states)
    assert all(torch.equal(a, b) for a, b in zip(model.encode(rubbish, valid).final, memory.final, strict=True))
    for row, document in enumerate(DOCUMENTS):
        alone_source, alone_valid = read([document])
        alone = model.encode(alone_source, alone_valid)
        torch.testing.assert_close(alone.states[0], memory.states[row, : len(alone_source[0])], **EXACT)
        for ours, theirs in zip(alone.final, memory.final, strict=True):
            torch.testing.assert_close(ours[0], theirs[row], **EXACT)
        torch.testing.assert_close(model(alone_source, alone_valid, target[:1]).logits[0], together.logits[row], **EXACT)


@pytest.mark.parametrize("positions", ["sinusoidal", "learned", "rotary"])
@torch.no_grad()
def test_positions_begin_anew_in_every_sentence(shape: Shape, positions: str) -> None:
    model = build(shape(architecture="transformer", positions=positions, max_positions=4, sections=True)).double().eval()
    source, valid = read([[[4, 5, 6], [7], [4, 5, 6]]])
    states = model.encode(source, valid).states[0]
    torch.testing.assert_close(states[:4], states[6:], **EXACT)


@torch.no_grad()
def test_one_sentence_is_encoded_as_without_sections(shape: Shape) -> None:
    apart, usual = (build(shape(architecture="gru", sections=sections)).double().eval() for sections in (True, False))
    source, valid = read([[[4, 5, 6]], [[7]]])
    torch.testing.assert_close(apart.encode(source, valid).states, usual.encode(source, valid).states, **EXACT)
    assert list(apart.state_dict()) == list(usual.state_dict())


@every_model
@torch.no_grad()
def test_a_document_without_tokens_gives_zeros_and_no_nan(shape: Shape, fields: dict[str, Any]) -> None:
    model = build(shape(**fields, sections=True)).eval()
    source = torch.tensor([[0, 0, 0], [4, 5, END]])
    for valid in (source != 0, torch.zeros_like(source, dtype=torch.bool)):
        memory = model.encode(source, valid)
        assert torch.all(memory.states[0] == 0.0)
        assert all(torch.all(vector[0] == 0.0) for vector in (*memory.final, *memory.means, *memory.cells))
        assert torch.all(torch.isfinite(model(source, valid, torch.tensor([[2], [2]])).logits))


def test_a_document_that_does_not_end_is_read_to_its_last_token() -> None:
    source = torch.tensor([[4, END, 5, 6]])
    sections = Sections.of(source == END, torch.ones(1, 4, dtype=torch.bool))
    assert sections.valid.sum(dim=1).tolist() == [2, 2]


@every_model
def test_gradients_reach_every_parameter_of_the_encoder(shape: Shape, fields: dict[str, Any]) -> None:
    model = build(shape(**fields, sections=True, dropout=0.0))
    source, valid = read(DOCUMENTS)
    model(source, valid, torch.tensor([[2, 5, 6]] * 3)).logits.square().sum().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert torch.all(torch.isfinite(weight.grad)), name
        assert name.endswith("key.bias") or torch.any(weight.grad != 0.0), name


def test_half_precision_is_welcome(shape: Shape) -> None:
    model = build(shape(architecture="gru", sections=True))
    source, valid = read(DOCUMENTS)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.all(torch.isfinite(model(source, valid, torch.tensor([[2, 5, 6]] * 3)).logits))


@torch.no_grad()
@torch.no_grad()
def test_the_states_of_words_are_aligned_with_the_document(shape: Shape) -> None:
    model = build(shape(architecture="transformer", sections=True)).eval()
    source, valid = read(DOCUMENTS)
    nothing = torch.zeros(len(source), 0, dtype=torch.long)
    layers = model.states(Batch(torch.arange(len(source)), source, valid, nothing, nothing, nothing.bool())).layers
    assert [layer.shape for layer in layers.values()] == [(*source.shape, 16)] * 3
    assert torch.equal(layers["encoder 2"], model.encode(source, valid).states)


def test_the_penalty_is_that_of_all_sentences(shape: Shape) -> None:
    fields = {"architecture": "transformer", "layers": 1, "dropout": 0.0, "self_attention": {"heads": 2, "experts": 3}}
    model = build(shape(**fields, sections=True)).double().train()
    source, valid = read(DOCUMENTS)
    apart = model.encode_layers(source, valid).penalty
    sentences, real = pad([[*one, END] for document in DOCUMENTS for one in document])
    torch.testing.assert_close(apart, model.encoder(model.embed(sentences), real).penalty, **EXACT)
