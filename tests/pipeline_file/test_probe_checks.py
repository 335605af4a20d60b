"""What a probe can look at and read: models, corpora, sides, scores and files; each refusal word by word."""

# ruff: noqa: E501  (a message is easier to check in one piece)

from pathlib import Path

import pytest

from embedseq.errors import Problems
from embedseq.pipeline.file import check_pipeline
from embedseq.probes.registry import probes

START = """\
name: x
seeds: [1, 2]
data:
  captions: {dataset: multi30k, source: en, target: de}
  two: {dataset: multi30k, source: [en, fr], target: de}
  digits: {dataset: digits, source: images, target: words}
  papers: {dataset: us-speeches, task: text}
  tags: {dataset: ud-english-ewt, task: tagging, label: upos}
  trees: {dataset: ud-english-ewt, task: trees}
  language: {generated: {kind: language}}
  symbols: {generated: {kind: reverse}}
embeddings:
  one: {text: captions.source, dim: 8}
  file: {file: vectors.txt}
models:
  translator: {data: captions, matrix: {architecture: [lstm, gru]}}
  joiner: {data: two}
  counter: {data: digits}
  writer: {data: papers, architecture: transformer}
  masked: {data: papers, kind: masked-language-model}
  tagger: {data: tags}
  linguist: {data: language, architecture: transformer}
probes:
"""
"""Probes begin on line 24; the model that reads two sources is `joiner`, the one that reads images `counter`."""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def complaints_of(*listed: str, start: str = START) -> list[str]:
    """What is said of probes p, p2 and so on, one a line: what stands in braces begins in column 7."""
    lines = [f"  {f'p{number}' if number > 1 else 'p'}: {{{probe}}}\n" for number, probe in enumerate(listed, start=1)]
    Path("x.yaml").write_text(start + "".join(lines), encoding="utf-8")
    try:
        check_pipeline(Path("x.yaml"))
    except Problems as problems:
        return list(problems.messages)
    return []


STATES = {
    "codelength": "",
    "head": "",
    "layer-similarity": "",
    "recall": "",
    "relation": "",
    "sentence": ", property: length",
    "state-geometry": "",
    "structural-depth": "",
    "structural-distance": "",
    "tag": "",
    "v-information": "",
}
RIGHT = {
    **{f"{kind} on a treebank": f"kind: {kind}, of: translator, data: trees{more}" for kind, more in STATES.items()},
    **{f"{kind} on generated pairs": f"kind: {kind}, of: linguist, data: language{more}" for kind, more in STATES.items()},
    "states of a language model": "kind: tag, of: writer, data: trees",
    "states of a masked language model": "kind: tag, of: masked, data: trees",
    "states of a tagger": "kind: tag, of: tagger, data: trees",
    "states of a decoder": "kind: tag, of: linguist, data: language, side: target",
    "states of all that can be read": "kind: tag, of: translator, data: language, side: target",
    "two models": "kind: representation-similarity, of: translator, reference: linguist, data: trees",
    "attention on captions": "kind: attention-entropy, of: translator, data: captions",
    "attention on generated pairs": "kind: alignment, of: linguist, data: language",
    "attention on symbols": "kind: faithfulness, of: translator, data: symbols",
    "self-attention of a language model": "kind: self-attention-entropy, of: writer, data: trees",
    "self-attention of an encoder": "kind: syntactic-heads, of: linguist, data: trees",
    "previous words of a language model": "kind: previous-word, of: writer",
    "previous words of a tagger": "kind: previous-word, of: tagger",
    "gradients of a language model": "kind: gradient-reach, of: writer, data: papers",
    "gradients of a language model on pairs": "kind: gradient-reach, of: writer, data: captions",
    "the context of an encoder-decoder": "kind: effective-context, of: translator, data: captions",
    "a metric by length": "kind: score-by-length, of: translator, score: chrf",
    "the loss by length": "kind: score-by-length, of: writer, score: loss",
    "the score of images by length": "kind: score-by-length, of: counter, score: bleu",
    "words of all vectors": "kind: word-similarity",
    "words of models": "kind: word-similarity, of: translator, sets: [simlex999, mine/words.txt]",
    "a file with an ending": "kind: outlier, sets: [outliers.txt]",
    "properties of words": "kind: word-property, property: tag, data: trees",
    "properties of words of a generated language": "kind: word-property, property: number, data: language",
    "frequencies without a treebank": "kind: word-property, property: frequency, of: one",
}


def test_the_file_without_probes_is_right() -> None:
    assert complaints_of("kind: isotropy") == []


