"""`--set` and `--profile`: what changes, what is left, and whose line an error is."""

# ruff: noqa: E501  (a message is easier to check in one piece)

from collections.abc import Callable

import pytest

from embedseq.embeddings.settings import VectorFileSettings, Word2VecSettings
from embedseq.models.settings import AttentionSettings
from embedseq.pipeline.file import Pipeline

Complaints = Callable[..., list[str]]
Read = Callable[..., Pipeline]
START = "name: x\ndata:\n  d: {dataset: multi30k, source: en, target: de, limits: {train: 9}}\n"
MODEL = "models:\n  m: {data: d, dim: 8, train: {epochs: 4, lr: 0.1}, evaluate: {metrics: [bleu, chrf]}}\n"


def with_profile(profile: str, before: str = START + MODEL) -> str:
    return f"{before}profiles:\n  p:\n{profile}"


def test_a_value_that_is_set_replaces_the_files(read: Read) -> None:
    pipeline = read(
        START + MODEL,
        overrides=[
            "models.m.dim=16",
            "models.m.train.lr=1e-4",
            "models.m.attention={heads: 2}",
            "models.m.evaluate.metrics.1=bleu-lc",
            "seeds=[4, 5]",
            "name=y",
        ],
    )
    model = pipeline.spec.models["m"]
    assert (model.dim, model.train.lr, model.train.epochs) == (16, 1e-4, 4)
    assert model.attention == AttentionSettings(heads=2)
    assert model.evaluate.metrics == ("bleu", "bleu-lc")
    assert (pipeline.spec.seeds, pipeline.spec.name) == ((4, 5), "y")


def test_a_field_that_the_file_leaves_out_can_be_set(read: Read) -> None:
    pipeline = read(START + MODEL, overrides=["models.m.encoder.layers=3", "report.title=A = B", "data.d.limits.valid=5"])
    assert pipeline.spec.models["m"].encoder.layers == 3
    assert pipeline.spec.report.title == "A = B"
    assert (pipeline.spec.data["d"].limits.train, pipeline.spec.data["d"].limits.valid) == (9, 5)


def test_an_axis_can_be_set_and_added(read: Read) -> None:
    text = f"{START}models:\n  m:\n    data: d\n    matrix: {{layers: [1, 2], train.lr: [0.1, 0.2]}}\n"
    pipeline = read(text, overrides=["models.m.matrix.train.lr=[0.5]", "models.m.matrix.encoder.layers=[4]"])
    assert [arm.label for arm in pipeline.arms] == [
        "m[layers=1,train.lr=0.5,encoder.layers=4]",
        "m[layers=2,train.lr=0.5,encoder.layers=4]",
    ]


def test_names_with_dots_are_found(read: Read) -> None:
    text = START + "models:\n  a: {data: d}\n  a.b: {data: d}\n"
    pipeline = read(text, overrides=["models.a.b.dim=3", "models.a.dim=5"])
    assert (pipeline.spec.models["a.b"].dim, pipeline.spec.models["a"].dim) == (3, 5)


