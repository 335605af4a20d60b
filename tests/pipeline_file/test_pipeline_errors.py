"""Every error that a pipeline file can have, word by word: file, line, column, path, what to do."""

# ruff: noqa: E501  (a message is easier to check in one piece)

import re
from collections.abc import Callable

import pytest

from embedseq.probes.registry import probes

Complaints = Callable[..., list[str]]
MODEL_FIELDS = (
    "data, kind, architecture, encoder, decoder, pretrained, embedding, embedding_dim, dim, layers, bidirectional, attention, "
    "self_attention, heads, residual, bridge, positions, max_positions, norm, normalisation, activation, feed_forward, dropout, "
    "sections, …"
)
WORD2VEC_FIELDS = (
    "text, algorithm, dim, window, output, negative, ns_exponent, sample, min_count, max_final_vocab, max_vocab_size, epochs, alpha, min_alpha, "
    "cbow_mean, shrink_windows, batch_words, workers"
)
SCORERS = "additive, cosine, dot, general, scaled-dot, tanh-sum, concat-linear, location, concat"
ATTENTION = "{scorer: …, heads: …, hidden_dim: …, projections: …}"
PROBES = list(probes())
EMBEDDINGS = "random, {from: …, as: …, from_epoch: …}, {source: …, target: …}"


def test_the_example_is_right(complaints: Complaints) -> None:
    assert complaints() == []


