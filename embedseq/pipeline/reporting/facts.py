"""Artifacts and the run's log -> what the report says of corpora, embeddings and models."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from embedseq.embeddings.settings import VectorFileSettings, Word2VecSettings
from embedseq.models.settings import AttentionSettings
from embedseq.pipeline import graph
from embedseq.pipeline.file import Arm
from embedseq.pipeline.run import Run
from embedseq.pipeline.stages.evaluate import predictions_of
from embedseq.pipeline.stages.records import read_record
from embedseq.pipeline.stages.text import sentences_of
from embedseq.pipeline.stages.tokens import tokeniser_of, vocabulary_of
from embedseq.report.content import (
    ArmFacts,
    CorpusFacts,
    CurvePoint,
    EmbeddingFacts,
    SampleOutput,
    SamplePair,
    SampleTranslation,
    SeedFacts,
    SplitFacts,
)
from embedseq.text.restoration import mend, restore
from embedseq.text.settings import DataSettings, TokenSettings

SPLITS = ("train", "valid", "test")
SAMPLES = 3
TRANSLATIONS = 5
LONGEST_SAMPLE = 30
"""Tokens; longer sentences would fill the page."""


def corpora(run: Run) -> Iterator[CorpusFacts]:
    """Every corpus that was cut into tokens."""
    for name, data in run.pipeline.spec.data.items():
        text, tokens = run.artifact(graph.text_node(name)), run.artifact(graph.tokens_node(name))
        if text is None or tokens is None:
            continue
        facts = read_record(tokens / "facts.json")
        sides = list(facts)
        vocabularies = {side: len(vocabulary_of(tokens, side)) for side in sides}
        yield CorpusFacts(
            name=name,
            text=_origin(data),
            splits=tuple(
                _split(split, facts, _left_out(run, name) if split == "train" else 0)
                for split in SPLITS
                if split in facts["source"]
            ),
            source_vocabulary=vocabularies["source"],
            target_vocabulary=vocabularies.get("target"),
            tokens=_tokens_in_words(data.tokens) + (", one vocabulary for both sides" if data.joint else ""),
            samples=tuple(_sample_pairs(run, name, sides)),
        )


def embeddings(run: Run) -> Iterator[EmbeddingFacts]:
    """Every embedding; facts of the first seed where seeds differ."""
    for name, settings in run.pipeline.spec.embeddings.items():
        node = graph.embedding_node(name, settings, run.seeds[0])
        folder = run.artifact(node)
        if folder is None:
            continue
        facts = read_record(folder / "facts.json")
        if isinstance(settings, VectorFileSettings):
            described = f"from {settings.file}"
            yield EmbeddingFacts(name, settings.format, described, facts["words"], mean_cosine=facts["mean_cosine"])
            continue
        yield EmbeddingFacts(
            name=name,
            algorithm=settings.algorithm,
            settings=_word2vec_in_words(settings),
            words=facts["words"],
            coverage=facts["coverage"]["tokens_with_vector"] / max(1, facts["coverage"]["tokens"]),
            coverage_types=facts["coverage"]["types_with_vector"] / max(1, facts["coverage"]["types"]),
            mean_cosine=facts["mean_cosine"],
            held_out=facts["held_out_auc"],
            words_per_second=run.log.fact(node, "words_per_second"),
            workers_note=_workers_note(settings, facts),
        )


def arms(run: Run) -> Iterator[ArmFacts]:
    """Every model of the comparison, those that failed too."""
    for arm in run.pipeline.arms:
        trained = {seed: folder for seed in run.seeds if (folder := run.artifact(graph.train_node(arm.label, seed)))}
        missing = [
            run.record.nodes[node] for seed in run.seeds if (node := graph.train_node(arm.label, seed)) in run.record.nodes
        ]
        problems = [node.message or node.status for node in missing if node.status not in ("done", "cached")]
        first = next(iter(trained.values()), None)
        facts = read_record(first / "facts.json") if first else {}
        handoffs = graph.handoffs_of(arm)
        frozen = facts.get("frozen", {})
        yield ArmFacts(
            label=arm.label,
            architecture=_architecture(arm),
            embedding=", ".join(handoff.from_ for handoff in handoffs.values()) or "random",
            hand_off=", ".join(handoff.as_ for handoff in handoffs.values()) or "random",
            attention=_attention(arm),
            parameters=facts.get("parameters", 0),
            trainable=facts.get("trainable", 0),
            seeds=tuple(_seed_facts(run, arm, seed) for seed in trained),
            coverage=_covered(facts),
            frozen_rows=sum(
                covered["types_with_vector"] for side, covered in facts.get("coverage", {}).items() if side in frozen
            ),
            frozen_unchanged=True if frozen else None,
            failure=problems[0] if problems else None,
        )


def translations(run: Run) -> Iterator[SampleTranslation]:
    """Some test sentences with what every arm wrote for them, corpus by corpus; the first seed's."""
    by_data: dict[str, list[Arm]] = {}
    for arm in run.pipeline.arms:
        by_data.setdefault(arm.settings.data, []).append(arm)
    for data, members in by_data.items():
        text = run.artifact(graph.text_node(data))
        written = {
            arm.label: predictions_of(folder)
            for arm in members
            if (folder := run.artifact(graph.evaluate_node(arm.label, run.seeds[0])))
        }
        if text is None or not written:
            continue
        pairs = zip(sentences_of(text, "test", "source"), sentences_of(text, "test", "target"), strict=True)
        show = _as_restored if run.pipeline.spec.data[data].task == "restoration" else _as_text
        short = ((row, pair) for row, pair in enumerate(pairs) if len(pair[0].split()) <= LONGEST_SAMPLE)
        for row, (source, target) in islice(short, TRANSLATIONS):
            outputs = tuple(SampleOutput(label, show(source, lines[row])) for label, lines in written.items())
            yield SampleTranslation(source, show(source, target), outputs)


