"""Every pipeline in `pipelines/`, found by its file: a new one is tested without a word here."""

import re
from pathlib import Path
from typing import Any

import pytest

import embedseq
from embedseq.pipeline.file import read_pipeline
from embedseq.pipeline.graph import build_graph

SHIPPED = sorted((Path(__file__).parents[2] / "pipelines").glob("*.yaml"))
EXTERNAL = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)\s*=\s*(?!["']?(?:data:|#))[^>]*""", re.IGNORECASE)
IMPORTED = re.compile(r"""@import|url\(\s*(?!["']?(?:data:|#))""", re.IGNORECASE)


@pytest.fixture(scope="module", params=SHIPPED, ids=lambda path: path.stem)
def shipped(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def ran(shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> embedseq.Run:
    """Its run in the profile `tiny`, in a store of its own."""
    store = tmp_path_factory.mktemp(shipped.stem)
    return embedseq.run(shipped, profile="tiny", store=store, jobs=1)


def test_there_are_pipelines() -> None:
    assert SHIPPED


def test_it_passes_the_check_with_all_its_profiles(shipped: Path, embedseq_command: Any) -> None:
    profiles = read_pipeline(shipped).spec.profiles
    assert "tiny" in profiles
    for profile in (None, *profiles):
        answer = embedseq_command("check", shipped, *(["--profile", profile] if profile else []))
        assert answer.code == 0, answer.err
        assert "is valid" in answer.out


def test_it_runs_end_to_end(shipped: Path, ran: embedseq.Run) -> None:
    assert ran.failures == {}
    assert ran.exit_code == 0
    planned = {node.id for node in build_graph(read_pipeline(shipped, "tiny"))}
    assert set(ran.record.nodes) == planned
    assert {node.status for node in ran.record.nodes.values()} <= {"done", "cached"}


def test_every_artifact_verifies(ran: embedseq.Run) -> None:
    for name, node in ran.record.nodes.items():
        assert node.key is not None
        artifact = ran.store.verify(node.key) or ran.store.known(node.key)  # captures are let go
        assert artifact is not None, name
        assert artifact.digest == node.digest
        assert artifact.files, f"{name} wrote nothing"


def test_its_report_stands_alone(ran: embedseq.Run) -> None:
    page = ran.report.read_text(encoding="utf-8")
    markup = re.sub(r"(<script\b[^>]*>).*?</script>", r"\1", page, flags=re.DOTALL)
    assert not EXTERNAL.findall(markup)
    for style in re.findall(r"<style\b[^>]*>(.*?)</style>", markup, flags=re.DOTALL):
        assert not IMPORTED.findall(style)
    assert page.rstrip().endswith("</html>")


def test_the_report_names_all_that_was_measured(ran: embedseq.Run) -> None:
    text, page = ran.text(), ran.report.read_text(encoding="utf-8")
    for arm in ran.pipeline.arms:
        assert arm.label in text, f"{arm.label} is not in the text"
    for name in ran.pipeline.spec.embeddings:
        assert name in page, f"{name} is not in the report"


def test_its_expectations_are_judged(ran: embedseq.Run) -> None:
    assert ran.expectations
    assert all(outcome.found != "it was not measured" for outcome in ran.expectations)


def test_a_rerun_recomputes_nothing(shipped: Path, ran: embedseq.Run) -> None:
    again = embedseq.run(shipped, profile="tiny", store=ran.store.root, jobs=1)
    assert again.exit_code == 0
    assert {name: node.status for name, node in again.record.nodes.items()} == dict.fromkeys(ran.record.nodes, "cached")
    assert {name: node.digest for name, node in again.record.nodes.items()} == {
        name: node.digest for name, node in ran.record.nodes.items()
    }