@pytest.mark.parametrize("probe", RIGHT.values(), ids=RIGHT)
def test_what_a_probe_can_read_passes(probe: str) -> None:
    assert complaints_of(probe) == []


def test_all_probes_of_states_are_among_those() -> None:
    assert set(STATES) == {name for name, kind in probes().items() if kind.about.reads == "states"}


PAIRS = "captions, two, digits, papers, tags, trees, language, symbols"
CORPORA = {
    "an unknown corpus": (
        "kind: tag, of: translator, data: tress",
        [f"24:40: probes.p.data: no corpus is called 'tress'. Did you mean 'trees'? ({PAIRS})"],
    ),
    "no corpus": (
        "kind: tag, of: translator",
        [
            "24:3: probes.p: 'data' is missing: a corpus of this file with `task: trees`, or a generated one: the words that are read"
        ],
    ),
    "states on captions": (
        "kind: tag, of: translator, data: captions",
        [
            "24:40: probes.p.data: 'tag' needs the trees of a corpus with 'task: trees', or of a generated language; of 'captions' its task is pairs"
        ],
    ),
    "states on tags": (
        "kind: head, of: tagger, data: tags",
        [
            "24:37: probes.p.data: 'head' needs the trees of a corpus with 'task: trees', or of a generated language; of 'tags' its task is tagging"
        ],
    ),
    "states on symbols": (
        "kind: recall, of: writer, data: symbols",
        [
            "24:39: probes.p.data: 'recall' needs the trees of a corpus with 'task: trees', or of a generated language; of 'symbols' its task is pairs"
        ],
    ),
    "states of a decoder on a treebank": (
        "kind: tag, of: translator, data: trees, side: target",
        [
            "24:40: probes.p.data: 'tag' needs the trees of a corpus with 'task: trees', or of a generated language; of 'trees' it has trees on its source side alone"
        ],
    ),
    "two models on captions": (
        "kind: representation-similarity, of: translator, reference: writer, data: captions",
        [
            "24:81: probes.p.data: 'representation-similarity' needs the trees of a corpus with 'task: trees', or of a generated language; of 'captions' its task is pairs"
        ],
    ),
    "words on captions": (
        "kind: word-property, property: tag, data: captions",
        [
            "24:49: probes.p.data: 'word-property' needs the trees of a corpus with 'task: trees', or of a generated language; of 'captions' its task is pairs"
        ],
    ),
    "attention on a text": (
        "kind: attention-entropy, of: translator, data: papers",
        ["24:54: probes.p.data: 'attention-entropy' needs pairs of texts; the task of 'papers' is text"],
    ),
    "attention on two sources": (
        "kind: attention-entropy, of: translator, data: two",
        ["24:54: probes.p.data: 'attention-entropy' needs pairs of texts with one source; 'two' has others"],
    ),
    "attention on images": (
        "kind: faithfulness, of: translator, data: digits",
        ["24:49: probes.p.data: 'faithfulness' needs pairs of texts with one source; 'digits' has others"],
    ),
    "an encoder-decoder on a text": (
        "kind: effective-context, of: 'translator[gru]', data: papers",
        ["24:61: probes.p.data: 'papers' has no words on its target side, which translator[gru], an encoder-decoder, reads too"],
    ),
    "a language model on images": (
        "kind: gradient-reach, of: writer, data: digits",
        ["24:47: probes.p.data: the source of 'digits' are images, and writer reads words"],
    ),
}
MODELS = {
    "states of an embedding": (
        "kind: tag, of: one, data: trees",
        ["24:22: probes.p.of: 'tag' looks into models; one is no model"],
    ),
    "states of embeddings": (
        "kind: tag, of: embeddings, data: trees",
        ["24:22: probes.p.of: 'tag' looks into models; one and file are no model"],
    ),
    "attention of an embedding": (
        "kind: alignment, of: file, data: language",
        ["24:28: probes.p.of: 'alignment' looks into models; file is no model"],
    ),
    "drift of an embedding": (
        "kind: drift, of: one",
        ["24:24: probes.p.of: 'drift' looks into models; one is no model"],
    ),
    "a score of an embedding": (
        "kind: score-by-length, of: one, score: bleu",
        ["24:34: probes.p.of: 'score-by-length' looks into models; one is no model"],
    ),
    "states of what reads images": (
        "kind: tag, of: counter, data: trees",
        ["24:22: probes.p.of: counter reads images, and 'tag' looks at words"],
    ),
    "vectors of what reads images": (
        "kind: word-similarity, of: models",
        ["24:34: probes.p.of: counter reads images, and 'word-similarity' looks at words"],
    ),
    "previous words of what reads images": (
        "kind: previous-word, of: counter",
        ["24:32: probes.p.of: counter reads images, and 'previous-word' looks at words"],
    ),
    "self-attention where there is none": (
        "kind: syntactic-heads, of: translator, data: trees",
        [
            "24:34: probes.p.of: the encoder of translator[lstm] has no self-attention: leave it out, or give it one with 'self_attention'"
        ],
    ),
    "self-attention of words that see those behind them and of words that do not": (
        "kind: self-attention-entropy, of: writer + linguist, data: trees",
        [
            "24:41: probes.p.of: the words of writer see none behind them, those of linguist do, and their numbers do not compare: make two probes"
        ],
    ),
    "self-attention on captions": (
        "kind: self-attention-entropy, of: writer, data: captions",
        [
            "24:55: probes.p.data: 'self-attention-entropy' needs the trees of a corpus with 'task: trees', or of a generated language; of 'captions' its task is pairs"
        ],
    ),
    "attention of what reads images": (
        "kind: attention-entropy, of: counter, data: captions",
        ["24:36: probes.p.of: counter reads images, and 'attention-entropy' looks at words"],
    ),
    "states of what reads two sources": (
        "kind: tag, of: joiner, data: trees",
        ["24:22: probes.p.of: joiner reads several sources, and 'tag' looks at one"],
    ),
    "previous words of what reads two sources": (
        "kind: previous-word, of: joiner",
        ["24:32: probes.p.of: joiner reads several sources, and 'previous-word' looks at one"],
    ),
    "two models, one of which reads two sources": (
        "kind: representation-similarity, of: joiner, reference: writer, data: trees",
        ["24:44: probes.p.of: joiner reads several sources, and 'representation-similarity' looks at one"],
    ),
    "attention of what reads two sources": (
        "kind: attention-entropy, of: joiner, data: captions",
        [
            "24:36: probes.p.of: joiner is no encoder-decoder with one source, and 'attention-entropy' looks at what such a model looks at"
        ],
    ),
    "attention of a language model": (
        "kind: faithfulness, of: writer, data: captions",
        [
            "24:31: probes.p.of: writer is no encoder-decoder with one source, and 'faithfulness' looks at what such a model looks at"
        ],
    ),
    "the target side of a language model": (
        "kind: tag, of: writer, data: language, side: target",
        ["24:52: probes.p.side: writer is a language model and has no target side"],
    ),
    "the target side of a tagger": (
        "kind: head, of: tagger, data: language, side: target",
        ["24:53: probes.p.side: tagger is a tagger and has no target side"],
    ),
    "all models, one of which it cannot read": (
        "kind: tag, of: models, data: trees",
        ["24:22: probes.p.of: joiner reads several sources, and 'tag' looks at one"],
    ),
    "drift of vectors that stay": (
        "kind: drift, of: writer",
        [
            "24:24: probes.p.of: drift needs source vectors that are tuned or gradual; writer has none: select the others, as writer[*,tuned] does"
        ],
    ),
}
SETTINGS = {
    "one layer to compare with none": (
        "kind: layer-similarity, of: translator, data: trees, layers: last",
        [
            "24:68: probes.p.layers: 'layer-similarity' compares layers with each other, and the last has none beside it: write 'all'"
        ],
    ),
    "the context of a model that writes nothing": (
        "kind: effective-context, of: tagger",
        ["24:36: probes.p.of: tagger is a tagger, and 'effective-context' looks at models that write text: leave it out"],
    ),
    "the pooling of a model that pools nothing": (
        "kind: sentence, property: length, summary: pooled, of: writer, data: trees",
        ["24:50: probes.p.summary: writer is a language model and pools nothing: write 'last' or 'mean', or leave it out"],
    ),
    "frequencies of vectors that are read from a file": (
        "kind: word-property, property: frequency",
        ["24:3: probes.p.of: file is read from a file, and nothing says how frequent words are there: select others"],
    ),
}
REFERENCES = {
    "a misspelt reference": (
        "kind: representation-similarity, of: writer, reference: writr, data: trees",
        [
            "24:63: probes.p.reference: no model or embedding is called 'writr'. Did you mean 'writer'? (one, file, translator, joiner, counter, writer, masked, tagger, linguist, models, embeddings)"
        ],
    ),
    "several references": (
        "kind: representation-similarity, of: writer, reference: translator, data: trees",
        ["24:63: probes.p.reference: expected the name of one model, found 2 of them: translator[lstm] and translator[gru]"],
    ),
    "a reference that is an embedding": (
        "kind: representation-similarity, of: writer, reference: one, data: trees",
        ["24:63: probes.p.reference: expected the name of one model; one is no model"],
    ),
    "a reference that reads images": (
        "kind: representation-similarity, of: writer, reference: counter, data: trees",
        ["24:63: probes.p.reference: counter reads images, and 'representation-similarity' looks at words"],
    ),
    "a reference that reads two sources": (
        "kind: representation-similarity, of: writer, reference: joiner, data: trees",
        ["24:63: probes.p.reference: joiner reads several sources, and 'representation-similarity' looks at one"],
    ),
    "a reference without a target side": (
        "kind: representation-similarity, of: linguist, reference: writer, data: language, side: target",
        ["24:65: probes.p.reference: writer is a language model and has no target side"],
    ),
}
SCORES = {
    "a misspelt score": (
        "kind: score-by-length, of: 'translator[gru]', score: blue",
        ["24:60: probes.p.score: translator[gru] is not scored by 'blue'. Did you mean 'bleu'? (bleu, bleu-lc, chrf, loss)"],
    ),
    "a score of other models": (
        "kind: score-by-length, of: writer, score: bleu",
        ["24:49: probes.p.score: writer is not scored by 'bleu' (perplexity, word-perplexity, loss)"],
    ),
    "a score that one of several has not": (
        "kind: score-by-length, of: models, score: bleu",
        ["24:49: probes.p.score: writer is not scored by 'bleu' (perplexity, word-perplexity, loss)"],
    ),
}
SETS = {
    "a misspelt set": (
        "kind: word-similarity, sets: [wordsim354]",
        [
            "24:37: probes.p.sets.0: 'wordsim354' is not a bundled set. Did you mean 'wordsim353'? (wordsim353, simlex999); a file is written with its ending"
        ],
    ),
    "a set of another probe": (
        "kind: analogy, sets: [google-analogies, simlex999]",
        ["24:47: probes.p.sets.1: 'simlex999' is not a bundled set (google-analogies); a file is written with its ending"],
    ),
    "two sets that are none": (
        "kind: outlier, sets: [everyday, mine, mine.txt]",
        [
            "24:29: probes.p.sets.0: 'everyday' is not a bundled set. Did you mean 'everyday-outliers'? (everyday-outliers); a file is written with its ending",
            "24:39: probes.p.sets.1: 'mine' is not a bundled set (everyday-outliers); a file is written with its ending",
        ],
    ),
}
ALL = CORPORA | MODELS | SETTINGS | REFERENCES | SCORES | SETS