def _as_text(source: str, target: str) -> str:
    return target


def _as_restored(source: str, labels: str) -> str:
    """The sentence that labels make of bare words."""
    words = source.split()
    return restore(words, mend(labels.split(), len(words)))


def _origin(data: DataSettings) -> str:
    if data.dataset is None:
        return "files named in the pipeline"
    from embedseq.text.datasets import DATASETS

    dataset = DATASETS[data.dataset]
    return f"{dataset.description} ({dataset.licence})"


def _left_out(run: Run, data: str) -> int:
    """Training pairs over the corpus's `max_length`, as the first model trained on it counted them."""
    for arm in run.pipeline.arms:
        folder = run.artifact(graph.train_node(arm.label, run.seeds[0])) if arm.settings.data == data else None
        if folder is not None:
            return int(read_record(folder / "facts.json")["left_out"])
    return 0


def _split(split: str, facts: dict[str, Any], left_out: int) -> SplitFacts:
    source, target = facts["source"][split], facts.get("target", {}).get(split)
    return SplitFacts(
        split=split,
        sentences=source["sentences"],
        source_tokens=source["tokens"],
        target_tokens=target["tokens"] if target else None,
        source_unknown=source["unknown"] / max(1, source["tokens"]),
        target_unknown=target["unknown"] / max(1, target["tokens"]) if target else None,
        left_out=left_out,
    )


def _sample_pairs(run: Run, name: str, sides: list[str]) -> Iterator[SamplePair]:
    text, tokens = run.artifact(graph.text_node(name)), run.artifact(graph.tokens_node(name))
    if text is None or tokens is None:
        return
    tokenisers = {side: tokeniser_of(tokens, side) for side in sides}
    cut = zip(
        *([tuple(tokenisers[side].tokenise(line)) for line in islice(sentences_of(text, "train", side), 50)] for side in sides),
        strict=True,
    )
    fitting = (pair for pair in cut if max(map(len, pair)) <= LONGEST_SAMPLE)
    for pair in islice(fitting, SAMPLES):
        yield SamplePair(*pair)


def _tokens_in_words(tokens: TokenSettings) -> str:
    kinds = {"word": "words", "char": "characters", "bpe": "byte-pair pieces", "unigram": "unigram pieces"}
    segmented = ", segmented by jieba" if tokens.segmenter == "jieba" else ""
    rare = f", rarer than {tokens.min_count} unknown" if tokens.min_count > 1 else ""
    return kinds[tokens.kind] + segmented + rare


def _word2vec_in_words(settings: Word2VecSettings) -> str:
    output = f"{settings.negative} noise words" if settings.output == "negative-sampling" else "hierarchical softmax"
    return (
        f"on {settings.text}: dim {settings.dim}, window {settings.window}, {output}, sample {settings.sample:g}, "
        f"min_count {settings.min_count}, {settings.epochs} epochs, alpha {settings.alpha:g}"
    )


def _workers_note(settings: Word2VecSettings, facts: dict[str, Any]) -> str:
    workers = "1 worker" if settings.workers == 1 else f"{settings.workers} workers"
    note = f"{workers}: {'repeatable bit for bit' if facts['repeatable'] else 'not repeatable bit for bit'}"
    if facts["split_sentences"]:
        note += f"; {facts['split_sentences']:,} sentences above 10,000 tokens were split"
    return note


def _architecture(arm: Arm) -> str:
    shape = arm.settings
    encoder = shape.encoder.architecture or shape.architecture
    decoder = shape.decoder.architecture or shape.architecture
    return encoder if encoder == decoder else f"{encoder} encoder, {decoder} decoder"


def _attention(arm: Arm) -> str:
    attention = arm.settings.attention
    return attention.scorer if isinstance(attention, AttentionSettings) else attention


def _seed_facts(run: Run, arm: Arm, seed: int) -> SeedFacts:
    node = graph.train_node(arm.label, seed)
    folder = run.artifact(node)
    assert folder is not None
    history = read_record(folder / "history.json")
    return SeedFacts(
        seed=seed,
        epochs=len(history["epochs"]),
        best_epoch=history["best_epoch"],
        seconds=run.log.seconds(node),
        tokens_per_second=run.log.fact(node, "tokens_per_second"),
        curve=tuple(CurvePoint(each["number"], each["train_loss"], each["valid_loss"]) for each in history["epochs"]),
    )


def _covered(facts: dict[str, Any]) -> float | None:
    covered = facts.get("coverage", {})
    if not covered:
        return None
    tokens = sum(side["tokens"] for side in covered.values())
    return float(sum(side["tokens_with_vector"] for side in covered.values()) / max(1, tokens))
