"""A pipeline file that is right, and what is said about changed ones."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from embedseq.errors import Problems
from embedseq.pipeline.file import Pipeline, check_pipeline, read_pipeline

DATASETS = {"multi30k": ("en", "de", "fr"), "wikipedia-sample": ("en",)}
EXAMPLE = Path(__file__).with_name("example.yaml").read_text()

Read = Callable[..., Pipeline]
Complaints = Callable[..., list[str]]


def changed(changes: Sequence[tuple[str, str]]) -> str:
    text = EXAMPLE
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} should stand once in the example"
        text = text.replace(old, new)
    return text


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """`read(text, ...)`: the pipeline of a text."""
    monkeypatch.chdir(tmp_path)

    def reader(text: str, profile: str | None = None, overrides: Sequence[str] = ()) -> Pipeline:
        Path("captions.yaml").write_text(text, encoding="utf-8")
        return read_pipeline(Path("captions.yaml"), profile, overrides, DATASETS)

    return reader


@pytest.fixture
def complaints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Complaints:
    """`complaints((old, new), ...)`: the errors of the changed example, or of a whole `text`, all profiles checked."""
    monkeypatch.chdir(tmp_path)

    def complain(
        *changes: tuple[str, str], text: str | bytes | None = None, profile: str | None = None, overrides: Sequence[str] = ()
    ) -> list[str]:
        content = changed(changes) if text is None else text
        Path("captions.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
        try:
            check_pipeline(Path("captions.yaml"), profile, overrides, DATASETS)
        except Problems as problems:
            return list(problems.messages)
        return []

    return complain


@pytest.fixture
def example() -> str:
    return EXAMPLE
