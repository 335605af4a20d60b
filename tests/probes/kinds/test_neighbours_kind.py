"""The neighbours probe: lists to look at, and no scores."""

import pytest

from embedseq.embeddings.vectors import Vectors
from embedseq.probes.kinds.neighbours import ABOUT, NeighboursSettings, measure
from embedseq.probes.material import TableMaterial


def test_each_word_has_its_nearest_words_and_an_unknown_one_has_none() -> None:
    vectors = Vectors(["city", "town", "tree"], [[1, 0], [0.8, 0.6], [0, 1]])
    settings = NeighboursSettings(kind="neighbours", words=("city", "village", "city"), top=1)
    found = measure(TableMaterial(vectors), settings)
    assert list(found.details["lists"]) == ["city", "village"]
    [[near, cosine]] = found.details["lists"]["city"]
    assert (near, cosine) == ("town", pytest.approx(0.8))
    assert found.details["lists"]["village"] == []


def test_nothing_is_scored() -> None:
    assert ABOUT.scores == ()
    found = measure(TableMaterial(Vectors(["a"], [[1.0]])), NeighboursSettings(kind="neighbours", words=("a",)))
    assert found.measurements == ()
