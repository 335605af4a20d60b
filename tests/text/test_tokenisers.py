"""What all tokenisers promise: nothing is lost, and the same training gives the same bytes."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from embedseq.errors import InputError, RequestError
from embedseq.text.gold_words import GoldWords
from embedseq.text.settings import TokenSettings
from embedseq.text.tokenisers import Tokeniser, load_tokeniser, train_tokeniser
from embedseq.text.vocabulary import UNK, Vocabulary
from embedseq.text.words import units

TEXT = [
    "The quick brown fox jumps over the lazy dog's well-known bed.",
    "Zwölf große Boxkämpfer jagen Viktor quer über den Deich, während er schläft.",
    "L'été, les élèves d'un lycée mangent 3,5 kg de pommes.",
    "我爱北京，也爱上海。 今天 我们去图书馆看书。",
] * 5
KINDS = {
    "word": TokenSettings(kind="word"),
    "jieba": TokenSettings(kind="word", segmenter="jieba"),
    "char": TokenSettings(kind="char"),
    "bpe": TokenSettings(kind="bpe", size=260),
    "unigram": TokenSettings(kind="unigram", size=260),
    "bpe-rare": TokenSettings(kind="bpe", size=120, min_count=10),
    "bpe-jieba": TokenSettings(kind="bpe", size=260, segmenter="jieba"),
}
PIECES = ("bpe", "unigram", "bpe-rare", "bpe-jieba")
# Characters that the notations use or that Unicode makes hard, in all the combinations that chance finds.
HARD = st.text(alphabet="aB1é ß.,'’-\t\n\r\x00￭▁␛#U+0<>/s我爱。、\u3000\u00a0\u0301\u200dकि😀")
FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "￭",
            "▁",
            "␛",
            "##",
            "U+0020",
            "￭U+FFED￭",
            "␛e9␛",
            "<unk>",
            "<s>",
            "it's",
            "d'un",
            " ",
            "  ",
            "well-known",
            "1.5",
            "北京",
            "é",
        ]
    )
).map("".join)
ANY_TEXT = st.text() | HARD | FRAGMENTS


@cache
def trained(kind: str) -> tuple[Tokeniser, Vocabulary]:
    if "jieba" in kind:
        pytest.importorskip("jieba", reason="needs the extra chinese")
    return train_tokeniser(KINDS[kind], lambda: iter(TEXT))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150)
@given(text=ANY_TEXT)
@example(text="a\ud800b")
@example(text="ſ'ſ İ'S 'ſ")
def test_tokens_give_the_text_back(kind: str, text: str) -> None:
    tokeniser, _ = trained(kind)
    tokens = tokeniser.tokenise(text)
    assert tokeniser.detokenise(tokens) == text
    assert not any(char.isspace() for token in tokens for char in token)
    assert len(tokeniser.word_starts(tokens)) == len(tokens)


@pytest.mark.parametrize("kind", PIECES)
@settings(max_examples=150)
@given(text=ANY_TEXT)
def test_ids_of_pieces_give_the_text_back(kind: str, text: str) -> None:
    tokeniser, vocabulary = trained(kind)
    ids = vocabulary.ids(tokeniser.tokenise(text))
    assert UNK not in ids
    assert tokeniser.detokenise(vocabulary.tokens_of(ids)) == text


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=50)
@given(tokens=st.lists(ANY_TEXT))
def test_any_tokens_give_some_text(kind: str, tokens: list[str]) -> None:
    assert isinstance(trained(kind)[0].detokenise(tokens), str)


WORDS = st.text(alphabet="aB1é'’.,-s我爱\u0301/", min_size=1) | ANY_TEXT.map(str.strip).filter(bool)
GOLD = st.lists(st.tuples(WORDS, st.booleans()), min_size=1, max_size=8).filter(
    lambda pairs: not any(mark in word for word, _ in pairs for mark in "␟␠")
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150)
@given(pairs=GOLD)
@example(pairs=[("do", False), ("n't", True)])
@example(pairs=[("l'", False), ("homme", True)])
@example(pairs=[("1,0", False), ("00 km", True), ("/", True), ("h", True)])
def test_each_gold_word_begins_with_a_token_of_its_own(kind: str, pairs: list[tuple[str, bool]]) -> None:
    tokeniser, _ = trained(kind)
    words = GoldWords(tuple(word for word, _ in pairs), tuple(glued for _, glued in pairs))
    cut = tokeniser.tokenise_words(words)
    assert tokeniser.detokenise(cut.tokens) == words.text
    assert len(cut.starts) == len(words.words)
    assert cut.starts == sorted(set(cut.starts))
    assert cut.starts[-1] < len(cut.tokens)
    ends = [*cut.starts[1:], len(cut.tokens)]
    for word, start, end in zip(words.words, cut.starts, ends, strict=True):
        # What stands before the next word's first token may be the mark of the gap between them.
        assert "".join(tokeniser.detokenise(cut.tokens[start:end]).split()).startswith("".join(word.split()))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150)
@given(text=ANY_TEXT, kept=st.sets(st.integers(0, 30)))
def test_gold_words_that_are_the_tokenisers_own_give_the_tokens_of_the_text(kind: str, text: str, kept: set[int]) -> None:
    """Words are one unit of the tokeniser or several that are written together; white space is a single space."""
    tokeniser, _ = trained(kind)
    text = " ".join(text.replace("␟", "").replace("␠", "").split())
    words: list[str] = []
    glued: list[bool] = []
    tight = False
    for number, unit in enumerate(units(text)):
        if unit.kind == "space":
            tight = False
            continue
        if tight and number not in kept:
            words[-1] += unit.text
        else:
            words.append(unit.text)
            glued.append(tight)
        tight = True
    if words:
        gold = GoldWords(tuple(words), tuple(glued))
        assert gold.text == text
        assert tokeniser.tokenise_words(gold).tokens == tokeniser.tokenise(text)


def test_what_reaches_over_a_words_bound_is_cut_there_and_marked_as_running_text_would_be() -> None:
    word, bpe = trained("word")[0], trained("bpe")[0]
    words = GoldWords.from_line("I do ␟n't like ␟, l' ␟homme")
    cut = word.tokenise_words(words)
    assert " ".join(cut.tokens) == "I do ￭ n ￭'t like ￭, l'￭ homme"
    assert [cut.tokens[start] for start in cut.starts] == ["I", "do", "n", "like", "￭,", "l'￭", "homme"]
    pieces = bpe.tokenise_words(words)
    begun = [start for start, begins in enumerate(bpe.word_starts(pieces.tokens)) if begins]
    assert [begun.index(start) for start in pieces.starts] == cut.starts


@pytest.mark.parametrize("kind", KINDS)
def test_no_token_is_a_special_one(kind: str) -> None:
    tokeniser, _ = trained(kind)
    assert not {"<pad>", "<unk>", "<s>", "</s>"} & set(tokeniser.tokenise("<pad><unk> <s> </s>"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_tokeniser_cuts_the_same_way(tmp_path: Path, kind: str) -> None:
    tokeniser, _ = trained(kind)
    tokeniser.save(tmp_path / "one.json")
    loaded = load_tokeniser(tmp_path / "one.json")
    loaded.save(tmp_path / "two.json")
    assert [loaded.tokenise(line) for line in TEXT] == [tokeniser.tokenise(line) for line in TEXT]
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_training_again_gives_the_same_bytes(tmp_path: Path, kind: str) -> None:
    for name, (tokeniser, vocabulary) in {"a": trained(kind), "b": train_tokeniser(KINDS[kind], lambda: iter(TEXT))}.items():
        tokeniser.save(tmp_path / f"{name}.tokeniser")
        vocabulary.save(tmp_path / f"{name}.vocabulary")
    assert (tmp_path / "a.tokeniser").read_bytes() == (tmp_path / "b.tokeniser").read_bytes()
    assert (tmp_path / "a.vocabulary").read_bytes() == (tmp_path / "b.vocabulary").read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_the_vocabulary_counts_the_tokens_of_the_text(kind: str) -> None:
    tokeniser, vocabulary = trained(kind)
    tokens = [token for line in TEXT for token in tokeniser.tokenise(line)]
    assert sum(vocabulary.counts) == len(tokens)
    commonest = vocabulary.words[0]
    assert vocabulary.counts[4] == tokens.count(commonest)


@pytest.mark.parametrize("kind", PIECES)
def test_pieces_keep_to_the_size(kind: str) -> None:
    assert len(trained(kind)[1]) <= (KINDS[kind].size or 0)


def test_pieces_of_one_word_are_marked_as_going_on() -> None:
    tokeniser, _ = trained("bpe")
    tokens = tokeniser.tokenise("fox foxes")
    starts = tokeniser.word_starts(tokens)
    assert sum(starts) == 2
    assert [token.startswith("##") for token in tokens] == [not start for start in starts]


def test_a_common_word_is_a_clean_piece() -> None:
    tokeniser, vocabulary = train_tokeniser(TokenSettings(kind="bpe", size=100), lambda: iter(["the city, (city) city's"] * 50))
    assert "city" in vocabulary
    assert tokeniser.tokenise("(city)").count("city") == 1


def test_a_size_below_the_characters_is_refused_with_the_size_it_takes() -> None:
    with pytest.raises(RequestError, match="raise `size` to at least"):
        train_tokeniser(TokenSettings(kind="bpe", size=40), lambda: iter(TEXT))


def test_rare_words_and_characters_become_unknown() -> None:
    lines = ["a a b"] * 3 + ["rare"]
    _, vocabulary = train_tokeniser(TokenSettings(kind="word", min_count=2), lambda: iter(lines))
    assert vocabulary.words == ("a", "b")
    assert vocabulary.counts[UNK] == 1
    _, vocabulary = train_tokeniser(TokenSettings(kind="char", size=8), lambda: iter(lines))
    assert vocabulary.words == ("a", "▁", "b", "r")


@pytest.mark.parametrize("content", ["", "{}", '{"kind": "worth"}', '{"kind": "bpe", "segmenter": "none", "model": {}}'])
def test_another_file_is_no_tokeniser(tmp_path: Path, content: str) -> None:
    (tmp_path / "tokeniser.json").write_text(content)
    with pytest.raises(InputError, match=r"tokeniser\.json: expected a tokeniser"):
        load_tokeniser(tmp_path / "tokeniser.json")


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(extra=st.integers(0, 3))
def test_training_reads_one_sentence_at_a_time(kind: str, extra: int) -> None:
    alive = 0
    most = 0

    class Line(str):
        """A sentence that knows how many of its like there are."""

        def __init__(self, _: str) -> None:
            nonlocal alive, most
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def sentences() -> Iterator[str]:
        return (Line(line) for line in TEXT * (1 + extra))

    if "jieba" in kind:
        pytest.importorskip("jieba", reason="needs the extra chinese")
    train_tokeniser(KINDS[kind], sentences)
    assert most <= 3
