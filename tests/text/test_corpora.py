"""Corpora as settings describe them."""

import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from embedseq.errors import InputError, Problems, RequestError
from embedseq.text.corpora import Corpus, Pair, open_corpus, token_settings
from embedseq.text.settings import DataSettings, TokenSettings
from embedseq.text.splits import TextSplit

ROWS = [("A Dog.", "Ein Hund."), ("", ""), (" Two Men ", "Zwei Männer"), ("The end.", "Das Ende.")]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "t.en").write_text("".join(f"{source}\n" for source, _ in ROWS))
    (tmp_path / "t.de.gz").write_bytes(gzip.compress("".join(f"{target}\n" for _, target in ROWS).encode()))
    (tmp_path / "t.tsv").write_text("".join(f"{source}\t{target}\n" for source, target in ROWS if source))
    (tmp_path / "t.fr").write_text("Un Chien.\n\nDeux hommes\nLa fin.\n")
    (tmp_path / "l.tsv").write_text("A Dog.\t very good\t1\nThe end.\tsci.space\t2\n")
    (tmp_path / "t.conllu").write_text(
        "# sent_id = email-1\n# text = A dog.\n"
        + "1\tA\ta\tDET\t_\t_\t2\tdet\t_\t_\n2\tDog\tdog\tNOUN\t_\t_\t0\troot\t_\tSpaceAfter=No\n"
        + "3\t.\t.\tPUNCT\t_\t_\t2\tpunct:end\t_\t_\n"
    )
    return tmp_path


def corpus(base: Path, **fields: Any) -> Corpus:
    return open_corpus(DataSettings.from_record(fields), base)


PARALLEL = {"source": "t.en", "target": "t.de.gz"}
TWO = {"source": ["t.en", "t.fr"], "target": "t.de.gz"}


@pytest.mark.parametrize("files", [PARALLEL, {"pairs": "t.tsv"}])
def test_pairs_are_read_without_empty_ones_and_stripped(base: Path, files: dict[str, str]) -> None:
    opened = corpus(base, train=files)
    opened.check()
    assert list(opened.pairs("train")) == [
        Pair("A Dog.", "Ein Hund."),
        Pair("Two Men", "Zwei Männer"),
        Pair("The end.", "Das Ende."),
    ]


def test_files_and_splits_are_those_that_were_named(base: Path) -> None:
    opened = corpus(base, train=PARALLEL, valid={"pairs": "t.tsv"})
    assert opened.splits == ("train", "valid")
    assert opened.files == {"train": (base / "t.en", base / "t.de.gz"), "valid": (base / "t.tsv",)}
    with pytest.raises(RequestError, match="no split 'test': found train, valid"):
        opened.pairs("test")


def test_lower_case_and_limits_apply(base: Path) -> None:
    opened = corpus(base, train=PARALLEL, lowercase=True, limits={"train": 2})
    assert list(opened.pairs("train")) == [Pair("a dog.", "ein hund."), Pair("two men", "zwei männer")]


def test_text_has_no_target(base: Path) -> None:
    assert next(corpus(base, train=PARALLEL, task="text").pairs("train")) == Pair("A Dog.", None)
    assert [pair.source for pair in corpus(base, train="t.conllu", task="text").pairs("train")] == ["A dog."]


def test_restoration_writes_labels(base: Path) -> None:
    opened = corpus(base, train="t.en", task="restoration")
    assert list(opened.pairs("train")) == [
        Pair("a dog", "Title Title_period"),
        Pair("two men", "Title Title"),
        Pair("the end", "Title lower_period"),
    ]


def test_several_sources_pair_line_by_line_with_one_target(base: Path) -> None:
    opened = corpus(base, train=TWO, lowercase=True)
    opened.check()
    assert list(opened.pairs("train")) == [
        Pair("a dog.", "ein hund.", ("un chien.",)),
        Pair("two men", "zwei männer", ("deux hommes",)),
        Pair("the end.", "das ende.", ("la fin.",)),
    ]
    assert opened.files["train"] == (base / "t.en", base / "t.fr", base / "t.de.gz")
    assert opened.text_sides == ("source", "source2", "target")
    assert list(opened.sentences("train", "source2")()) == ["un chien.", "deux hommes", "la fin."]


def test_a_limit_counts_lines_of_the_first_source(base: Path) -> None:
    assert len(list(corpus(base, train=TWO, limits={"train": 2}).pairs("train"))) == 2


def test_each_file_must_pair_with_the_first(base: Path) -> None:
    (base / "t.fr").write_text("Un Chien.\n\n\nLa fin.\n")
    with pytest.raises(Problems, match=r"t\.fr: line 3 is empty, but line 3 of t\.en is not"):
        corpus(base, train=TWO).check()


def test_tagging_reads_gold_words_and_writes_a_label_for_each(base: Path) -> None:
    opened = corpus(base, train="t.conllu", task="tagging", label="deprel", lowercase=True)
    opened.check()
    assert list(opened.pairs("train")) == [Pair("a dog ␟.", "det root punct:end")]


