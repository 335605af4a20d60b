"""Whatever a model reads, it can learn: it overfits twenty triples of captions, abstracts with summaries, and rows of digits."""

import gzip
from itertools import islice
from pathlib import Path

import pytest
from learning import NEAR_ZERO, learnt, loss_of, pairs, vocabulary_of

from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.settings import ModelShape
from embedseq.text.batches import Batch
from embedseq.text.digits import DigitsSplit, digits_path
from embedseq.text.json_lines import Field, JsonSplit
from embedseq.text.sections import join_ids, split_sections
from embedseq.text.vocabulary import END

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[1] / "data"
ROWS = 20
UNTRAINED = 2.5
"""Nats a token that models have before training, at least."""


def overfits(fields: dict[str, object], sizes: Sizes, batch: Batch) -> bool:
    """Whether a model of this shape knew little of a batch, and learns it by heart."""
    shape = ModelShape.model_validate({"dim": 48, "heads": 2, "dropout": 0.0, **fields})
    model = build_seq2seq(shape, sizes, HandedOver(), seed=1)
    return loss_of(model, batch) > UNTRAINED and learnt(model, batch) < NEAR_ZERO


def captions(language: str) -> list[list[str]]:
    with gzip.open(DATA / "multi30k" / f"train.{language}.gz", "rt", encoding="utf-8") as lines:
        return [line.split() for line in islice(lines, ROWS)]


@pytest.mark.parametrize(
    ("architecture", "strategy"),
    [
        *((cell, strategy) for cell in ("gru", "transformer") for strategy in ("flat", "parallel", "hierarchical")),
        ("transformer", "serial"),
    ],
)
def test_every_strategy_overfits_twenty_triples(architecture: str, strategy: str) -> None:
    sentences = [captions(language) for language in ("en", "fr", "de")]
    words = [vocabulary_of(each) for each in sentences]
    english, french, german = ([own.ids(s) for s in each] for own, each in zip(words, sentences, strict=True))
    first, second = ([[*sentence, END] for sentence in each] for each in (english, french))
    sizes = Sizes(len(words[0]), len(words[2]), (len(words[1]),))
    fields: dict[str, object] = {"architecture": architecture, "attention": {"memories": strategy, "heads": 2}}
    assert overfits(fields, sizes, pairs(first, german, [second]))


@pytest.mark.parametrize("architecture", ["lstm", "gru", "transformer"])
def test_sections_overfit_twenty_abstracts_with_summaries(architecture: str) -> None:
    split = JsonSplit(DATA / "scitldr" / "train.jsonl.gz", Field("source"), Field("target", joined=False), sections=True)
    read = list(islice(split.pairs(), ROWS))
    abstracts = [[sentence.split() for sentence in split_sections(pair.source)] for pair in read]
    summaries = [(pair.target or "").split() for pair in read]
    assert min(map(len, abstracts)) > 1
    words = vocabulary_of([sentence for abstract in abstracts for sentence in abstract])
    sources = [[*join_ids([words.ids(sentence) for sentence in abstract]), END] for abstract in abstracts]
    batch = pairs(sources, [words.ids(summary) for summary in summaries])
    assert overfits({"architecture": architecture, "sections": True}, Sizes(len(words), len(words)), batch)


@pytest.mark.parametrize("architecture", ["lstm", "gru", "transformer"])
def test_frames_overfit_twenty_rows_of_digits(architecture: str) -> None:
    read = list(islice(DigitsSplit(digits_path(), "train", "images").pairs(), ROWS))
    words = vocabulary_of([(pair.target or "").split() for pair in read])
    frames = [pair.frames for pair in read if pair.frames is not None]
    ended = [[*each, [0.0] * each.shape[1]] for each in frames]
    batch = pairs(ended, [words.ids((pair.target or "").split()) for pair in read])
    assert overfits({"architecture": architecture}, Sizes(0, len(words), features=frames[0].shape[1]), batch)
