"""Indexes in the store: built once, whole or not at all, for the very vectors, and what is said of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedseq.embeddings import index as settings
from embedseq.embeddings.vectors import Vectors
from embedseq.pipeline import indexes
from embedseq.pipeline.artifact import Artifact
from embedseq.pipeline.keys import KeyRecord
from embedseq.pipeline.store import Store, Workspace


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(indexes, "SMALLEST", 1000)
    store = Store(tmp_path / "store")
    store.create()
    return store


def stored(store: Store, seed: int = 0, groups: int = 60) -> Artifact:
    """An artifact with 3,000 vectors that stand in groups."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((groups, 16))
    matrix = centres[rng.integers(0, groups, 3000)] + 0.3 * rng.standard_normal((3000, 16))
    workspace, record = Workspace(store), KeyRecord("test", 1, 1, {"seed": seed, "groups": groups})
    Vectors([f"w{row}" for row in range(3000)], matrix).save(workspace.new_folder(record.key) / "vectors")
    artifact = store.commit(workspace.folder / record.key, record)
    workspace.close()
    return artifact


def asked(artifact: Artifact, store: Store, said: list[str]) -> Vectors:
    return indexes.indexed(Vectors.load(artifact.path / "vectors"), artifact, "vectors", store, said.append)


def index_folder(store: Store) -> Path:
    found = [folder for folder in store.artifacts.iterdir() if (folder / settings.FACTS).exists()]
    assert len(found) == 1
    return found[0]


def test_an_index_is_built_once_and_used_again(store: Store, said: list[str]) -> None:
    pytest.importorskip("faiss")
    artifact = stored(store)
    first = asked(artifact, store, said)
    assert said[0].startswith("building an index of 3,000 words")
    assert "looking through" in said[1]
    second = asked(artifact, store, said)
    assert len(said) == 2
    exact = Vectors.load(artifact.path / "vectors")
    assert first.search is not exact.search
    assert first.most_similar("w5") == second.most_similar("w5") == exact.most_similar("w5")
    assert list(store.tmp.iterdir()) == list(store.locks.iterdir()) == []


def test_other_vectors_get_an_index_of_their_own(store: Store, said: list[str]) -> None:
    pytest.importorskip("faiss")
    asked(stored(store), store, said)
    asked(stored(store, seed=1), store, said)
    assert sum(sentence.startswith("building") for sentence in said) == 2


@pytest.mark.parametrize("damage", ["cut off", "missing", "another byte"])
def test_a_damaged_index_is_moved_aside_and_built_again(store: Store, said: list[str], damage: str) -> None:
    pytest.importorskip("faiss")
    artifact = stored(store)
    asked(artifact, store, said)
    file = index_folder(store) / "lists.faiss"
    content = bytearray(file.read_bytes())
    file.parent.chmod(0o755)
    file.unlink()
    if damage != "missing":
        content[200] ^= 1
        file.write_bytes(content[:100] if damage == "cut off" else content)
    again = asked(artifact, store, said)
    assert sum(sentence.startswith("building") for sentence in said) == 2
    assert again.most_similar("w5") == Vectors.load(artifact.path / "vectors").most_similar("w5")
    assert len(list(store.quarantine_root.iterdir())) == 1


def test_whoever_dies_while_building_leaves_nothing_that_looks_finished(
    store: Store, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("faiss")
    artifact, build = stored(store), indexes.build_index

    def killed(exact: Any, folder: Path) -> Any:
        build(exact, folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(indexes, "build_index", killed)
    with pytest.raises(KeyboardInterrupt):
        asked(artifact, store, said)
    assert list(store.artifacts.iterdir()) == [artifact.path]
    monkeypatch.setattr(indexes, "build_index", build)
    asked(artifact, store, said)
    assert said[-1].startswith("an index finds ")


def test_a_refused_index_is_not_built_again_and_exact_search_is_used(store: Store, said: list[str]) -> None:
    pytest.importorskip("faiss")
    artifact = stored(store, groups=3000)
    for _ in range(2):
        vectors = asked(artifact, store, said)
        assert vectors.search is vectors.exact_search
    assert [sentence.split()[0] for sentence in said] == ["building", "an", "an"]
    assert said[1] == said[2]
    assert said[1].endswith("below the 0.99 that is asked of it: exact search is used")


def test_few_words_are_searched_exactly(store: Store, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "SMALLEST", 10_000)
    asked(stored(store), store, said)
    assert said == ["3,000 words: exact search is used, an index pays from 10,000 on"]
