"""Artifacts -> what the report says of corpora."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from embedseq.pipeline import node_names
from embedseq.pipeline.file.token_origin import token_origin
from embedseq.pipeline.reporting.examples import token_examples
from embedseq.pipeline.reporting.stored import StoredCorpus, items_of, stored_corpora
from embedseq.pipeline.run import Run
from embedseq.pipeline.stages.records import read_record
from embedseq.pipeline.stages.tokens import encoded_of, frames_of, vocabulary_of
from embedseq.report.content import Amount, CorpusFacts, SideFacts, SplitFacts
from embedseq.text.corpora import token_settings
from embedseq.text.settings import DataSettings, TokenSettings
from embedseq.text.vocabulary import END, SPECIALS, Vocabulary

SPLITS = ("train", "valid", "test")
ORIGINS = {
    "language": "Generated: sentences that two invented languages say alike, with trees and word alignment.",
    "copy": "Generated: random symbols, to be written as they are read.",
    "reverse": "Generated: random symbols, to be written backwards.",
    "dictionary": "Generated: random words, to be replaced by their counterparts and put into another order nearby.",
    "key-value": "Generated: random keys with their values, and the question for the value of one of them.",
}
"""Where what is generated comes from."""
KINDS = {"word": "words", "char": "characters", "bpe": "byte-pair pieces", "unigram": "unigram pieces"}


def corpora(run: Run) -> Iterator[CorpusFacts]:
    """Every corpus that was cut into tokens, and every one that probes read word by word."""
    stored = {corpus.name: corpus for corpus in stored_corpora(run)}
    for name, data in run.pipeline.spec.data.items():
        if name in stored:
            yield _facts(run, stored[name])
        elif data.task == "trees" and (text := run.artifact(node_names.text_node(name))) is not None:
            yield _treebank(name, data, text)


def _facts(run: Run, corpus: StoredCorpus) -> CorpusFacts:
    counts = read_record(corpus.text / "facts.json")["sentences"]
    facts = read_record(corpus.tokens / "facts.json")
    return CorpusFacts(
        name=corpus.name,
        text=_origin(corpus.data),
        sides=tuple(_side(corpus, side) for side in corpus.sides),
        splits=tuple(
            SplitFacts(
                split,
                counts[split],
                tuple(_amount(corpus, split, side, facts) for side in corpus.sides),
                sentences=_sentences_each(corpus, split) if corpus.data.sections else None,
                left_out=_left_out(run, corpus.name) if split == "train" else 0,
            )
            for split in SPLITS
            if split in counts
        ),
        items=items_of(corpus.data),
        tokens=_tokens_in_words(run, corpus),
        joint=corpus.data.joint,
        examples=tuple(token_examples(corpus)),
    )


def _treebank(name: str, data: DataSettings, text: Path) -> CorpusFacts:
    """Sentences with trees, which have words and no tokens of their own."""
    facts = read_record(text / "facts.json")
    return CorpusFacts(
        name=name,
        text=_origin(data),
        sides=(SideFacts("source", _language(data, "source"), pieces="words"),),
        splits=tuple(
            SplitFacts(split, facts["sentences"][split], (Amount(facts["words"][split]),))
            for split in SPLITS
            if split in facts["sentences"]
        ),
        items=items_of(data),
    )


def _side(corpus: StoredCorpus, side: str) -> SideFacts:
    if corpus.is_images(side):
        return SideFacts(side, pieces="columns", column=frames_of(corpus.tokens, "train").features)
    vocabulary = vocabulary_of(corpus.tokens, side)
    if not corpus.is_labels(side):
        return SideFacts(side, _language(corpus.data, side), len(vocabulary))
    labels = len(vocabulary.words)
    return SideFacts(side, corpus.data.label or "", labels, pieces="labels", commonest=_commonest(vocabulary))


def _language(data: DataSettings, side: str) -> str:
    """That of a side of a known dataset."""
    if side == "target":
        return data.target or ""
    return dict(zip(data.source_sides, data.sources, strict=False)).get(side, "")


def _commonest(labels: Vocabulary) -> tuple[str, float] | None:
    counted = list(zip(labels.tokens, labels.counts, strict=True))[len(SPECIALS) :]
    if not counted:
        return None
    label, count = max(counted, key=lambda each: each[1])
    return label, count / max(1, sum(labels.counts))


def _amount(corpus: StoredCorpus, split: str, side: str, facts: Any) -> Amount:
    if corpus.is_images(side):
        return Amount(len(frames_of(corpus.tokens, split).numbers))
    counted = facts[side][split]
    return Amount(counted["tokens"], counted["unknown"] / max(1, counted["tokens"]))


def _sentences_each(corpus: StoredCorpus, split: str) -> float:
    """How many sentences a text has on average: their ends stand between them."""
    source = encoded_of(corpus.tokens, split, "source")
    return 1.0 + float((source.numbers == END).sum()) / max(1, len(source))


def _origin(data: DataSettings) -> str:
    """Where the text comes from, a paragraph a dataset."""
    if data.generated is not None:
        return ORIGINS[data.generated.kind]
    if data.dataset is None:
        return "Files that the pipeline names."
    from embedseq.text.datasets import DATASETS

    chosen = [DATASETS[name] for name in data.datasets]
    return "\n\n".join(f"{dataset.name}: {dataset.description} ({dataset.licence})" for dataset in chosen)


def _left_out(run: Run, data: str) -> int:
    """Training items over the corpus's `max_length`, as the first model trained on it counted them."""
    for arm in run.pipeline.arms:
        folder = run.artifact(node_names.train_node(arm.label, run.seeds[0])) if arm.settings.data == data else None
        if folder is not None:
            return int(read_record(folder / "facts.json")["left_out"])
    return 0


def _tokens_in_words(run: Run, corpus: StoredCorpus) -> str:
    """How the text became tokens, side by side where the sides differ, and whose vocabulary they have."""
    data = corpus.data
    kinds: dict[str, TokenSettings | None] = {}
    if not data.reads_images:
        origin, side = token_origin(run.pipeline.spec.data, corpus.name, "source")
        source, target = token_settings(run.pipeline.spec.data[origin])
        kinds["source"] = target if side == "target" else source
    if data.task == "pairs":
        _, kinds["target"] = token_settings(data)
    said = {side: _kind_in_words(settings) for side, settings in kinds.items() if settings is not None}
    alike = len(set(said.values())) == 1
    words = next(iter(said.values())) if alike else ", ".join(f"{kind} on the {side} side" for side, kind in said.items())
    return f"{words}, the vocabulary of {data.vocabulary}" if data.vocabulary else words


def _kind_in_words(tokens: TokenSettings) -> str:
    segmented = ", segmented by jieba" if tokens.segmenter == "jieba" else ""
    rare = f", rarer than {tokens.min_count} unknown" if tokens.min_count > 1 else ""
    return KINDS[tokens.kind] + segmented + rare
