"""What does not hang together within one corpus of a pipeline file, word by word, and whose vocabulary it may have."""

# ruff: noqa: E501  (a message is easier to check in one piece)

from pathlib import Path

import pytest
import yaml

from embedseq.errors import Problems, RequestError
from embedseq.pipeline.file import check_pipeline
from embedseq.text.corpora import open_corpus
from embedseq.text.settings import DataSettings


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def complaints_of(*corpora: str) -> list[str]:
    """What is said of corpora d, e and f, on the lines 3, 4 and 5."""
    lines = [f"  {name}: {corpus}\n" for name, corpus in zip("def", corpora, strict=False)]
    Path("x.yaml").write_text("name: x\ndata:\n" + "".join(lines), encoding="utf-8")
    try:
        check_pipeline(Path("x.yaml"))
    except Problems as problems:
        return list(problems.messages)
    return []


FILES = "train: {pairs: a}, valid: {pairs: b}, test: {pairs: c}"
TWO = "train: {source: [a, b], target: c}, valid: {source: [a, b], target: c}, test: {source: [a, b], target: c}"
TREES = "train: a.conllu, valid: b.conllu, test: c.conllu.gz"
IMAGES = "dataset: digits, source: images, target: words"

RIGHT = {
    "several sources of a dataset": "{dataset: multi30k, source: [en, fr], target: de}",
    "several sources of files": "{" + TWO + ", joint: true}",
    "several datasets": "{dataset: [us-speeches, wikipedia-sample], task: text}",
    "tagging of a dataset": "{dataset: ud-english-ewt, task: tagging, label: upos, lowercase: true}",
    "tagging of files": "{" + TREES + ", task: tagging, label: deprel, tokens: {kind: bpe}}",
    "genres of a dataset": "{dataset: ud-english-ewt, task: classification, label: genre}",
    "genres of files": "{" + TREES + ", task: classification, label: genre}",
    "labels of files": "{" + FILES + ", task: classification}",
    "sections": "{dataset: scitldr, source: abstract, target: summary, sections: true, joint: true}",
    "images": "{" + IMAGES + ", tokens: {kind: char}}",
    "words of images": "{dataset: digits, source: words, task: text}",
    "trees of a dataset": "{dataset: ud-english-ewt, task: trees, lowercase: true, limits: {train: 5}}",
    "trees of files": "{" + TREES + ", task: trees}",
    "a generated language": "{generated: {kind: language, dependency_length: 9, vocabulary: 20}, joint: true}",
    "its source side alone": "{generated: {kind: language}, task: text, tokens: {kind: bpe}}",
    "its trees": "{generated: {kind: language, distractors: 1}, task: trees}",
    "generated symbols": "{generated: {kind: dictionary, reorder: 2, longest: 9, test_factor: 2}, max_length: 9}",
    "generated recall": "{generated: {kind: key-value, vocabulary: 41}}",
}


@pytest.mark.parametrize("corpus", RIGHT.values(), ids=RIGHT)
def test_what_hangs_together_passes(corpus: str) -> None:
    assert complaints_of(corpus) == []


