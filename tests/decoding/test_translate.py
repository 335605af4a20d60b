import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from embedseq.decoding.hypothesis import Hypothesis
from embedseq.decoding.search import Steps, search
from embedseq.decoding.settings import SearchSettings
from embedseq.decoding.translate import translate
from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.memory import Memory
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import ModelShape
from embedseq.text.batches import Row, pad
from embedseq.text.vocabulary import END, START

SIZE = 30
ARCHITECTURES = ["rnn", "lstm", "gru", "transformer"]


def sentences(count: int) -> list[list[int]]:
    random = np.random.default_rng(3)
    return [random.integers(4, SIZE, size=random.integers(1, 13)).tolist() for _ in range(count)]


def untrained(architecture: str, **fields: object) -> Seq2Seq:
    return with_sizes(Sizes(SIZE, SIZE), architecture, **fields)


def with_sizes(sizes: Sizes, architecture: str, **fields: object) -> Seq2Seq:
    shape = ModelShape.model_validate({"architecture": architecture, "dim": 16, "heads": 2, "dropout": 0.5, **fields})
    model = build_seq2seq(shape, sizes, HandedOver(), seed=1).double()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.startswith("decoder.output"):
                parameter.mul_(4.0)  # surer of itself, so that hypotheses differ in more than their last digits
    return model


def in_batches(
    model: Seq2Seq, sources: list[list[int]], settings: SearchSettings, size: int, steps: Steps | None = None
) -> list[list[Hypothesis]]:
    """By the model's own steps, or by those that were prepared."""
    model.eval()
    found = []
    for first in range(0, len(sources), size):
        source, valid = pad([[*sentence, END] for sentence in sources[first : first + size]])
        found += search(model if steps is None else steps, model.encode(source, valid), settings, valid.sum(dim=1) - 1)
    return found


def assert_same(found: list[list[Hypothesis]], expected: list[list[Hypothesis]], tolerance: float = 1e-10) -> None:
    assert [[h.tokens for h in one] for one in found] == [[h.tokens for h in one] for one in expected]
    scores = [[h.score for one in lists for h in one] for lists in (found, expected)]
    assert scores[0] == pytest.approx(scores[1], abs=tolerance)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("beam", [1, 4])
def test_lists_of_batches_of_1_7_and_64_are_identical(architecture: str, beam: int) -> None:
    model, sources, settings = untrained(architecture), sentences(64), SearchSettings(beam=beam, max_length=12)
    alone = in_batches(model, sources, settings, 1)
    assert len({one[0].tokens for one in alone}) > 10
    for size in (7, 64):
        assert_same(in_batches(model, sources, settings, size), alone)


ATTENTIONS = {
    "lstm-general-fed": {"architecture": "lstm", "attention": {"scorer": "general", "input_feeding": True}},
    "gru-additive-before": {"architecture": "gru", "attention": {"scorer": "additive", "when": "before", "coverage": True}},
    "gru-local-m": {"architecture": "gru", "attention": {"scorer": "dot", "span": "local-m", "window": 2}},
    "lstm-local-p": {"architecture": "lstm", "attention": {"scorer": "cosine", "span": "local-p", "window": 3}},
    "lstm-none": {"architecture": "lstm", "attention": "none", "bridge": "final"},
    "gru-copying": {"architecture": "gru", "attention": {"scorer": "general", "copying": True}},
    "gru-own-past": {"architecture": "gru", "self_attention": "scaled-dot", "layers": 2},
    "transformer-tied": {"architecture": "transformer", "layers": 2, "tie_output": True, "attention": "scaled-dot"},
    "transformer-rotary": {"architecture": "transformer", "positions": "rotary", "norm": "post", "heads": 4},
    "transformer-window": {"architecture": "transformer", "self_attention": {"scorer": "dot", "span": "window", "window": 2}},
    "transformer-experts": {"architecture": "transformer", "attention": {"scorer": "scaled-dot", "heads": 2, "experts": 4}},
}


@pytest.mark.parametrize("fields", ATTENTIONS.values(), ids=ATTENTIONS)
def test_batches_of_1_7_and_64_find_the_same_with_every_attention(fields: dict[str, object]) -> None:
    shape = {"architecture": "gru", **fields}
    model, sources = untrained(str(shape.pop("architecture")), **shape), sentences(64)
    settings = SearchSettings(beam=3, max_length=9)
    alone = in_batches(model, sources, settings, 1)
    for size in (7, 64):
        assert_same(in_batches(model, sources, settings, size), alone)
    assert_same_in_float32(in_batches(model.float(), sources, settings, 64), in_batches(model, sources, settings, 1))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("beam", [1, 4])
