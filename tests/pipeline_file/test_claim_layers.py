"""The layers that a claim can name: those that the models will have, told before anything is trained."""

from collections.abc import Callable

import pytest
import torch

from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.settings import ModelShape
from embedseq.pipeline.file import Pipeline
from embedseq.pipeline.file.layers import layers_of
from embedseq.text.batches import Batch

Complaints = Callable[..., list[str]]
Read = Callable[..., Pipeline]

START = """\
name: x
data:
  d: {dataset: multi30k, source: en, target: de}
  text: {dataset: wikipedia-sample, task: text}
  trees: {generated: {kind: language, train: 9, valid: 9, test: 9}}
models:
  m: {data: d, architecture: gru, dim: 8, encoder: {layers: 3}, decoder: {layers: 2}}
  deaf: {data: d, architecture: gru, dim: 8, attention: none}
  mixed: {data: d, architecture: gru, dim: 8, decoder: {architecture: transformer, layers: 2}, heads: 2, layers: 1}
  writer: {data: text, architecture: lstm, dim: 8, layers: 2}
  masked: {data: text, kind: masked-language-model, architecture: transformer, dim: 8, heads: 2, layers: 2}
probes:
  source: {kind: tag, of: models, data: trees}
  target: {kind: tag, of: m + deaf + mixed, data: trees, side: target}
  last: {kind: tag, of: models, data: trees, layers: last}
  informed: {kind: v-information, of: models, data: trees}
  ended: {kind: sentence, property: length, summary: last, of: models, data: trees}
  alike: {kind: representation-similarity, of: models, reference: deaf, data: trees}
claims:
  c: {says: a, probe: PROBE, metric: METRIC, more: {of: m, part: PART}, less: {of: OTHER, part: embedding}}
"""


def claim(probe: str, part: str, other: str = "deaf", metric: str = "accuracy") -> str:
    return START.replace("PROBE", probe).replace("PART", part).replace("OTHER", other).replace("METRIC", metric)


@pytest.mark.parametrize(
    ("probe", "part"),
    [("source", "encoder 3"), ("source", "embedding"), ("target", "decoder 3"), ("alike", "encoder 1")],
)
def test_a_layer_that_a_model_has_is_sound(probe: str, part: str, complaints: Complaints) -> None:
    metric = "cka" if probe == "alike" else "accuracy"
    assert complaints(text=claim(probe, part, metric=metric)) == []


ENCODER, DECODER = "embedding, encoder 1, encoder 2, encoder 3", "embedding, decoder 1, decoder 2, decoder 3"


@pytest.mark.parametrize(
    ("probe", "part", "said"),
    [
        ("source", "encoder9", f"'encoder9' is not a layer of m that source measures. Did you mean 'encoder 3'? ({ENCODER})"),
        ("source", "encoder 4", f"'encoder 4' is not a layer of m that source measures. Did you mean 'encoder 3'? ({ENCODER})"),
        ("source", "decoder 1", f"'decoder 1' is not a layer of m that source measures. Did you mean 'encoder 1'? ({ENCODER})"),
        ("target", "decoder 4", f"'decoder 4' is not a layer of m that target measures. Did you mean 'decoder 3'? ({DECODER})"),
        ("last", "encoder 1", "'encoder 1' is not a layer of m that last measures. Did you mean 'encoder 3'? (encoder 3)"),
        (
            "ended",
            "embedding",
            "'embedding' is not a layer of m that ended measures (encoder 1, encoder 2, encoder 3)",
        ),
        (
            "alike",
            "encoder 2",
            "'encoder 2' is not a layer of m that alike measures. Did you mean 'encoder 1'? (embedding, encoder 1)",
        ),
    ],
)
def test_a_layer_that_a_model_has_not_is_told_before_it_is_trained(
    probe: str, part: str, said: str, complaints: Complaints
) -> None:
    (message,) = complaints(text=claim(probe, part, metric="cka" if probe == "alike" else "accuracy"))
    field, _, rest = message.partition(".part: ")
    assert field.endswith("claims.c.more")
    assert rest == said


def test_what_layers_are_held_against_is_no_layer(complaints: Complaints) -> None:
    text = claim("informed", "embedding", metric="v-information").replace("less: {of: deaf, part: embedding}", "less: deaf")
    (message,) = complaints(text=text)
    assert "'embedding' is not a layer of m that informed measures" in message


def test_a_side_that_could_mean_several_layers_is_told(complaints: Complaints) -> None:
    text = claim("source", "encoder 3").replace("less: {of: deaf, part: embedding}", "less: deaf")
    (message,) = complaints(text=text)
    assert message.endswith("source measures deaf in 2 parts, embedding and encoder 1: name one of them in 'part'")


def test_a_trend_over_two_layers_is_told(complaints: Complaints) -> None:
    text = claim("source", "").partition("claims:")[0] + (
        "claims:\n  c: {says: a, probe: source, metric: accuracy, trend: {of: deaf, over: part}}\n"
    )
    (message,) = complaints(text=text)
    assert message.endswith("'accuracy' has 2 among embedding and encoder 1")


def test_a_layer_of_both_sides_must_be_one_of_each(complaints: Complaints) -> None:
    text = START.replace("more: {of: m, part: PART}, less: {of: OTHER, part: embedding}", "part: encoder 2, more: m, less: deaf")
    (message,) = complaints(text=text.replace("PROBE", "source").replace("METRIC", "accuracy"))
    assert ": claims.c.part: 'encoder 2' is not a layer of deaf that source measures." in message


def test_a_wrong_reference_draws_one_error(complaints: Complaints) -> None:
    text = claim("alike", "encoder 1", metric="cka").replace("reference: deaf", "reference: daef")
    (message,) = complaints(text=text)
    assert "no model is called 'daef'" in message


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("name", ["m", "deaf", "mixed", "writer", "masked"])
def test_the_names_are_those_of_the_models_that_are_built(name: str, side: str, read: Read) -> None:
    pipeline = read(START[: START.index("probes:")])
    arm = pipeline.arm(name)
    data = pipeline.spec.data[arm.settings.data]
    if side == "target" and data.task == "text":
        return
    shape = ModelShape.model_validate({field: getattr(arm.settings, field) for field in ModelShape.model_fields})
    model = build_model(shape, Sizes(source=11, target=11), HandedOver(), 0).eval()
    tokens = torch.tensor([[2, 7, 8, 3]])
    real = torch.ones_like(tokens, dtype=torch.bool)
    batch = Batch(torch.arange(1), tokens, real, tokens, tokens, real)
    assert layers_of(arm, data, side) == tuple(model.states(batch, side).layers)
