"""`matrix` -> arms and their labels."""

# ruff: noqa: E501  (a message is easier to check in one piece)

from collections.abc import Callable

import pytest

from embedseq.models.settings import HandOff
from embedseq.pipeline.file import Pipeline
from embedseq.pipeline.file.matrix import field_paths

Complaints = Callable[..., list[str]]
Read = Callable[..., Pipeline]
START = """\
name: x
data:
  d: {dataset: multi30k, source: en, target: de}
embeddings:
  skipgram: {text: d.source}
  cbow: {text: d.source, algorithm: cbow}
  german: {text: d.target}
models:
  m:
    data: d
"""


def labels(read: Read, matrix: str, more: str = "") -> list[str]:
    return [arm.label for arm in read(f"{START}    matrix: {matrix}\n{more}").arms]


def test_a_model_without_a_matrix_is_called_by_its_name(read: Read) -> None:
    assert [arm.label for arm in read(START).arms] == ["m"]
    assert labels(read, "{}") == ["m"]


def test_the_last_axis_turns_fastest_and_labels_are_the_values_in_the_order_of_the_axes(read: Read) -> None:
    matrix = "{embedding: [random, {from: skipgram, as: frozen}], architecture: [lstm, gru]}"
    assert labels(read, matrix) == ["m[random,lstm]", "m[random,gru]", "m[skipgram,frozen,lstm]", "m[skipgram,frozen,gru]"]


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ("{layers: [1, 2]}", ["m[layers=1]", "m[layers=2]"]),
        ("{train.lr: [1e-3, 1e-5, 1]}", ["m[train.lr=0.001]", "m[train.lr=1e-05]", "m[train.lr=1.0]"]),
        ("{bidirectional: [true, false]}", ["m[bidirectional=true]", "m[bidirectional=false]"]),
        ("{feed_forward: [null, 8]}", ["m[feed_forward=null]", "m[feed_forward=8]"]),
        ("{attention: [none, {heads: 2}]}", ["m[none]", "m[additive,attention.heads=2]"]),
        ("{attention: [dot, {scorer: dot, span: local-p}]}", ["m[attention=dot]", "m[attention.scorer=dot,local-p]"]),
        ("{train: [{epochs: 3}, {epochs: 4, schedule: cosine}]}", ["m[train.epochs=3]", "m[train.epochs=4,cosine]"]),
        ("{evaluate.metrics: [[bleu], [bleu, chrf]]}", ["m[evaluate.metrics=bleu]", "m[evaluate.metrics=bleu+chrf]"]),
        ("{embedding: [{from: skipgram}]}", ["m[skipgram,tuned]"]),
        ("{embedding: [{source: {from: skipgram}, target: {from: german, as: frozen}}]}", ["m[skipgram,tuned,german,frozen]"]),
        ("{embedding.source: [{from: skipgram}], embedding.target: [random]}", ["m[skipgram,tuned,random]"]),
        ("{encoder.architecture: [lstm, gru], decoder.architecture: [rnn]}", ["m[lstm,rnn]", "m[gru,rnn]"]),
        (
            "{encoder.architecture: [lstm, gru], decoder.architecture: [lstm]}",
            ["m[encoder.architecture=lstm,decoder.architecture=lstm]", "m[gru,decoder.architecture=lstm]"],
        ),
    ],
)
def test_labels_say_what_differs(matrix: str, expected: list[str], read: Read) -> None:
    assert labels(read, matrix) == expected


def test_every_label_selects_its_arm_alone(read: Read) -> None:
    matrix = (
        "{encoder.architecture: [lstm, gru], decoder.architecture: [lstm, gru], layers: [1, 2], attention: [none, {heads: 2}]}"
    )
    pipeline = read(f"{START}    matrix: {matrix}\n")
    assert len(pipeline.arms) == 16
    for arm in pipeline.arms:
        assert pipeline.select(arm.label) == [arm]


def test_an_arm_has_its_values_and_the_models_other_fields(read: Read) -> None:
    matrix = "{architecture: [gru], embedding: [{from: skipgram, as: frozen}], encoder.layers: [3]}"
    (arm,) = read(f"{START}    dim: 8\n    matrix: {matrix}\n").arms
    assert arm.model == "m"
    assert arm.values == ("gru", "skipgram", "frozen", "3")
    assert arm.axes == {"architecture": "gru", "embedding": {"from": "skipgram", "as": "frozen"}, "encoder.layers": 3}
    assert arm.settings.matrix == {}
    assert (arm.settings.architecture, arm.settings.dim, arm.settings.encoder.layers) == ("gru", 8, 3)
    assert arm.settings.embedding == HandOff(from_="skipgram", as_="frozen")


