"""An index over vectors: what it finds, what it is refused for, and that its answers are those of exact search."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from embedseq.embeddings import index as module
from embedseq.embeddings.index import IndexedRows, Recall, build_index, open_index, read_facts, wilson
from embedseq.embeddings.nearest import NearestRows
from embedseq.embeddings.vectors import Vectors
from embedseq.errors import InputError, MissingExtraError

COUNT, WIDTH = 6000, 24


def clustered() -> NearestRows:
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((150, WIDTH))
    return NearestRows((centres[rng.integers(0, 150, COUNT)] + 0.4 * rng.standard_normal((COUNT, WIDTH))).astype(np.float32))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[NearestRows, Path]:
    pytest.importorskip("faiss")
    exact, folder = clustered(), tmp_path_factory.mktemp("index")
    assert build_index(exact, folder).accepted
    return exact, folder


def opened(built: tuple[NearestRows, Path]) -> IndexedRows:
    index = open_index(*built)
    assert index is not None
    return index


def test_an_index_finds_what_it_was_measured_to_find_looking_at_few_lists(built: tuple[NearestRows, Path]) -> None:
    exact, folder = built
    facts = read_facts(folder)
    assert facts.looked_at <= facts.lists / 8
    rows = np.random.default_rng(5).choice(COUNT, 500, replace=False)
    again = module.measured_recall(exact, opened(built), rows)
    assert again.share >= 0.99
    assert again.share == pytest.approx(facts.recall.share, abs=0.01)
    assert facts.recall.low <= facts.recall.share <= facts.recall.high


def test_what_is_found_has_the_cosines_and_the_order_of_exact_search(built: tuple[NearestRows, Path]) -> None:
    exact, index = built[0], opened(built)
    asked = np.arange(0, COUNT, 60)
    same = 0
    for there, here in zip(index.of(exact.matrix[asked], 10, asked), exact.of(exact.matrix[asked], 10, asked), strict=True):
        true = dict(zip(here.rows.tolist(), here.cosines.tolist(), strict=True))
        assert all(
            true.get(row, cosine) == cosine for row, cosine in zip(there.rows.tolist(), there.cosines.tolist(), strict=True)
        )
        assert list(there.cosines) == sorted(there.cosines, reverse=True)
        same += there.rows.tolist() == here.rows.tolist()
    assert same >= 0.9 * len(asked)


def test_asked_for_more_than_it_was_measured_for_it_searches_exactly(built: tuple[NearestRows, Path]) -> None:
    exact, index, asked = built[0], opened(built), np.array([3])
    for top in (11, 200):
        here, there = exact.of(exact.matrix[asked], top, asked)[0], index.of(exact.matrix[asked], top, asked)[0]
        assert here.rows.tolist() == there.rows.tolist()


def test_a_query_of_zeros_is_answered_as_by_exact_search(built: tuple[NearestRows, Path]) -> None:
    nothing = np.zeros((1, WIDTH), dtype=np.float32)
    assert opened(built).of(nothing, 3)[0].rows.tolist() == [0, 1, 2]


def test_vectors_without_structure_are_refused_an_index_and_it_is_said_why(tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    exact = NearestRows(np.random.default_rng(0).standard_normal((4000, 60), dtype=np.float32))
    facts = build_index(exact, tmp_path)
    assert not facts.accepted
    assert facts.recall.share < 0.9
    assert f"{facts.recall.share:.3f} (" in facts.verdict
    assert facts.verdict.endswith("below the 0.99 that is asked of it: exact search is used")
    assert open_index(exact, tmp_path) is None
    assert [file.name for file in tmp_path.iterdir()] == ["index.json"]


def test_an_index_of_other_rows_is_refused(built: tuple[NearestRows, Path]) -> None:
    with pytest.raises(InputError, match=r"expected an index of \(5, 24\), found \(6000, 24\)"):
        open_index(NearestRows(built[0].matrix[:5]), built[1])


def test_a_damaged_file_is_refused(built: tuple[NearestRows, Path], tmp_path: Path) -> None:
    for file in built[1].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes()[:50])
    with pytest.raises(InputError, match=r"index\.json: expected the facts of an index"):
        open_index(built[0], tmp_path)
    (tmp_path / "index.json").write_bytes((built[1] / "index.json").read_bytes())
    with pytest.raises(InputError, match=r"lists\.faiss: expected an index"):
        open_index(built[0], tmp_path)


def test_a_table_searched_by_an_index_answers_by_words_and_leaves_the_table_as_it_was(built: tuple[NearestRows, Path]) -> None:
    vectors = Vectors([f"w{row}" for row in range(COUNT)], built[0].matrix)
    indexed = vectors.searched_by(opened(built))
    assert vectors.search is vectors.exact_search
    assert indexed.most_similar("w3") == vectors.most_similar("w3")
    assert indexed.similarity("w3", "w4") == vectors.similarity("w3", "w4")


def test_without_faiss_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(MissingExtraError, match=r"An index over word vectors.*pip install 'embedseq\[index\]'"):
        build_index(clustered(), tmp_path)


@pytest.mark.parametrize(("share", "n", "low", "high"), [(1.0, 1000, 0.99617, 1.0), (0.5, 100, 0.40383, 0.59617)])
def test_the_interval_is_wilsons(share: float, n: int, low: float, high: float) -> None:
    assert wilson(share, n) == pytest.approx((low, high), abs=1e-5)


def test_only_an_interval_wholly_above_the_target_is_accepted() -> None:
    assert not module.IndexFacts(100, 4, Recall(0.992, 0.985, 0.996, 1000)).accepted
    assert module.IndexFacts(100, 4, Recall(0.998, 0.993, 0.999, 1000)).accepted


def test_neither_torch_nor_gensim_is_loaded() -> None:
    code = "import sys, embedseq.pipeline.indexes; print([name for name in ('torch', 'gensim', 'faiss') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "[]"
