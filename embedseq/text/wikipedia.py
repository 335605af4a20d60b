"""Sentences of the English Wikipedia sample that installs with gensim: articles out of the dump, markup off, sentences apart.

gensim's own reader gives tokens and drops the boundaries of the sentences. The first clean-up is its `filter_wiki`; lists,
tables, headings, captions and what became unreadable without its templates are told from the prose here.
"""

import bz2
import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from embedseq.errors import InputError

SAMPLE = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
SPLITS = ("train", "valid", "test")
FEWEST_CHARACTERS = 2000  # of wikitext; shorter pages are redirects and disambiguations
FEWEST_WORDS, MOST_WORDS = 4, 120  # of a sentence

HELD_OUT = 0.025  # share of the words in valid, and again in test

# Blocks that filter_wiki leaves behind, and that are no text.
_BLOCKS = re.compile(
    r"<(ref|math|timeline|code|syntaxhighlight|nowiki|chem|score)\b[^<>]*(?<!/)>.*?</\1\s*>|<!--.*?-->",
    re.DOTALL | re.IGNORECASE,
)
_TAGS = re.compile(r"<[^<>]*>")
_QUOTES = re.compile(r"'{2,}")
_CONVERTED = re.compile(r"\{\{\s*(?:convert|cvt)\s*\|([^{}|]+)\|([^{}|]+)[^{}]*\}\}", re.IGNORECASE)  # "20 km"
_SHOWN = re.compile(r"\{\{\s*(?:lang\s*\|[^{}|]*|nowrap|nihongo|transl\s*\|[^{}|]*)\|([^{}|]+)[^{}]*\}\}", re.IGNORECASE)
_OPENED = re.compile(r"[\s,;:]+(?=\))|(?<=\()[\s,;:]+")  # "(ANSI, )"
_JOINED = re.compile(r"(?<=[a-z]{2}[,;.])(?=[A-Z][a-z])")  # a reference that parted two sentences is gone
_BRACKETS = re.compile(r"\s*\([\s,;:.\-–]*\)")  # what a template leaves: "the Greek ( , )"
_MARKUP = tuple("|!{}<>")  # rows of tables that filter_wiki could not read; it leaves the text of cells, a line each
_BEGINS_NO_PROSE = tuple("*#:;=[&")
_PROSE_ENDS = re.compile(r"[.!?][\"'”’)\]]*$")
_LEFTOVERS = re.compile(r"[{}|<>\\=]|\[\[|\]\]|https?:|&[a-z]+;|(?:^|\s)[,;:.](?=\s|$)|\(\s*[,;]|__")
_BOUNDARY = re.compile(r"(?<=[.!?])([\"”’)\]]*)\s+(?=[\"“‘(\[]*[A-Z0-9])")
_LAST_WORD = re.compile(r"([\w.]+)\.$")
_ABBREVIATIONS = frozenset(
    """mr mrs ms dr prof st sr jr rev hon gen col lt capt cmdr sgt maj adm gov sen rep pres no nos vol vols pp p pg ch fig figs eq
    ed eds trans vs v cf ca c approx al etc viz eg ie inc ltd co corp bros dept univ assn jan feb mar apr jun jul aug sep sept oct
    nov dec mt ft op art sec ser fl b d r var subsp spp sp""".split()  # noqa: SIM905
)


class Line(NamedTuple):
    """A sentence of running text, or (`is_prose` False) a heading, an item of a list, a caption, a broken sentence."""

    text: str
    is_prose: bool


class Article(NamedTuple):
    """A title and its text in reading order."""

    title: str
    lines: tuple[Line, ...]


def sample_path() -> Path:
    """Where gensim has put the sample; gensim itself is not imported. Raises InputError when it is not there."""
    spec = find_spec("gensim")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "test" / "test_data" / SAMPLE
        if path.is_file():
            return path
    raise InputError(
        f"{SAMPLE}: expected the Wikipedia sample inside the installed gensim, found none: pip install --force-reinstall gensim"
    )


@lru_cache(maxsize=1)  # 3 MB of text that each split, and each pass over it, would otherwise parse anew for seconds
def read_articles(path: Path) -> tuple[Article, ...]:
    """All articles of a dump that have text. Raises InputError when it is not a dump of MediaWiki."""
    articles = (Article(title, tuple(read_lines_of(text))) for title, text in _pages(path))
    return tuple(article for article in articles if article.lines)


