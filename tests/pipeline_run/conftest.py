"""The finished run of the tiny pipeline, and variants of it in a copy of its store."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import embedseq


@pytest.fixture(scope="session")
def finished(tiny_store: Path) -> embedseq.Run:
    """The run of the tiny pipeline."""
    return embedseq.open_run("captions-1", store=tiny_store)


@pytest.fixture(scope="session")
def variants(tiny_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the store with the finished run, to which tests may add runs."""
    return Path(shutil.copytree(tiny_store, tmp_path_factory.mktemp("variants") / "store"))


@pytest.fixture
def variant(tiny_text: str, variants: Path, tmp_path: Path) -> Callable[..., embedseq.Run]:
    """`variant(("old", "new"), ..., more="...")`: the tiny pipeline with other text, where the finished run is known."""

    def run(*changes: tuple[str, str], more: str = "", **options: Any) -> embedseq.Run:
        text = tiny_text
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "variant.yaml"
        path.write_text(text + more, encoding="utf-8")
        return embedseq.run(path, store=variants, jobs=1, **options)

    return run