CASES = {
    "a word that is none of the choices": (
        "    attention: none",
        "    attention: none\n    architecture: ltsm",
        "28:19: models.plain.architecture: 'ltsm' is not an architecture. Did you mean 'lstm'? (rnn, rnn-relu, lstm, gru, transformer)",
    ),
    "a word that is nothing like the choices": (
        "algorithm: cbow",
        "algorithm: glove",
        "13:44: embeddings.cbow.algorithm: 'glove' is not an algorithm (skip-gram, cbow)",
    ),
    "an unknown key": (
        "    attention: none",
        "    atention: none",
        f"27:5: models.plain.atention: 'atention' is not a field here. Did you mean 'attention'? ({MODEL_FIELDS})",
    ),
    "an unknown key of the file": (
        "report:",
        "results:",
        "34:1: results: 'results' is not a field here (name, seeds, data, embeddings, models, probes, claims, report, expect, profiles)",
    ),
    "the Python name of a key": (
        "{from: cbow, as: frozen}",
        "{from_: cbow, as: frozen}",
        "21:87: models.translator.matrix.embedding.3.from_: 'from_' is not a field here. Did you mean 'from'? (from, as, from_epoch)",
    ),
    "a word for a number": (
        "train: {epochs: 20,",
        "train: {epochs: twenty,",
        "23:21: models.translator.train.epochs: expected a whole number of at least 1; found 'twenty'",
    ),
    "a fraction for a whole number": (
        "train: {epochs: 20,",
        "train: {epochs: 1e1,",
        "23:21: models.translator.train.epochs: expected a whole number of at least 1; found 1e1",
    ),
    "a number in quotation marks": (
        "train: {epochs: 20,",
        "train: {epochs: '20',",
        "23:21: models.translator.train.epochs: expected a whole number of at least 1; found '20'; remove the quotation marks",
    ),
    "a truth value for a number": (
        "train: {epochs: 20,",
        "train: {epochs: true,",
        "23:21: models.translator.train.epochs: expected a whole number of at least 1; found true",
    ),
    "a number out of its limits": (
        "sample: 1e-3",
        "sample: 1.5",
        "12:101: embeddings.skipgram.sample: expected a number from 0 to 1; found 1.5",
    ),
    "a number on its open limit": (
        "alpha: 0.05",
        "alpha: 0",
        "13:67: embeddings.cbow.alpha: expected a number above 0; found 0",
    ),
    "an endless number": (
        "alpha: 0.05",
        "alpha: .inf",
        "13:67: embeddings.cbow.alpha: expected a finite number, found .inf",
    ),
    "a yes of YAML 1.1": (
        "    attention: none",
        "    bidirectional: yes",
        "27:20: models.plain.bidirectional: expected true or false; found 'yes'; write true",
    ),
    "a number for text": (
        "source: en",
        "source: 3",
        "7:13: data.captions.source: expected text or a list, each text, or null; found 3; put it in quotation marks",
    ),
    "a list for a mapping": (
        "tokens: {kind: bpe, size: 8000}",
        "tokens: [bpe, 8000]",
        "9:13: data.captions.tokens: expected a mapping {kind: …, size: …, min_count: …, segmenter: …}; found a list",
    ),
    "a word for a mapping": (
        "tokens: {kind: bpe, size: 8000}",
        "tokens: bpe",
        "9:13: data.captions.tokens: expected a mapping {kind: …, size: …, min_count: …, segmenter: …}; found 'bpe'",
    ),
    "a mapping for a list": (
        "metrics: [bleu, chrf]",
        "metrics: {bleu: 1}",
        "24:34: models.translator.evaluate.metrics: expected a list, each bleu, bleu-lc, chrf, rouge-1, rouge-2, rouge-l, exact-match, accuracy, macro-f1, unknown-accuracy, perplexity or word-perplexity, or null; found a mapping with bleu",
    ),
    "a word in a list that is none of the choices": (
        "metrics: [bleu, chrf]",
        "metrics: [bleu, chrff]",
        "24:41: models.translator.evaluate.metrics.1: 'chrff' is not a metric. Did you mean 'chrf'? (bleu, bleu-lc, chrf, rouge-1, rouge-2, rouge-l, exact-match, accuracy, macro-f1, unknown-accuracy, perplexity, word-perplexity)",
    ),
    "nothing where something should be": (
        "seeds: [1, 2, 3]",
        "seeds:",
        "2:7: seeds: expected a list, each a whole number of at least 0; found nothing; fill it in, or remove the key",
    ),
    "an empty list of seeds": ("seeds: [1, 2, 3]", "seeds: []", "2:8: seeds: the list is empty; expected at least one value"),
    "a seed given twice": ("seeds: [1, 2, 3]", "seeds: [1, 2, 1]", "2:8: seeds: 1 is given twice"),
    "a missing key": (
        "    data: captions\n    attention: none",
        "    attention: none",
        "25:3: models.plain: 'data' is missing: the name of the corpus in `data` that the model is trained, validated and tested on",
    ),
    "a missing name": ("name: captions\n", "", "1:1: 'name' is missing: the pipeline's name; its runs are called after it"),
    "a name with capitals": (
        "name: captions\n",
        "name: My captions\n",
        "1:7: name: expected a name made of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit; found 'My captions'",
    ),
    "an entry with a comma in its name": (
        "  glove:",
        "  a,b:",
        "14:3: embeddings.a,b: 'a,b' is not a name made of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit",
    ),
    "a misspelt attention": (
        "attention: additive",
        "attention: additve",
        f"22:16: models.translator.attention: 'additve' is not an attention. Did you mean 'additive'? (none, {SCORERS}, {ATTENTION})",
    ),
    "an attention with an unknown field": (
        "attention: additive",
        "attention: {scorer: additive, haeds: 4}",
        "22:35: models.translator.attention.haeds: 'haeds' is not a field here. Did you mean 'heads'? (scorer, heads, "
        "hidden_dim, projections, span, window, positions, experts, balance, query, when, input_feeding, coverage, coverage_loss, copying, memories)",
    ),
    "an attention of another type": (
        "attention: additive",
        "attention: 4",
        f"22:16: models.translator.attention: expected none, {SCORERS} or a mapping {ATTENTION}; found 4",
    ),
    "an embedding by its bare name": (
        "{from: cbow}",
        "cbow",
        f"21:112: models.translator.matrix.embedding.4: 'cbow' is not an embedding ({EMBEDDINGS})",
    ),
    "an unknown way of handing over": (
        "{from: cbow, as: frozen}",
        "{from: cbow, as: frozn}",
        "21:103: models.translator.matrix.embedding.3.as: 'frozn' is not a hand-off. Did you mean 'frozen'? (frozen, tuned, gradual)",
    ),
    "an embedding of neither form": (
        "{from: cbow}",
        "{vectors: 3, how: x}",
        "21:112: models.translator.matrix.embedding.4: expected random, a mapping {from: …, as: …, from_epoch: …} or "
        "a mapping {source: …, target: …}; found a mapping with vectors, how",
    ),
    "trained vectors with a misspelt field": (
        "dim: 128, alpha",
        "dims: 128, alpha",
        f"13:50: embeddings.cbow.dims: 'dims' is not a field here. Did you mean 'dim'? ({WORD2VEC_FIELDS})",
    ),
    "vectors from a file with a field of trained ones": (
        "format: glove",
        "dim: 100",
        "14:31: embeddings.glove.dim: 'dim' is not a field here (file, format, limit)",
    ),
    "vectors from a file with the file misspelt": (
        "file: glove.txt.gz",
        "fil: glove.txt.gz",
        "14:11: embeddings.glove.fil: 'fil' is not a field here. Did you mean 'file'? (file, format, limit)",
    ),
    "a misspelt kind of probe": (
        "kind: drift",
        "kind: drfit",
        f"31:17: probes.drift.kind: 'drfit' is not a kind. Did you mean 'drift'? ({', '.join(PROBES[:24])}, …)",
    ),
    "a probe without a kind": (
        "kind: word-similarity, ",
        "",
        f"30:3: probes.similarity: 'kind' is missing: expected {', '.join(PROBES[:-1])} or {PROBES[-1]}",
    ),
    "a field of another kind of probe": (
        "kind: drift,",
        "kind: drift, top: 3,",
        "31:24: probes.drift.top: 'top' is not a field here (kind, of, bands)",
    ),
    "files of neither form": (
        "dataset: multi30k",
        "train: {a: x, b: y}",
        "6:12: data.captions.train: expected text, a mapping {source: …, target: …} or a mapping {pairs: …}, or null; found a mapping with a, b",
    ),
    "an expectation without a comparison": (
        ", above: 25}",
        "}",
        "42:5: expect.0: expected one of above, below, at_least, at_most; found none of them",
    ),
    "an expectation with two comparisons": (
        ", above: 25}",
        ", above: 25, at_most: 30}",
        "42:5: expect.0: expected one of above, below, at_least, at_most; found above and at_most",
    ),
    "an expectation against an unknown bound": (
        "above: control}",
        "above: contrl}",
        "44:47: expect.2.above: 'contrl' is not a bound. Did you mean 'control'? (baseline, control)",
    ),
    "a duplicate key": (
        "    attention: none",
        "    attention: none\n    data: captions",
        "28:5: models.plain.data: the key 'data' is given twice, first on line 26",
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), CASES.values(), ids=CASES)
def test_one_mistake_gives_one_error(old: str, new: str, message: str, complaints: Complaints) -> None:
    assert complaints((old, new)) == [f"captions.yaml:{message}"]