def test_classification_reads_texts_and_writes_their_labels(base: Path) -> None:
    of_treebank = corpus(base, train="t.conllu", task="classification", label="genre")
    assert list(of_treebank.pairs("train")) == [Pair("A dog.", "email")]
    of_tabs = corpus(base, train={"pairs": "l.tsv"}, task="classification", lowercase=True)
    assert list(of_tabs.pairs("train")) == [Pair("a dog.", "very_good"), Pair("the end.", "sci.space")]
    of_files = corpus(base, train=PARALLEL, task="classification")
    assert next(of_files.pairs("train")) == Pair("A Dog.", "Ein_Hund.")


def test_a_special_token_is_no_label(base: Path) -> None:
    (base / "l.tsv").write_text("A Dog.\t<unk>\n")
    with pytest.raises(InputError, match="'<unk>' cannot be a label"):
        list(corpus(base, train={"pairs": "l.tsv"}, task="classification").pairs("train"))


def test_labels_are_words_whatever_the_tokens_are() -> None:
    pieces = TokenSettings(kind="bpe")
    assert token_settings(DataSettings(task="restoration", tokens=pieces)) == (pieces, TokenSettings(kind="word"))
    assert token_settings(DataSettings(task="text", tokens=pieces)) == (pieces, None)
    assert token_settings(DataSettings(tokens=pieces)) == (pieces, pieces)
    assert token_settings(DataSettings(task="tagging", tokens=pieces)) == (pieces, None)
    assert token_settings(DataSettings(task="classification", tokens=pieces)) == (pieces, None)


def test_restoration_labels_words_not_pieces(base: Path) -> None:
    with pytest.raises(RequestError, match="labels words"):
        corpus(base, train="t.en", task="restoration", tokens={"kind": "bpe"})


def test_stretches_are_for_restoration_alone(base: Path) -> None:
    with pytest.raises(RequestError, match="stretch"):
        corpus(base, train="t.en", task="text", stretch=12)


def test_one_side_can_be_read_any_number_of_times(base: Path) -> None:
    sentences = corpus(base, train=PARALLEL).sentences("train", "target")
    assert list(sentences()) == list(sentences()) == ["Ein Hund.", "Zwei Männer", "Das Ende."]


def test_checking_finds_the_faults_of_all_splits_at_once(base: Path) -> None:
    (base / "bad.de").write_bytes(b"x\n\xff\ny\n")
    (base / "short.de").write_text("x\n")
    opened = corpus(
        base, train={"source": "t.en", "target": "bad.de"}, valid={"source": "t.en", "target": "short.de"}, test={"pairs": "t.en"}
    )
    with pytest.raises(Problems) as found:
        opened.check()
    messages = "\n".join(found.value.messages)
    assert "bad.de: line 2 is not UTF-8" in messages
    assert "4 lines, but short.de has 1" in messages
    assert "t.en: line 1 has no tab" in messages


def test_reading_unchecked_faulty_files_is_refused_too(base: Path) -> None:
    (base / "short.de").write_text("x\n\n")
    with pytest.raises(InputError, match=r"4 lines, but short\.de has 2"):
        list(corpus(base, train={"source": "t.en", "target": "short.de"}).pairs("train"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "train: missing"),
        ({"dataset": "wikipedia-sample", "train": "t.en"}, "not both"),
        ({"train": "t.en"}, "train: pairs need {source: FILE, target: FILE} or {pairs: FILE}; found a single file"),
        ({"train": PARALLEL, "source": "en"}, "source: names a language of a known dataset; this corpus has files"),
        ({"train": "t.en", "task": "restoration", "lowercase": True}, "lowercase: "),
        ({"train": "t.en", "task": "restoration", "joint": True}, "joint: "),
        ({"train": "t.en", "task": "text", "target_tokens": {"kind": "char"}}, "target_tokens: "),
        ({"train": PARALLEL, "joint": True, "target_tokens": {"kind": "char"}}, "target_tokens: "),
        (
            {"dataset": "wikipedia-sample"},
            "dataset: wikipedia-sample has one side only (en); set 'task: restoration' or 'task: text'",
        ),
        ({"dataset": "multi40k"}, "Did you mean 'multi30k'?"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(base: Path, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError) as error:
        corpus(base, **fields)
    assert message in str(error.value)


class Counting(TextSplit):
    """A split without a file that knows how far it has been read."""

    read = 0

    def pairs(self) -> Iterator[Pair]:
        """Sentences without end."""
        while True:
            Counting.read += 1
            yield Pair("A sentence.", None)


def test_pairs_are_streamed() -> None:
    opened = Corpus(DataSettings(train="endless", task="restoration"), {"train": Counting(Path("endless"))})
    assert len(list(islice(opened.pairs("train"), 5))) == 5
    assert Counting.read == 5
