"""What hangs together across the sections of a file."""

# ruff: noqa: E501  (a message is easier to check in one piece)

from collections.abc import Callable

import pytest

from embedseq.pipeline.file import Pipeline

Complaints = Callable[..., list[str]]
Read = Callable[..., Pipeline]


def assembled(**sections: str) -> str:
    """A small right file with some of its entries replaced: data on line 3, embeddings on 5 and 6, the model on 8, the probe on 10, expect on 12."""
    parts = {
        "data": "{dataset: multi30k, source: en, target: de}",
        "one": "{text: d.source}",
        "two": "{text: d.target}",
        "model": "{data: d, embedding: {from: one}}",
        "probe": "{kind: word-similarity}",
        "expect": "{file: report.html}",
    } | sections
    return (
        f"name: x\ndata:\n  d: {parts['data']}\nembeddings:\n  one: {parts['one']}\n  two: {parts['two']}\nmodels:\n  m: {parts['model']}\n"
        f"probes:\n  p: {parts['probe']}\nexpect:\n  - {parts['expect']}\n"
    )


def test_the_small_file_is_right(read: Read) -> None:
    assert read(assembled()).arms[0].label == "m"


TEXT_DATA = "{train: a.txt, task: text}"
SPLIT_TEXT = "{train: a.txt, valid: b.txt, test: c.txt, task: text}"
RESTORATION = "{train: a.txt, valid: b.txt, test: c.txt, task: restoration}"
TAGGING = "{train: a.conllu, valid: b.conllu, test: c.conllu, task: tagging, label: upos}"
FILES = "{train: {pairs: a}, valid: {source: b, target: c}, test: {pairs: d}}"

