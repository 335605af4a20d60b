"""What holds for every kind of model, whatever its architecture: taggers, classifiers, and language models, masked or not."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from embedseq.errors import RequestError
from embedseq.models.build import HandedOver, Sizes, build_model, restore_model
from embedseq.models.interfaces import Model
from embedseq.models.settings import ModelShape
from embedseq.text.batches import Batch, pad
from embedseq.text.vocabulary import END, START

WORDS, LABELS = 23, 9
KINDS = ("language-model", "masked-language-model", "tagger", "classifier")
ARCHITECTURES = ("rnn", "lstm", "gru", "transformer")
Build = Callable[..., Model]


@pytest.fixture
def build_kind(shape: Callable[..., ModelShape]) -> Build:
    """A small model of some kind, in float64 and evaluation mode."""

    def make(kind: str, seed: int = 1, **fields: object) -> Model:
        return build_model(shape(kind=kind, **fields), Sizes(WORDS, LABELS), HandedOver(), seed).double().eval()

    return make


def batch_of(kind: str, sentences: Sequence[Sequence[int]]) -> Batch:
    """The sentences as a kind of model reads them; answers are asked for at every other word of a sentence."""
    rows = torch.arange(len(sentences))
    source, valid = pad([[*sentence, END] for sentence in sentences])
    if kind == "language-model":
        target_in, real = pad([[START, *sentence] for sentence in sentences])
        return Batch(rows, source[:, :0], valid[:, :0], target_in, source, real)
    if kind == "classifier":
        answers, real = pad([[4 + len(sentence) % (LABELS - 4)] for sentence in sentences])
        return Batch(rows, source, valid, answers, answers, real)
    places, real = pad([list(range(0, len(sentence), 2)) for sentence in sentences])
    answers, _ = pad([[4 + word % (LABELS - 4) for word in sentence[::2]] for sentence in sentences])
    return Batch(rows, source, valid, answers, answers, real, places=places)


def logits_of(model: Model, batch: Batch) -> Tensor:
    """The logits of the real answers, (tokens, V)."""
    return model.predict(batch).logits[batch.target_valid]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_is_the_same_alone_and_in_a_batch(
    kind: str, architecture: str, build_kind: Build, sentences: list[list[int]]
) -> None:
    model = build_kind(kind, architecture=architecture)
    together = logits_of(model, batch_of(kind, sentences))
    alone = torch.cat([logits_of(model, batch_of(kind, [sentence])) for sentence in sentences])
    torch.testing.assert_close(together, alone, atol=1e-10, rtol=0)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_at_padding_changes_nothing(
    kind: str, architecture: str, build_kind: Build, sentences: list[list[int]]
) -> None:
    model = build_kind(kind, architecture=architecture)
    batch = batch_of(kind, sentences[:8])
    other = replace(batch, source=batch.source.where(batch.source_valid, torch.tensor(7)))
    assert torch.equal(logits_of(model, batch), logits_of(model, other))


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_every_parameter(kind: str, build_kind: Build, sentences: list[list[int]]) -> None:
    model = build_kind(kind, architecture="transformer", pooling="self-attentive" if kind == "classifier" else "mean").train()
    logits_of(model, batch_of(kind, sentences)).square().sum().backward()  # type: ignore[no-untyped-call]
    missing = [name for name, weight in model.named_parameters() if weight.grad is None]
    assert not missing


@pytest.mark.parametrize("kind", KINDS)
def test_a_restored_model_answers_the_same(
    kind: str, shape: Callable[..., ModelShape], build_kind: Build, sentences: list[list[int]]
) -> None:
    model, batch = build_kind(kind), batch_of(kind, sentences)
    restored = restore_model(shape(kind=kind), Sizes(WORDS, LABELS), model.state_dict()).double().eval()
    assert torch.equal(logits_of(model, batch), logits_of(restored, batch))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_language_model_predicts_step_by_step_what_it_predicts_at_once(
    architecture: str, build_kind: Build, sentences: list[list[int]]
) -> None:
    model = build_kind("language-model", architecture=architecture)
    batch = batch_of("language-model", sentences[:8])
    at_once = model.predict(batch).logits
    state = model.start(len(batch.rows))  # type: ignore[operator]
    for position in range(batch.target_in.shape[1]):
        step = model.step(batch.target_in[:, position], state)  # type: ignore[operator]
        state = step.state
        real = batch.target_valid[:, position]
        torch.testing.assert_close(step.logits[real], at_once[real, position], atol=1e-10, rtol=0)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_language_model_does_not_see_the_future(architecture: str, build_kind: Build, sentences: list[list[int]]) -> None:
    model = build_kind("language-model", architecture=architecture)
    batch = batch_of("language-model", [sentence for sentence in sentences if len(sentence) > 4])
    changed = batch.target_in.clone()
    changed[:, 3] = (changed[:, 3] - 3) % (WORDS - 4) + 4
    before, after = model.predict(batch).logits, model.predict(replace(batch, target_in=changed)).logits
    assert torch.equal(before[:, :3], after[:, :3])
    assert not torch.equal(before[:, 3], after[:, 3])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_tagger_answers_from_the_state_at_its_place(architecture: str, build_kind: Build, sentences: list[list[int]]) -> None:
    model = build_kind("tagger", architecture=architecture)
    batch = batch_of("tagger", sentences[:6])
    assert batch.places is not None
    states = model.encode_layers(batch.source, batch.source_valid).layers[-1]  # type: ignore[operator]
    logits = model.predict(batch).logits
    for row in range(len(batch.rows)):
        for number in batch.target_valid[row].nonzero().flatten().tolist():
            expected = model.output.logits(states[row, batch.places[row, number]]).dense()  # type: ignore[operator, union-attr]
            torch.testing.assert_close(logits[row, number], expected)


def test_a_tagger_without_places_is_refused(build_kind: Build, sentences: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="names none"):
        build_kind("tagger").predict(replace(batch_of("tagger", sentences), places=None))


def test_a_masked_model_can_answer_with_the_vectors_that_it_reads(build_kind: Build, sentences: list[list[int]]) -> None:
    model = build_kind("masked-language-model", tie_output=True)
    batch = batch_of("masked-language-model", sentences)
    assert model.predict(batch).logits.shape[-1] == WORDS
    assert "output.weight" not in model.state_dict()


@pytest.mark.parametrize("kind", KINDS)
def test_only_sides_with_words_have_tables(kind: str, build_kind: Build) -> None:
    assert list(build_kind(kind).tables()) == ["source"]


@pytest.mark.parametrize(
    ("kind", "fields", "reason"),
    [
        ("tagger", {"attention": "dot"}, "attention says nothing about a tagger"),
        ("tagger", {"bridge": "mean"}, "bridge says nothing about a tagger"),
        ("tagger", {"tie_output": True}, "tie_output says nothing about a tagger"),
        ("tagger", {"pooling": "max"}, "pooling says nothing about a tagger"),
        ("classifier", {"decoder": {"layers": 2}}, "decoder says nothing about a classifier"),
        ("classifier", {"sections": True}, "sections says nothing about a classifier"),
        ("language-model", {"bidirectional": False}, "bidirectional says nothing about a language model"),
        ("language-model", {"encoder": {"layers": 2}}, "encoder says nothing about a language model"),
        ("language-model", {"pretrained": {"from": "masked"}}, "pretrained says nothing about a language model"),
        ("language-model", {"embedding": {"target": {"from": "x"}}}, "reads words on one side only"),
        ("tagger", {"embedding": {"from": "x"}, "pretrained": {"from": "masked"}}, "come with the pre-trained encoder"),
        ("language-model", {"positions": "rotary", "architecture": "lstm"}, "there is none"),
    ],
)
def test_what_a_kind_has_no_use_for_is_refused(
    kind: str, fields: dict[str, object], reason: str, shape: Callable[..., ModelShape]
) -> None:
    from embedseq.models.legality import check_shape
    from embedseq.models.resolved import Widths

    with pytest.raises(RequestError) as refused:
        check_shape(shape(kind=kind, **fields), Widths())
    assert reason in str(refused.value)
