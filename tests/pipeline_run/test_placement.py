"""On which device a run computes: checked before work begins, in no key, and told where results do not repeat for it."""

import json
import shutil
from pathlib import Path

import pytest

import embedseq
from embedseq.errors import Problems, RequestError
from embedseq.pipeline.file import read_pipeline
from embedseq.pipeline.graph import build_graph
from embedseq.pipeline.kinds import kind_of, record_of
from embedseq.pipeline.placement import placed, placement_problems
from embedseq.pipeline.plan import PlanItem
from embedseq.pipeline.preflight import check_before_work
from embedseq.pipeline.reporting.cautions import warnings_of
from embedseq.pipeline.stages import STAGES

BFLOAT16 = "models.plain.train.precision=bfloat16"


def test_a_device_that_is_not_there_is_told_before_work_begins(tiny_file: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="there is no device 'cuda:77' here, only cpu"):
        embedseq.run(tiny_file, store=tmp_path / "store", device="cuda:77")
    assert not (tmp_path / "store").exists()


def test_a_device_is_in_no_key(tiny_file: Path) -> None:
    nodes = build_graph(read_pipeline(tiny_file))
    for node, there in zip(nodes, placed(nodes, "cuda:0"), strict=True):
        assert there.execution["device"] == "cuda:0"
        kind = kind_of(node, STAGES)
        assert record_of(there, kind, {}, {}).key == record_of(node, kind, {}, {}).key


def test_precision_is_in_the_key_where_it_is_not_what_it_was(tiny_file: Path) -> None:
    plain, halved = (
        next(node for node in build_graph(read_pipeline(tiny_file, overrides=changes)) if node.id == "train plain, seed 1")
        for changes in ([], [BFLOAT16])
    )
    assert "precision" not in plain.spec["train"]
    assert halved.spec["train"]["precision"] == "bfloat16"


@pytest.mark.parametrize(("fast", "device", "refused"), [(False, "cpu", True), (True, "cpu", False), (False, "cuda:0", False)])
def test_bfloat16_is_refused_where_it_is_slow(
    tiny_file: Path, monkeypatch: pytest.MonkeyPatch, fast: bool, device: str, refused: bool
) -> None:
    monkeypatch.setattr("embedseq.models.device.multiplies_bfloat16", lambda: fast)
    pipeline = read_pipeline(tiny_file, overrides=[BFLOAT16])
    problems = placement_problems(pipeline, pipeline.arms, pipeline.arms, device)
    assert len(problems) == refused
    if refused:
        assert "models.plain.train: precision: bfloat16 is hundreds of times slower on this processor" in problems[0]


def test_the_refusal_comes_before_work(tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedseq.models.device.multiplies_bfloat16", lambda: False)
    with pytest.raises(Problems, match="use float32 here, or a GPU"):
        embedseq.run(tiny_file, store=tmp_path, overrides=[BFLOAT16])
    assert not list(tmp_path.glob("artifacts/*"))


def test_replicas_are_for_processors(tiny_file: Path) -> None:
    pipeline = read_pipeline(tiny_file, overrides=["models.plain.train.replicas=2"])
    assert placement_problems(pipeline, pipeline.arms, pipeline.arms, "cpu") == []
    (problem,) = placement_problems(pipeline, pipeline.arms, pipeline.arms, "cuda:0")
    assert "models.plain.train: replicas share the cores of a processor, but --device is cuda:0" in problem
    pipeline = read_pipeline(tiny_file, overrides=["models.plain.evaluate.replicas=2"])
    threads = {node.id: node.threads for node in build_graph(pipeline)}
    assert (threads["train plain, seed 1"], threads["evaluate plain, seed 1"]) == (1, 2)
    (problem,) = placement_problems(pipeline, [], pipeline.arms, "cuda:0")  # it is trained already
    assert "models.plain.evaluate: replicas share the cores of a processor, but --device is cuda:0" in problem


def test_what_is_trained_already_is_asked_for_its_evaluation_alone(tiny_file: Path) -> None:
    def check(part: str) -> None:
        pipeline = read_pipeline(tiny_file, overrides=[f"models.plain.{part}.replicas=2"])
        planned = [
            PlanItem("evaluate plain, seed 1", "evaluate", "to run", ""),
            PlanItem("train plain, seed 1", "train", "cached", ""),
        ]
        check_before_work(pipeline, planned, "cuda:0")

    check("train")
    with pytest.raises(Problems, match=r"models\.plain\.evaluate: replicas share the cores of a processor"):
        check("evaluate")


def test_the_report_says_what_was_trained_and_computed_on_a_gpu(finished: embedseq.Run, tiny_file: Path, tmp_path: Path) -> None:
    """By what stands in the store: no log of a run says it, as it may have been another pipeline's."""
    assert not any("GPU" in warning for warning in warnings_of(finished, ()))
    store = tmp_path / "store"
    shutil.copytree(finished.store.root, store)
    for node in ("train plain, seed 1", "evaluate plain, seed 1"):
        manifest = store / "artifacts" / str(finished.record.nodes[node].key) / "manifest.json"
        content = json.loads(manifest.read_text(encoding="utf-8"))
        assert "device" not in content
        manifest.chmod(0o644)
        manifest.write_text(json.dumps({**content, "device": "cuda:0"}), encoding="utf-8")
    run = embedseq.run(tiny_file, store=store, jobs=1)
    assert {node.status for node in run.record.nodes.values()} == {"cached"}
    warnings = list(warnings_of(run, ()))
    assert "plain was trained on a GPU: another run gives slightly different weights." in warnings
    assert "evaluate plain, seed 1 was computed on a GPU: another run gives slightly different numbers." in warnings