def test_a_whole_entry_can_be_set(read: Read) -> None:
    pipeline = read(START, overrides=["embeddings.v={file: v.txt}", "models.m={data: d, embedding: {from: v}}"])
    assert pipeline.spec.embeddings["v"] == VectorFileSettings(file="v.txt")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("models.m.dim", "expected A.B=VALUE, for instance models.translator.train.epochs=3"),
        ("=3", "expected A.B=VALUE, for instance models.translator.train.epochs=3"),
        ("models.m.dim=", "models.m.dim: a value is missing after the '='; null is written null"),
        ("models.m.dim=[3", "models.m.dim: the value is not YAML: this bracket is never closed, or a comma is missing inside it"),
        ("models.m.dim=wide", "models.m.dim: expected a whole number of at least 1; found 'wide'"),
        ("models.m.train.lr=0", "models.m.train.lr: expected a number above 0; found 0"),
        (
            "models.m.train.lrr=1",
            "models.m.train.lrr: 'lrr' is not a field here. Did you mean 'lr'? (epochs, max_updates, batch_tokens, accumulate, "
            "lr, schedule, plateau, warmup, clip, label_smoothing, weight_decay, teacher_forcing, masking, early_stopping, average, "
            "moving_average, best_by, max_time, precision, threads, replicas)",
        ),
        ("models.n.dim=3", "models.n: nothing in models is called 'n' (m)"),
        (
            "model.m.dim=3",
            "model.m.dim: 'model' is not a field here. Did you mean 'models'? "
            "(name, seeds, data, embeddings, models, probes, claims, report, expect, profiles)",
        ),
        ("models.m.evaluate.metrics.2=bleu", "models.m.evaluate.metrics.2: there is no item '2': the list has 2, counted from 0"),
        ("models.m.dim.x=3", "models.m.dim.x: models.m.dim is 8 here, which has no part 'x'; set it as a whole"),
        ("models.m.heads.x=3", "models.m.heads.x: models.m.heads has no parts"),
        ("profiles.p.seeds=[3]", "profiles.p.seeds: profiles cannot be changed from outside; set the field itself"),
        ("models.m.train={epochs: 1, epochs: 2}", "models.m.train.epochs: the key 'epochs' is given twice"),
    ],
)
def test_an_error_of_an_override_names_the_override(override: str, message: str, complaints: Complaints) -> None:
    assert complaints(text=START + MODEL, overrides=[override]) == [f"--set {override}: {message}"]


def test_a_field_of_an_axis_cannot_be_set_in_vain(complaints: Complaints) -> None:
    text = START + "models:\n  m: {data: d, matrix: {layers: [1, 2]}}\n"
    assert complaints(text=text, overrides=["models.m.layers=3"]) == [
        "--set models.m.layers=3: models.m.layers: is an axis of the model's matrix, too; keep one of the two"
    ]


def test_an_unknown_profile_names_the_nearest(complaints: Complaints) -> None:
    assert complaints(profile="tinny") == ["--profile tinny: the file has no profile 'tinny'. Did you mean 'tiny'? (tiny)"]


def test_without_a_profile_profiles_change_nothing(read: Read) -> None:
    assert read(with_profile("    seeds: [7]\n")).spec.seeds == (1,)


def test_nested_mappings_merge_and_lists_and_values_replace(read: Read) -> None:
    spec = read(with_profile("    seeds: [7]\n    models: {m: {train: {lr: 0.2}, evaluate: {metrics: [bleu]}}}\n"), "p").spec
    model = spec.models["m"]
    assert spec.seeds == (7,)
    assert (model.train.lr, model.train.epochs, model.dim) == (0.2, 4, 8)
    assert model.evaluate.metrics == ("bleu",)


def test_dotted_keys_are_nested_ones(read: Read) -> None:
    spec = read(
        with_profile("    models.m.train.lr: 0.2\n    models:\n      m.train: {epochs: 2}\n      m: {dim: 3}\n"), "p"
    ).spec
    model = spec.models["m"]
    assert (model.train.lr, model.train.epochs, model.dim) == (0.2, 2, 3)


def test_overrides_come_after_the_profile(read: Read) -> None:
    assert read(with_profile("    seeds: [7]\n"), "p", ["seeds=[8]"]).spec.seeds == (8,)


def test_null_takes_named_entries_and_axes_out(read: Read) -> None:
    text = START + "models:\n  m: {data: d, matrix: {layers: [1, 2], dim: [3, 4]}}\n  n: {data: d}\n"
    pipeline = read(with_profile("    models: {n: null, m: {matrix: {dim: null}}}\n", text), "p")
    assert [arm.label for arm in pipeline.arms] == ["m[layers=1]", "m[layers=2]"]


def test_null_is_a_value_elsewhere(read: Read) -> None:
    assert read(with_profile("    models.m.train: {clip: null, early_stopping: null}\n"), "p").spec.models["m"].train.clip is None