def test_a_part_of_a_value_can_be_an_axis(read: Read) -> None:
    text = START + "    embedding: {from: skipgram}\n    matrix: {embedding.as: [frozen, tuned]}\n"
    assert [arm.settings.embedding for arm in read(text).arms] == [
        HandOff(from_="skipgram", as_="frozen"),
        HandOff(from_="skipgram", as_="tuned"),
    ]


def test_fields_in_selectors_are_the_effective_ones(read: Read) -> None:
    pipeline = read(START + "    layers: 2\n    matrix: {encoder.layers: [1, 3], attention: [none, additive]}\n")
    assert len(pipeline.select("m[decoder.layers=2]")) == 4
    assert [arm.label for arm in pipeline.select("m[encoder.layers=3,none]") if not isinstance(arm, str)] == [
        "m[encoder.layers=3,none]"
    ]


def test_words_that_a_value_leaves_to_its_defaults_can_be_selected(read: Read) -> None:
    pipeline = read(START + "    matrix: {embedding: [random, {from: skipgram}, {from: cbow, as: frozen}]}\n")
    assert [arm.label for arm in pipeline.select("m[tuned]") if not isinstance(arm, str)] == ["m[skipgram,tuned]"]


@pytest.mark.parametrize(
    ("matrix", "messages"),
    [
        ("{architecture: lstm}", ["11:28: models.m.matrix.architecture: expected a list; found 'lstm'"]),
        ("{architecture: []}", ["11:28: models.m.matrix.architecture: the list is empty; expected at least one value"]),
        (
            "{architecture: [lstm, ltsm]}",
            [
                "11:35: models.m.matrix.architecture.1: 'ltsm' is not an architecture. Did you mean 'lstm'? (rnn, rnn-relu, lstm, gru, transformer)"
            ],
        ),
        ("{data: [d]}", ["11:14: models.m.matrix.data: 'data' cannot be an axis; write a second model"]),
        (
            "{architecture: [lstm, gru, lstm]}",
            ["11:40: models.m.matrix.architecture.2: 'lstm' is given twice, first on line 11: the arms could not be told apart"],
        ),
        (
            "{embedding: [{from: cbow}, {from: cbow, as: tuned}], layers: [1, 2]}",
            [
                "11:40: models.m.matrix.embedding.1: 'cbow,tuned' is given twice, first on line 11: the arms could not be told apart"
            ],
        ),
        (
            "{encoder.layers: [1], encoder: [{layers: 2}]}",
            ["11:14: models.m.matrix.encoder.layers: 'encoder.layers' is a part of the axis 'encoder'; keep one of the two"],
        ),
        ("{dim: [1, x]}", ["11:23: models.m.matrix.dim.1: expected a whole number of at least 1; found 'x'"]),
        ("[lstm]", ["11:13: models.m.matrix: expected a mapping of names; found a list"]),
        (
            f"{{{', '.join(f'{field}: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]' for field in ('dim', 'layers', 'heads', 'feed_forward'))}}}",
            ["11:13: models.m.matrix: 10,000 combinations; at most 1,000 models can be compared"],
        ),
    ],
)
def test_a_matrix_that_is_wrong_is_told_at_the_value(matrix: str, messages: list[str], complaints: Complaints) -> None:
    assert complaints(text=f"{START}    matrix: {matrix}\n") == [f"captions.yaml:{message}" for message in messages]


def test_an_unknown_axis_names_the_nearest_field(complaints: Complaints) -> None:
    (message,) = complaints(text=f"{START}    matrix: {{encoder.layer: [1, 2]}}\n")
    assert message.startswith(
        "captions.yaml:11:14: models.m.matrix.encoder.layer: 'encoder.layer' is not a field of a model. Did you mean 'encoder.layers'? ("
    )


def test_an_axis_within_a_simple_value_is_refused(complaints: Complaints) -> None:
    assert complaints(text=f"{START}    embedding: random\n    matrix: {{embedding.as: [frozen]}}\n") == [
        "captions.yaml:12:14: models.m.matrix.embedding.as: 'embedding' is 'random' here, which has no part 'as'"
    ]


def test_every_field_but_data_can_be_an_axis() -> None:
    paths = field_paths()
    assert {"architecture", "encoder.layers", "embedding.source.as", "attention.heads", "train.lr", "evaluate.beam"} <= set(paths)
    assert not any(path.split(".")[0] in ("data", "matrix") for path in paths)
    assert len(paths) == len(set(paths))