def read_wikipedia(path: Path, split: str, prose_only: bool = True) -> Iterator[str]:
    """The sentences of the articles of one split; unless `prose_only`, the headings, items and captions between them too."""
    articles = read_articles(path)
    places = assign([(article.title, sum(len(line.text.split()) for line in article.lines)) for article in articles])
    for article in articles:
        if places[article.title] == split:
            yield from (line.text for line in article.lines if line.is_prose or not prose_only)


def assign(sizes: list[tuple[str, int]]) -> dict[str, str]:
    """The split of each title, from titles and their numbers of words; it does not depend on their order.

    Titles are taken in the order of their hashes: test is filled to its share of the words, then valid, the rest is train. A
    title that would overfill one is left to the next. The shares are small since word vectors need all the text that there is.
    """
    total = sum(size for _, size in sizes)
    rooms = {"test": HELD_OUT * total, "valid": HELD_OUT * total}
    places: dict[str, str] = {}
    for title, size in sorted(sizes, key=lambda item: hashlib.sha256(item[0].encode()).digest()):
        fitting = [split for split, room in rooms.items() if size <= 1.1 * room]
        places[title] = fitting[0] if fitting else "train"
        if fitting:
            rooms[fitting[0]] -= size
    return places


def read_lines_of(wikitext: str) -> Iterator[Line]:
    """What can be read of an article, sentence by sentence."""
    from gensim.corpora.wikicorpus import filter_wiki  # a second that only this needs

    text = _SHOWN.sub(r"\1", _CONVERTED.sub(r"\1 \2", _BLOCKS.sub("", wikitext)))
    text = _QUOTES.sub("", _TAGS.sub("", filter_wiki(text)))
    text = _JOINED.sub(" ", _OPENED.sub("", _BRACKETS.sub("", text)))
    for line in text.splitlines():
        if line.startswith(_MARKUP):
            continue
        paragraph = " ".join(line.removeprefix(":").split())
        is_prose = not paragraph.startswith(_BEGINS_NO_PROSE) and bool(_PROSE_ENDS.search(paragraph))
        for sentence in split_sentences(paragraph.strip("*#:;= ")):
            if sentence:
                yield Line(sentence, is_prose and _is_prose(sentence))


def split_sentences(paragraph: str) -> list[str]:
    """The sentences of a paragraph: at `.`, `!` or `?` before a capital or a digit, but not after abbreviations and initials."""
    found: list[str] = []
    begin = 0
    for boundary in _BOUNDARY.finditer(paragraph):
        so_far = paragraph[begin : boundary.start()]
        if not boundary.group(1) and _is_abbreviated(so_far):
            continue
        found.append(paragraph[begin : boundary.end(1)])
        begin = boundary.end()
    return [*found, paragraph[begin:]]


def _is_abbreviated(text: str) -> bool:
    """Whether the period at the end belongs to the last word: `Dr.`, `J.`, `U.S.`, `e.g.`."""
    last = _LAST_WORD.search(text)
    if last is None:
        return False
    word = last.group(1)
    return word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isupper() and word != "I") or "." in word


def _is_prose(sentence: str) -> bool:
    words = sentence.split()
    if not FEWEST_WORDS <= len(words) <= MOST_WORDS or _LEFTOVERS.search(sentence):
        return False
    first = sentence.lstrip('"“‘([')[:1]
    return (
        (first.isupper() or first.isdigit()) and bool(_PROSE_ENDS.search(sentence)) and sentence.count("(") == sentence.count(")")
    )


def _pages(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with bz2.open(path, "rb") as file:
            page: dict[str, str] = {}
            for _, element in ElementTree.iterparse(file):
                name = element.tag.rpartition("}")[2]
                if name in ("title", "ns", "text"):
                    page[name] = element.text or ""
                elif name == "page":
                    if page.get("ns") == "0" and len(page.get("text", "")) >= FEWEST_CHARACTERS:
                        yield page["title"], page["text"]
                    page = {}
                    element.clear()
    except (OSError, EOFError, ElementTree.ParseError) as error:
        raise InputError(f"{path}: expected a bzip2-compressed MediaWiki dump, found something else ({error})") from error
