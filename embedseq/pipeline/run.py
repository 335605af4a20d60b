"""The Python interface to what was run: `open_run` it, and ask it."""

import warnings
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedseq.embeddings.vectors import Vectors
from embedseq.errors import RequestError
from embedseq.pipeline import runs
from embedseq.pipeline.artifact import DamagedArtifactError
from embedseq.pipeline.named import Named
from embedseq.pipeline.runlog import RunLog
from embedseq.pipeline.stages.records import read_record
from embedseq.pipeline.store import Store
from embedseq.pipeline.subjects import StoredSubject, chosen
from embedseq.pipeline.tracing import traces_in
from embedseq.pipeline.tuned import chosen_values

if TYPE_CHECKING:
    from embedseq.pipeline.expectations import Outcome
    from embedseq.pipeline.file import Pipeline
    from embedseq.pipeline.indexes import Say
    from embedseq.pipeline.trained import TrainedModel
    from embedseq.report.content import Report
    from embedseq.statistics.verdict import Verdict

DEFAULT_STORE = Path("embedseq-store")
REPORT = "report.html"


def open_run(name: str = "latest", *, store: Path | str = DEFAULT_STORE) -> "Run":
    """A run by its name (`quickstart-3`), a pipeline's latest (`quickstart`), or the latest of all. Raises RequestError."""
    home = Store(Path(store))
    return Run(runs.find_run(home, name), home)


