"""The Python interface to running: `run` a pipeline, or `plan` what that would do."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedseq.errors import RequestError
from embedseq.pipeline import runs
from embedseq.pipeline.events import Observer, Observers
from embedseq.pipeline.placement import device_for, placed
from embedseq.pipeline.recorder import RunRecorder
from embedseq.pipeline.run import DEFAULT_STORE, Run
from embedseq.pipeline.store import Store
from embedseq.pipeline.tracing import traced

if TYPE_CHECKING:
    from embedseq.pipeline.file import Pipeline
    from embedseq.pipeline.passing import Captures
    from embedseq.pipeline.plan import PlanItem


def run(
    path: Path | str,
    *,
    profile: str | None = None,
    overrides: Sequence[str] = (),
    store: Path | str = DEFAULT_STORE,
    only: Sequence[str] = (),
    jobs: int | None = None,
    observer: Observer | None = None,
    captures: "Captures | None" = None,
    trace: bool = False,
    device: str = "cpu",
) -> "Run":
    """Run the pipeline file at `path` and write its report: what is in the store is used, what is missing is made.

    overrides: `"models.translator.train.epochs=3"` and the like. only: parts of the names of the stages wanted; what they need
    runs too. jobs: cores to pack the stages onto; changes no result. captures: how much room captured states may take, and
    whether they stay in the store when their probes are done (`embedseq.Captures`). trace: have torch's profiler watch some
    updates of each training, and keep what it saw in the folder of the run; changes no result. device: where models compute,
    `cpu`, `auto`, `cuda` or `cuda:1`; a GPU's results agree with the processor's to tolerance.

    A stage that fails leaves the others alone and is told by `Run.failures`. Raises Problems where the file or its corpora are
    wrong, and RequestError where the device is not there, before any work begins.
    """
    from embedseq.pipeline.ahead import pool_ahead
    from embedseq.pipeline.cores import available_cores
    from embedseq.pipeline.durations import guessed_seconds, measured_seconds
    from embedseq.pipeline.engine import run_graph
    from embedseq.pipeline.file import read_pipeline
    from embedseq.pipeline.passing import Captures
    from embedseq.pipeline.plan import plan_graph
    from embedseq.pipeline.preflight import build_checked_graph, check_before_work
    from embedseq.pipeline.verdicts import claims_before_work

    pipeline, device = read_pipeline(path, profile, overrides), device_for(device)
    nodes = build_checked_graph(pipeline)
    home = Store(Path(store))
    wanted = _wanted([node.id for node in nodes], only)
    planned = plan_graph(nodes, home, only=wanted)
    with pool_ahead(nodes, planned, jobs or available_cores()) as pool:
        check_before_work(pipeline, planned, device)
        work = any(item.status != "cached" for item in planned)
        claims = claims_before_work(pipeline, nodes, planned, home)
        recorder = _recorder(home, pipeline, only, {"claims": claims, "device": device})
        try:
            observers = Observers(recorder, *([observer] if observer else []))
            nodes = placed(traced(nodes, recorder.folder) if trace else nodes, device)
            seconds = guessed_seconds(nodes, measured_seconds(home, pipeline.spec.name, nodes)) if work else {}
            run_graph(nodes, home, pool=pool, observer=observers, only=wanted, captures=captures or Captures(), seconds=seconds)
        finally:
            recorder.close()
    finished = Run(runs.load_run(recorder.folder), home)
    finished.write_report()
    return finished


def plan(
    path: Path | str, *, profile: str | None = None, overrides: Sequence[str] = (), store: Path | str = DEFAULT_STORE
) -> "tuple[PlanItem, ...]":
    """What `run` would do with each stage, and why; changes nothing."""
    from embedseq.pipeline.file import read_pipeline
    from embedseq.pipeline.graph import build_graph
    from embedseq.pipeline.plan import plan_graph

    pipeline = read_pipeline(path, profile, overrides)
    home = Store(Path(store))
    return plan_graph(build_graph(pipeline), home, runs.previous_nodes(home, pipeline.spec.name))


def _recorder(store: Store, pipeline: "Pipeline", only: Sequence[str], facts: Mapping[str, Any]) -> RunRecorder:
    """Opens the record of a new run, with all that is needed to ask it later."""
    from embedseq.pipeline.measured import stored_subjects

    return RunRecorder(
        store,
        pipeline.spec.name,
        pipeline.text,
        file=str(pipeline.path),
        profile=pipeline.profile,
        overrides=list(pipeline.overrides),
        only=list(only),
        **facts,
        subjects=[subject.record() for subject in stored_subjects(pipeline)],
    )


def _wanted(names: Sequence[str], only: Sequence[str]) -> list[str] | None:
    """The stages whose names contain one of `only`. Raises RequestError for one that none contains."""
    if not only:
        return None
    for part in only:
        if not any(part in name for name in names):
            listed = "\n  ".join(names[:40])
            raise RequestError(f"no stage has '{part}' in its name. The stages are\n  {listed}")
    return [name for name in names if any(part in name for part in only)]