CASES = {
    "neither dataset nor files": (
        {"data": "{source: en}"},
        [
            "3:3: data.d: expected 'dataset' (a known one), 'generated', or the files 'train', 'valid' and 'test'; found none of them"
        ],
    ),
    "dataset and files": (
        {"data": "{dataset: multi30k, source: en, target: de, train: x, test: y}"},
        ["3:7: data.d.dataset: a known dataset brings its files: remove 'dataset', or train and test"],
    ),
    "an unknown dataset": (
        {"data": "{dataset: multi30, source: en, target: de}"},
        ["3:16: data.d.dataset: no dataset is called 'multi30'. Did you mean 'multi30k'? (multi30k, wikipedia-sample)"],
    ),
    "an unknown language": (
        {"data": "{dataset: multi30k, source: en, target: it}"},
        ["3:46: data.d.target: multi30k has no 'it' (en, de, fr)"],
    ),
    "a missing language": (
        {"data": "{dataset: multi30k, source: en}"},
        ["3:3: data.d.target: is missing: pairs need the language of each side (en, de, fr)"],
    ),
    "one language twice": (
        {"data": "{dataset: multi30k, source: en, target: en}"},
        ["3:46: data.d.target: both sides are 'en'"],
    ),
    "a target language of a text": (
        {
            "data": "{dataset: multi30k, source: en, target: de, task: restoration}",
            "model": "{data: d, evaluate: {metrics: [accuracy]}}",
        },
        ["3:38: data.d.target: 'task: restoration' has no text on the target side; remove 'target'"],
    ),
    "pairs of a dataset with one side": (
        {"data": "{dataset: wikipedia-sample}"},
        ["3:16: data.d.dataset: wikipedia-sample has one side only (en); set 'task: restoration' or 'task: text'"],
    ),
    "a text of a dataset with several languages": (
        {"data": "{dataset: multi30k, task: restoration}", "model": "{data: d, evaluate: {metrics: [accuracy]}}"},
        ["3:3: data.d.source: is missing: say which language is read (en, de, fr)"],
    ),
    "target tokens without a target": (
        {
            "data": "{dataset: multi30k, source: en, task: restoration, lowercase: true, joint: true, target_tokens: {}}",
            "model": "{data: d, evaluate: {metrics: [accuracy]}}",
        },
        [
            "3:57: data.d.lowercase: 'task: restoration' restores case, so the text must have it; remove 'lowercase'",
            "3:74: data.d.joint: 'task: restoration' has no text on the target side; remove 'joint'",
            "3:87: data.d.target_tokens: 'task: restoration' has no text on the target side; remove 'target_tokens'",
        ],
    ),
    "target tokens of joint ones": (
        {"data": "{dataset: multi30k, source: en, target: de, joint: true, target_tokens: {kind: char}}"},
        ["3:63: data.d.target_tokens: with 'joint: true' both sides have the same tokens; remove it"],
    ),
    "languages beside files": (
        {"data": FILES.replace("{train", "{source: en, train")},
        ["3:7: data.d.source: names a language of a known dataset; this corpus has files: remove 'source'"],
    ),
    "missing splits": (
        {"data": "{train: {pairs: a}}"},
        ["3:3: data.d: 'valid' and 'test' are missing: 'task: pairs' needs train, valid and test"],
    ),
    "a single file for pairs": (
        {"data": FILES.replace("{pairs: a}", "a.txt")},
        ["3:14: data.d.train: pairs need {source: FILE, target: FILE} or {pairs: FILE}; found a single file"],
    ),
    "pairs for a restoration": (
        {
            "data": RESTORATION.replace("a.txt", "{pairs: a.tsv}"),
            "model": "{data: d, evaluate: {metrics: [accuracy]}}",
        },
        ["3:14: data.d.train: 'task: restoration' reads a single text file; found pairs"],
    ),
    "a text without its side": (
        {"one": "{text: d}"},
        ["5:15: embeddings.one.text: which side of 'd'? Write d.source or d.target"],
    ),
    "a text that is nothing": (
        {"one": "{text: corpus}"},
        ["5:15: embeddings.one.text: expected CORPUS.source or CORPUS.target; found 'corpus' (d)"],
    ),
    "a text of an unknown corpus": (
        {"one": "{text: dd.source}"},
        ["5:15: embeddings.one.text: no corpus is called 'dd'. Did you mean 'd'? (d)"],
    ),
    "a side that is none": (
        {"one": "{text: d.sauce}"},
        ["5:15: embeddings.one.text: 'sauce' is not a side. Did you mean 'source'? (source, target)"],
    ),
    "a side that the corpus has not": (
        {"data": SPLIT_TEXT, "model": "{data: d}"},
        [
            "6:15: embeddings.two.text: d has no words on its target side, since its task is text",
        ],
    ),
    "a model of an unknown corpus": (
        {"model": "{data: e}"},
        ["8:13: models.m.data: no corpus is called 'e' (d)"],
    ),
    "metrics of another task": (
        {"model": "{data: d, evaluate: {metrics: [bleu, accuracy, macro-f1]}}"},
        [
            "8:36: models.m.evaluate.metrics: accuracy and macro-f1 do not fit 'task: pairs' (bleu, bleu-lc, chrf, rouge-1, rouge-2, rouge-l, exact-match)"
        ],
    ),
    "metrics of another kind of model": (
        {"data": SPLIT_TEXT, "two": "{text: d.source}", "model": "{data: d, evaluate: {metrics: [accuracy]}}"},
        ["8:36: models.m.evaluate.metrics: accuracy does not fit a language model (perplexity, word-perplexity)"],
    ),
    "processes to share what is not translated": (
        {"data": SPLIT_TEXT, "two": "{text: d.source}", "model": "{data: d, evaluate: {replicas: 2}}"},
        ["8:37: models.m.evaluate.replicas: a language model translates nothing that replicas could share: leave them out"],
    ),
    "processes of several threads": (
        {"model": "{data: d, evaluate: {threads: 2, replicas: 2}}"},
        ["8:16: models.m.evaluate: replicas have one thread each: expected threads: 1 beside replicas: 2, found 2"],
    ),
    "a kind that cannot learn the task": (
        {"model": "{data: d, kind: tagger, embedding: {from: one}}"},
        ["8:22: models.m.kind: a tagger cannot learn 'task: pairs' of 'd', but an encoder-decoder can"],
    ),
    "steps of its own for a tagger": (
        {"data": TAGGING, "two": "{text: d.source}", "model": "{data: d, train: {teacher_forcing: 0.5}}"},
        ["8:41: models.m.train.teacher_forcing: is for encoder-decoders; a tagger is always shown the truth"],
    ),
    "copying between two vocabularies": (
        {"model": "{data: d, attention: {copying: true}}"},
        ["8:37: models.m.attention.copying: copying needs one vocabulary for both sides: set 'joint: true' in the corpus 'd'"],
    ),
    "memories of a single source": (
        {"model": "{data: d, attention: {memories: parallel}}"},
        [
            "8:38: models.m.attention.memories: says how several sources are looked at, and 'd' has one: leave it out, or give the corpus more"
        ],
    ),
    "masking where nothing is guessed": (
        {"data": TAGGING, "two": "{text: d.source}", "model": "{data: d, train: {masking: 0.3}}"},
        ["8:33: models.m.train.masking: is for masked language models; a tagger guesses no hidden words"],
    ),
    "sections of texts that have none": (
        {"model": "{data: d, sections: true}"},
        ["8:26: models.m.sections: the texts of 'd' have no sections: set 'sections: true' in the corpus, too, or leave it out"],
    ),
    "learned positions for shorter outputs than search may write": (
        {"model": "{data: d, positions: learned, max_positions: 100}"},
        [
            "8:51: models.m.max_positions: search may write 128 tokens (evaluate.max_length), which need 129 positions with the start symbol: set max_positions to 129 or more, or evaluate.max_length to less"
        ],
    ),
    "a language model of text without other splits": (
        {"data": TEXT_DATA, "two": "{text: d.source}", "model": "{data: d}"},
        ["8:13: models.m.data: 'd' has no 'valid' and 'test', on which models are validated and tested: name the files"],
    ),
    "one language in brackets": (
        {"data": "{dataset: multi30k, source: [en], target: de}"},
        ["3:34: data.d.source: expected at least 2 values; found 1: write a single one without the brackets"],
    ),
    "words of labels": (
        {"data": TAGGING, "model": "{data: d}"},
        ["6:15: embeddings.two.text: d has no words on its target side, since its task is tagging"],
    ),
    "an unknown embedding": (
        {"model": "{data: d, embedding: {from: oen}}"},
        ["8:34: models.m.embedding.from: no embedding is called 'oen'. Did you mean 'one'? (one, two)"],
    ),
    "an embedding of the other side": (
        {"model": "{data: d, embedding: {from: two}}"},
        [
            "8:34: models.m.embedding.from: 'two' is trained on d.target, whose tokens are not those of d.source; write 'text: d.source'"
        ],
    ),
    "sides swapped": (
        {"model": "{data: d, embedding: {source: {from: one}, target: {from: one}}}"},
        [
            "8:64: models.m.embedding.target.from: 'one' is trained on d.source, whose tokens are not those of d.target; write 'text: d.target'"
        ],
    ),
    "an epoch that never comes": (
        {"model": "{data: d, embedding: {from: one, as: gradual, from_epoch: 4}, train: {epochs: 3}}"},
        ["8:64: models.m.embedding.from_epoch: epoch 4 never comes: the model trains for 3"],
    ),
    "an epoch for vectors that do not wait": (
        {"model": "{data: d, embedding: {from: one, as: frozen, from_epoch: 4}}"},
        ["8:51: models.m.embedding.from_epoch: is for 'as: gradual'; these vectors are frozen"],
    ),
    "a name that is a word of the grammar": (
        {"model": "{data: d}\n  random: {data: d}"},
        ["9:3: models.random: 'random' is a word of the grammar; choose another name"],
    ),
    "one name for an embedding and a model": (
        {"model": "{data: d}\n  one: {data: d}"},
        ["9:3: models.one: an embedding is called 'one', too; selectors could not tell them apart"],
    ),
    "a probe of nothing": (
        {"probe": "{kind: word-similarity, of: onne}"},
        ["10:34: probes.p.of: no model or embedding is called 'onne'. Did you mean 'one'? (one, two, m, models, embeddings)"],
    ),
    "a probe of models on an embedding": (
        {"probe": "{kind: previous-word, of: one}"},
        ["10:32: probes.p.of: 'previous-word' looks into models; one is no model"],
    ),
    "a misspelt set of pairs": (
        {"probe": "{kind: word-similarity, sets: [wordsim353, simlex99]}"},
        [
            "10:49: probes.p.sets.1: 'simlex99' is not a bundled set. Did you mean 'simlex999'? (wordsim353, simlex999); "
            "a file is written with its ending"
        ],
    ),
    "drift of vectors that do not move": (
        {
            "model": "{data: d, matrix: {embedding: [random, {from: one, as: frozen}, {from: one}]}}",
            "probe": "{kind: drift, of: m}",
        },
        [
            "10:24: probes.p.of: drift needs source vectors that are tuned or gradual; m[random] and m[one,frozen] have none: "
            "select the others, as m[*,tuned] does"
        ],
    ),
    "an expectation of an unknown model": (
        {"expect": "{of: n, score: bleu, above: 3}"},
        ["12:10: expect.0.of: no model or embedding is called 'n' (one, two, m, models, embeddings)"],
    ),
    "an expectation of an embedding's BLEU": (
        {"expect": "{of: one, score: bleu, above: 3}"},
        ["12:10: expect.0.of: one is no model; scores of embeddings come from probes: add 'probe'"],
    ),
    "an expectation of a score that is not taken": (
        {"expect": "{of: m, score: accuracy, above: 3}"},
        ["12:20: expect.0.score: m is not scored by 'accuracy' (bleu, bleu-lc, chrf, loss)"],
    ),
    "an expectation against a control that is not there": (
        {"expect": "{of: m, score: bleu, above: control}"},
        ["12:33: expect.0.above: 'bleu' has no control here; compare it with baseline or a number"],
    ),
    "an expectation of an unknown probe": (
        {"expect": "{probe: q, score: rho, above: 0}"},
        ["12:13: expect.0.probe: no probe is called 'q' (p)"],
    ),
    "an expectation of a score that the probe has not": (
        {"expect": "{probe: p, score: accuracy, above: 0}"},
        ["12:23: expect.0.score: 'accuracy' is not a score of 'word-similarity' (rho)"],
    ),
    "an expectation of something that the probe does not look at": (
        {"expect": "{probe: p, of: m, score: rho, above: 0}"},
        ["12:20: expect.0.of: no embedding is called 'm' (one, two, embeddings)"],
    ),
    "an expectation of a part that is not there": (
        {"expect": "{probe: p, score: rho, part: simlex, above: 0}"},
        ["12:34: expect.0.part: 'simlex' is not a part of it. Did you mean 'simlex999'? (wordsim353, simlex999)"],
    ),
    "an expectation of a table": (
        {"probe": "{kind: neighbours, words: [city]}", "expect": "{probe: p, score: rho, above: 0}"},
        ["12:13: expect.0.probe: 'neighbours' is a table without scores"],
    ),
    "an expectation of a file outside": (
        {"expect": "{file: ../x}"},
        ["12:12: expect.0.file: expected a path inside the run, such as report.html"],
    ),
}


