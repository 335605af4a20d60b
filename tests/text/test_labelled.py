"""Treebanks with labels."""

from pathlib import Path

import pytest

from embedseq.errors import InputError
from embedseq.text.gold_words import GoldWords
from embedseq.text.labelled import GenreSplit, TaggedSplit, WordLabel

WORDS = """1\tDogs\tdog\tNOUN\tNNS\tNumber=Plur\t2\tnsubj\t_\t_
2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No
2\tdo\tdo\tAUX\tVBP\t_\t0\troot\t_\t_
3\tn't\tnot\tPART\tRB\t_\t2\tadvmod:neg\t_\t_
4\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_
"""
SENTENCE = f"# sent_id = weblog-a.com_1\n# text = Dogs don't.\n{WORDS}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "a.conllu").write_text(SENTENCE)
    return tmp_path / "a.conllu"


@pytest.mark.parametrize(("label", "labels"), [("upos", "NOUN AUX PART PUNCT"), ("deprel", "nsubj root advmod:neg punct")])
def test_each_word_has_a_label(path: Path, label: WordLabel, labels: str) -> None:
    split = TaggedSplit(path, label)
    assert split.problems() == []
    (pair,) = split.pairs()
    assert pair.target == labels
    words = GoldWords.from_line(pair.source)
    assert words.words == ("Dogs", "do", "n't", ".")
    assert words.text == "Dogs don't."


def test_a_word_without_a_label_is_named_with_its_place(path: Path) -> None:
    path.write_text(SENTENCE + SENTENCE.replace("\tAUX\t", "\t_\t"))
    assert TaggedSplit(path, "deprel").problems() == []
    assert TaggedSplit(path, "upos").problems() == [
        f"{path}: line 9: in the sentence that begins here, word 2 (do) has no upos: expected a label for each word"
    ]


def test_a_word_that_cannot_be_written_as_one_is_named_with_its_place(path: Path) -> None:
    path.write_text(SENTENCE.replace("Dogs\tdog", "D␟gs\tdog"))
    (problem,) = TaggedSplit(path, "upos").problems()
    assert problem.startswith(f"{path}: line 1: in the sentence that begins here the word 'D␟gs' contains ␟ or ␠")


def test_a_sentence_has_the_genre_that_its_id_begins_with(path: Path) -> None:
    split = GenreSplit(path)
    assert split.problems() == []
    assert [(pair.source, pair.target) for pair in split.pairs()] == [("Dogs don't.", "weblog")]


@pytest.mark.parametrize(("identity", "found"), [("# sent_id = fables-1\n", "its id is 'fables-1'"), ("", "it has no id")])
def test_a_treebank_without_genres_is_refused(path: Path, identity: str, found: str) -> None:
    path.write_text(SENTENCE.replace("# sent_id = weblog-a.com_1\n", identity))
    with pytest.raises(InputError) as error:
        list(GenreSplit(path).pairs())
    assert str(error.value) == (
        f"{path}: line 1: the sentence that begins here has no genre: expected an id that begins with one of answers, email, "
        f"newsgroup, reviews, weblog and a hyphen, as in UD English EWT; {found}"
    )


@pytest.mark.parametrize("kind", ["tagged", "genre"])
def test_a_file_without_sentences_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.conllu"
    path.write_text("\n\n")
    split = TaggedSplit(path, "upos") if kind == "tagged" else GenreSplit(path)
    assert "the file is empty: expected CoNLL-U" in split.problems()[0]
