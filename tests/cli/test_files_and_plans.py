"""Commands that read a pipeline file: `check`, `plan`, `run --only`, `schema`, and what they refuse."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

PIPELINES = sorted((Path(__file__).parents[2] / "pipelines").glob("*.yaml"))
FILES = """\
name: mine
data:
  mine: {train: {source: a.txt, target: b.txt}, valid: {source: a.txt, target: b.txt}, test: {source: a.txt, target: b.txt}}
embeddings:
  skipgram: {text: mine.source, dim: 4, min_count: 1, epochs: 1}
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A pipeline on two parallel files of three lines."""
    (tmp_path / "a.txt").write_bytes(b"a dog\na cat\ntwo dogs\n")
    (tmp_path / "b.txt").write_bytes(b"ein Hund\neine Katze\nzwei Hunde\n")
    path = tmp_path / "mine.yaml"
    path.write_text(FILES)
    return path


def test_a_wrong_file_is_refused_with_line_and_column(tiny_text: str, tmp_path: Path, embedseq_command: Any) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(
        tiny_text.replace("architecture: gru", "architecture: gruu").replace("  cbow: {text: captions", "  cbow: {text: caption")
    )
    lines = path.read_text().split("\n")
    for command in ("check", "run", "plan", "test"):
        store = () if command == "check" else ("--store", tmp_path / "store")
        answer = embedseq_command(command, path, *store)
        assert answer.code == 2
        problems = answer.err.strip().split("\n")
        assert len(problems) == 2, answer.err
        for problem, wrong, meant in zip(sorted(problems), ("caption.source", "gruu"), ("captions", "gru"), strict=True):
            where, _, said = problem.partition(": ")
            name, line, column = where.rsplit(":", 2)
            assert name == str(path)
            assert lines[int(line) - 1][int(column) - 1 :].startswith(wrong)
            assert f"Did you mean '{meant}" in said
    assert not (tmp_path / "store").exists()


def test_a_file_that_is_not_there_is_refused(tmp_path: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("check", tmp_path / "nothing.yaml")
    assert answer.code == 2
    assert "nothing.yaml" in answer.err
    assert "Traceback" not in answer.err


def test_an_unknown_profile_and_a_wrong_override_are_refused(tiny_file: Path, embedseq_command: Any) -> None:
    assert embedseq_command("check", tiny_file, "--profile", "tinny").code == 2
    answer = embedseq_command("check", tiny_file, "--set", "models.plain.dmi=3")
    assert answer.code == 2
    assert "Did you mean 'dim'?" in answer.err


def test_a_model_that_cannot_be_built_is_found_by_the_check(tiny_file: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("check", tiny_file, "--set", "models.plain.heads=5")
    assert answer.code == 2
    assert "heads" in answer.err
    assert "plain" in answer.err


def test_a_right_file_is_summed_up(tiny_file: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("check", tiny_file)
    assert answer.out == f"{tiny_file} is valid: 1 corpus, 2 embeddings, 3 models, 3 probes, 1 seed; 19 stages.\n"


@pytest.mark.parametrize("command", ["check", "run", "plan"])
def test_a_missing_data_folder_is_told_before_work_begins(
    command: str, tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedseq_command: Any
) -> None:
    monkeypatch.delenv("EMBEDSEQ_DATA")
    store = () if command == "check" else ("--store", tmp_path / "store")
    answer = embedseq_command(command, tiny_file, *store)
    assert answer.code == 2
    assert "the environment variable EMBEDSEQ_DATA names. It is not set" in answer.err
    assert not (tmp_path / "store" / "runs").exists()


def test_a_corpus_that_is_not_there_is_told_with_its_path(
    tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedseq_command: Any
) -> None:
    monkeypatch.setenv("EMBEDSEQ_DATA", str(tmp_path))
    answer = embedseq_command("run", tiny_file, "--store", tmp_path / "store")
    assert answer.code == 2
    assert str(tmp_path / "multi30k" / "train.en.gz") in answer.err


@pytest.mark.parametrize(
    ("name", "content", "where", "said"),
    [
        ("a.txt", b"a dog\na \xff cat\ntwo dogs\n", "a.txt: line 2 ", "UTF-8"),
        ("a.txt", b"a dog\na cat\n", "a.txt", "b.txt"),
        ("a.txt", b"a dog\n\ntwo dogs\n", "line 2 ", "empty"),
        ("a.txt", b"a dog\na \0cat\ntwo dogs\n", "a.txt: line 2 ", "NUL"),
        ("b.txt", b"", "b.txt", "empty"),
    ],
    ids=["not UTF-8", "unequal", "an empty line", "a NUL byte", "an empty file"],
)
def test_a_bad_corpus_is_refused_before_work_begins(
    mine: Path, embedseq_command: Any, name: str, content: bytes, where: str, said: str
) -> None:
    (mine.parent / name).write_bytes(content)
    for command in (["check", mine], ["run", mine, "--store", mine.parent / "store", "--quiet"]):
        answer = embedseq_command(*command)
        assert answer.code == 2, answer.err
        assert where in answer.err
        assert said in answer.err
        assert "Traceback" not in answer.err
    assert not list((mine.parent / "store").glob("runs/*"))
    assert not list((mine.parent / "store").glob("artifacts/*"))


def test_all_that_is_wrong_with_a_corpus_is_told_in_one_go(mine: Path, embedseq_command: Any) -> None:
    (mine.parent / "a.txt").write_bytes(b"a \xff dog\na cat\ntwo \xfe dogs\n")
    (mine.parent / "b.txt").write_bytes(b"ein Hund\neine \0Katze\nzwei Hunde\n")
    err = embedseq_command("run", mine, "--store", mine.parent / "store").err
    assert all(part in err for part in ("a.txt: line 1 ", "b.txt: line 2 "))


# Plans, and a part of a run.


def plan_of(embedseq_command: Any, *arguments: object) -> dict[str, dict[str, str]]:
    answer = embedseq_command("plan", *arguments, "--json")
    assert answer.code == 0, answer.err
    return {step["id"]: step for step in json.loads(answer.out)}


def test_a_plan_of_a_new_pipeline_is_all_new_and_changes_nothing(tiny_file: Path, tmp_path: Path, embedseq_command: Any) -> None:
    steps = plan_of(embedseq_command, tiny_file, "--store", tmp_path / "store")
    assert steps["text captions"]["status"] == "to run"
    assert {step["status"] for step in steps.values()} == {"to run", "depends"}
    assert all(step["why"].startswith("new") for step in steps.values())
    assert not (tmp_path / "store").exists()


def test_a_plan_of_a_finished_pipeline_is_all_cached(tiny_file: Path, tiny_store: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("plan", tiny_file, "--store", tiny_store)
    assert answer.out.endswith("19 stages, 19 of them cached\n")


def test_a_plan_names_the_field_that_changed(tiny_file: Path, tiny_store: Path, embedseq_command: Any) -> None:
    steps = plan_of(embedseq_command, tiny_file, "--store", tiny_store, "--set", "models.plain.train.lr=0.5")
    assert {name for name, step in steps.items() if step["status"] != "cached"} == {
        "train plain, seed 1",
        "evaluate plain, seed 1",
        "probe previous-word of plain, seed 1",
        "summary of plain",
        "summary of previous-word of plain",
    }
    assert "train.lr 0.01 -> 0.5" in steps["train plain, seed 1"]["why"]
    assert "input 'train plain, seed 1' runs first" in steps["evaluate plain, seed 1"]["why"]
    printed = embedseq_command("plan", tiny_file, "--store", tiny_store, "--set", "models.plain.train.lr=0.5").out
    assert "train.lr 0.01 -> 0.5" in printed


def test_only_some_stages_and_what_they_need_can_be_run(mine: Path, embedseq_command: Any) -> None:
    store = mine.parent / "store"
    answer = embedseq_command("run", mine, "--store", store, "--only", "tokens", "--quiet")
    assert answer.code == 0, answer.err
    steps = plan_of(embedseq_command, mine, "--store", store)
    done = {name for name, step in steps.items() if step["status"] == "cached"}
    assert done == {"text mine", "tokens mine"}
    assert (store / "runs" / "mine-1" / "report.html").is_file()


def test_only_what_there_is_can_be_run(mine: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("run", mine, "--store", mine.parent / "store", "--only", "tokns")
    assert answer.code == 2
    assert "no stage has 'tokns' in its name" in answer.err
    assert "tokens mine" in answer.err
    assert not (mine.parent / "store" / "runs").exists()


def test_a_run_on_files_prints_plain_lines_and_where_the_report_lies(mine: Path, embedseq_command: Any) -> None:
    for name in ("a.txt", "b.txt"):  # compressed files are read alike
        with (mine.parent / name).open("rb") as plain, gzip.open(mine.parent / f"{name}.gz", "wb") as packed:
            shutil.copyfileobj(plain, packed)
    mine.write_text(FILES.replace(".txt", ".txt.gz"))
    answer = embedseq_command("run", mine, "--store", mine.parent / "store", "--jobs", 1)
    assert answer.code == 0, answer.err
    assert "word2vec skipgram" in answer.err
    assert "\x1b" not in answer.err + answer.out
    assert answer.out.rstrip().endswith(f"Report: {mine.parent / 'store' / 'runs' / 'mine-1' / 'report.html'}")


# The schema.


def test_the_schema_accepts_the_pipelines_and_refuses_a_typing_error(embedseq_command: Any) -> None:
    schema = json.loads(embedseq_command("schema").out)
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    for path in PIPELINES:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert not list(validator(schema).iter_errors(_numbers(content))), path
        assert list(validator(schema).iter_errors(_numbers({**content, "modles": {}})))


def _numbers(value: object) -> object:
    """YAML 1.1, which PyYAML reads by itself, takes `1e-3` for a word."""
    if isinstance(value, dict):
        return {name: _numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def test_the_schema_as_a_page_names_every_section(embedseq_command: Any) -> None:
    page = embedseq_command("schema", "--markdown").out
    assert all(name in page for name in ("data", "embeddings", "models", "probes", "expect", "profiles", "teacher_forcing"))
