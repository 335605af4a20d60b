"""Artifacts -> warnings: what is no failure, and must be known before a number is believed."""

from collections.abc import Iterator, Sequence

from embedseq.embeddings.settings import Word2VecSettings
from embedseq.pipeline.reporting.vector_facts import embedding_artifacts
from embedseq.pipeline.run import Run
from embedseq.pipeline.stages.records import read_record
from embedseq.report.content import ArmFacts, HandOffFacts
from embedseq.report.numbers import counted, listed, share

COLLAPSED = 0.8
"""Random pairs of words of a healthy embedding have cosines near 0; above this mean they all point the same way."""
BARELY_COVERED = 0.5
"""Below this share of running words a model with trained vectors is for the most part one with random vectors."""


def warnings_of(run: Run, arms: Sequence[ArmFacts]) -> Iterator[str]:
    """All warnings of a run."""
    for name, settings in run.pipeline.spec.embeddings.items():
        yield from _collapsed(run, name)
        if isinstance(settings, Word2VecSettings) and settings.workers > 1 and embedding_artifacts(run, name):
            yield f"{name} was trained by {settings.workers} workers: another run gives slightly different vectors."
    yield from _barely_covered(arms)


def _collapsed(run: Run, name: str) -> Iterator[str]:
    """A warning for the worst of the embedding's seeds, where any has collapsed."""
    made = embedding_artifacts(run, name)
    cosines = {node: read_record(folder / "facts.json")["mean_cosine"] for node, folder in made.items()}
    collapsed = {node: cosine for node, cosine in cosines.items() if cosine is not None and cosine > COLLAPSED}
    if not collapsed:
        return
    worst = max(collapsed.values())
    seeds = f" ({len(collapsed)} of {counted(len(made), 'seeds')})" if len(made) > 1 else ""
    yield (
        f"The vectors of {name} have collapsed{seeds}: random words have a mean cosine of {worst:.2f}. "
        "Train for more epochs, or on more text."
    )


def _barely_covered(arms: Sequence[ArmFacts]) -> Iterator[str]:
    """A warning for each embedding that knows less than half of the running words of a side it is handed to."""
    users: dict[HandOffFacts, list[str]] = {}
    for arm in arms:
        for handoff in arm.handoffs:
            if handoff.coverage < BARELY_COVERED:
                users.setdefault(handoff, []).append(arm.label)
    for handoff, labels in users.items():
        yield (
            f"{handoff.embedding} has vectors for only {share(handoff.coverage)} of the running words on the {handoff.side} side "
            f"of {listed(labels)}: the rows of all other words began random."
        )
