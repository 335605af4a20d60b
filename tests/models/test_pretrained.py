"""A model that starts from the encoder of another one has its weights, and nothing else of it."""

from collections.abc import Callable

import pytest
import torch

from embedseq.errors import WorkError
from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.description import describe
from embedseq.models.interfaces import Model
from embedseq.models.pretrained import encoder_digest, start_from
from embedseq.models.settings import ModelShape

SIZES = Sizes(23, 9)
Shape = Callable[..., ModelShape]
ARCHITECTURES = ("rnn", "lstm", "gru", "transformer")


def pair(shape: Shape, **fields: object) -> tuple[Model, Model]:
    """A tagger and a masked language model that was trained a little, with encoders of one shape."""
    masked = build_model(shape(kind="masked-language-model", **fields), SIZES, HandedOver(), seed=1)
    with torch.no_grad():
        for weight in masked.parameters():
            weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(weight.numel())) * 0.1)
    return build_model(shape(kind="tagger", **fields), SIZES, HandedOver(), seed=2), masked


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("embedding_dim", [None, 12])
def test_states_are_those_of_the_other_model(architecture: str, embedding_dim: int | None, shape: Shape) -> None:
    tagger, masked = pair(shape, architecture=architecture, embedding_dim=embedding_dim)
    source = torch.tensor([[5, 9, 17, 3], [8, 3, 0, 0]])
    start_from(tagger, masked, frozen=False)
    ours, theirs = (model.eval().encode_layers(source, source != 0) for model in (tagger, masked))  # type: ignore[operator]
    assert all(torch.equal(one, other) for one, other in zip(ours.layers, theirs.layers, strict=True))


def test_the_answers_stay_its_own(shape: Shape) -> None:
    tagger, masked = pair(shape)
    before = tagger.get_parameter("output.weight").clone()
    start_from(tagger, masked, frozen=False)
    assert torch.equal(tagger.get_parameter("output.weight"), before)
    assert all(weight.requires_grad for weight in tagger.parameters())


def test_a_frozen_encoder_is_outside_of_training_and_counted_so(shape: Shape) -> None:
    tagger, masked = pair(shape)
    start_from(tagger, masked, frozen=True)
    trainable = {name for name, weight in tagger.named_parameters() if weight.requires_grad}
    assert trainable == {"output.weight", "output.bias"}
    assert describe(tagger).trainable == sum(tagger.get_parameter(name).numel() for name in trainable)


def test_the_digest_notices_a_change_of_any_part(shape: Shape) -> None:
    tagger, masked = pair(shape)
    start_from(tagger, masked, frozen=True)
    before = encoder_digest(tagger)
    with torch.no_grad():
        tagger.get_parameter("output.bias").add_(1.0)
    assert encoder_digest(tagger) == before
    with torch.no_grad():
        next(tagger.get_submodule("encoder").parameters()).view(-1)[0] += 1e-3
    assert encoder_digest(tagger) != before


def test_an_encoder_of_another_shape_is_refused_by_name(shape: Shape) -> None:
    tagger, _ = pair(shape)
    _, masked = pair(shape, layers=1)
    with pytest.raises(WorkError, match=r"another shape: layers\.1"):
        start_from(tagger, masked, frozen=False)


def test_another_vocabulary_is_refused(shape: Shape) -> None:
    tagger, _ = pair(shape)
    other = build_model(shape(kind="masked-language-model"), Sizes(30, 30), HandedOver(), seed=1)
    with pytest.raises(WorkError, match="30 word vectors of 16, but this one wants 23 of 16"):
        start_from(tagger, other, frozen=False)
