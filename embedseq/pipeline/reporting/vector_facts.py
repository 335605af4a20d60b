"""Artifacts and the run's log -> what the report says of embeddings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from embedseq.embeddings.settings import VectorFileSettings, Word2VecSettings
from embedseq.pipeline import node_names
from embedseq.pipeline.run import Run
from embedseq.pipeline.stages.records import read_record
from embedseq.report.content import EmbeddingFacts
from embedseq.report.numbers import counted

TOLD_ALWAYS = ("text", "algorithm", "dim", "window", "output", "negative", "sample", "min_count", "epochs", "alpha")
"""Settings of Word2Vec that are told in words, whatever they are."""
TOLD_ELSEWHERE = ("workers", "max_final_vocab")
ONLY_FOR = {"cbow_mean": ("algorithm", "cbow"), "ns_exponent": ("output", "negative-sampling")}
"""Settings that change nothing unless another one has this value."""


def embeddings(run: Run) -> Iterator[EmbeddingFacts]:
    """Every embedding over the seeds under which it was made."""
    for name, settings in run.pipeline.spec.embeddings.items():
        made = embedding_artifacts(run, name)
        if not made:
            continue
        facts = [read_record(folder / "facts.json") for folder in made.values()]
        words = tuple(each["words"] for each in facts)
        cosines = tuple(each["mean_cosine"] for each in facts)
        if isinstance(settings, VectorFileSettings):
            yield EmbeddingFacts(name, settings.format, f"from {settings.file}", words, mean_cosine=cosines)
            continue
        covered = facts[0]["coverage"]  # seeds share the text and its vocabulary
        yield EmbeddingFacts(
            name=name,
            algorithm=settings.algorithm,
            settings=word2vec_in_words(settings, facts[0]["min_count"]),
            words=words,
            coverage=covered["tokens_with_vector"] / max(1, covered["tokens"]),
            coverage_types=covered["types_with_vector"] / max(1, covered["types"]),
            mean_cosine=cosines,
            held_out=tuple(each["held_out_auc"] for each in facts),
            words_per_second=tuple(run.log.fact(node, "words_per_second") for node in made),
            workers_note=_workers_note(settings, facts[0]),
        )


def embedding_artifacts(run: Run, name: str) -> dict[str, Path]:
    """The node and the artifact of an embedding for each seed under which it was made; a file has one."""
    settings = run.pipeline.spec.embeddings[name]
    nodes = dict.fromkeys(node_names.embedding_node(name, settings, seed) for seed in run.seeds)
    return {node: folder for node in nodes if (folder := run.artifact(node)) is not None}


def word2vec_in_words(settings: Word2VecSettings, min_count: int) -> str:
    """The settings that shaped the vectors: the usual ones, and all others that are not as they are unless told.

    min_count: the count that was used, which `max_final_vocab` may have raised.
    """
    output = counted(settings.negative, "noise words") if settings.output == "negative-sampling" else "hierarchical softmax"
    parts = [
        f"on {settings.text}: dim {settings.dim}",
        f"window {settings.window}",
        output,
        f"sample {settings.sample:g}",
        _min_count_in_words(settings, min_count),
        counted(settings.epochs, "epochs"),
        f"alpha {settings.alpha:g}",
        *_unusual(settings),
    ]
    return ", ".join(parts)


def _min_count_in_words(settings: Word2VecSettings, used: int) -> str:
    said = f"min_count {settings.min_count}"
    if settings.max_final_vocab is None:
        return said
    raised = f"raised to {used} by" if used > settings.min_count else "not raised by"
    return f"{said} ({raised} max_final_vocab {settings.max_final_vocab:,})"


def _unusual(settings: Word2VecSettings) -> Iterator[str]:
    for name, field in Word2VecSettings.model_fields.items():
        value = getattr(settings, name)
        if name in TOLD_ALWAYS or name in TOLD_ELSEWHERE or value == field.default:
            continue
        other, wanted = ONLY_FOR.get(name, (name, value))
        if getattr(settings, other) == wanted:
            yield f"{name} {str(value).lower() if isinstance(value, bool) else format(value, 'g')}"


def _workers_note(settings: Word2VecSettings, facts: dict[str, Any]) -> str:
    repeatable = "repeatable bit for bit" if facts["repeatable"] else "not repeatable bit for bit"
    note = f"{counted(settings.workers, 'workers')}: {repeatable}"
    if facts["split_sentences"]:
        were = "was" if facts["split_sentences"] == 1 else "were"
        note += f"; {counted(facts['split_sentences'], 'sentences')} above 10,000 tokens {were} split"
    return note
