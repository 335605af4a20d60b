"""A model and sentences with trees -> the states of their words in every layer, for all probes that look at them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.text import trees_of
from embedseq.pipeline.stages.tokens import tokeniser_of, vocabulary_of
from embedseq.pipeline.stages.train import MODEL, load_model, untrained_model
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import TREES, Tree

if TYPE_CHECKING:
    from embedseq.models.interfaces import Model
    from embedseq.probes.capturing import Cut, Readings

SPLITS = ("train", "valid", "test")


def run(context: StageContext) -> None:
    """Write what `embedseq.probes.captured.CapturedStates` reads."""
    from embedseq.probes.capturing import capture

    splits = {split: readings_of(context, split) for split in SPLITS if _has(context.inputs["trees"], split)}
    capture(model_of(context), context.output, splits, context.spec["pieces"])


def model_of(context: StageContext) -> "Model":
    """The trained model, or the one that it was before training, as the spec says."""
    if context.spec["untrained"] is None:
        return load_model(context.inputs["model"], context.device)
    return untrained_model(context, context.spec["untrained"])


def readings_of(context: StageContext, split: str) -> "Readings":
    """The sentences of a split, cut as the model's corpus is."""
    from embedseq.probes.capturing import Readings

    spec, text = context.spec, context.inputs["trees"]
    side = spec["side"]
    trees = list(trees_of(text, split, side))
    if spec["shifted"]:
        from embedseq.probes.sentence_tasks import shift_half

        trees = [tree for tree, _ in shift_half(trees, split)]
    cuts = cut_all(context.inputs["tokens"], side, trees, spec["lowercase"])
    if side == "source":
        return Readings(cuts, written=spec["writes"])
    sources = cut_all(context.inputs["tokens"], "source", list(trees_of(text, split, "source")), spec["lowercase"])
    return Readings(cuts, written=True, sources=[each.ids for each in sources])


def cut_all(tokens: Path, side: str, trees: Sequence[Tree], lowercase: bool) -> "list[Cut]":
    """The words of trees as tokens of a side."""
    from embedseq.probes.capturing import Cut

    tokeniser, vocabulary = tokeniser_of(tokens, side), vocabulary_of(tokens, side)
    found = (tokeniser.tokenise_words(_as_read(tree.words, lowercase)) for tree in trees)
    return [Cut(vocabulary.ids(words.tokens), words.starts) for words in found]


def _as_read(words: GoldWords, lowercase: bool) -> GoldWords:
    return replace(words, words=tuple(word.lower() for word in words.words)) if lowercase else words


def _has(text: Path, split: str) -> bool:
    return (text / f"{split}.source.{TREES}").exists()


READS: Mapping[str, Any] = {
    "model": MODEL,
    "tokens": ("*.tokeniser.json", "*.vocabulary.json"),
    "trees": (f"*.{TREES}",),
    "pretrained": MODEL,
    "source_embedding": ("vectors.*",),
    "target_embedding": ("vectors.*",),
}
STAGE = StageKind(name="capture", version=2, run=run, needs_torch=True, reads=READS)
