"""A vocabulary that both sides share: the same rows, and on each side the counts of that side alone."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

import embedseq
from embedseq.pipeline.stages.records import read_record
from embedseq.pipeline.stages.tokens import encoded_of, vocabulary_of

Variant = Callable[..., embedseq.Run]


@pytest.fixture
def joint(variant: Variant) -> embedseq.Run:
    """Only the tokens and the skip-gram vectors of the source."""
    changes = ["data.captions.joint=true", "data.captions.target_tokens=null", "embeddings.skipgram.min_count=1"]
    return variant(overrides=changes, only=["word2vec skipgram"])


def test_both_sides_have_the_same_rows_and_their_own_counts(joint: embedseq.Run) -> None:
    folder = joint.artifact("tokens captions")
    assert folder is not None
    source, target = (vocabulary_of(folder, side) for side in ("source", "target"))
    assert source.tokens == target.tokens
    for side, vocabulary in (("source", source), ("target", target)):
        found = Counter(np.concatenate(list(encoded_of(folder, "train", side))).tolist())
        assert vocabulary.counts == tuple(found[row] for row in range(len(vocabulary)))


def test_an_embedding_of_one_side_covers_all_of_that_side(joint: embedseq.Run) -> None:
    folder = joint.artifact("word2vec skipgram, seed 1")
    assert folder is not None
    coverage = read_record(folder / "facts.json")["coverage"]
    assert coverage["tokens_with_vector"] == coverage["tokens"]
    assert coverage["types_with_vector"] < coverage["types"]
    assert coverage["commonest_missing"] == []
