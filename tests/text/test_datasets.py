"""The known datasets, on the sample data of the tests."""

import gzip
import json
from pathlib import Path

import pytest

from embedseq.errors import InputError, RequestError
from embedseq.text.corpora import open_corpus
from embedseq.text.datasets import DATASETS, VARIABLE, find_dataset
from embedseq.text.settings import DataSettings, SplitLimits

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
    assert list(corpus.pairs("train")) == [("We do. It works.", "We do it.")]
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
        ("en", "nl", "target: dataset 'multi30k' has no language 'nl': choose from en, de, fr"),
        (None, "de", "source: say which language"),
        ("en", None, "target: `task: pairs` on 'multi30k' needs one; say which language is written: de, fr"),
        ("en", "en", "target: 'en' is the source already"),
    ],
)
def test_languages_that_cannot_be_are_refused(source: str | None, target: str | None, message: str) -> None:
    with pytest.raises(RequestError) as error:
        open_corpus(DataSettings(dataset="multi30k", source=source, target=target), Path())
    assert message in str(error.value)


def test_an_unknown_dataset_gets_the_nearest_match() -> None:
    with pytest.raises(RequestError, match="'tatoeba' is not a known dataset"):
        find_dataset("tatoeba")
