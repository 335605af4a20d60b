"""Everything that can be checked before work begins: the corpora, vector files and probes' files line by line, and every model in
a rehearsal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from embedseq.embeddings.settings import VectorFileSettings
from embedseq.errors import Problems, RequestError
from embedseq.pipeline.artifact import CPU
from embedseq.pipeline.claims import notes_on_families
from embedseq.pipeline.file import Arm, Pipeline, check_pipeline, read_pipeline
from embedseq.pipeline.file.pretraining import pretrained_arm
from embedseq.pipeline.graph import build_graph, split_place
from embedseq.pipeline.looked_at import problems_of_looks
from embedseq.pipeline.measured import handoffs_of, measured_by
from embedseq.pipeline.narrowed import problems_of_narrowed
from embedseq.pipeline.node_names import embedding_node, evaluate_node, probe_node, text_node, train_node
from embedseq.pipeline.placement import placement_problems
from embedseq.pipeline.plan import PlanItem
from embedseq.pipeline.stage import Node
from embedseq.probes.probe import FittedProbeSettings, ProbeSettings
from embedseq.probes.registry import probe_of
from embedseq.text.corpora import Corpus, open_corpus
from embedseq.training.time_limit import not_repeatable

if TYPE_CHECKING:
    from embedseq.models.resolved import Widths

PRETENDED_FEATURES = 2
"""How many numbers a frame of an image has in a rehearsal; no model is illegal for their number."""


@dataclass(frozen=True)
class _Parts:
    """The parts of a pipeline that are looked at."""

    corpora: tuple[str, ...]
    vector_files: Mapping[str, VectorFileSettings]
    arms: tuple[Arm, ...]
    probes: Mapping[str, ProbeSettings]
    """The probes that read files."""
    narrowed: Mapping[str, FittedProbeSettings]
    """The probes that look at states in a width of their own."""
    looking: Mapping[str, ProbeSettings]
    """The probes of attention, of whose parts claims may speak."""


def build_checked_graph(pipeline: Pipeline) -> tuple[Node, ...]:
    """As `build_graph`; where a file cannot be read, Problems with that and with all else that `check` would find."""
    try:
        return build_graph(pipeline)
    except Problems as unreadable:
        raise Problems(_problems(pipeline, _all_parts(pipeline)) or unreadable.messages) from unreadable


def check_before_work(pipeline: Pipeline, planned: Sequence[PlanItem], device: str = CPU) -> None:
    """Read through all that is to be read (corpora, vector files, probes' files), and rehearse every model that is to be trained.

    Raises Problems with all that is wrong. What is in the store already has been checked, and costs nothing here.
    """
    to_run = {item.id for item in planned if item.status != "cached"}
    seeds, parts = pipeline.spec.seeds, _all_parts(pipeline)
    asked = {
        name
        for name, probe in pipeline.spec.probes.items()
        if any(probe_node(name, each.name, each.seed) in to_run for each in measured_by(pipeline, probe.of))
    }
    chosen = _Parts(
        corpora=tuple(name for name in parts.corpora if text_node(name) in to_run),
        vector_files={
            name: settings for name, settings in parts.vector_files.items() if embedding_node(name, settings, 0) in to_run
        },
        arms=tuple(arm for arm in parts.arms if any(train_node(arm.label, seed) in to_run for seed in seeds)),
        probes={name: probe for name, probe in parts.probes.items() if name in asked},
        narrowed={name: probe for name, probe in parts.narrowed.items() if name in asked},
        looking={name: probe for name, probe in parts.looking.items() if name in asked},
    )
    evaluated = [arm for arm in parts.arms if any(evaluate_node(arm.label, seed) in to_run for seed in seeds)]
    if problems := [*_problems(pipeline, chosen), *placement_problems(pipeline, chosen.arms, evaluated, device)]:
        raise Problems(problems)


def check(path: Path | str, *, profile: str | None = None, overrides: Sequence[str] = ()) -> str:
    """Check a pipeline without working; returns what was checked, in words, and what is to be said of its claims.

    The file with each of its profiles, every corpus, vector file and file of a probe, and every model: built with a vocabulary
    of eleven words, it reads two sentences forward and step by step. Raises Problems with all that is wrong.
    """
    pipeline, problems = _read(path, profile, overrides)
    problems += _problems(pipeline, _all_parts(pipeline))
    if problems:
        raise Problems(problems)
    nodes = build_graph(pipeline)
    spec = pipeline.spec
    counts = {"corpus": len(spec.data), "embedding": len(spec.embeddings), "model": len(pipeline.arms), "probe": len(spec.probes)}
    plurals = {"corpus": "corpora"}
    told = [f"{number} {noun if number == 1 else plurals.get(noun, noun + 's')}" for noun, number in counts.items()]
    seeds = f"{len(spec.seeds)} seed{'s' * (len(spec.seeds) != 1)}"
    valid = f"{pipeline.path} is valid: {', '.join(told)}, {seeds}; {len(nodes)} stages."
    return "\n".join([valid, *notes_on_families(pipeline), *_notes_on_time(pipeline)])


def _notes_on_time(pipeline: Pipeline) -> list[str]:
    """A warning where models are trained against the clock; those with one limit are told together."""
    limited: dict[str, list[str]] = {}
    for arm in pipeline.arms:
        if arm.settings.train.max_time is not None:
            limited.setdefault(not_repeatable(arm.settings.train), []).append(arm.label)
    return [f"warning: {', '.join(labels)}: {said}" for said, labels in limited.items()]


def _read(path: Path | str, profile: str | None, overrides: Sequence[str]) -> tuple[Pipeline, list[str]]:
    """The pipeline, and what is wrong with the file's other profiles. Raises Problems where it cannot be read itself."""
    try:
        return check_pipeline(path, profile, overrides), []
    except Problems as found:
        try:
            return read_pipeline(path, profile, overrides), list(found.messages)
        except Problems:
            raise found from None


def _all_parts(pipeline: Pipeline) -> _Parts:
    spec = pipeline.spec
    return _Parts(
        corpora=tuple(spec.data),
        vector_files={name: each for name, each in spec.embeddings.items() if isinstance(each, VectorFileSettings)},
        arms=pipeline.arms,
        probes={name: each for name, each in spec.probes.items() if probe_of(each).check_files is not None},
        narrowed={
            name: each for name, each in spec.probes.items() if isinstance(each, FittedProbeSettings) and each.width is not None
        },
        looking={name: each for name, each in spec.probes.items() if probe_of(each).parts_of_maps is not None},
    )


def _problems(pipeline: Pipeline, parts: _Parts) -> list[str]:
    """What is wrong with any of the parts, each problem once."""
    of_vector_files = _problems_of_vector_files(pipeline, parts.vector_files)
    widths = partial(_widths, pipeline, broken=tuple(of_vector_files))
    return list(
        dict.fromkeys(
            [
                *_problems_of_corpora(pipeline, parts.corpora),
                *of_vector_files.values(),
                *_problems_of_models(pipeline, parts.arms, broken=tuple(of_vector_files)),
                *_problems_of_probes(pipeline, parts.probes),
                *problems_of_narrowed(pipeline, parts.narrowed, widths),
                *problems_of_looks(pipeline, parts.looking, widths),
            ]
        )
    )


def _problems_of_corpora(pipeline: Pipeline, names: Sequence[str]) -> list[str]:
    problems: list[str] = []
    for name in names:
        try:
            corpus = open_corpus(pipeline.spec.data[name], pipeline.base)
        except RequestError as error:
            problems.append(f"{pipeline.location(f'data.{name}')}: {error}")
            continue
        try:
            corpus.check()
        except Problems as found:
            problems += [_placed(pipeline, name, corpus, message) for message in found.messages]
        except RequestError as error:
            problems.append(f"{pipeline.location(f'data.{name}')}: {error}")
    return problems


def _placed(pipeline: Pipeline, name: str, corpus: Corpus, message: str) -> str:
    """The message about a corpus; where a file is not there at all, with the place in the pipeline file that names it."""
    for split, paths in corpus.files.items():
        if any(message.startswith(f"{path}: ") and not path.is_file() for path in paths):
            return f"{pipeline.location(split_place(corpus.settings, name, split))}: {message}"
    return message


def _problems_of_vector_files(pipeline: Pipeline, files: Mapping[str, VectorFileSettings]) -> dict[str, str]:
    """Embedding -> what is wrong with its file."""
    if not files:
        return {}
    from embedseq.embeddings.files import check_vectors

    problems: dict[str, str] = {}
    for name, settings in files.items():
        try:
            check_vectors(settings, pipeline.base / settings.file)
        except RequestError as error:
            problems[name] = f"{pipeline.location(f'embeddings.{name}.file')}: {error}"
    return problems


def _problems_of_probes(pipeline: Pipeline, probes: Mapping[str, ProbeSettings]) -> list[str]:
    """What is wrong with the files that probes read."""
    problems: list[str] = []
    for name, probe in probes.items():
        kind = probe_of(probe)
        check_files, named_in = kind.check_files, list(kind.about.files)
        assert check_files is not None
        dotted = ".".join(("probes", name, *(named_in if len(named_in) == 1 else ())))
        try:
            check_files(probe, pipeline.base)
        except RequestError as error:
            messages = error.messages if isinstance(error, Problems) else [str(error)]
            problems += [f"{pipeline.location(dotted)}: {message}" for message in messages]
    return problems


def _problems_of_models(pipeline: Pipeline, arms: Sequence[Arm], broken: Sequence[str]) -> list[str]:
    """Rehearse the arms; of no arms torch is not loaded."""
    if not arms:
        return []
    from embedseq.models.rehearsal import rehearse

    problems: dict[str, str] = {}
    for arm in arms:
        try:
            data = pipeline.spec.data[arm.settings.data]
            features = PRETENDED_FEATURES if data.reads_images else None
            rehearse(arm.settings, _widths(pipeline, arm, broken), len(data.source_sides), features)
            _compare_encoders(pipeline, arm, broken)
        except RequestError as error:
            for message in error.messages if isinstance(error, Problems) else [str(error)]:
                # Arms that differ in nothing that matters here fail alike, and are told once.
                problems.setdefault(message, f"{pipeline.location(f'models.{arm.label}')}: {message}")
    return list(problems.values())


def _compare_encoders(pipeline: Pipeline, arm: Arm, broken: Sequence[str]) -> None:
    """Raise RequestError where an arm starts from the encoder of another one, and this is of another shape."""
    from embedseq.models.encoder_design import differences, encoder_design

    other = pretrained_arm(arm, pipeline.arms)
    if other is None:
        return
    here, there = (encoder_design(each.settings, _widths(pipeline, each, broken)) for each in (arm, other))
    if differing := differences(here, there):
        raise RequestError(f"the encoder of {other.label}, from which it starts, is of another shape: {'; '.join(differing)}")


def _widths(pipeline: Pipeline, arm: Arm, broken: Sequence[str]) -> "Widths":
    """The lengths of the vectors that an arm is handed.

    A broken file is told by itself; what else is wrong with the model shows if the vectors are as wide as it likes.
    """
    from embedseq.models.resolved import Widths

    sides = {side: handoff.from_ for side, handoff in handoffs_of(arm).items()}
    return Widths(**{side: _width(pipeline, name) for side, name in sides.items() if name not in broken})


def _width(pipeline: Pipeline, embedding: str) -> int:
    settings = pipeline.spec.embeddings[embedding]
    if isinstance(settings, VectorFileSettings):
        from embedseq.embeddings.files import vector_width

        return vector_width(settings, pipeline.base / settings.file)
    return settings.dim
