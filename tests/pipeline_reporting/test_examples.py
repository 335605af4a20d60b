"""What the report shows of corpora and of what models wrote, task by task, from artifacts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from embedseq.pipeline.reporting.examples import EXAMPLES, LONGEST, SHORT, examples_of, shortened, token_examples
from embedseq.pipeline.reporting.stored import StoredCorpus
from embedseq.report.examples import Example, LabelledWord, Picture
from embedseq.text.encoded import Encoded
from embedseq.text.frames import Frames
from embedseq.text.gold_words import GoldWords
from embedseq.text.sections import join_sections
from embedseq.text.settings import DataSettings
from embedseq.text.vocabulary import Vocabulary


def corpus_of(folder: Path, sides: Mapping[str, Sequence[str]], **settings: Any) -> StoredCorpus:
    """A corpus whose splits all have these lines; every word is a token, "rare" is none."""
    for side, lines in sides.items():
        words = sorted({word for line in lines for word in line.split()} - {"rare"})
        vocabulary = Vocabulary.from_counts(dict.fromkeys(words, 1))
        vocabulary.save(folder / f"{side}.vocabulary.json")
        for split in ("train", "test"):
            (folder / f"{split}.{side}.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            Encoded.write(folder / f"{split}.{side}", [vocabulary.ids(line.split()) for line in lines])
    data = DataSettings.from_record({"dataset": "made", "source": "en", "target": "de", **settings})
    return StoredCorpus("made", data, folder, folder)


def only(corpus: StoredCorpus, **written: str) -> Example:
    (example,) = examples_of(corpus, {arm: [line] for arm, line in written.items()})
    return example


def test_translations_show_all_their_sources(tmp_path: Path) -> None:
    sides = {"source": ["a dog"], "source2": ["un chien"], "target": ["ein Hund"]}
    example = only(corpus_of(tmp_path, sides, source=["en", "fr"]), a="ein Hund", b="")
    assert [(text.name, text.text) for text in example.sources] == [("source", "a dog"), ("source2", "un chien")]
    assert (example.reference.name, example.reference.text) == ("reference", "ein Hund")
    assert [(output.arm, output.text) for output in example.outputs] == [("a", "ein Hund"), ("b", "")]


def test_labels_of_a_restoration_are_shown_as_the_sentence_that_they_make(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {"source": ["hello you"], "target": ["Title_comma lower_period"]}, task="restoration")
    example = only(corpus, a="UPPER", b="nonsense lower lower")
    assert example.reference.text == "Hello, you."
    assert [output.text for output in example.outputs] == ["HELLO you", "hello you"]


def test_taggers_show_words_with_labels_and_which_are_wrong(tmp_path: Path) -> None:
    line = GoldWords(("They", "do", "n't"), (False, False, True)).line
    example = only(corpus_of(tmp_path, {"source": [line], "target": ["PRON AUX PART"]}, task="tagging"), a="PRON VERB PART")
    assert example.sources[0].text == "They don't"
    assert example.reference.name == "labels"
    assert [(word.word, word.label) for word in example.reference.words] == [("They", "PRON"), ("do", "AUX"), ("n't", "PART")]
    assert example.outputs[0].words[1] == LabelledWord("do", "VERB", right=False)
    assert [word.right for word in example.outputs[0].words] == [True, False, True]


def test_classifiers_show_the_text_and_its_label(tmp_path: Path) -> None:
    example = only(corpus_of(tmp_path, {"source": ["so good"], "target": ["reviews"]}, task="classification"), a="weblog")
    assert (example.sources[0].text, example.reference.name, example.reference.text) == ("so good", "label", "reviews")
    assert example.outputs[0].text == "weblog"


def test_images_are_shown_as_such(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {"target": ["four"]}, source="images", target="words")
    for split in ("train", "test"):
        Frames.write(tmp_path / f"{split}.source", [np.array([[0.0, 16.0], [8.0, 4.0]])])
    picture = Picture(((0.0, 1.0), (0.5, 0.25)))
    example = only(corpus, a="five")
    assert (example.sources[0].text, example.sources[0].picture) == ("row 1 of the test split", picture)
    (tokens,) = token_examples(corpus)
    assert [line.picture for line in tokens.lines] == [picture, None]
    assert tokens.lines[1].tokens == ("four",)


def test_sections_are_shown_as_running_text_which_is_cut_where_it_is_long(tmp_path: Path) -> None:
    abstract = join_sections([" ".join(["word"] * LONGEST), "The end ."])
    corpus = corpus_of(tmp_path, {"source": [abstract], "target": ["a summary"]}, sections=True)
    example = only(corpus, a="something")
    assert example.sources[0].text == f"{' '.join(['word'] * LONGEST)} …"
    (tokens,) = token_examples(corpus)
    assert (len(tokens.lines[0].tokens), tokens.lines[0].more) == (SHORT, LONGEST + 4 - SHORT)


def test_short_texts_are_left_as_they_are() -> None:
    assert shortened("a b c", 3) == "a b c"
    assert shortened("a b c d", 3) == "a b c …"


def test_short_texts_are_preferred(tmp_path: Path) -> None:
    lines = [" ".join(["word"] * (SHORT + 1)), *(["a dog"] * EXAMPLES)]
    corpus = corpus_of(tmp_path, {"source": lines, "target": lines})
    assert {example.sources[0].text for example in examples_of(corpus, {"a": [f"output {row}" for row in range(9)]})} == {"a dog"}
    assert {example.lines[0].tokens for example in token_examples(corpus)} == {("a", "dog")}


def test_where_few_texts_are_short_others_are_shown_too(tmp_path: Path) -> None:
    lines = [" ".join(["word"] * (SHORT + 1)), "a dog"]
    corpus = corpus_of(tmp_path, {"source": lines, "target": lines})
    found = list(examples_of(corpus, {"a": ["first", "second"]}))
    assert [(each.sources[0].text, each.outputs[0].text) for each in found] == [(lines[0], "first"), ("a dog", "second")]


def test_unknown_tokens_are_shown_as_such(tmp_path: Path) -> None:
    (tokens,) = token_examples(corpus_of(tmp_path, {"source": ["a rare dog"], "target": ["ein Hund"]}))
    assert tokens.lines[0].tokens == ("a", "<unk>", "dog")


def test_text_alone_has_one_line_of_tokens(tmp_path: Path) -> None:
    (tokens,) = token_examples(corpus_of(tmp_path, {"source": ["a dog"]}, task="text", target=None))
    assert [(line.side, line.tokens) for line in tokens.lines] == [("source", ("a", "dog"))]