WRONG = {
    "a task that a generated language has not": (
        "{generated: {kind: language}, task: tagging, label: upos}",
        ["3:42: data.d.task: a generated language has no 'tagging' (pairs, text, trees)"],
    ),
    "trees of symbols": (
        "{generated: {kind: copy}, task: trees}",
        ["3:38: data.d.task: 'copy' has no 'trees' (pairs, text)"],
    ),
    "fields of a known dataset beside what is generated": (
        "{generated: {kind: copy}, source: en, target: de, lowercase: true, sections: true}",
        [
            "3:32: data.d.source: names a language of a known dataset; what is generated has one on each side: remove 'source'",
            "3:44: data.d.target: names a language of a known dataset; what is generated has one on each side: remove 'target'",
            "3:56: data.d.lowercase: what is generated is in lower case already; remove 'lowercase'",
            "3:73: data.d.sections: what is generated is single sentences; remove 'sections'",
        ],
    ),
    "fields of another kind": (
        "{generated: {kind: reverse, dependency_length: 3, distractors: 0.1, reorder: 2}}",
        [
            "3:53: data.d.generated.dependency_length: is not for 'reverse', but for 'language'; remove it",
            "3:69: data.d.generated.distractors: is not for 'reverse', but for 'language'; remove it",
            "3:83: data.d.generated.reorder: is not for 'reverse', but for 'dictionary'; remove it",
        ],
    ),
    "lengths of a language": (
        "{generated: {kind: language, longest: 9, test_factor: 2}}",
        [
            "3:44: data.d.generated.longest: is not for 'language', but for 'copy', 'reverse', 'dictionary', 'key-value'; remove it",
            "3:60: data.d.generated.test_factor: is not for 'language', but for 'copy', 'reverse', 'dictionary', 'key-value'; remove it",
        ],
    ),
    "too few words for a language": (
        "{generated: {kind: language, vocabulary: 19}}",
        ["3:47: data.d.generated.vocabulary: expected 20 or more, since a language has words of six classes; found 19"],
    ),
    "too few keys": (
        "{generated: {kind: key-value, vocabulary: 40}}",
        ["3:48: data.d.generated.vocabulary: expected 41 or more, since no key stands twice in a source; found 40"],
    ),
    "trees of plain text": (
        "{train: a.txt, valid: {pairs: b}, test: c.conllu, task: trees}",
        [
            "3:14: data.d.train: 'task: trees' reads a treebank, a file in .conllu or .conllu.gz; found 'a.txt'",
            "3:28: data.d.valid: 'task: trees' reads a treebank, a file in .conllu or .conllu.gz; found pairs",
        ],
    ),
    "trees of a dataset without them": (
        "{dataset: us-speeches, task: trees}",
        ["3:16: data.d.dataset: us-speeches has no trees; 'task: trees' needs a treebank, or files (ud-english-ewt)"],
    ),
    "what trees have no use for": (
        "{dataset: ud-english-ewt, task: trees, label: upos, tokens: {kind: bpe}, max_length: 9, target: en, stretch: 3}",
        [
            "3:45: data.d.label: 'task: trees' has no labels; remove 'label'",
            "3:58: data.d.tokens: 'task: trees' is read with the tokens of each model that is probed; remove 'tokens'",
            "3:79: data.d.max_length: 'task: trees' is read with the tokens of each model that is probed; remove 'max_length'",
            "3:94: data.d.target: 'task: trees' has no text on the target side; remove 'target'",
            "3:106: data.d.stretch: only 'task: restoration' cuts sentences into stretches, since its sides pair word by word; remove 'stretch'",
        ],
    ),
    "several sources of a text": (
        "{dataset: multi30k, source: [en, fr], task: text}",
        ["3:34: data.d.source: 'task: text' reads one source; several, side by side, are for 'task: pairs'"],
    ),
    "several source files of a classification": (
        "{"
        + TWO.replace("valid: {source: [a, b]", "valid: {source: a").replace("test: {source: [a, b]", "test: {source: a")
        + ", task: classification}",
        [
            "3:14: data.d.train: 'task: classification' reads one source; several, side by side, are for 'task: pairs'",
            "3:50: data.d.valid: has 1 source, but train has 2: all splits are read alike",
            "3:80: data.d.test: has 1 source, but train has 2: all splits are read alike",
        ],
    ),
    "an unknown language in a list": (
        "{dataset: multi30k, source: [en, frr], target: de}",
        ["3:39: data.d.source.1: multi30k has no 'frr'. Did you mean 'fr'? (en, de, fr)"],
    ),
    "a source twice": (
        "{dataset: multi30k, source: [en, en], target: de}",
        ["3:39: data.d.source.1: 'en' is read already"],
    ),
    "a target that is a source": (
        "{dataset: multi30k, source: [en, fr], target: fr}",
        ["3:52: data.d.target: 'fr' is read already"],
    ),
    "several datasets for pairs": (
        "{dataset: [multi30k, tatoeba-cmn-eng], source: en, target: en}",
        [
            "3:16: data.d.dataset: 'task: pairs' reads one dataset; several, one after the other, are for 'task: text'",
            "3:65: data.d.target: both sides are 'en'",
        ],
    ),
    "a dataset twice": (
        "{dataset: [us-speeches, us-speeches], task: text}",
        ["3:30: data.d.dataset.1: 'us-speeches' is given twice"],
    ),
    "an unknown one of several datasets": (
        "{dataset: [us-speeches, wikipedia], task: text}",
        [
            "3:30: data.d.dataset.1: no dataset is called 'wikipedia'. Did you mean 'wikipedia-sample'? "
            "(multi30k, tatoeba-cmn-eng, ud-english-ewt, scitldr, us-speeches, wikipedia-sample, digits)"
        ],
    ),
    "one of several datasets without the language": (
        "{dataset: [us-speeches, multi30k], source: fr, task: text}",
        ["3:49: data.d.source: us-speeches has no 'fr' (en)"],
    ),
    "a language missing for one of several datasets": (
        "{dataset: [us-speeches, multi30k], task: text}",
        ["3:3: data.d.source: is missing: say which language is read (en, de, fr)"],
    ),
    "tagging without saying what": (
        "{dataset: ud-english-ewt, task: tagging}",
        ["3:3: data.d.label: is missing: 'task: tagging' of a treebank needs it (upos, deprel)"],
    ),
    "tagging words with genres": (
        "{dataset: ud-english-ewt, task: tagging, label: genre}",
        ["3:54: data.d.label: 'genre' is a label of whole sentences; 'task: tagging' labels words (upos, deprel)"],
    ),
    "classifying sentences by parts of speech": (
        "{" + TREES + ", task: classification, label: upos}",
        ["3:89: data.d.label: 'upos' is a label of words; 'task: classification' labels whole sentences (genre)"],
    ),
    "classifying a treebank without saying by what": (
        "{dataset: ud-english-ewt, task: classification}",
        ["3:3: data.d.label: is missing: 'task: classification' of a treebank needs it (genre)"],
    ),
    "a label beside labels": (
        "{" + FILES + ", task: classification, label: genre}",
        ["3:85: data.d.label: the files bring their labels; remove 'label'"],
    ),
    "a label of pairs": (
        "{dataset: multi30k, source: en, target: de, label: upos}",
        ["3:50: data.d.label: 'task: pairs' has no labels; remove 'label'"],
    ),
    "a dataset without labels": (
        "{dataset: multi30k, source: en, task: tagging, label: upos}",
        ["3:16: data.d.dataset: multi30k has no labels; 'task: tagging' needs a treebank, or files (ud-english-ewt)"],
    ),
    "tagging of plain text": (
        "{train: a.txt, valid: {pairs: b}, test: c.conllu, task: tagging, label: upos}",
        [
            "3:14: data.d.train: 'task: tagging' reads a treebank, a file in .conllu or .conllu.gz; found 'a.txt'",
            "3:28: data.d.valid: 'task: tagging' reads a treebank, a file in .conllu or .conllu.gz; found pairs",
        ],
    ),
    "classification of plain text": (
        "{train: a.txt, valid: {pairs: b}, test: {pairs: c}, task: classification}",
        [
            "3:14: data.d.train: 'task: classification' needs {pairs: FILE} (text, tab, label), {source: FILE, target: FILE} or a "
            "treebank in .conllu; found 'a.txt'"
        ],
    ),
    "labels of two kinds": (
        "{train: a.conllu, valid: {pairs: b}, test: c.conllu, task: classification, label: genre}",
        ["3:31: data.d.valid: brings its labels, but train is a treebank: all splits need the same labels"],
    ),
    "a text on the side of labels": (
        "{dataset: ud-english-ewt, task: tagging, label: upos, target: en, target_tokens: {kind: char}, joint: true}",
        [
            "3:60: data.d.target: 'task: tagging' has no text on the target side; remove 'target'",
            "3:72: data.d.target_tokens: 'task: tagging' has no text on the target side; remove 'target_tokens'",
            "3:101: data.d.joint: 'task: tagging' has no text on the target side; remove 'joint'",
        ],
    ),
    "pairs of a treebank": (
        "{dataset: ud-english-ewt}",
        [
            "3:16: data.d.dataset: ud-english-ewt has one side only (en); set 'task: restoration' or 'task: text' or "
            "'task: tagging' or 'task: classification' or 'task: trees'"
        ],
    ),
    "sections of captions": (
        "{dataset: multi30k, source: en, target: de, sections: true}",
        ["3:50: data.d.sections: the texts of multi30k are no lists of sentences here; remove 'sections'"],
    ),
    "sections of summaries": (
        "{dataset: scitldr, source: summary, target: abstract, sections: true}",
        ["3:60: data.d.sections: the texts of scitldr are no lists of sentences here; remove 'sections'"],
    ),
    "sections of files": (
        "{" + FILES + ", sections: true}",
        [
            "3:63: data.d.sections: the texts of files are lines without sections, unlike those of some known datasets; remove 'sections'"
        ],
    ),
    "sections of a text": (
        "{dataset: scitldr, source: abstract, task: text, sections: true}",
        ["3:55: data.d.sections: 'task: text' reads texts as a whole; sections are for 'task: pairs': remove 'sections'"],
    ),
    "images as a target": (
        "{dataset: digits, source: words, target: images}",
        ["3:47: data.d.target: 'images' are no text: they can be read, not written"],
    ),
    "images as a text": (
        "{dataset: digits, source: images, task: text}",
        ["3:32: data.d.source: 'images' are no text, which 'task: text' reads; with 'task: pairs' they are read"],
    ),
    "tokens of images": (
        "{" + IMAGES + ", joint: true, vocabulary: e.source}",
        [
            "3:55: data.d.joint: with 'vocabulary' the source side has the tokens of another corpus; remove 'joint'",
            "3:68: data.d.vocabulary: images have no words to number; remove it",
        ],
    ),
    "a joint vocabulary with images": (
        "{" + IMAGES + ", joint: true}",
        ["3:55: data.d.joint: images have no words to share a vocabulary with; remove 'joint'"],
    ),
    "images beside images": (
        "{dataset: digits, source: [images, words], target: words}",
        [
            "3:32: data.d.source: images are read by themselves; name one source",
            "3:57: data.d.target: 'words' is read already",
        ],
    ),
    "target tokens beside images": (
        "{" + IMAGES + ", target_tokens: {kind: char}}",
        ["3:55: data.d.target_tokens: images have no tokens, so that 'tokens' are those of the target; remove 'target_tokens'"],
    ),
    "pieces for a restoration": (
        "{dataset: wikipedia-sample, task: restoration, tokens: {kind: bpe}}",
        ["3:68: data.d.tokens.kind: 'task: restoration' labels words, so that they must be tokens; bpe is none"],
    ),
    "stretches of pairs": (
        "{dataset: multi30k, source: en, target: de, stretch: 8}",
        [
            "3:50: data.d.stretch: only 'task: restoration' cuts sentences into stretches, since its sides pair word by word; remove 'stretch'"
        ],
    ),
}