@pytest.mark.parametrize(("sections", "messages"), CASES.values(), ids=CASES)
def test_what_does_not_hang_together_is_told(sections: dict[str, str], messages: list[str], complaints: Complaints) -> None:
    assert complaints(text=assembled(**sections)) == [f"captions.yaml:{message}" for message in messages]


@pytest.mark.parametrize(
    "sections",
    [
        {"data": FILES},
        {"data": FILES.replace("{train", "{joint: true, train"), "model": "{data: d, embedding: {from: two}}"},
        {"two": "{file: v.txt}", "model": "{data: d, embedding: {source: {from: two}, target: {from: two}}}"},
        {
            "data": RESTORATION,
            "model": "{data: d, evaluate: {metrics: [accuracy, macro-f1]}}",
            "expect": "{of: m, score: accuracy, above: baseline}",
        },
        {"model": "{data: d, embedding: {from: one, as: gradual, from_epoch: 10}}", "probe": "{kind: drift, of: m}"},
        {
            "probe": "{kind: word-similarity, of: m, sets: [my/pairs.txt]}",
            "expect": "{probe: p, of: m, score: rho, at_least: -0.1}",
        },
        {"probe": "{kind: previous-word, of: m}", "expect": "{probe: p, score: accuracy, above: control}"},
        {"data": "{dataset: wikipedia-sample, task: restoration}", "model": "{data: d, evaluate: {metrics: [accuracy]}}"},
    ],
)
def test_what_hangs_together_passes(sections: dict[str, str], complaints: Complaints) -> None:
    assert complaints(text=assembled(**sections)) == []


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"data": "{dataset: multi30k, source: en, target: de, task: texts}"}, "3:56: data.d.task: 'texts' is not a task."),
        ({"one": "{txt: d.source}"}, "5:9: embeddings.one.txt: 'txt' is not a field here."),
        (
            {"model": "{data: d, matrix: {architecture: [ltsm]}}", "probe": "{kind: previous-word, of: 'm[lstm]'}"},
            "8:40: models.m.matrix.architecture.0: 'ltsm'",
        ),
        (
            {"probe": "{kind: drfit, of: m}", "expect": "{probe: p, score: drift, below: 1}"},
            "10:13: probes.p.kind: 'drfit' is not a kind.",
        ),
        (
            {"model": "{data: d, evaluate: {metrics: [blue]}}", "expect": "{of: m, score: bleu, above: 1}"},
            "8:37: models.m.evaluate.metrics.0: 'blue'",
        ),
    ],
)
def test_one_mistake_draws_no_others_after_it(sections: dict[str, str], message: str, complaints: Complaints) -> None:
    (found,) = complaints(text=assembled(**sections))
    assert found.startswith(f"captions.yaml:{message}")


