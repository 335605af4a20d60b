"""`embedseq run --trace`: what torch's profiler saw lies beside the log, and no byte of an artifact is another."""

from pathlib import Path

import pytest

import embedseq

NAME = "train plain, seed 1"


@pytest.fixture(scope="module")
def run(tiny_file: Path, tmp_path_factory: pytest.TempPathFactory) -> embedseq.Run:
    """The training of the tiny Transformer alone, traced."""
    return embedseq.run(tiny_file, store=tmp_path_factory.mktemp("traced"), only=[NAME], jobs=1, trace=True)


def test_a_trace_lies_beside_the_log_and_changes_no_result(run: embedseq.Run, finished: embedseq.Run) -> None:
    assert run.record.nodes[NAME].digest == finished.record.nodes[NAME].digest
    (path,) = run.traces
    assert path.parent == run.record.path / "traces"
    assert "train-plain-seed-1" in path.name


def test_the_report_tells_the_operators_and_where_the_time_went(run: embedseq.Run) -> None:
    report = run.content()
    (trace,) = report.traces
    assert trace.stage == NAME
    assert (run.record.path / trace.file).is_file()
    assert 1 < trace.first <= trace.last
    assert any(operator.name.startswith("aten::") for operator in trace.operators)
    times = {each.stage: each for each in report.times}
    training = times[NAME]
    assert None not in (training.waited, training.loading, training.verifying, training.preparing, training.processor)
    assert training.work is not None
    assert 0 < training.work < training.seconds
    assert "Where the time went" in run.report.read_text(encoding="utf-8")


def test_a_run_that_trains_nothing_says_so(tiny_file: Path, run: embedseq.Run, embedseq_command: object) -> None:
    answer = embedseq_command("run", tiny_file, "--store", run.store.root, "--only", NAME, "--trace", "--quiet")  # type: ignore[operator]
    assert answer.code == 0
    assert "Nothing was traced: no model had to be trained" in answer.err
    assert embedseq.open_run(store=run.store.root).traces == ()
