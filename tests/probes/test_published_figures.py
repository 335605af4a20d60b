"""What papers report of the English Web Treebank without any model, found again on the treebank itself, where it is."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from embedseq.probes.tree_scores import chain_distances, distance_rank_items, gold_arcs, mean_over_lengths
from embedseq.text.labelled import TreeSplit
from embedseq.text.trees import Tree

REAL = os.environ.get("EMBEDSEQ_DATA")  # as it was before the tests, which all see the sample data there


@pytest.fixture(scope="module")
def validation() -> Sequence[Tree]:
    path = Path(REAL or "") / "ud-english-ewt" / "en_ewt-ud-dev.conllu.gz"
    if REAL is None or not path.is_file():
        pytest.skip("EMBEDSEQ_DATA has no ud-english-ewt")
    return [pair.source_tree for pair in TreeSplit(path).pairs() if pair.source_tree is not None]


def test_the_chains_distances_rank_as_in_chi_hewitt_and_manning(validation: Sequence[Tree]) -> None:
    """Chi et al. 2020, DSpr of the linear baseline, English: .567, on an earlier release of the treebank."""
    items = distance_rank_items([chain_distances(tree) for tree in validation], validation)
    assert mean_over_lengths(items, validation) == pytest.approx(0.567, abs=0.005)


def test_neighbours_hang_together_as_often_as_in_chi_hewitt_and_manning(validation: Sequence[Tree]) -> None:
    """The same baseline, UUAS: 41.5 %. There words with punctuation between them are no neighbours; the
    chain of the probe joins them, as its minimum spanning tree has no punctuation in it."""
    adjacent = [[second - first == 1 for first, second in gold_arcs(tree)] for tree in validation]
    assert 100 * np.mean(np.concatenate(adjacent)) == pytest.approx(41.5, abs=0.3)