@pytest.mark.parametrize(("probe", "messages"), ALL.values(), ids=ALL)
def test_what_a_probe_cannot_read_is_told(probe: str, messages: list[str]) -> None:
    assert complaints_of(probe) == [f"x.yaml:{message}" for message in messages]


def test_all_that_is_wrong_with_several_probes_is_told_in_one_go() -> None:
    found = complaints_of(
        "kind: tag, of: translator, data: captions",
        "kind: isotropy",
        "kind: outlier, of: noe, sets: [mine]",
        "kind: head, of: wrter, data: trees",
        "kind: representation-similarity, of: models, reference: models, data: trees",
    )
    places = [" ".join(message.split(": ")[:2]) for message in found]
    assert places == [
        "x.yaml:24:40 probes.p.data",
        "x.yaml:26:27 probes.p3.of",
        "x.yaml:26:39 probes.p3.sets.0",
        "x.yaml:27:24 probes.p4.of",
        "x.yaml:28:45 probes.p5.of",
    ]


BROKEN = {
    "the kind of what is generated": ("kind: language}", "kind: langage}", "kind: tag, of: writer, data: language"),
    "a corpus": ("task: trees}", "tsak: trees}", "kind: tag, of: translator, data: trees"),
    "the corpus of a model": ("task: text}", "task: texts}", "kind: tag, of: writer, data: trees"),
    "a model": ("writer: {data: papers", "writer: {dta: papers", "kind: previous-word, of: writer"),
    "a reference": (
        "writer: {data: papers",
        "writer: {dta: papers",
        "kind: representation-similarity, of: translator, reference: writer, data: trees",
    ),
    "the metrics of a model": (
        "writer: {data: papers",
        "writer: {data: papers, evaluate: {metrics: [perplexty]}",
        "kind: score-by-length, of: writer, score: perplexity",
    ),
}


@pytest.mark.parametrize(("old", "new", "probe"), BROKEN.values(), ids=BROKEN)
def test_a_mistake_elsewhere_draws_no_errors_of_probes_after_it(old: str, new: str, probe: str) -> None:
    assert START.count(old) == 1
    found = complaints_of(probe, start=START.replace(old, new))
    assert found
    assert not [message for message in found if ": probes." in message]
