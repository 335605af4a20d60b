"""Nothing is lost on real text: the corpora of EMBEDSEQ_DATA, where they are, and the sample data always."""

import os
from functools import cache
from itertools import islice
from pathlib import Path

import pytest

from embedseq.text.conllu import read_conllu
from embedseq.text.files import read_lines
from embedseq.text.gold_words import GoldWords
from embedseq.text.settings import TokenSettings
from embedseq.text.tokenisers import train_tokeniser
from embedseq.text.vocabulary import UNK

LINES = 2000
REAL = os.environ.get("EMBEDSEQ_DATA")  # as it was before the tests, which all see the sample data there
SAMPLES = Path(__file__).parent.parent / "data"
FILES = ["multi30k/train.en.gz", "multi30k/train.de.gz", "multi30k/train.fr.gz", "tatoeba-cmn-eng/train.zh.gz"]
TREEBANK = "ud-english-ewt/en_ewt-ud-dev.conllu.gz"
ONLY_REAL = ["tatoeba-cmn-eng/train.en.gz", "us-speeches/val.txt.gz"]
SETTINGS = {
    "word": TokenSettings(kind="word"),
    "jieba": TokenSettings(kind="word", segmenter="jieba"),
    "char": TokenSettings(kind="char"),
    "bpe": TokenSettings(kind="bpe", size=2000, min_count=5),
    "unigram": TokenSettings(kind="unigram", size=2000, min_count=5),
}


def cases(names: list[str]) -> list[tuple[str, str]]:
    """Each file with each kind of tokens; jieba is for Chinese alone."""
    return [(name, kind) for name in names for kind in SETTINGS if kind != "jieba" or ".zh." in name]


@cache
def lines_of(folder: Path, name: str) -> list[str]:
    return list(islice(read_lines(folder / name), LINES))


def check(folder: Path, name: str, kind: str) -> None:
    if kind == "jieba":
        pytest.importorskip("jieba", reason="needs the extra chinese")
    lines = lines_of(folder, name)
    # Trained on half of the lines alone, so that the rest holds words and characters never seen.
    tokeniser, vocabulary = train_tokeniser(SETTINGS[kind], lambda: iter(lines[: len(lines) // 2]))
    for line in lines:
        tokens = tokeniser.tokenise(line)
        assert tokeniser.detokenise(tokens) == line
        if kind in ("bpe", "unigram"):
            ids = vocabulary.ids(tokens)
            assert UNK not in ids
            assert tokeniser.detokenise(vocabulary.tokens_of(ids)) == line


@pytest.mark.parametrize(("name", "kind"), cases(FILES))
def test_sample_text_comes_back(name: str, kind: str) -> None:
    check(SAMPLES, name, kind)


@pytest.mark.skipif(REAL is None, reason="EMBEDSEQ_DATA is not set: no real corpora here")
@pytest.mark.parametrize(("name", "kind"), cases(FILES + ONLY_REAL))
def test_real_text_comes_back(name: str, kind: str) -> None:
    assert REAL is not None
    folder = Path(REAL)
    if not (folder / name).is_file():
        pytest.skip(f"EMBEDSEQ_DATA has no {name}")
    check(folder, name, kind)


def check_gold_words(folder: Path, kind: str) -> None:
    sentences = list(islice(read_conllu(folder / TREEBANK), 300))
    tokeniser, _ = train_tokeniser(SETTINGS[kind], lambda: (sentence.text for sentence in sentences[:150]))
    for sentence in sentences:
        words = GoldWords(sentence.forms, sentence.glued)
        assert GoldWords.from_line(words.line) == words
        assert words.text == sentence.text
        cut = tokeniser.tokenise_words(words)
        assert tokeniser.detokenise(cut.tokens) == sentence.text
        assert cut.starts == sorted(set(cut.starts))
        assert len(cut.starts) == len(words.words)


@pytest.mark.parametrize("kind", ["word", "char", "bpe", "unigram"])
def test_gold_words_of_the_sample_give_the_text_back(kind: str) -> None:
    check_gold_words(SAMPLES, kind)


@pytest.mark.skipif(REAL is None, reason="EMBEDSEQ_DATA is not set: no real corpora here")
@pytest.mark.parametrize("kind", ["word", "char", "bpe", "unigram"])
def test_real_gold_words_give_the_text_back(kind: str) -> None:
    assert REAL is not None
    folder = Path(REAL)
    if not (folder / TREEBANK).is_file():
        pytest.skip(f"EMBEDSEQ_DATA has no {TREEBANK}")
    check_gold_words(folder, kind)
