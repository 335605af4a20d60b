"""The word tokeniser's rules, on known answers. That it is reversible, `test_tokenisers.py` says for all kinds."""

import pytest

from embedseq.text.segmentation import segmenter
from embedseq.text.words import WordTokeniser

WORDS = WordTokeniser()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("A city, not the City.", "A city ￭, not the City ￭."),
        ('a "city" (the city)', 'a "￭ city ￭" (￭ the city ￭)'),
        ("It's the city's", "It ￭'s the city ￭'s"),
        ("l'homme d'un O'Brien", "l'￭ homme d'￭ un O'￭ Brien"),
        ("don't they're we'll", "don ￭'t they ￭'re we ￭'ll"),
        ("a well-known T-Shirt", "a well ￭-￭ known T ￭-￭ Shirt"),
        ("3.5 of 1,000,000 in 1990s.", "3.5 of 1,000,000 in 1990s ￭."),
        ("1,000, 2.5. 3,000a 4,5,", "1,000 ￭, 2.5 ￭. 3 ￭,￭ 000a 4,5 ￭,"),
        ("wait ... what?!", "wait . ￭. ￭. what ￭? ￭!"),
        ("two  spaces\t", "two ￭U+0020￭ ￭U+0020￭ spaces ￭U+0009￭"),
        ("Straße, café", "Straße ￭, cafe\u0301"),
        ("我爱北京。", "我爱北京 。"),
        ("我 爱", "我 ￭U+0020￭ 爱"),
        ("", ""),
    ],
)
def test_known_answers(text: str, tokens: str) -> None:
    text = text.replace("é", "e\u0301")
    assert WORDS.tokenise(text) == tokens.split()
    assert WORDS.detokenise(tokens.split()) == text


def test_a_word_is_the_same_token_wherever_it_stands() -> None:
    for text in ("city", " city ", "(city)", "the city's", "city-wide", '"city".', "city\n", "l'city", "a/city/b"):
        assert "city" in WORDS.tokenise(text), text


def test_no_token_contains_white_space() -> None:
    tokens = WORDS.tokenise("a \u00a0 b\u2003c\n\x1c\x85 d\u3000")
    assert not any(char.isspace() for token in tokens for char in token)


def test_each_token_begins_a_word() -> None:
    assert WORDS.word_starts(["city", "￭'s"]) == [True, True]


def test_made_up_tokens_give_some_text() -> None:
    assert WORDS.detokenise(["￭", "￭", "￭￭", "<unk>", "￭U+FFFFFFFF￭", "￭,￭", "a", "￭", "b"]) == "<unk>U+FFFFFFFF,ab"


def test_chinese_is_cut_into_words_and_joined_again() -> None:
    pytest.importorskip("jieba", reason="needs the extra chinese")
    chinese = WordTokeniser(segmenter("jieba"))
    assert chinese.tokenise("欢迎来到北京！") == ["欢迎", "来到", "北京", "！"]
    for text in ("我用 Python3 写程序，也喝 2 杯咖啡。", "他说：“你好”……", "T恤和卡拉OK", "𠀀𠀁 㐀", "日本語テキスト"):
        assert chinese.detokenise(chinese.tokenise(text)) == text


def test_an_unknown_segmenter_is_refused() -> None:
    with pytest.raises(ValueError, match="none, jieba"):
        segmenter("jeiba")  # type: ignore[arg-type]
