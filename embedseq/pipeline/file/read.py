"""`read_pipeline`: a path -> a `Pipeline`, or every problem of the file in one go."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from embedseq.errors import RequestError
from embedseq.pipeline.file.core_schema import write_yaml
from embedseq.pipeline.file.corpus_checks import Datasets
from embedseq.pipeline.file.draft import Draft
from embedseq.pipeline.file.kinds import resolved
from embedseq.pipeline.file.matrix import Arm, expand
from embedseq.pipeline.file.measured import check_measured, subjects
from embedseq.pipeline.file.nodes import Fields, Listing, child, find, split_path
from embedseq.pipeline.file.overrides import apply_override, apply_profile
from embedseq.pipeline.file.problems import Findings, Position, advice
from embedseq.pipeline.file.references import check_references
from embedseq.pipeline.file.selectors import Subject, select
from embedseq.pipeline.file.spec import ExpectationSpec, PipelineSpec
from embedseq.pipeline.file.typed import BROKEN, Reader
from embedseq.pipeline.file.yaml_source import YamlError, compose, decode


@dataclass(frozen=True)
class Pipeline:
    """A pipeline file that is valid, with a profile and overrides applied."""

    spec: PipelineSpec
    arms: tuple[Arm, ...]
    """All models that are trained (once for each seed), in the order of the file."""
    path: Path
    text: str
    """The file as it is written."""
    profile: str | None
    overrides: tuple[str, ...]
    root: Fields = field(repr=False, compare=False)
    """Where everything is written."""

    @property
    def base(self) -> Path:
        """The folder that relative paths of the file start from."""
        return self.path.parent

    @cached_property
    def subjects(self) -> tuple[Subject, ...]:
        """All that a selector can name: the embeddings, then the arms."""
        return tuple(subjects(self.spec.embeddings.items(), self.arms))

    def select(self, selector: str) -> list[Arm | str]:
        """The arms, and the embeddings by name, that a selector names. Raises `SelectorError` where there is none."""
        arms = {arm.label: arm for arm in self.arms}
        chosen = select(selector, self.subjects)
        return [arms[subject.label] if subject.kind == "model" else subject.name for subject in chosen]

    def labels(self, selector: str) -> list[str]:
        """The labels of the arms and the names of the embeddings that a selector names. Raises `SelectorError`."""
        return [chosen.label if isinstance(chosen, Arm) else chosen for chosen in self.select(selector)]

    def arm(self, label: str) -> Arm:
        """The arm with this label. Raises `SelectorError` with the nearest match."""
        return next(arm for arm in self.arms if arm.subject in select(label, [arm.subject for arm in self.arms]))

    def position(self, dotted: str) -> Position:
        """Where a value is written; for one that is not, where the nearest mapping around it is.

        `models.translator[lstm,random].embedding` is the arm's own, in its matrix.
        """
        start, rest = self.root, dotted
        for arm in self.arms:
            prefix = f"models.{arm.label}"
            if dotted == prefix or dotted.startswith(prefix + "."):
                start, rest = arm.node, dotted[len(prefix) + 1 :]
                if arm.label != arm.model:
                    break
        place = start.owner
        node: object = start
        for key in split_path(start, rest):
            if isinstance(node, Fields) and key in node.entries:
                inner = node.entries[key].node
                place = inner.owner if isinstance(inner, Fields) else inner.position
                node = inner
            elif isinstance(node, Listing) and (item := child(node, key)) is not None:
                place, node = item.position, item
            else:
                break
        return place

    def location(self, dotted: str) -> str:
        """The beginning of an error about a value: `captions.yaml:14:19: data.captions.train`."""
        return f"{self.position(dotted)}: {dotted}"


def read_pipeline(
    path: Path | str, profile: str | None = None, overrides: Sequence[str] = (), datasets: Datasets | None = None
) -> Pipeline:
    """Read, change, type and check a pipeline file. Raises `Problems` with all that is wrong with it, sorted by line.

    `datasets`: the known datasets and their languages; those of embedseq if none are given.
    """
    findings = Findings()
    reading = _Reading(Path(path), tuple(overrides), _known_datasets() if datasets is None else datasets)
    pipeline = reading.pipeline(profile, findings)
    findings.raise_any()
    assert pipeline is not None
    return pipeline


def check_pipeline(
    path: Path | str, profile: str | None = None, overrides: Sequence[str] = (), datasets: Datasets | None = None
) -> Pipeline:
    """As `read_pipeline`, and every profile of the file is checked as well (without the overrides, which go with `profile`)."""
    findings = Findings()
    reading = _Reading(Path(path), tuple(overrides), _known_datasets() if datasets is None else datasets)
    pipeline = reading.pipeline(profile, findings)
    plain = _Reading(reading.path, (), reading.datasets)
    known = {(problem.position, problem.path) for problem in findings.problems}
    for name in reading.profiles():
        if name != profile:
            found = Findings()
            plain.pipeline(name, found)
            for problem in found.problems:
                if (problem.position, problem.path) not in known:
                    own = problem.path[:2] == ("profiles", name)
                    findings.add(
                        problem.position, problem.path, problem.message if own else f"{problem.message} [with --profile {name}]"
                    )
    findings.raise_any()
    assert pipeline is not None
    return pipeline


def write_pipeline(spec: PipelineSpec) -> str:
    """A file that is read as the same spec; defaults are left out, and a profile or overrides are part of it."""
    return write_yaml(spec.model_dump(by_alias=True, exclude_defaults=True))


class _Reading:
    """One file, composed once, that can be read with several profiles."""

    def __init__(self, path: Path, overrides: tuple[str, ...], datasets: Datasets) -> None:
        self.path, self.overrides, self.datasets = path, overrides, datasets
        self.source = str(path)
        try:
            self.data = path.read_bytes()
        except OSError as error:
            raise RequestError(f"{path}: cannot read the pipeline file: {(error.strerror or str(error)).lower()}") from None

    def profiles(self) -> list[str]:
        """The names of the file's profiles; none where the file is no YAML."""
        try:
            root = compose(decode(self.data, self.source), self.source, Findings())
        except YamlError:
            return []
        section = root.get("profiles") if isinstance(root, Fields) else None
        return list(section.entries) if isinstance(section, Fields) else []

    def pipeline(self, profile: str | None, findings: Findings) -> Pipeline | None:
        """The pipeline, or none after putting what is wrong into `findings`."""
        try:
            text = decode(self.data, self.source)
            root = compose(text, self.source, findings)
        except YamlError as problem:
            findings.add(problem.position, (), problem.message)
            return None
        if not isinstance(root, Fields):
            what = "the file is empty" if root is None else "expected a mapping"
            place = Position(self.source, 1, 1) if root is None else root.position
            findings.add(place, (), f"{what}; a pipeline file begins with 'name: …'")
            return None
        changed = self.changed(root, profile, findings)
        read = read_tree(changed, self.datasets, findings)
        if read is None:
            return None
        return Pipeline(*read, self.path, text, profile, self.overrides, changed)

    def changed(self, root: Fields, profile: str | None, findings: Findings) -> Fields:
        """The tree with the profile, then the overrides, applied."""
        if profile is not None:
            section = root.get("profiles")
            names = list(section.entries) if isinstance(section, Fields) else []
            if profile in names:
                root = apply_profile(root, profile, findings)
            else:
                findings.add(Position(f"--profile {profile}"), (), f"the file has no profile '{profile}'{advice(profile, names)}")
        for override in self.overrides:
            root = apply_override(root, override, findings)
        return root


