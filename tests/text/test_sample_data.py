"""The sample data of the tests are what the script beside them writes."""

import gzip
import importlib.util
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent.parent / "data"


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): gzip.decompress(path.read_bytes()).decode() for path in sorted(folder.glob("*/*.gz"))}


def test_the_script_writes_just_these_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("make_sample_data", SAMPLES / "make.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, "make_sample_data", script)  # its dataclasses look themselves up
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "HERE", tmp_path)
    script.main()
    assert contents(tmp_path) == contents(SAMPLES)


def test_no_sentence_is_in_two_splits() -> None:
    for folder, language in (("multi30k", "en"), ("tatoeba-cmn-eng", "zh")):
        texts = [text for name, text in contents(SAMPLES).items() if name.startswith(folder) and f".{language}." in name]
        sentences = [line for text in texts for line in text.splitlines()]
        assert len(sentences) == len(set(sentences)) == 300
