"""The sample data of the tests are what the scripts beside them write."""

import gzip
import importlib.util
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent.parent / "data"


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): gzip.decompress(path.read_bytes()).decode() for path in sorted(folder.glob("*/*.gz"))}


def run_script(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a script of the sample data write into another folder."""
    spec = importlib.util.spec_from_file_location(name, SAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, script)  # its dataclasses look themselves up
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "HERE", folder)
    script.main()


def test_the_scripts_write_just_these_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("make", "make_english"):
        run_script(name, tmp_path, monkeypatch)
    assert contents(tmp_path) == contents(SAMPLES)


def test_no_sentence_is_in_two_splits() -> None:
    for folder, language in (("multi30k", "en"), ("tatoeba-cmn-eng", "zh")):
        texts = [text for name, text in contents(SAMPLES).items() if name.startswith(folder) and f".{language}." in name]
        sentences = [line for text in texts for line in text.splitlines()]
        assert len(sentences) == len(set(sentences)) == 300
