"""Treebanks."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from embedseq.errors import InputError
from embedseq.text.conllu import problems_in_conllu, read_conllu
from embedseq.text.gold_words import GoldWords

WORDS = """1\tDogs\tdog\tNOUN\tNNS\tNumber=Plur\t2\tnsubj\t_\t_
2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
2\tdo\tdo\tAUX\tVBP\t_\t0\troot\t_\t_
3\tn't\tnot\tPART\tRB\t_\t2\tadvmod\t_\t_
3.1\tbark\tbark\tVERB\t_\t_\t_\t_\t2:conj\t_
4\tlie\tlie\tVERB\tVB\t_\t2\txcomp\t_\tSpaceAfter=No
5\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_
"""


def save(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["a.conllu", "a.conllu.gz"])
def test_words_tags_and_trees_are_read(tmp_path: Path, name: str) -> None:
    first, second = read_conllu(save(tmp_path / name, f"# sent_id = 1\n# text = Dogs don't lie.\n{WORDS}\n\n{WORDS}"))
    assert replace(second, sent_id="1", line=1) == first
    assert (second.sent_id, second.line) == ("", 12)
    assert first.text == "Dogs don't lie."
    assert first.forms == ("Dogs", "do", "n't", "lie", ".")
    assert first.upos == ("NOUN", "AUX", "PART", "VERB", "PUNCT")
    assert first.heads == (2, 0, 2, 2, 2)
    assert first.deprels == ("nsubj", "root", "advmod", "xcomp", "punct")
    assert first.feats == ({"Number": "Plur"}, {}, {}, {}, {})
    assert first.glued == (False, False, True, False, True)
    assert GoldWords(first.forms, first.glued).text == first.text


def row(number: str, form: str, misc: str = "_") -> str:
    return f"{number}\t{form}" + "\t_" * 7 + f"\t{misc}\n"


def test_a_space_stands_between_parts_that_are_written_otherwise_than_they_are_together(tmp_path: Path) -> None:
    tight = "SpaceAfter=No"
    text = row("1-2", "zum", tight) + row("1", "zu") + row("2", "dem") + row("3", "Haus", tight) + row("4", ".")
    (sentence,) = read_conllu(save(tmp_path / "a.conllu", text))
    assert sentence.text == "zumHaus."
    assert sentence.glued == (False, False, True, True)
    assert GoldWords(sentence.forms, sentence.glued).text == "zu demHaus."


def test_what_belongs_to_a_range_says_nothing_of_the_space_after_it(tmp_path: Path) -> None:
    text = row("1-2", "cannot") + row("1", "can", "SpaceAfter=No") + row("2", "not", "SpaceAfter=No") + row("3", "lie")
    (sentence,) = read_conllu(save(tmp_path / "a.conllu", text))
    assert sentence.glued == (False, True, False)


def test_a_line_with_too_few_columns_is_refused_with_its_number(tmp_path: Path) -> None:
    path = save(tmp_path / "a.conllu", f"{WORDS}\n# text = x\n1\tx\tx\n")
    assert problems_in_conllu(path) == [f"{path}: line 10 has 3 columns parted by tabs: CoNLL-U has ten"]
    with pytest.raises(InputError, match="line 10"):
        list(read_conllu(path))


def test_a_word_number_that_is_none_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.conllu", WORDS.replace("2\tdo\t", "two\tdo\t"))
    assert "the sentence from line 1 on is not CoNLL-U" in problems_in_conllu(path)[0]


def test_a_file_without_sentences_is_refused(tmp_path: Path) -> None:
    assert "no sentence" in problems_in_conllu(save(tmp_path / "a.conllu", "\n\n"))[0]
    assert "begins a block without words" in problems_in_conllu(save(tmp_path / "b.conllu", "# only a comment\n"))[0]