@pytest.mark.parametrize(("corpus", "messages"), WRONG.values(), ids=WRONG)
def test_what_does_not_hang_together_is_told_where_it_stands(corpus: str, messages: list[str]) -> None:
    assert complaints_of(corpus) == [f"x.yaml:{message}" for message in messages]


@pytest.mark.parametrize(
    ("corpus", "messages"), [case for name, case in WRONG.items() if name != "an unknown one of several datasets"]
)
def test_opening_such_a_corpus_is_refused_with_the_same_words(corpus: str, messages: list[str]) -> None:
    with pytest.raises(RequestError) as error:
        open_corpus(DataSettings.from_record(yaml.safe_load(corpus)), Path())
    said = [message.partition("data.d.")[2].replace(". Did you mean 'fr'?", "") for message in messages]
    assert str(error.value) in said


@pytest.mark.parametrize(
    ("corpus", "message"),
    [
        ("{dataset: ud-english-ewt, task: tagging, label: upso}", "3:54: data.d.label: 'upso' is not a label."),
        ("{dataset: multi30k, source: [en, 3], target: de}", "3:39: data.d.source.1: expected text; found 3"),
        (
            "{dataset: digits, source: images, target: words, vocabulary: 3}",
            "3:67: data.d.vocabulary: expected text, or null; found 3",
        ),
    ],
)
def test_one_mistake_draws_no_others_after_it(corpus: str, message: str) -> None:
    (found,) = complaints_of(corpus)
    assert found.startswith(f"x.yaml:{message}")


