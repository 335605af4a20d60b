"""Everything that can be checked before work begins: the corpora line by line, and every model in a rehearsal."""

from collections.abc import Sequence
from pathlib import Path

from embedseq.embeddings.settings import VectorFileSettings
from embedseq.errors import Problems, RequestError
from embedseq.pipeline.file import Arm, Pipeline, check_pipeline
from embedseq.pipeline.graph import build_graph, handoffs_of, text_node, train_node
from embedseq.pipeline.plan import PlanItem
from embedseq.text.corpora import open_corpus


def check_before_work(pipeline: Pipeline, planned: Sequence[PlanItem]) -> None:
    """Read every corpus that is to be read from end to end, and rehearse every model that is to be trained.

    Raises Problems with all that is wrong. What is in the store already has been checked, and costs nothing here.
    """
    to_run = {item.id for item in planned if item.status != "cached"}
    problems = _problems_of_corpora(pipeline, [name for name in pipeline.spec.data if text_node(name) in to_run])
    trained = [arm for arm in pipeline.arms if any(train_node(arm.label, seed) in to_run for seed in pipeline.spec.seeds)]
    problems += _problems_of_models(pipeline, trained)
    if problems:
        raise Problems(problems)


def check(path: Path | str, *, profile: str | None = None, overrides: Sequence[str] = ()) -> str:
    """Check a pipeline without working; returns what was checked, in words.

    The file with each of its profiles, every corpus, and every model: built with a vocabulary of eleven words, it reads two
    sentences forward and step by step. Raises Problems with all that is wrong.
    """
    pipeline = check_pipeline(path, profile, overrides)
    problems = _problems_of_models(pipeline, pipeline.arms) + _problems_of_corpora(pipeline, list(pipeline.spec.data))
    if problems:
        raise Problems(problems)
    nodes = build_graph(pipeline)
    spec = pipeline.spec
    counts = {"corpus": len(spec.data), "embedding": len(spec.embeddings), "model": len(pipeline.arms), "probe": len(spec.probes)}
    plurals = {"corpus": "corpora"}
    told = [f"{number} {noun if number == 1 else plurals.get(noun, noun + 's')}" for noun, number in counts.items()]
    seeds = f"{len(spec.seeds)} seed{'s' * (len(spec.seeds) != 1)}"
    return f"{pipeline.path} is valid: {', '.join(told)}, {seeds}; {len(nodes)} stages."


def _problems_of_corpora(pipeline: Pipeline, names: Sequence[str]) -> list[str]:
    problems: list[str] = []
    for name in names:
        try:
            open_corpus(pipeline.spec.data[name], pipeline.base).check()
        except Problems as found:
            problems += found.messages
        except RequestError as error:
            problems.append(f"{pipeline.location(f'data.{name}')}: {error}")
    return problems


def _problems_of_models(pipeline: Pipeline, arms: Sequence[Arm]) -> list[str]:
    """Rehearse the arms; of no arms torch is not loaded."""
    if not arms:
        return []
    from embedseq.models.legality import Widths
    from embedseq.models.rehearsal import rehearse

    problems: dict[str, str] = {}
    for arm in arms:
        widths = Widths(**{side: _width(pipeline, handoff.from_) for side, handoff in handoffs_of(arm).items()})
        try:
            rehearse(arm.settings, widths)
        except RequestError as error:
            for message in error.messages if isinstance(error, Problems) else [str(error)]:
                # Arms that differ in nothing that matters here fail alike, and are told once.
                problems.setdefault(message, f"{pipeline.location(f'models.{arm.label}')}: {message}")
    return list(problems.values())


def _width(pipeline: Pipeline, embedding: str) -> int | None:
    settings = pipeline.spec.embeddings[embedding]
    if isinstance(settings, VectorFileSettings):
        from embedseq.embeddings.files import vector_width

        return vector_width(settings, pipeline.base / settings.file)
    return settings.dim