@pytest.mark.parametrize(("old", "new", "message"), CASES.values(), ids=CASES)
def test_a_place_is_where_the_culprit_stands(old: str, new: str, message: str, example: str) -> None:
    culprit = re.search(r"'([^']+)' is not|found '?([^';,]+)'?$", message)
    line, column = (int(number) for number in message.split(":")[:2])
    there = example.replace(old, new).splitlines()[line - 1][column - 1 :].strip("'\"")
    if culprit is not None and "mapping" not in message and "missing" not in message and "one of" not in message:
        assert there.startswith(culprit[1] or culprit[2]) or (culprit[2] in ("a list", "nothing"))


def test_all_mistakes_are_told_in_one_go_in_the_order_of_the_file(complaints: Complaints) -> None:
    found = complaints(
        ("dataset: multi30k", "dataset: multi30"),
        ("dim: 128, window", "dim: x, window"),
        ("architecture: [rnn, lstm,", "architecture: [rnn, ltsm,"),
        ("from: cbow, as: frozen", "from: cbw, as: frozen"),
        ("kind: drift", "kind: drfit"),
        ("    data: captions\n    attention: none", "    data: caption\n    atention: none"),
    )
    assert [message.partition(": ")[2].partition(":")[0] for message in found] == [
        "data.captions.dataset",
        "embeddings.skipgram.dim",
        "models.translator.matrix.architecture.1",
        "models.translator.matrix.embedding.3.from",
        "models.plain.data",
        "models.plain.atention",
        "probes.drift.kind",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "captions.yaml:1:1: the file is empty; a pipeline file begins with 'name: …'"),
        ("# nothing\n", "captions.yaml:1:1: the file is empty; a pipeline file begins with 'name: …'"),
        ("- a\n- b\n", "captions.yaml:1:1: expected a mapping; a pipeline file begins with 'name: …'"),
        ("name: 'x\n", "captions.yaml:1:7: this quotation mark is never closed"),
        ("name: x\n\tdata: {}\n", "captions.yaml:2:1: a tab stands here; YAML is indented with spaces"),
        (b"name: \xff\n", "captions.yaml:1:7: the byte 0xff is not UTF-8; save the file as UTF-8"),
        ("[" * 900, "captions.yaml:1:42: values are nested more than 40 deep; no pipeline needs that"),
    ],
)
def test_a_file_that_is_no_pipeline_at_all_is_refused(text: str | bytes, message: str, complaints: Complaints) -> None:
    assert complaints(text=text) == [message]


def test_an_error_within_an_anchored_value_points_at_the_anchor_and_names_each_use(complaints: Complaints) -> None:
    text = "name: x\nmodels:\n  a: &a\n    data: d\n    dim: wide\n  b: *a\ndata:\n  d: {dataset: multi30k, source: en, target: de}\n"
    assert complaints(text=text) == [
        "captions.yaml:5:10: models.a.dim: expected a whole number of at least 1; found 'wide'",
        "captions.yaml:5:10: models.b.dim: expected a whole number of at least 1; found 'wide'",
    ]
