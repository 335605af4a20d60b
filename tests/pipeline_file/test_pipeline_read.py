"""`read_pipeline`: what a right file becomes, where its parts are, and that nothing but errors for people comes out."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedseq.errors import Problems, RequestError
from embedseq.evaluation.settings import EvaluateSettings
from embedseq.models.settings import AttentionSettings, HandOff, SideHandOffs
from embedseq.pipeline.file import Arm, Pipeline, PipelineSpec, read_pipeline
from embedseq.pipeline.file.core_schema import write_yaml
from embedseq.pipeline.file.nodes import Fields
from embedseq.pipeline.file.problems import Findings
from embedseq.pipeline.file.read import read_tree, write_pipeline
from embedseq.pipeline.file.shapes import fields
from embedseq.pipeline.file.spec import ModelSettings, ScoreExpectation
from embedseq.pipeline.file.yaml_source import compose
from embedseq.training.settings import TrainSettings

Read = Callable[..., Pipeline]
DATASETS = {"multi30k": ("en", "de", "fr")}


def test_a_right_file_becomes_typed_settings(read: Read, example: str) -> None:
    spec = read(example).spec
    assert spec.name == "captions"
    assert spec.seeds == (1, 2, 3)
    assert spec.data["captions"].tokens.size == 8000
    assert spec.models["translator"].train == TrainSettings(epochs=20, batch_tokens=4096)
    assert spec.models["translator"].evaluate == EvaluateSettings(beam=5, metrics=("bleu", "chrf"))
    assert spec.expect[0] == ScoreExpectation(of="translator[lstm,skipgram,tuned]", score="bleu", above=25)
    assert isinstance(spec.expect[0], ScoreExpectation)
    assert spec.expect[0].comparison == ("above", 25.0)
    assert spec.report.introduction.count("\n\n") == 1
    with pytest.raises(ValueError, match="frozen"):
        spec.name = "other"


def test_the_arms_are_those_of_all_models_in_order(read: Read, example: str) -> None:
    arms = read(example).arms
    assert len(arms) == 21
    assert arms[0].label == "translator[rnn,random]"
    assert arms[-1].label == "plain"
    assert all(isinstance(arm.settings, ModelSettings) for arm in arms)


def test_selecting_gives_arms_and_names_of_embeddings(read: Read, example: str) -> None:
    pipeline = read(example)
    assert pipeline.select("embeddings") == ["skipgram", "cbow", "glove"]
    (arm,) = pipeline.select("translator[gru,cbow,tuned]")
    assert isinstance(arm, Arm)
    assert pipeline.arm("translator[gru,cbow,tuned]") is arm


def test_the_file_itself_travels_along(read: Read, example: str) -> None:
    pipeline = read(example, "tiny", ["seeds=[9]"])
    assert pipeline.text == example
    assert (pipeline.path, pipeline.base) == (Path("captions.yaml"), Path())
    assert (pipeline.profile, pipeline.overrides) == ("tiny", ("seeds=[9]",))


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("data.captions.dataset", "captions.yaml:6:14"),
        ("data.captions", "captions.yaml:5:3"),
        ("data.captions.train", "captions.yaml:5:3"),
        ("data.captions.train.source", "captions.yaml:5:3"),
        ("models.translator.train.lr", "captions.yaml:23:5"),
        ("models.translator.matrix.architecture.2", "captions.yaml:20:33"),
        ("models.translator[gru,skipgram,frozen].architecture", "captions.yaml:20:33"),
        ("models.translator[gru,skipgram,frozen].embedding.as", "captions.yaml:21:48"),
        ("models.plain.attention", "captions.yaml:27:16"),
        ("seeds.1", "captions.yaml:2:12"),
        ("nothing.at.all", "captions.yaml:1:1"),
    ],
)
def test_later_errors_find_the_place_of_a_value(path: str, place: str, read: Read, example: str) -> None:
    pipeline = read(example)
    assert str(pipeline.position(path)) == place
    assert pipeline.location(path) == f"{place}: {path}"


def test_a_value_that_was_set_is_at_its_override(read: Read, example: str) -> None:
    pipeline = read(example, overrides=["data.captions.limits.train=5"])
    assert pipeline.location("data.captions.limits.train") == "--set data.captions.limits.train=5: data.captions.limits.train"


def test_a_file_that_is_not_there_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"captions\.yaml: cannot read the pipeline file: no such file or directory"):
        read_pipeline(tmp_path / "captions.yaml")


def test_a_folder_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="cannot read the pipeline file: is a directory"):
        read_pipeline(tmp_path)


def test_whole_numbers_are_numbers_and_lists_tuples(read: Read, example: str) -> None:
    spec = read(example, overrides=["models.translator.train.lr=1"]).spec
    assert spec.models["translator"].train.lr == 1.0
    assert isinstance(spec.models["translator"].matrix["architecture"], tuple)


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; import embedseq.pipeline.file.read, embedseq.pipeline.file.schema; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'gensim', 'sklearn', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


KEYS = sorted(
    {key for cls in (PipelineSpec, ModelSettings, TrainSettings, HandOff, SideHandOffs, AttentionSettings) for key in fields(cls)}
)
OTHERS = (
    "m d e text kind file of dataset probe score above d.source lstm random drift m[lstm] models.m.dim train.lr word-similarity"
)
WORDS = st.sampled_from([*KEYS, *OTHERS.split()])
SCALARS = st.none() | st.booleans() | st.integers(-2, 10**30) | st.floats() | st.text(max_size=4) | WORDS
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=25
)
FILES = st.dictionaries(
    st.sampled_from(list(fields(PipelineSpec))),
    TREES | st.dictionaries(WORDS, st.dictionaries(WORDS, TREES, max_size=4), max_size=2),
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    FILES,
    st.sampled_from(
        [
            "seeds=[3]",
            "models.m.dim=3",
            "models.m.matrix.dim=[3]",
            "m",
            "profiles=3",
            "models.m.embedding.as=x",
            "expect.0.of=m",
            "probes.m={}",
            "data={}",
            "models=3",
        ]
    ),
)
def test_no_tree_raises_anything_but_problems(tmp_path: Path, tree: Any, override: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(write_yaml(tree), encoding="utf-8", errors="replace")
    profiles = tree.get("profiles")
    for profile in (None, *(profiles if isinstance(profiles, dict) else ())):
        with suppress(Problems):
            read_pipeline(path, profile, [override], DATASETS)


SLUGS = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,5}", fullmatch=True).filter(
    lambda name: name not in ("models", "embeddings", "random", "baseline", "control")
)
MODELS = st.builds(
    ModelSettings,
    data=st.just("d"),
    architecture=st.sampled_from(["rnn", "lstm", "gru", "transformer"]),
    attention=st.sampled_from(["none", "additive"]) | st.builds(AttentionSettings, heads=st.integers(1, 8)),
    dim=st.integers(1, 10**6),
    dropout=st.floats(0, 1, exclude_max=True),
    tie_output=st.booleans(),
    embedding=st.sampled_from(["random", HandOff(from_="e", as_="frozen"), SideHandOffs(source=HandOff(from_="e"))]),
    train=st.builds(TrainSettings, lr=st.floats(1e-300, 1e300), clip=st.none() | st.floats(1e-9, 1e9), warmup=st.integers(0, 99)),
    matrix=st.just({}) | st.just({"layers": (1, 2), "encoder.layers": (None, 3)}),
)  # fmt: skip
SPECS = st.builds(
    lambda name, seeds, models, title, introduction: PipelineSpec.model_validate(
        {
            "name": name,
            "seeds": tuple(seeds),
            "data": {"d": {"dataset": "multi30k", "source": "en", "target": "de"}},
            "embeddings": {"e": {"text": "d.source"}},
            "models": {f"m.{key}": model for key, model in models.items()},
            "report": {"title": title, "introduction": introduction},
        }
    ),
    SLUGS,
    st.lists(st.integers(0, 2**40), min_size=1, max_size=3, unique=True),
    st.dictionaries(SLUGS, MODELS, max_size=3),
    st.none() | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=20),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(SPECS)
def test_a_spec_that_is_written_is_read_as_the_same_spec(spec: PipelineSpec) -> None:
    findings = Findings()
    root = compose(write_pipeline(spec), "x.yaml", findings)
    assert isinstance(root, Fields)
    read = read_tree(root, DATASETS, findings)
    assert [str(problem) for problem in findings.problems] == []
    assert read is not None
    assert read[0] == spec


def test_the_example_survives_being_written(read: Read, example: str) -> None:
    spec = read(example).spec
    assert read(write_pipeline(spec)).spec == spec