def read_tree(root: Fields, datasets: Datasets, findings: Findings) -> tuple[PipelineSpec, tuple[Arm, ...]] | None:
    """The typed spec and its arms, or none after putting every problem into `findings`."""
    reader = Reader(findings)
    values = reader.field_values(PipelineSpec, root)
    models = root.get("models")
    arms: dict[str, list[Arm]] = {}
    if isinstance(models, Fields):
        for name, entry in models.entries.items():
            if isinstance(entry.node, Fields):
                arms[name] = expand(name, entry.node, reader)
    draft = Draft(
        root,
        values.get("data", {}),
        values.get("embeddings", {}),
        arms,
        values.get("probes", {}),
        values.get("claims", {}),
        _expectations(root, reader),
        findings,
    )
    check_references(draft, datasets)
    check_measured(draft)
    if findings.problems:
        return None
    spec = reader.settings(PipelineSpec, root)
    if not isinstance(spec, PipelineSpec):
        return None
    return spec, tuple(
        replace(arm, settings=resolved(arm.settings, spec.data[arm.settings.data]))
        for several in arms.values()
        for arm in several
    )


def _expectations(root: Fields, reader: Reader) -> list[tuple[Fields, object]]:
    """The expectations that can be read, each with its node."""
    listed = find(root, ("expect",))
    found = []
    for node in listed.items if isinstance(listed, Listing) else ():
        value = reader.read(ExpectationSpec, node)
        if isinstance(node, Fields) and value is not BROKEN and reader.findings.sound(node.path):
            found.append((node, value))
    return found


def _known_datasets() -> Datasets:
    from embedseq.text.datasets import DATASETS

    return {name: dataset.languages for name, dataset in DATASETS.items()}
