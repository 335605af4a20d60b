"""Sentences -> token ids: a tokeniser and a vocabulary a side, learned on the training split, and the ids of every split."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.records import read_record, write_record
from embedseq.pipeline.stages.text import sentences_of
from embedseq.text.encoded import Encoded
from embedseq.text.settings import TokenSettings
from embedseq.text.tokenisers import Tokeniser, load_tokeniser, train_tokeniser
from embedseq.text.vocabulary import UNK, Vocabulary


def vocabulary_of(folder: Path, side: str) -> Vocabulary:
    """The vocabulary of a side ("source" or "target") from this stage's artifact."""
    return Vocabulary.load(folder / f"{side}.vocabulary.json")


def tokeniser_of(folder: Path, side: str) -> Tokeniser:
    """The tokeniser of a side from this stage's artifact."""
    return load_tokeniser(folder / f"{side}.tokeniser.json")


def encoded_of(folder: Path, split: str, side: str, stretch: int | None = None) -> Encoded:
    """The token ids of a side of a split from this stage's artifact, cut into stretches where a model reads them so."""
    encoded = Encoded.open(folder / f"{split}.{side}")
    return encoded if stretch is None else encoded.stretches(stretch)


def run(context: StageContext) -> None:
    """Write `<side>.tokeniser.json`, `<side>.vocabulary.json`, `<split>.<side>.*.npy` and `facts.json`."""
    text = context.inputs["text"]
    splits = list(read_record(text / "facts.json")["sentences"])
    sides = [side for side in ("source", "target") if (text / f"train.{side}.txt").exists()]
    _learn(context, text, sides)
    facts: dict[str, Any] = {}
    for side in sides if context.spec["joint"] else ():
        _count(context.output, text, side)
    steps = [(side, split) for side in sides for split in splits]
    for done, (side, split) in enumerate(steps, start=1):
        facts.setdefault(side, {})[split] = _encode(context.output, text, split, side)
        context.progress(done, len(steps), split=f"{split}.{side}")
    write_record(context.output / "facts.json", facts)


def _learn(context: StageContext, text: Path, sides: list[str]) -> None:
    """Train a tokeniser for each side, or one for both."""

    def training_text(side: str) -> Iterator[str]:
        return sentences_of(text, "train", side)

    if context.spec["joint"]:
        settings = TokenSettings.from_record(context.spec["source"])
        learned = train_tokeniser(settings, lambda: chain.from_iterable(training_text(side) for side in sides))
        both = dict.fromkeys(sides, learned)
    else:
        both = {
            side: train_tokeniser(TokenSettings.from_record(context.spec[side]), lambda side=side: training_text(side))  # type: ignore[misc]
            for side in sides
        }
    for side, (tokeniser, vocabulary) in both.items():
        tokeniser.save(context.output / f"{side}.tokeniser.json")
        vocabulary.save(context.output / f"{side}.vocabulary.json")


def _count(folder: Path, text: Path, side: str) -> None:
    """Of a vocabulary that both sides share, count the tokens of this side alone: its embedding and its model see no others."""
    tokeniser, vocabulary = tokeniser_of(folder, side), vocabulary_of(folder, side)
    counts: Counter[int] = Counter()
    for sentence in sentences_of(text, "train", side):
        counts.update(vocabulary.ids(tokeniser.tokenise(sentence)))
    vocabulary.with_counts(counts).save(folder / f"{side}.vocabulary.json")


def _encode(folder: Path, text: Path, split: str, side: str) -> dict[str, int]:
    """Write the ids of one side of one split; how many tokens they are and how many of them unknown."""
    tokeniser, vocabulary = tokeniser_of(folder, side), vocabulary_of(folder, side)
    counts = {"sentences": 0, "tokens": 0, "unknown": 0}

    def ids() -> Iterator[list[int]]:
        for sentence in sentences_of(text, split, side):
            sentence_ids = vocabulary.ids(tokeniser.tokenise(sentence))
            counts["sentences"] += 1
            counts["tokens"] += len(sentence_ids)
            counts["unknown"] += sentence_ids.count(UNK)
            yield sentence_ids

    Encoded.write(folder / f"{split}.{side}", ids())
    return counts


STAGE = StageKind(name="tokens", version=2, run=run)
