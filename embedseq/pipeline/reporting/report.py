"""The report of a run, put together from its parts."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from embedseq.pipeline import node_names
from embedseq.pipeline.reporting import scores
from embedseq.pipeline.reporting.arm_facts import arms
from embedseq.pipeline.reporting.cautions import warnings_of
from embedseq.pipeline.reporting.corpora import corpora
from embedseq.pipeline.reporting.examples import examples
from embedseq.pipeline.reporting.vector_facts import embeddings
from embedseq.pipeline.reporting.yardsticks import ScoredModel, scored_models
from embedseq.pipeline.run import Run
from embedseq.pipeline.stages.records import read_record
from embedseq.probes.settings import DriftSettings, NeighboursSettings
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
    return Report(
        title=spec.report.title or spec.name,
        introduction=spec.report.introduction,
        run=_run_facts(run),
        failures=tuple(Failure(node, message) for node, message in run.failures.items()),
        warnings=tuple(warnings_of(run, models)),
        expectations=tuple(Expectation(each.sentence, each.holds, each.found, each.ran) for each in run.expectations),
        corpora=tuple(corpora(run)),
        embeddings=tuple(embeddings(run)),
        similarity=tuple(scores.similarity_tables(rows)),
        neighbours=tuple(_neighbour_tables(run)),
        arms=models,
        scores=tuple(scores.model_tables(rows, scored)),
        examples=tuple(examples(run)),
        drift=tuple(scores.drift_facts(rows, _most_moved(run))),
        probes=tuple(scores.probe_tables(rows, _probed(run, scored))),
        costs=tuple(_costs(run)),
        pipeline_text=run.pipeline.text,
        citation="The embedseq developers: embedseq (CITATION.cff in its repository), with the version above.",
    )


def _run_facts(run: Run) -> RunFacts:
    environment, content = run.record.environment, run.record.content
    changes = [f"--profile {content['profile']}"] if content.get("profile") else []
    changes += [f"--set {shlex.quote(override)}" for override in content.get("overrides", ())]
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


def _probed(run: Run, models: Sequence[ScoredModel]) -> dict[str, list[ScoredModel]]:
    """The models that each probe looks at."""
    labels = {name: set(run.labels(probe.of)) for name, probe in run.pipeline.spec.probes.items()}
    return {name: [model for model in models if model.facts.label in chosen] for name, chosen in labels.items()}


def _costs(run: Run) -> Iterator[CostRow]:
    for name, node in run.record.nodes.items():
        status = STATUSES.get(node.status, "left")
        yield CostRow(name, status, run.log.seconds(name) if status in ("done", "failed") else None)


def _neighbour_tables(run: Run) -> Iterator[NeighbourTable]:
    for name, probe in run.pipeline.spec.probes.items():
        if not isinstance(probe, NeighboursSettings):
            continue
        lists: dict[str, Mapping[str, Sequence[tuple[str, float]]]] = {}
        for subject in run.labels(probe.of):
            node = next((node for seed in run.seeds if run.artifact(node := node_names.probe_node(name, subject, seed))), None)
            folder = run.artifact(node) if node else None
            if folder is not None:
                lists[subject] = read_record(folder / "neighbours.json")
        for word in probe.words if lists else ():
            columns = (
                NeighbourColumn(subject, tuple((near, cosine) for near, cosine in found[word]))
                for subject, found in lists.items()
            )
            yield NeighbourTable(word, tuple(columns))


def _most_moved(run: Run) -> dict[str, list[tuple[str, float]]]:
    """The words that tuning moved most, for each arm; the first seed's."""
    moved: dict[str, list[tuple[str, float]]] = {}
    for name, probe in run.pipeline.spec.probes.items():
        if isinstance(probe, DriftSettings):
            for subject in run.labels(probe.of):
                folder = run.artifact(node_names.probe_node(name, subject, run.seeds[0]))
                if folder is not None:
                    words = read_record(folder / "drift.json")["most_moved"][:MOST_MOVED]
                    moved[subject] = [(word["word"], word["drift"]) for word in words]
    return moved
