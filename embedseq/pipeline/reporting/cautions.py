"""Artifacts -> warnings: what is no failure, and must be known before a number is believed."""

from collections.abc import Iterator, Mapping, Sequence

from embedseq.caution import Caution
from embedseq.embeddings.settings import Word2VecSettings
from embedseq.pipeline.artifact import CPU
from embedseq.pipeline.node_names import evaluate_node, tokens_node, train_node
from embedseq.pipeline.reporting.vector_facts import embedding_artifacts
from embedseq.pipeline.run import Run
from embedseq.pipeline.stages.cautions import kept_in
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
    yield from _without_repeat(run)
    yield from _on_gpus(run)
    yield from _noticed(run)


def _on_gpus(run: Run) -> Iterator[str]:
    """A warning where stages ran on a GPU, in this run or in any other that it has their results from."""
    trained = {train_node(arm.label, seed): arm.label for arm in run.pipeline.arms for seed in run.seeds}
    there = [node for node in run.record.nodes if run.device(node) not in (None, CPU)]
    if labels := list(dict.fromkeys(trained[node] for node in there if node in trained)):
        was = "was" if len(labels) == 1 else "were"
        yield f"{listed(labels)} {was} trained on a GPU: another run gives slightly different weights."
    if others := [node for node in there if node not in trained]:
        ran = f"{others[0]} was" if len(others) == 1 else f"{len(others)} stages ({others[0]} and others) were"
        yield f"{ran} computed on a GPU: another run gives slightly different numbers."


def _without_repeat(run: Run) -> Iterator[str]:
    """A warning for each model that was trained against the clock."""
    for arm in run.pipeline.arms:
        limit = arm.settings.train.minutes
        trained = [folder for seed in run.seeds if (folder := run.artifact(train_node(arm.label, seed)))]
        if limit is None or not trained:
            continue
        histories = [read_record(folder / "history.json") for folder in trained]
        ended = [f"{history['epochs'][-1]['updates']:,}" for history in histories if history["ended_by_time"]]
        how = f"here it ended training after {listed(ended)} updates" if ended else "here no training came to it"
        yield (
            f"{arm.label} was trained with a time limit of {limit:g} minutes, and is not repeatable: {how}, and another machine "
            "may make it another model."
        )


def _noticed(run: Run) -> Iterator[str]:
    """What stages noticed of corpora, of trainings and of what models write; of several seeds in the words of the first."""
    for name in run.pipeline.spec.data:
        yield from _of(run, f"The corpus {name}", {0: tokens_node(name)})
    for arm in run.pipeline.arms:
        for node in (train_node, evaluate_node):
            yield from _of(run, arm.label, {seed: node(arm.label, seed) for seed in run.seeds})


def _of(run: Run, what: str, nodes: Mapping[int, str]) -> Iterator[str]:
    found: dict[str, dict[int, Caution]] = {}
    for seed, node in nodes.items():
        folder = run.artifact(node)
        for caution in kept_in(folder) if folder is not None else ():
            found.setdefault(caution.sign, {})[seed] = caution
    for by_seed in found.values():
        first, *others = by_seed
        seeds = f", seed {first}" if len(nodes) > 1 else ""
        also = f" (Also with seed{'s' * (len(others) > 1)} {listed([str(seed) for seed in others])}.)" if others else ""
        yield f"{what}{seeds}: {by_seed[first].text}{also}"


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