PRETRAINING = """name: x
data:
  reading: {train: a.txt, valid: b.txt, test: c.txt, task: text}
  tags: {train: a.conllu, valid: b.conllu, test: c.conllu, task: tagging, label: upos, vocabulary: reading.source}
embeddings:
  one: {text: reading.source}
models:
  masked: {data: reading, kind: masked-language-model, matrix: {architecture: [lstm, gru]}, dim: 32}
  speaker: {data: reading, architecture: lstm, dim: 32}
  vectors: {data: tags, embedding: {from: one}}
  tagger: {data: tags, architecture: lstm, dim: 32, pretrained: {from: "masked[lstm]"}}
"""
"""The tagger's `pretrained` stands on line 11, its `from` in column 72."""


def test_an_encoder_may_come_from_another_model(read: Read) -> None:
    arms = {arm.label: arm for arm in read(PRETRAINING).arms}
    assert arms["tagger"].settings.kind == "tagger"
    assert arms["speaker"].settings.kind == "language-model"
    assert arms["masked[gru]"].settings.evaluate.metrics == ("accuracy", "perplexity")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('from: "masked[lstm]"', "from: maskd", "no model is called 'maskd'. Did you mean 'masked'?"),
        ('from: "masked[lstm]"', "from: masked", "'masked' names 2 models, masked[lstm] and masked[gru]: name one"),
        ('from: "masked[lstm]"', "from: one", "no model is called 'one' (masked, speaker, vectors, tagger"),
        ('from: "masked[lstm]"', "from: speaker", "speaker is a language model, which has no encoder"),
        ('from: "masked[lstm]"', "from: tagger", "tagger would start from itself"),
        (", vocabulary: reading.source", "", "set 'vocabulary: reading.source' in the corpus 'tags'"),
    ],
)
def test_an_encoder_that_does_not_fit_is_told(old: str, new: str, message: str, complaints: Complaints) -> None:
    assert PRETRAINING.count(old) == 1
    found = complaints(text=PRETRAINING.replace(old, new))
    assert any("models.tagger.pretrained" in each and message in each for each in found), found


def test_vectors_of_the_corpus_whose_tokens_are_read_fit(complaints: Complaints) -> None:
    assert complaints(text=PRETRAINING) == []
    found = complaints(text=PRETRAINING.replace(", vocabulary: reading.source", ""))
    assert any(
        "models.vectors.embedding.from: 'one' is trained on reading.source, whose tokens are not those of tags.source" in each
        for each in found
    )
