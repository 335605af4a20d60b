"""The report of a run, put together from its parts."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from embedseq.pipeline import node_names
from embedseq.pipeline.reporting import probes, scores
from embedseq.pipeline.reporting.arm_facts import arms
from embedseq.pipeline.reporting.cautions import warnings_of
from embedseq.pipeline.reporting.claims import claim_facts
from embedseq.pipeline.reporting.corpora import corpora
from embedseq.pipeline.reporting.examples import examples
from embedseq.pipeline.reporting.times import stage_times, traces
from embedseq.pipeline.reporting.vector_facts import embeddings
from embedseq.pipeline.reporting.yardsticks import ScoredModel, scored_models
from embedseq.pipeline.run import Run
from embedseq.pipeline.stages.probing.found import details_of
from embedseq.probes.probe import ProbeSettings
from embedseq.probes.registry import probe_of
from embedseq.report.content import (
    CostRow,
    Expectation,
    Failure,
    NeighbourColumn,
    NeighbourTable,
    Report,
    RunFacts,
)

MOST_MOVED = 12
Status = Literal["cached", "done", "failed", "skipped", "left"]
STATUSES: Mapping[str, Status] = {"cached": "cached", "done": "done", "failed": "failed", "skipped": "skipped"}
"""Of the stages that have ended. All others are left: the run was interrupted, or goes on."""
STATES: Mapping[str, Literal["interrupted", "running"]] = {
    "cancelled": "interrupted",
    "interrupted": "interrupted",
    "running": "running",
}


def report_of(run: Run) -> Report:
    """Everything that the page shows, from the artifacts and the log of `run`."""
    spec = run.pipeline.spec
    rows = run.summary
    models = tuple(arms(run))
    scored = scored_models(run, models)
    probed = tuple(_probed(run, scored))
    details = {name: dict(_details(run, name, settings)) for name, settings in spec.probes.items()}
    return Report(
        title=spec.report.title or spec.name,
        introduction=spec.report.introduction,
        run=_run_facts(run),
        failures=tuple(Failure(node, message) for node, message in run.failures.items()),
        warnings=tuple(warnings_of(run, models)),
        expectations=tuple(Expectation(each.sentence, each.holds, each.found, each.ran) for each in run.expectations),
        corpora=tuple(corpora(run)),
        embeddings=tuple(embeddings(run)),
        neighbours=tuple(_neighbour_tables(run, details)),
        arms=models,
        scores=tuple(scores.model_tables(rows, scored)),
        examples=tuple(examples(run)),
        drift=tuple(probes.drift_facts(rows, probed, _most_moved(run, details))),
        probes=tuple(probes.probe_facts(rows, probed, details)),
        claims=tuple(claim_facts(run)),
        costs=tuple(_costs(run)),
        times=tuple(stage_times(run)),
        traces=tuple(traces(run)),
        pipeline_text=run.pipeline.text,
        citation="The embedseq developers: embedseq (CITATION.cff in its repository), with the version above.",
    )


def _run_facts(run: Run) -> RunFacts:
    environment, content = run.record.environment, run.record.content
    changes = [f"--profile {content['profile']}"] if content.get("profile") else []
    changes += [f"--set {shlex.quote(override)}" for override in content.get("overrides", ())]
    changes += [f"--device {content['device']}"] if content.get("device", "cpu") != "cpu" else []
    changes += [f"--only {shlex.quote(part)}" for part in content.get("only", ())]
    return RunFacts(
        name=run.name,
        pipeline_file=Path(content["file"]).name,
        started=datetime.fromtimestamp(run.record.started, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        seconds=run.log.ended - run.record.started,
        machine=f"{environment['processor']}, {environment['cores']} cores",
        versions={"Python": environment["python"], **environment["packages"]},
        seeds=run.seeds,
        command=" ".join(["embedseq run", shlex.quote(content["file"]), *changes]),
        state=STATES.get(run.record.status, "ended"),
    )


def _probed(run: Run, models: Sequence[ScoredModel]) -> Iterator[probes.Probed]:
    """The probes with the models that each looks at."""
    for name, settings in run.pipeline.spec.probes.items():
        labels = set(run.labels(settings.of))
        chosen = [model for model in models if model.facts.label in labels]
        yield probes.Probed(name, settings, chosen)


def _costs(run: Run) -> Iterator[CostRow]:
    for name, node in run.record.nodes.items():
        status = STATUSES.get(node.status, "left")
        yield CostRow(name, status, run.log.seconds(name) if status in ("done", "failed") else None)


def _neighbour_tables(run: Run, details: Mapping[str, probes.Details]) -> Iterator[NeighbourTable]:
    for name, settings in run.pipeline.spec.probes.items():
        if settings.kind != "neighbours":  # type: ignore[attr-defined]
            continue
        found = details[name]
        for word in settings.words if found else ():  # type: ignore[attr-defined]
            columns = (
                NeighbourColumn(subject, tuple((near, cosine) for near, cosine in beside["lists"][word]))
                for subject, beside in found.items()
            )
            yield NeighbourTable(word, tuple(columns))


def _most_moved(run: Run, details: Mapping[str, probes.Details]) -> dict[str, list[tuple[str, float]]]:
    """The words that tuning moved most, for each arm; the first seed's."""
    moved: dict[str, list[tuple[str, float]]] = {}
    for name, settings in run.pipeline.spec.probes.items():
        if probe_of(settings).about.compares_with_before:
            for subject, found in details[name].items():
                words = found["most_moved"][:MOST_MOVED]
                moved[subject] = [(word["word"], word["drift"]) for word in words]
    return moved


def _details(run: Run, name: str, settings: ProbeSettings) -> Iterator[tuple[str, Any]]:
    """What a probe found beside its scores, for each subject: the first seed's that is there."""
    for subject in run.labels(settings.of):
        folders = (run.artifact(node_names.probe_node(name, subject, seed)) for seed in run.seeds)
        folder = next((folder for folder in folders if folder is not None), None)
        if folder is not None:
            yield subject, details_of(folder)