class Run:
    """A run that has ended: its vectors, models, scores, log and report."""

    def __init__(self, record: runs.Run, store: Store) -> None:
        self.record = record
        self.store = store
        self.name = record.name
        self.report = record.path / REPORT
        self.subjects = tuple(StoredSubject.from_record(each) for each in record.content.get("subjects", ()))

    # What it made.

    @property
    def embeddings(self) -> Named[Vectors]:
        """The vectors of each embedding, the first seed's: `run.embeddings["skipgram"].most_similar("city")`."""
        return Named(self._labels("embedding"), lambda name: self.vectors(self.subject(name, "embedding"), ""))

    @property
    def indexed(self) -> Named[Vectors]:
        """The same vectors, searched through an index that is built once and kept in the store (the extra `index`).

        Warns where exact search is used instead, and why.
        """
        return Named(self._labels("embedding"), lambda name: self.vectors(self.subject(name, "embedding"), "", warnings.warn))

    @property
    def models(self) -> "Named[TrainedModel]":
        """Each model, the first seed's: `run.models["restorer[lstm,random]"].translate(["…"])`.

        A language model is asked to `generate`, a masked one to `fill`, a tagger or a classifier to `label`.
        """
        return Named(self._labels("model"), self.model)

    def model(self, name: str, seed: int | None = None) -> "TrainedModel":
        """A trained model with its tokenisers. Raises RequestError where the name fits none or several, or it was not trained."""
        from embedseq.pipeline.file.kinds import kind_of
        from embedseq.pipeline.models_by_kind import trained_model
        from embedseq.pipeline.node_names import text_node
        from embedseq.pipeline.trained import Origin

        subject = self.subject(name, "model", seed)
        settings, data = self.pipeline.arm(subject.label).settings, self.pipeline.spec.data
        kinds = {arm.label: kind_of(arm.settings, data[arm.settings.data]) for arm in self.pipeline.arms}
        origin = Origin(
            name=f"{subject.label}, seed {subject.seed}",
            model=self._demand(subject.node),
            tokens=self._demand(str(subject.tokens)),
            text=lambda: self._demand(text_node(settings.data)),
            data=data[settings.data],
            search=settings.evaluate,
            kinds=kinds,
        )
        return trained_model(origin, kinds[subject.label])

    def vectors(self, subject: StoredSubject, side: str, index: "Say | None" = None) -> Vectors:
        """The vectors of one side of a subject. Raises RequestError where they were not made.

        index: search them through an index, which is built where there is none, and tell this about it.
        """
        artifact, prefix = self.record.artifact(subject.node, self.store), subject.vectors[side]
        vectors = Vectors.load(artifact.path / prefix)
        if index is None:
            return vectors
        from embedseq.pipeline.indexes import indexed

        label = subject.table_name(side)
        return indexed(vectors, artifact, prefix, self.store, lambda sentence: index(f"{label}: {sentence}"))

    def subject(self, name: str, kind: str, seed: int | None = None) -> StoredSubject:
        """The one embedding or model that a selector names. Raises RequestError where it is none or several."""
        found = list(chosen(name, [each for each in self.subjects if each.kind == kind]))
        labels = list(dict.fromkeys(each.label for each in found))
        if len(labels) > 1:
            raise RequestError(f"'{name}' names {len(labels)} of the run {self.name}: choose one of {', '.join(labels)}")
        seeded = [each for each in found if seed is None or each.seed in (None, seed)]
        if not seeded:
            raise RequestError(f"{labels[0]} was not trained with seed {seed}; the seeds are {', '.join(map(str, self.seeds))}")
        return seeded[0]

    def labels(self, selector: str) -> list[str]:
        """The labels that a selector names."""
        return list(dict.fromkeys(each.label for each in chosen(selector, self.subjects)))

    @cached_property
    def summary(self) -> list[dict[str, Any]]:
        """Every score, baseline and control with its interval; empty if nothing was measured."""
        from embedseq.pipeline.measured import measured_groups

        return [
            {"section": group.section, "name": group.name, "subject": group.subject, **line}
            for group in measured_groups(self.pipeline)
            if (folder := self.artifact(group.summary)) is not None
            for line in read_record(folder / "summary.json")
        ]

    @cached_property
    def chosen(self) -> dict[str, dict[str, Any]]:
        """What was chosen for each model that is tuned: `run.chosen["translator[lstm]"]["lr"]`."""
        return chosen_values(self.record, self.store)

    @cached_property
    def verdicts(self) -> "dict[str, Verdict]":
        """The verdict on each claim that was judged: `run.verdicts["attention-helps"].kind`."""
        from embedseq.pipeline.verdicts import judged_claims
        from embedseq.statistics.verdict import Verdict

        return {each.name: Verdict.from_record(each.verdict) for each in judged_claims(self)}

    @cached_property
    def expectations(self) -> "tuple[Outcome, ...]":
        """Each expectation of the file against what was found."""
        from embedseq.pipeline.expectations import outcomes

        return tuple(outcomes(self.pipeline, self.summary, self.record.path, self.record.nodes, written=(REPORT,)))

    # How it went.

    @property
    def traces(self) -> tuple[Path, ...]:
        """The traces of torch's profiler that lie in the run's folder."""
        return traces_in(self.record.path)

    @cached_property
    def pipeline(self) -> "Pipeline":
        """The pipeline as it was run, from the copy in the run's folder."""
        from embedseq.pipeline.file import read_pipeline

        content = self.record.content
        return read_pipeline(self.record.path / "pipeline.yaml", content.get("profile"), content.get("overrides", ()))

    @cached_property
    def log(self) -> RunLog:
        """Times and speeds."""
        return RunLog(self.record, self.store)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the run."""
        return self.pipeline.spec.seeds

    @property
    def failures(self) -> dict[str, str]:
        """Stage -> why it failed. Stages that were skipped because of another's failure are not told apart from it."""
        return {name: node.message for name, node in self.record.nodes.items() if node.status == "failed"}

    @property
    def exit_code(self) -> int:
        """0 where everything is there, 1 where a stage failed, 130 where the run was interrupted."""
        return {"done": 0, "cancelled": 130}.get(self.record.status, 1)

    def artifact(self, node: str) -> Path | None:
        """The folder of a stage's artifact; None where it has none."""
        known = self.record.nodes.get(node)
        if known is None or known.status not in ("done", "cached") or known.key is None:
            return None
        found = self.store.lookup(known.key)
        return found.path if found else None

    def device(self, node: str) -> str | None:
        """Where a stage's artifact was computed, perhaps in another run and let go since; None where it has none."""
        known = self.record.nodes.get(node)
        if known is None or known.key is None:
            return None
        try:
            found = self.store.lookup(known.key) or self.store.known(known.key)
        except DamagedArtifactError:  # whoever needs it says so
            return None
        return found.device if found else None

    def _demand(self, node: str) -> Path:
        return self.record.artifact(node, self.store).path

    def _labels(self, kind: str) -> list[str]:
        return list(dict.fromkeys(each.label for each in self.subjects if each.kind == kind))

    # The report.

    def content(self) -> "Report":
        """Everything that the report shows."""
        return self._content

    @cached_property
    def _content(self) -> "Report":
        from embedseq.pipeline.reporting.report import report_of

        return report_of(self)

    def write_report(self) -> Path:
        """Write the page anew; returns its path."""
        from embedseq.report.figures.drawn import Drawn
        from embedseq.report.page import render

        drawings = self.store.drawings / f"{self.record.pipeline}.json"
        drawn = Drawn.load(drawings)
        temporary = self.report.with_suffix(".partial")
        temporary.write_text(render(self.content(), drawn), encoding="utf-8")
        temporary.replace(self.report)
        self.store.create()  # one of an earlier version has no place for drawings
        drawn.save(drawings)
        return self.report

    def text(self) -> str:
        """The report as plain text, which ends in where the page lies."""
        from embedseq.report.summary import render_text

        return f"{render_text(self.content())}\nReport: {self.report}\n"
