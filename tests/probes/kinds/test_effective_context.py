"""Effective context: against plain losses, a model without memory, and one that remembers just so much."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from embedseq.errors import RequestError
from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.interfaces import Model
from embedseq.models.settings import ModelShape
from embedseq.probes.contexts import Places, Window, losses
from embedseq.probes.kinds.effective_context import NOTHING_LOST, EffectiveContextSettings, _centred, _columns, measure
from embedseq.probes.material import ModelMaterial
from embedseq.probes.probe import Found
from embedseq.probes.sums import STATISTICS, effective_context_of
from embedseq.statistics.bootstrap import interval, statistic_value
from embedseq.statistics.measurement import Measurement
from embedseq.text.batches import Batch, pad
from embedseq.text.vocabulary import END, START

WORDS = 12
SHAPES = [
    {"kind": "language-model", "architecture": "lstm"},
    {"kind": "language-model", "architecture": "transformer"},
    {"kind": "encoder-decoder", "architecture": "gru"},
    {"kind": "encoder-decoder", "attention": {"scorer": "dot", "copying": True}},
]


def built(**fields: object) -> Model:
    shape = ModelShape.model_validate({"dim": 12, "heads": 2, "dropout": 0.1, **fields})
    return build_model(shape, Sizes(WORDS, WORDS), HandedOver(), 1)


def texts(count: int, seed: int = 0, longest: int = 15) -> list[list[int]]:
    random = np.random.default_rng(seed)
    return [random.integers(4, WORDS, size=length).tolist() for length in random.integers(1, longest, size=count)]


def threes(count: int) -> list[list[int]]:
    """Sentences in which every word is the one three before it."""
    random = np.random.default_rng(1)
    return [(random.permutation(np.arange(4, WORDS))[:3].tolist() * 6)[: random.integers(10, 18)] for _ in range(count)]


def remembering(back: int) -> Model:
    """A language model that predicts the word `back` before the next one: its state is a row of places for words, one before the
    other, and each step pushes them on."""
    model = built(kind="language-model", architecture="rnn", embedding_dim=WORDS, dim=4 * WORDS)
    recurrence = model.decoder.layers[0].recurrence  # type: ignore[union-attr, index]
    table, output = model.decoder.embedding, model.decoder.output  # type: ignore[union-attr]
    with torch.no_grad():
        table.trained.copy_(torch.eye(WORDS))  # type: ignore[union-attr, operator]
        table.projection.weight.copy_(torch.eye(4 * WORDS, WORDS))  # type: ignore[union-attr]
        recurrence.weight_ih_l0.copy_(torch.eye(4 * WORDS))
        recurrence.weight_hh_l0.copy_(2 * torch.eye(4 * WORDS).roll(WORDS, dims=0))
        recurrence.weight_hh_l0[:WORDS] = 0.0
        for bias in (recurrence.bias_ih_l0, recurrence.bias_hh_l0, output.bias):  # type: ignore[union-attr]
            bias.zero_()
        output.weight.zero_()  # type: ignore[union-attr]
        output.weight[:, (back - 1) * WORDS : back * WORDS] = 8 * torch.eye(WORDS)  # type: ignore[union-attr]
    return model


def probed(model: Model, sources: list[list[int]], targets: list[list[int]] | None = None, **fields: object) -> Found:
    settings = EffectiveContextSettings.model_validate(
        {"kind": "effective-context", "of": "m", "data": "d", "contexts": (1, 2, 3, 5), **fields}
    )
    return measure(ModelMaterial(model, built(**SHAPES[0]) if targets is None else model, sources, targets or ()), settings)


def named(found: Found) -> dict[tuple[str, str, str], Measurement]:
    return {(each.score, each.part, each.label): each for each in found.measurements}


@pytest.mark.parametrize("fields", SHAPES, ids=str)
def test_losses_in_full_context_are_those_of_teacher_forcing(fields: dict[str, object]) -> None:
    model = built(**fields).double().train()
    sources, written = texts(6, 1), texts(6, 2)
    places = Places.of(written, 50, 5)
    found = losses(model, sources, places.whole())
    assert model.training
    model.eval()
    read, valid = pad([[START, *each] for each in written])
    answers, _ = pad([[*each, END] for each in written])
    source, source_valid = pad([[*each, END] for each in sources])
    batch = Batch(torch.arange(6), source, source_valid, read, answers, valid)
    with torch.no_grad():
        logits = model.predict(batch).logits
    expected = torch.nn.functional.cross_entropy(logits.transpose(1, 2), answers, reduction="none")[valid]
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-6)


def test_windows_are_the_last_words_or_all_of_them_in_another_order() -> None:
    places = Places.of([[5, 6, 7, 8], [9]], 50, 2)
    assert places.positions.tolist() == [0, 1, 2, 3, 4, 0, 1]
    longer = places.beyond(2)
    assert longer.last(2) == [Window(0, (6, 7), 8), Window(0, (7, 8), END)]
    for whole, shuffled in zip(longer.whole(), longer.shuffled(2), strict=True):
        assert shuffled.context[-2:] == whole.context[-2:]
        assert sorted(shuffled.context) == sorted(whole.context)
        assert shuffled.answer == whole.answer
    assert longer.shuffled(2) == longer.shuffled(2)
    assert longer.summed(np.array([1.0, 2.0])).tolist() == [[3.0, 2.0], [0.0, 0.0]]


@pytest.mark.parametrize("back", [1, 2, 3])
def test_a_model_that_remembers_so_many_words_loses_nothing_when_the_others_go(back: int) -> None:
    each = named(probed(remembering(back), threes(30)))
    for context in (1, 2, 3, 5):
        increase = each["loss-increase", f"context {context}", ""].value
        shuffled = each["loss-increase", f"context {context}", "random order beyond"].value
        if context >= back:
            assert increase == pytest.approx(0.0, abs=1e-6)
            assert shuffled == pytest.approx(0.0, abs=1e-6)
        elif back == 3:  # the word three before is the one that comes next
            assert increase > 0.5
            assert shuffled > 0.2
    if back == 3:
        context = each["effective-context", "", ""]
        assert 2.9 < context.value < 3
        ends = interval("effective-context", context.items[None], additives=STATISTICS)
        assert 2.9 < ends.low <= context.value <= ends.high < 3
        assert 1 <= each["effective-context", "", "random order beyond"].value <= context.value


def test_a_model_without_memory_has_an_effective_context_of_one_word() -> None:
    found = probed(remembering(1), texts(20))
    assert named(found)["effective-context", "", ""].value == 1
    assert found.details == {"longest asked": 5, "long enough": True}


@pytest.mark.parametrize("back", [1, 2, 3])
def test_the_null_of_the_length_is_the_shortest_context_for_every_model(back: int) -> None:
    """Also for one that has a reach: it is found beyond what the scatter of its sentences can feign."""
    found = probed(remembering(back), threes(60))
    score, null = (named(found)["effective-context", "", label] for label in ("", NOTHING_LOST))
    assert null.value == 1
    assert (null.role, null.n) == ("control", score.n)
    by_chance = interval("effective-context", null.items[None], additives=STATISTICS)
    assert by_chance.low == 1
    if back == 3:
        assert score.value > 2.9
        assert by_chance.high < score.value
    assert [each.value for each in probed(remembering(back), threes(60)).measurements] == pytest.approx(
        [each.value for each in found.measurements], abs=0
    )


def test_where_there_is_nothing_to_find_the_length_is_that_of_its_null() -> None:
    """A model that has no memory loses nothing, in whatever text."""
    each = named(probed(remembering(1), texts(60)))
    assert each["effective-context", "", ""].value == each["effective-context", "", NOTHING_LOST].value == 1


@given(st.integers(0, 1000), st.floats(0.0, 5.0))
def test_centred_increases_have_the_shortest_context_however_they_scatter(seed: int, scatter: float) -> None:
    random = np.random.default_rng(seed)
    tokens = random.integers(1, 20, size=12).astype(float)
    increases = {n: np.stack([random.normal(1.0, scatter + 0.1, 12) * tokens, tokens], axis=-1) for n in (1, 2, 5)}
    centred = {n: _centred(each) for n, each in increases.items()}
    assert statistic_value("effective-context", _columns(centred, 0.01), STATISTICS) == 1


def test_where_no_context_is_long_enough_the_longest_stands_and_is_marked() -> None:
    found = probed(remembering(3), threes(10), contexts=(1, 2))
    assert named(found)["effective-context", "", ""].value == 2
    assert found.details == {"longest asked": 2, "long enough": False}


def test_the_effective_context_of_sums_that_are_counted_by_hand() -> None:
    # Increases of 4, 0.5 and 0.1 nats over 10, 10 and 8 tokens; contexts 1, 2 and 5; three items, ε = 0.06.
    sums = np.array([4.0, 0.5, 0.1, 10.0, 10.0, 8.0, 3.0, 6.0, 15.0, 0.18, 3.0])
    # At 1 it is 0.4 - 0.06 too much, at 2 it is 0.06 - 0.05 below.
    assert effective_context_of(sums) == pytest.approx(1 + 0.34 / 0.35)
    assert effective_context_of(sums * np.where(np.arange(11) == 9, 1 / 10, 1)) == 5


@given(st.lists(st.floats(-0.5, 3.0), min_size=1, max_size=5), st.floats(0.01, 0.5))
def test_a_little_less_of_an_increase_is_a_little_less_of_a_context(increases: list[float], epsilon: float) -> None:
    """The number is within the contexts asked, and nowhere does it leap."""
    falling = np.minimum.accumulate(np.array(increases))
    asked = 2.0 ** np.arange(len(falling))

    def context(lifted: float) -> float:
        columns = (falling + lifted, np.ones(len(falling)), asked, [epsilon, 1.0])
        return float(effective_context_of(np.concatenate(columns)))

    lengths = [context(lifted) for lifted in np.linspace(-4.0, 1.0, 2001)]
    assert lengths[0] == 1
    assert asked[0] <= min(lengths)
    assert max(lengths) <= asked[-1]
    assert (np.diff(lengths) >= -1e-9).all()


def test_the_decoder_of_an_encoder_decoder_keeps_its_source() -> None:
    found = probed(built(**SHAPES[2]), texts(12, 3), texts(12, 4))
    assert {each.n for each in found.measurements} == {12}
    for each in found.measurements:
        assert each.value == statistic_value(each.statistic, each.items, STATISTICS)


def test_contexts_that_no_sentence_exceeds_are_left_out() -> None:
    found = probed(built(**SHAPES[0]), [[5, 6, 7], [8, 9]])
    assert {each.part for each in found.measurements} == {"context 1", "context 2", ""}


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ValidationError, match="ascending order"):
        probed(built(**SHAPES[0]), texts(3), contexts=(2, 1))
    with pytest.raises(RequestError, match="more than 1 tokens"):
        probed(built(**SHAPES[0]), [[5], [6]])
    with pytest.raises(RequestError, match="expected a language model or an encoder-decoder"):
        probed(built(kind="tagger"), texts(3))
