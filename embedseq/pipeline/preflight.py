"""Everything that can be checked before work begins: the corpora line by line, and every model in a rehearsal."""

from collections.abc import Sequence
from pathlib import Path

from embedseq.embeddings.settings import VectorFileSettings
from embedseq.errors import Problems, RequestError
from embedseq.pipeline.file import Pipeline, check_pipeline
from embedseq.pipeline.graph import build_graph, handoffs_of, text_node
from embedseq.pipeline.plan import plan_graph
from embedseq.pipeline.stage import Node
from embedseq.pipeline.store import Store
from embedseq.text.corpora import open_corpus


def check_inputs(pipeline: Pipeline, nodes: Sequence[Node], store: Store) -> None:
    """Read every corpus that is not in the store yet, from end to end. Raises Problems with all that is wrong in any of them."""
    names = {text_node(name): name for name in pipeline.spec.data}
    planned = plan_graph([node for node in nodes if node.id in names], store)
    _check_corpora(pipeline, [names[item.id] for item in planned if item.status != "cached"])


def check(path: Path | str, *, profile: str | None = None, overrides: Sequence[str] = ()) -> str:
    """Check a pipeline without working; returns what was checked, in words.

    The file with each of its profiles, every corpus, and every model: built with a vocabulary of eleven words, it reads two
    sentences forward and step by step. Raises Problems with all that is wrong.
    """
    pipeline = check_pipeline(path, profile, overrides)
    problems = _problems_of_models(pipeline)
    try:
        _check_corpora(pipeline, list(pipeline.spec.data))
    except Problems as found:
        problems += found.messages
    if problems:
        raise Problems(problems)
    nodes = build_graph(pipeline)
    spec = pipeline.spec
    counts = {"corpus": len(spec.data), "embedding": len(spec.embeddings), "model": len(pipeline.arms), "probe": len(spec.probes)}
    plurals = {"corpus": "corpora"}
    told = [f"{number} {noun if number == 1 else plurals.get(noun, noun + 's')}" for noun, number in counts.items()]
    seeds = f"{len(spec.seeds)} seed{'s' * (len(spec.seeds) != 1)}"
    return f"{pipeline.path} is valid: {', '.join(told)}, {seeds}; {len(nodes)} stages."


def _check_corpora(pipeline: Pipeline, names: Sequence[str]) -> None:
    problems: list[str] = []
    for name in names:
        try:
            open_corpus(pipeline.spec.data[name], pipeline.base).check()
        except Problems as found:
            problems += found.messages
        except RequestError as error:
            problems.append(f"{pipeline.location(f'data.{name}')}: {error}")
    if problems:
        raise Problems(problems)


def _problems_of_models(pipeline: Pipeline) -> list[str]:
    """Rehearse every arm once; arms that differ in nothing that a rehearsal sees fail alike, and are told once."""
    from embedseq.models.legality import Widths
    from embedseq.models.rehearsal import rehearse

    problems: dict[str, None] = {}
    for arm in pipeline.arms:
        widths = Widths(**{side: _width(pipeline, handoff.from_) for side, handoff in handoffs_of(arm).items()})
        try:
            rehearse(arm.settings, widths)
        except RequestError as error:
            problems[f"{pipeline.location(f'models.{arm.label}')}: {error}"] = None
    return list(problems)


def _width(pipeline: Pipeline, embedding: str) -> int | None:
    settings = pipeline.spec.embeddings[embedding]
    if isinstance(settings, VectorFileSettings):
        from embedseq.embeddings.files import vector_width

        return vector_width(settings, pipeline.base / settings.file)
    return settings.dim
