"""The known datasets, on the sample data of the tests."""

import gzip
import json
from pathlib import Path

import pytest

from embedseq.errors import InputError, RequestError
from embedseq.text.corpora import open_corpus
from embedseq.text.datasets import DATASETS, VARIABLE, find_dataset
from embedseq.text.gold_words import GoldWords
from embedseq.text.labelled import GENRES
from embedseq.text.sections import SECTION, without_sections
from embedseq.text.settings import DataSettings, SplitLimits
from embedseq.text.splits import Pair

SAMPLES = Path(__file__).parent.parent / "data"


@pytest.fixture(autouse=True)
def samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(SAMPLES))


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS)
def test_a_dataset_says_what_it_is(dataset: object) -> None:
    assert all(getattr(dataset, name) for name in ("name", "description", "licence", "citation", "languages", "patterns"))


@pytest.mark.parametrize(
    ("name", "source", "target"), [("multi30k", "en", "de"), ("multi30k", "fr", "en"), ("tatoeba-cmn-eng", "zh", "en")]
)
def test_parallel_datasets_pair(name: str, source: str, target: str) -> None:
    corpus = open_corpus(DataSettings(dataset=name, source=source, target=target), Path())
    corpus.check()
    assert {split: len(list(corpus.pairs(split))) for split in corpus.splits} == {"train": 240, "valid": 30, "test": 30}
    assert [path.name.split(".")[-2] for path in corpus.files["train"]] == [source, target]


def test_one_language_of_a_parallel_dataset_can_be_read_alone() -> None:
    corpus = open_corpus(DataSettings(dataset="multi30k", source="fr", task="text"), Path())
    assert next(corpus.pairs("train")).target is None


def test_several_languages_of_a_parallel_dataset_are_read_side_by_side() -> None:
    corpus = open_corpus(DataSettings(dataset="multi30k", source=("en", "fr"), target="de"), Path())
    corpus.check()
    assert [path.name.split(".")[-2] for path in corpus.files["test"]] == ["en", "fr", "de"]
    alone = open_corpus(DataSettings(dataset="multi30k", source="fr", target="de"), Path())
    for pair, other in zip(corpus.pairs("test"), alone.pairs("test"), strict=True):
        assert (pair.further, pair.target) == ((other.source,), other.target)


def test_several_datasets_are_read_one_after_the_other() -> None:
    names = ("us-speeches", "ud-english-ewt")
    joined = open_corpus(DataSettings(dataset=names, task="text"), Path())
    joined.check()
    parts = [open_corpus(DataSettings(dataset=name, task="text"), Path()) for name in names]
    for split in joined.splits:
        assert list(joined.pairs(split)) == [pair for part in parts for pair in part.pairs(split)]
        assert joined.files[split] == parts[0].files[split] + parts[1].files[split]


def test_a_treebank_has_words_with_labels_and_texts_with_genres() -> None:
    tagged = open_corpus(DataSettings(dataset="ud-english-ewt", task="tagging", label="upos"), Path())
    genres = open_corpus(DataSettings(dataset="ud-english-ewt", task="classification", label="genre"), Path())
    raw = open_corpus(DataSettings(dataset="ud-english-ewt", task="text"), Path())
    for words, sentence, text in zip(*(corpus.pairs("valid") for corpus in (tagged, genres, raw)), strict=True):
        gold = GoldWords.from_line(words.source)
        assert gold.text == sentence.source == text.source
        assert len((words.target or "").split()) == len(gold.words)
        assert sentence.target in GENRES


def test_sections_keep_the_sentences_of_a_text_apart() -> None:
    settings = DataSettings(dataset="scitldr", source="abstract", target="summary")
    whole, apart = (open_corpus(settings.model_copy(update={"sections": each}), Path()) for each in (False, True))
    for one, other in zip(whole.pairs("test"), apart.pairs("test"), strict=True):
        assert SECTION in other.source
        assert without_sections(other.source) == one.source
        assert other.target == one.target


def test_the_wikipedia_sample_needs_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    settings = DataSettings(dataset="wikipedia-sample", task="restoration", limits=SplitLimits(test=3))
    corpus = open_corpus(settings, Path())
    assert len(list(corpus.pairs("test"))) == 3
    assert len({corpus.files[split] for split in corpus.splits}) == 1


def test_abstracts_pair_with_their_first_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scitldr").mkdir()
    rows = [{"source": ["We do.", "It works."], "target": ["We do it.", "It is done."]}]
    for name in ("train", "dev", "test"):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / "scitldr" / f"{name}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    corpus = open_corpus(DataSettings(dataset="scitldr", source="abstract", target="summary"), Path())
    assert list(corpus.pairs("train")) == [Pair("We do. It works.", "We do it.", references=("We do it.", "It is done."))]
    rows.append({"source": "only"})  # type: ignore[dict-item]
    (tmp_path / "scitldr" / "train.jsonl.gz").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(InputError, match="line 2 is no JSON mapping with the field 'target'"):
        list(corpus.pairs("train"))


def test_without_the_variable_the_error_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(RequestError, match="EMBEDSEQ_DATA"):
        open_corpus(DataSettings(dataset="multi30k", source="en", target="de"), Path())


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(InputError, match=r"train\.en\.gz: there is no such file; dataset 'multi30k' expects it there"):
        open_corpus(DataSettings(dataset="multi30k", source="en", target="de"), Path())


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("en", "nl", "target: multi30k has no 'nl' (en, de, fr)"),
        (None, "de", "source: is missing: pairs need the language of each side (en, de, fr)"),
        ("en", None, "target: is missing: pairs need the language of each side (en, de, fr)"),
        ("en", "en", "target: both sides are 'en'"),
        (("en", "nl"), "de", "source.1: multi30k has no 'nl' (en, de, fr)"),
        (("en", "fr"), "fr", "target: 'fr' is read already"),
    ],
)
def test_languages_that_cannot_be_are_refused(source: str | tuple[str, ...] | None, target: str | None, message: str) -> None:
    with pytest.raises(RequestError) as error:
        open_corpus(DataSettings(dataset="multi30k", source=source, target=target), Path())
    assert message in str(error.value)


def test_an_unknown_dataset_gets_the_nearest_match() -> None:
    with pytest.raises(RequestError, match="'tatoeba' is not a known dataset"):
        find_dataset("tatoeba")