def test_a_mapping_of_another_form_replaces(read: Read) -> None:
    text = (
        "name: x\ndata:\n  d: {train: {source: a, target: b}, valid: {pairs: v}, test: {pairs: t}}\n"
        "embeddings:\n  e: {text: d.source, epochs: 3}\n  f: {file: f.txt, limit: 5}\n"
        "models:\n  m: {data: d, embedding: {from: e, as: frozen}}\n"
        "profiles:\n  p:\n    data.d.train: {pairs: c}\n    embeddings:\n      e: {file: e.txt}\n      f: {text: d.source}\n"
        "    models.m.embedding: {target: {from: f}, source: {from: e}}\n"
    )
    with_their_side = text.replace("f: {text: d.source}", "f: {text: d.target}")
    spec = read(with_their_side, "p").spec
    assert spec.data["d"].record()["train"] == {"pairs": "c"}
    assert spec.embeddings["e"] == VectorFileSettings(file="e.txt")
    assert spec.embeddings["f"] == Word2VecSettings(text="d.target")


def test_a_part_of_the_same_form_merges(read: Read) -> None:
    text = START + "embeddings:\n  e: {text: d.source, epochs: 3}\n  f: {file: f.txt, limit: 5}\n"
    spec = read(with_profile("    embeddings: {e: {dim: 4}, f: {limit: 6}}\n", text), "p").spec
    assert spec.embeddings["e"] == Word2VecSettings(text="d.source", epochs=3, dim=4)
    assert spec.embeddings["f"] == VectorFileSettings(file="f.txt", limit=6)


def test_a_profile_can_add_an_entry(read: Read) -> None:
    spec = read(with_profile("    models: {small: {data: d, dim: 2}}\n"), "p").spec
    assert list(spec.models) == ["m", "small"]


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        (
            "    models: {m: {dim: wide}}\n",
            "8:23: profiles.p.models.m.dim: expected a whole number of at least 1; found 'wide'",
        ),
        ("    models.m.dim: wide\n", "8:19: profiles.p.models.m.dim: expected a whole number of at least 1; found 'wide'"),
        (
            "    models.m.dimm: 3\n",
            "8:5: profiles.p.models.m.dimm: 'dimm' is not a field here. Did you mean 'dim'? (data, kind, architecture, encoder, decoder, pretrained, embedding, embedding_dim, dim, layers, bidirectional, attention, self_attention, heads, residual, bridge, positions, max_positions, norm, normalisation, activation, feed_forward, dropout, sections, …)",
        ),
        ("    models.m.dim.x: 3\n", "8:5: profiles.p.models.m.dim.x: dim is 8 here, which has no part 'x'; set it as a whole"),
        ("    models: {mm: {dim: 3}}\n", "8:14: profiles.p.models.mm: no model is called 'mm'. Did you mean 'm'? (m)"),
        ("    models: {n: null}\n", "8:14: profiles.p.models.n: there is no 'n' to take out (m)"),
        ("    seeds.0: 3\n", "8:5: profiles.p.seeds.0: seeds is not written here, which has no part '0'; set it as a whole"),
        (
            "    models.m.evaluate.metrics.0: x\n",
            "8:34: profiles.p.models.m.evaluate.metrics.0: 'x' is not a metric (bleu, bleu-lc, chrf, rouge-1, rouge-2, rouge-l, exact-match, accuracy, macro-f1, unknown-accuracy, perplexity, word-perplexity)",
        ),
        ("    profiles: {q: {}}\n", "8:5: profiles.p.profiles: a profile cannot change profiles"),
        (
            "    data: {d: null}\n",
            "5:13: models.m.data: no corpus is called 'd' [with --profile p]",
        ),
    ],
)
def test_every_profile_is_checked_and_its_errors_are_on_its_own_lines(profile: str, message: str, complaints: Complaints) -> None:
    assert complaints(text=with_profile(profile)) == [f"captions.yaml:{message}"]


def test_a_profile_that_is_no_mapping_is_refused(complaints: Complaints) -> None:
    assert complaints(text=START + "profiles:\n  p: 3\n") == [
        "captions.yaml:5:6: profiles.p: expected a mapping of names; found 3"
    ]


def test_a_mistake_of_the_file_is_told_once_whatever_the_profiles(complaints: Complaints) -> None:
    text = with_profile("    seeds: [2]\n  q:\n    seeds: [3]\n").replace("dim: 8", "dim: x")
    assert complaints(text=text) == ["captions.yaml:5:21: models.m.dim: expected a whole number of at least 1; found 'x'"]