def test_prepared_steps_in_float32_find_the_same_in_batches_of_1_7_and_64(
    architecture: str, beam: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedseq.models.packed.LARGE", 1)  # whatever is a product is packed, where this torch can
    model, sources, settings = untrained(architecture).float().eval(), sentences(64), SearchSettings(beam=beam, max_length=12)
    with torch.inference_mode():
        steps = model.stepper()
    alone = in_batches(model, sources, settings, 1, steps)
    for size in (7, 64):
        assert_same_in_float32(in_batches(model, sources, settings, size, steps), alone)


def assert_same_in_float32(found: list[list[Hypothesis]], expected: list[list[Hypothesis]]) -> None:
    """Scores agree to 1e-4, and so does the order of all that are further apart; what is at the edge of a list may be another."""
    for one, other in zip(found, expected, strict=True):
        assert [h.score for h in one] == pytest.approx([h.score for h in other], abs=1e-4)
        places = {h.tokens: place for place, h in enumerate(other)}
        clear = [h for h in one if h.score > one[-1].score + 1e-4]
        assert all(h.tokens in places for h in clear)
        for better, worse in itertools.combinations(clear, 2):
            assert better.score - worse.score < 1e-4 or places[better.tokens] < places[worse.tokens]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_translations_come_in_the_order_of_the_sentences_whatever_the_batches(architecture: str) -> None:
    model, sources, settings = untrained(architecture), sentences(20), SearchSettings(beam=3, max_length=10)
    expected = in_batches(model, sources, settings, 1)
    model.train()
    for batch_tokens in (1, 25, 1000):
        assert_same(translate(model, sources, settings, batch_tokens), expected)
    assert model.training


def assert_batches_change_nothing(
    model: Seq2Seq, sources: Sequence[Row], further: Sequence[Sequence[Row]] = (), tolerance: float = 1e-10
) -> None:
    """In batches of any size as each source alone, and not the same for all."""
    settings = SearchSettings(beam=3, max_length=10)
    alone = [
        translate(model, [source], settings, 1000, [[each[row]] for each in further])[0] for row, source in enumerate(sources)
    ]
    assert len({one[0].tokens for one in alone}) > 3
    for batch_tokens in (1, 25, 1000):
        assert_same(translate(model, sources, settings, batch_tokens, further), alone, tolerance)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_further_source_keeps_to_its_sentence_whatever_the_batches(architecture: str) -> None:
    model, first, second = with_sizes(Sizes(SIZE, SIZE, further=(SIZE,)), architecture), sentences(20), sentences(20)[::-1]
    assert_batches_change_nothing(model, first, [second])
    settings = SearchSettings(beam=3, max_length=10)
    swapped = translate(model, first, settings, 1000, [second[::-1]])
    assert [one[0].tokens for one in swapped] != [one[0].tokens for one in translate(model, first, settings, 1000, [second])]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_frames_are_translated_as_sentences_are(architecture: str) -> None:
    random = np.random.default_rng(4)
    images = [random.standard_normal((int(random.integers(1, 13)), 5)) for _ in range(20)]
    assert_batches_change_nothing(with_sizes(Sizes(0, SIZE, features=5), architecture).float(), images, tolerance=1e-5)


def test_no_sentences_give_no_translations() -> None:
    assert translate(untrained("gru"), [], SearchSettings(), 100) == []


@dataclass(frozen=True)
class Prefix:
    """A state that caches nothing: the memory and all tokens so far."""

    memory: Memory
    tokens: Tensor

    def select(self, rows: Tensor) -> "Prefix":
        return Prefix(self.memory.select(rows), self.tokens[rows])


@dataclass(frozen=True)
class PrefixStep:
    logits: Tensor
    state: Prefix


class Uncached:
    """Decodes the whole prefix anew at each step."""

    def __init__(self, model: Seq2Seq) -> None:
        self.model = model

    def start(self, memory: Memory) -> Prefix:
        return Prefix(memory, torch.empty(len(memory.valid), 0, dtype=torch.long))

    def step(self, tokens: Tensor, state: Any) -> PrefixStep:
        prefix = torch.cat((state.tokens, tokens.unsqueeze(1)), dim=1)
        assert prefix[:, 0].eq(START).all()
        logits = self.model.decoder(prefix, state.memory).logits[:, -1]
        return PrefixStep(logits, Prefix(state.memory, prefix))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("beam", [1, 4])
def test_cached_search_equals_uncached_search(architecture: str, beam: int) -> None:
    model, settings = untrained(architecture, layers=2).eval(), SearchSettings(beam=beam, max_length=8)
    source, valid = pad([[*sentence, END] for sentence in sentences(9)])
    memory, lengths = model.encode(source, valid), valid.sum(dim=1) - 1
    assert_same(search(model, memory, settings, lengths), search(Uncached(model), memory, settings, lengths))
