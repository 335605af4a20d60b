"""What a corpus consists of, for corpora of all sides."""

from embedseq.report.content import Amount, CorpusFacts, SideFacts, SplitFacts
from embedseq.report.corpus_tables import corpus_table
from embedseq.report.tables import Table

EN, FR, DE = (SideFacts(name, language, 8000) for name, language in (("source", "en"), ("source2", "fr"), ("target", "de")))


def shown(table: Table) -> dict[str, list[str]]:
    return {column.title: [row[i].text for row in table.rows] for i, column in enumerate(table.columns)}


def test_every_side_has_its_tokens_and_its_share_of_unknown_ones() -> None:
    amounts = (Amount(1000, 0.25), Amount(2000, 0.0), Amount(3000, 0.5))
    splits = (SplitFacts("train", 100, amounts, left_out=3), SplitFacts("test", 100, amounts))
    table = corpus_table(CorpusFacts("both", "", (EN, FR, DE), splits, tokens="byte-pair pieces"))
    heads = [
        "split",
        "sentences",
        "source tokens",
        "unknown",
        "source2 tokens",
        "unknown",
        "target tokens",
        "unknown",
        "left out",
    ]
    assert [column.title for column in table.columns] == heads
    assert [cell.text for cell in table.rows[0]] == ["train", "100", "1,000", "25.0 %", "2,000", "0 %", "3,000", "50.0 %", "3"]
    assert table.rows[1][-1].text == "–"
    assert table.how_to_read == (
        "Tokens are byte-pair pieces. Vocabulary: 8,000 source tokens (en), 8,000 source2 tokens (fr) and 8,000 target tokens "
        "(de). Unknown is the share of running tokens outside the vocabulary. Left out are sentences over the length limit."
    )


def test_a_vocabulary_of_all_sides_is_counted_once() -> None:
    amounts = (Amount(1000, 0.25), Amount(2000, 0.0), Amount(3000, 0.5))
    table = corpus_table(CorpusFacts("both", "", (EN, FR, DE), (SplitFacts("train", 100, amounts),), joint=True))
    assert table.how_to_read.startswith("Vocabulary: 8,000 tokens, the same ones for source (en), source2 (fr) and target (de). ")


def test_text_alone_needs_no_name_of_a_side() -> None:
    table = corpus_table(
        CorpusFacts("speeches", "", (SideFacts("source", vocabulary=6000),), (SplitFacts("train", 9, (Amount(90, 0.0),)),))
    )
    assert shown(table) == {"split": ["train"], "sentences": ["9"], "tokens": ["90"], "unknown": ["0 %"]}
    assert table.how_to_read.startswith("Vocabulary: 6,000 tokens. Unknown")


def labelled(sentences: int, labels: int, unknown: float, items: str) -> Table:
    tags = SideFacts("target", "upos", 17, pieces="labels", commonest=("NOUN", 0.171))
    splits = (SplitFacts("test", sentences, (Amount(90, 0.1), Amount(labels, unknown))),)
    return corpus_table(CorpusFacts("tags", "", (SideFacts("source", vocabulary=400), tags), splits, items=items))


def test_labels_of_words_are_counted_and_the_commonest_is_named() -> None:
    table = labelled(20, 60, 0.0, "sentences")
    assert shown(table) == {"split": ["test"], "sentences": ["20"], "tokens": ["90"], "unknown": ["10.0 %"], "labels": ["60"]}
    assert "Labels: 17 (upos); the commonest is NOUN, with 17.1 % of those in the training split." in table.how_to_read


def test_labels_that_training_lacks_are_told() -> None:
    assert shown(labelled(20, 60, 0.05, "sentences"))["unknown labels"] == ["5.0 %"]


def test_one_label_a_text_is_not_counted_twice() -> None:
    table = labelled(20, 20, 0.0, "texts")
    assert list(shown(table)) == ["split", "texts", "tokens", "unknown"]
    assert "the commonest is NOUN, with 17.1 % of the training texts." in table.how_to_read


def test_images_have_columns_of_numbers_and_no_vocabulary() -> None:
    sides = (SideFacts("source", pieces="columns", column=8), SideFacts("target", "words", 31))
    table = corpus_table(CorpusFacts("digits", "", sides, (SplitFacts("train", 9, (Amount(144), Amount(30, 0.0))),), "images"))
    assert shown(table) == {"split": ["train"], "images": ["9"], "columns": ["144"], "tokens": ["30"], "unknown": ["0 %"]}
    assert table.how_to_read == (
        "Vocabulary: 31 tokens (words). An image is read column by column, 8 numbers each. Unknown is the share of running "
        "tokens outside the vocabulary."
    )


def test_texts_of_several_sentences_say_how_many() -> None:
    splits = (SplitFacts("train", 3, (Amount(600, 0.0), Amount(60, 0.0)), sentences=6.54),)
    table = corpus_table(CorpusFacts("papers", "", (EN, DE), splits, items="texts"))
    assert shown(table)["sentences a text"] == ["6.5"]