# Whose vocabulary

TAGS = "{dataset: ud-english-ewt, task: tagging, label: upos, vocabulary: e.source}"
TEXT = "{dataset: us-speeches, task: text, tokens: {kind: bpe}}"


@pytest.mark.parametrize(
    "corpora",
    [
        (TAGS, TEXT),
        (TAGS.replace("e.source", "e.target"), "{dataset: multi30k, source: de, target: en}"),
        (TAGS.replace("e.source", "e.source2"), "{dataset: multi30k, source: [de, en], target: fr}"),
        (TAGS, "{dataset: wikipedia-sample, task: text, vocabulary: f.source}", TEXT),
        (
            "{dataset: wikipedia-sample, task: restoration, vocabulary: e.source}",
            "{dataset: us-speeches, task: text}",
        ),
        ("{dataset: multi30k, source: en, target: de, vocabulary: e.source, target_tokens: {kind: char}}", TEXT),
    ],
)
def test_a_vocabulary_of_another_corpus_passes(corpora: tuple[str, ...]) -> None:
    assert complaints_of(*corpora) == []


@pytest.mark.parametrize(
    ("corpora", "messages"),
    [
        (
            (TAGS.replace("e.source", "e"), TEXT),
            ["3:72: data.d.vocabulary: which side of 'e'? Write e.source or e.target"],
        ),
        (
            (TAGS.replace("e.source", "source"), TEXT),
            ["3:72: data.d.vocabulary: expected CORPUS.source or CORPUS.target; found 'source' (d, e)"],
        ),
        (
            (TAGS.replace("e.source", "g.source"), TEXT),
            ["3:72: data.d.vocabulary: no corpus is called 'g' (d, e)"],
        ),
        (
            (TAGS.replace("e.source", "e.sauce"), TEXT),
            ["3:72: data.d.vocabulary: 'sauce' is not a side. Did you mean 'source'? (source)"],
        ),
        (
            (TAGS.replace("e.source", "e.target"), TEXT),
            ["3:72: data.d.vocabulary: e has no words on its target side, since its task is text"],
        ),
        (
            (TAGS.replace("e.source", "e.target"), TAGS.replace(", vocabulary: e.source", "")),
            ["3:72: data.d.vocabulary: e has no words on its target side, since its task is tagging"],
        ),
        (
            (TAGS, "{" + IMAGES + "}"),
            ["3:72: data.d.vocabulary: e has no words on its source side, since it has images there"],
        ),
        (
            (TAGS.replace("e.source", "d.source"),),
            [
                "3:72: data.d.vocabulary: 'd' cannot have its own vocabulary from elsewhere; name another corpus, or remove 'vocabulary'"
            ],
        ),
        (
            (TAGS, TAGS.replace("e.source", "f.source"), TAGS.replace("e.source", "d.source")),
            ["3:72: data.d.vocabulary: a circle, in which no tokens are learned: d, e, f and d again"],
        ),
        (
            (TAGS.replace("label: upos", "label: upos, tokens: {kind: bpe}"), TEXT),
            ["3:60: data.d.tokens: the tokens are those of 'vocabulary'; remove 'tokens'"],
        ),
        (
            ("{dataset: multi30k, source: en, target: de, joint: true, vocabulary: e.source}", TEXT),
            ["3:50: data.d.joint: with 'vocabulary' the source side has the tokens of another corpus; remove 'joint'"],
        ),
        (
            ("{dataset: multi30k, source: [en, fr], target: de, vocabulary: e.source}", TEXT),
            ["3:56: data.d.vocabulary: is for one source; this corpus has several: remove it"],
        ),
        (
            ("{dataset: wikipedia-sample, task: restoration, vocabulary: e.source}", TEXT),
            ["3:65: data.d.vocabulary: 'task: restoration' labels words, so that they must be tokens; those of e are bpe"],
        ),
        (
            (
                "{dataset: wikipedia-sample, task: restoration, vocabulary: e.source}",
                "{dataset: us-speeches, task: text, vocabulary: f.target}",
                "{dataset: multi30k, source: de, target: en, target_tokens: {kind: unigram}}",
            ),
            ["3:65: data.d.vocabulary: 'task: restoration' labels words, so that they must be tokens; those of f are unigram"],
        ),
    ],
)
def test_a_vocabulary_that_cannot_be_had_is_told(corpora: tuple[str, ...], messages: list[str]) -> None:
    assert complaints_of(*corpora) == [f"x.yaml:{message}" for message in messages]


def test_a_vocabulary_of_a_broken_corpus_is_told_once() -> None:
    (found,) = complaints_of(TAGS, TEXT.replace("task: text", "task: texts"))
    assert "data.e.task: 'texts' is not a task." in found
