"""Gensim's Wikipedia sample."""

import bz2
from pathlib import Path

import pytest

from embedseq.errors import InputError
from embedseq.text.restoration import strip
from embedseq.text.tokenisers import Tokeniser
from embedseq.text.wikipedia import (
    SPLITS,
    assign,
    read_articles,
    read_lines_of,
    read_wikipedia,
    sample_path,
    split_sentences,
)
from embedseq.text.words import WordTokeniser


@pytest.mark.parametrize(
    "sentences",
    [
        ["It rained.", "We stayed in."],
        ["Dr. Smith met J. R. Jones in the U.S. Congress.", "They talked."],
        ["It cost c. 20 pounds, e.g. Two meals.", "Was it dear?", "No!"],
        ['He said "no."', '"Why?" she asked.', "(It was late.)", "He left."],
        ["In 1990 No. 5 won.", "1991 was worse."],
        ["One sentence without end"],
    ],
)
def test_sentences_end_where_they_should(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences)) == sentences


def test_markup_is_taken_off() -> None:
    wikitext = (
        "{{Infobox|name=X}}\n'''Albedo''' is the [[reflectivity|reflecting power]] of a body.<ref>{{cite|a}}</ref> It is "
        "{{convert|20|km|mi}} wide.<!-- hidden. -->\n\n== History ==\n[[File:X.jpg|thumb|A caption.]]\n* [[A list]] item\n"
        ": It was first measured in 1760 by somebody.\n[[Category:Optics]]\n"
    )
    lines = list(read_lines_of(wikitext))
    assert [line.text for line in lines if line.is_prose] == [
        "Albedo is the reflecting power of a body.",
        "It is 20 km wide.",
        "It was first measured in 1760 by somebody.",
    ]
    assert {"History", "A list item"} <= {line.text for line in lines if not line.is_prose}


def test_the_sample_has_about_a_hundred_articles_of_prose() -> None:
    articles = read_articles(sample_path())
    prose = [line.text for article in articles for line in article.lines if line.is_prose]
    assert 95 <= len(articles) <= 106
    assert 370_000 < sum(len(sentence.split()) for sentence in prose) < 420_000
    assert not any(mark in sentence for sentence in prose for mark in ("[[", "{{", "<ref", "'''", "http:", "|"))
    assert all(sentence == " ".join(sentence.split()) for sentence in prose)


def test_splits_part_the_articles_and_are_large_enough() -> None:
    parts = {split: list(read_wikipedia(sample_path(), split, prose_only=False)) for split in SPLITS}
    words = {split: sum(len(line.split()) for line in lines) for split, lines in parts.items()}
    articles = read_articles(sample_path())
    assert sum(map(len, parts.values())) == sum(len(article.lines) for article in articles)
    assert words["train"] > 0.93 * sum(words.values())
    assert min(words["valid"], words["test"]) > 8_000


def test_the_split_of_an_article_does_not_depend_on_the_order() -> None:
    sizes = [(f"article {number}", 10 + number) for number in range(100)]
    assert assign(sizes) == assign(sizes[::-1])
    held_out = sum(size for title, size in sizes if assign(sizes)[title] != "train")
    assert 0.04 < held_out / sum(size for _, size in sizes) < 0.06


def test_every_line_of_the_sample_comes_back_from_its_tokens() -> None:
    tokeniser: Tokeniser = WordTokeniser()
    for article in read_articles(sample_path()):
        for line in article.lines:
            assert tokeniser.detokenise(tokeniser.tokenise(line.text)) == line.text


def test_bare_words_of_the_sample_are_tokens_one_by_one() -> None:
    for split in ("valid", "test"):
        for line in read_wikipedia(sample_path(), split):
            words = strip(line).words
            assert WordTokeniser().tokenise(" ".join(words)) == list(words)


def test_a_file_that_is_no_dump_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"no bzip2")
    (tmp_path / "cut").write_bytes(bz2.compress(b"<mediawiki><page>"))
    for name in ("plain", "cut", "missing"):
        with pytest.raises(InputError, match="expected a bzip2-compressed MediaWiki dump"):
            read_articles(tmp_path / name)
