"""Artifacts -> what the report says of corpora, and samples of what the models wrote."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from embedseq.pipeline import node_names
from embedseq.pipeline.file import Arm
from embedseq.pipeline.run import Run
from embedseq.pipeline.stages.evaluate import predictions_of
from embedseq.pipeline.stages.records import read_record
from embedseq.pipeline.stages.text import sentences_of
from embedseq.pipeline.stages.tokens import tokeniser_of, vocabulary_of
from embedseq.report.content import (
    CorpusFacts,
    SampleOutput,
    SamplePair,
    SampleTranslation,
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
        text, tokens = run.artifact(node_names.text_node(name)), run.artifact(node_names.tokens_node(name))
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


def translations(run: Run) -> Iterator[SampleTranslation]:
    """Some test sentences with what every arm wrote for them, corpus by corpus; the first seed's."""
    by_data: dict[str, list[Arm]] = {}
    for arm in run.pipeline.arms:
        by_data.setdefault(arm.settings.data, []).append(arm)
    for data, members in by_data.items():
        text = run.artifact(node_names.text_node(data))
        written = {
            arm.label: predictions_of(folder)
            for arm in members
            if (folder := run.artifact(node_names.evaluate_node(arm.label, run.seeds[0])))
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
        return "Files that the pipeline names."
    from embedseq.text.datasets import DATASETS

    dataset = DATASETS[data.dataset]
    return f"{dataset.description} ({dataset.licence})"


def _left_out(run: Run, data: str) -> int:
    """Training pairs over the corpus's `max_length`, as the first model trained on it counted them."""
    for arm in run.pipeline.arms:
        folder = run.artifact(node_names.train_node(arm.label, run.seeds[0])) if arm.settings.data == data else None
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
    text, tokens = run.artifact(node_names.text_node(name)), run.artifact(node_names.tokens_node(name))
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
