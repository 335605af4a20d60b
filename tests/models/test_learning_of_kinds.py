"""Every kind of model, with every architecture and pooling, can learn: it overfits twenty sentences of the sample treebank."""

from pathlib import Path

import numpy as np
import pytest
import torch
from learning import NEAR_ZERO, learnt, vocabulary_of

from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.pools import pools
from embedseq.models.pretrained import start_from
from embedseq.models.settings import ModelShape
from embedseq.text.batches import Batch, pad
from embedseq.text.conllu import TaggedSentence, read_conllu
from embedseq.text.vocabulary import END, START

pytestmark = pytest.mark.slow

TREEBANK = Path(__file__).parents[1] / "data" / "ud-english-ewt" / "en_ewt-ud-train.conllu.gz"
SENTENCES = 20
ARCHITECTURES = ("rnn", "rnn-relu", "lstm", "gru", "transformer")


@pytest.fixture(scope="module")
def treebank() -> list[TaggedSentence]:
    """Twenty sentences that begin with different words, so that their ends can be known from their beginnings."""
    by_first = {sentence.forms[:2]: sentence for sentence in read_conllu(TREEBANK)}
    return list(by_first.values())[:SENTENCES]


def batch_of(kind: str, treebank: list[TaggedSentence]) -> tuple[Batch, Sizes]:
    """The sentences as a kind of model reads them, with real labels."""
    words = vocabulary_of([sentence.forms for sentence in treebank])
    ids = [words.ids(sentence.forms) for sentence in treebank]
    rows = torch.arange(len(ids))
    source, valid = pad([[*sentence, END] for sentence in ids])
    if kind == "language-model":
        target_in, real = pad([[START, *sentence] for sentence in ids])
        return Batch(rows, source[:, :0], valid[:, :0], target_in, source, real), Sizes(len(words), 0)
    if kind == "masked-language-model":
        masked = [np.random.default_rng(row).choice(len(sentence), 2, replace=False).tolist() for row, sentence in enumerate(ids)]
        hidden = [[START if n in places else word for n, word in enumerate(s)] for s, places in zip(ids, masked, strict=True)]
        source, _ = pad([[*sentence, END] for sentence in hidden])
        answers, real = pad([[sentence[n] for n in places] for sentence, places in zip(ids, masked, strict=True)])
        return Batch(rows, source, valid, answers, answers, real, places=pad(masked)[0]), Sizes(len(words), 0)
    given = [sentence.upos if kind == "tagger" else (sentence.sent_id.split("-")[0],) for sentence in treebank]
    labels = vocabulary_of(given)
    answers, real = pad([labels.ids(each) for each in given])
    places = torch.arange(answers.shape[1]).expand_as(answers).masked_fill(~real, 0)
    return Batch(rows, source, valid, answers, answers, real, places=places), Sizes(len(words), len(labels))


def shape_of(kind: str, architecture: str, **fields: object) -> ModelShape:
    record = {"kind": kind, "architecture": architecture, "dim": 48, "heads": 2, "dropout": 0.0, **fields}
    return ModelShape.model_validate(record)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("kind", ["language-model", "masked-language-model", "tagger", "classifier"])
def test_every_kind_overfits_twenty_sentences(kind: str, architecture: str, treebank: list[TaggedSentence]) -> None:
    batch, sizes = batch_of(kind, treebank)
    loss = learnt(build_model(shape_of(kind, architecture), sizes, HandedOver(), seed=1), batch)
    # What a language model cannot know are the first two words, which are different in every sentence.
    unknowable = 2 * np.log(SENTENCES) * SENTENCES / int(batch.target_valid.sum()) if kind == "language-model" else 0.0
    assert loss < unknowable + NEAR_ZERO


@pytest.mark.parametrize("architecture", ["lstm", "transformer"])
@pytest.mark.parametrize("pooling", pools())
def test_every_pooling_overfits_twenty_sentences(pooling: str, architecture: str, treebank: list[TaggedSentence]) -> None:
    batch, sizes = batch_of("classifier", treebank)
    model = build_model(shape_of("classifier", architecture, pooling=pooling), sizes, HandedOver(), seed=1)
    assert learnt(model, batch) < NEAR_ZERO


def test_a_tagger_learns_on_top_of_a_frozen_encoder_that_has_read(treebank: list[TaggedSentence]) -> None:
    reading, sizes = batch_of("masked-language-model", treebank)
    masked = build_model(shape_of("masked-language-model", "lstm"), sizes, HandedOver(), seed=1)
    learnt(masked, reading)
    batch, sizes = batch_of("tagger", treebank)
    tagger = build_model(shape_of("tagger", "lstm"), sizes, HandedOver(), seed=2)
    start_from(tagger, masked, frozen=True)
    before = {name: weight.clone() for name, weight in tagger.state_dict().items()}
    counts = np.bincount(batch.target_out[batch.target_valid].numpy())
    shares = counts[counts > 0] / counts.sum()
    assert learnt(tagger, batch) < -(shares * np.log(shares)).sum() / 4  # of what the labels' frequencies leave open
    changed = {name for name, weight in tagger.state_dict().items() if not torch.equal(weight, before[name])}
    assert changed == {"output.weight", "output.bias"}


@pytest.mark.parametrize("architecture", ["lstm", "transformer"])
def test_a_tagger_overfits_with_an_encoder_that_has_read_and_is_trained_on(
    architecture: str, treebank: list[TaggedSentence]
) -> None:
    reading, sizes = batch_of("masked-language-model", treebank)
    masked = build_model(shape_of("masked-language-model", architecture), sizes, HandedOver(), seed=1)
    learnt(masked, reading)
    batch, sizes = batch_of("tagger", treebank)
    tagger = build_model(shape_of("tagger", architecture), sizes, HandedOver(), seed=2)
    start_from(tagger, masked, frozen=False)
    before = {name: weight.clone() for name, weight in tagger.state_dict().items()}
    assert learnt(tagger, batch) < NEAR_ZERO
    unchanged = {name for name, weight in tagger.named_parameters() if torch.equal(weight, before[name])}
    assert {name for name in unchanged if not name.endswith("key.bias")} == set()
