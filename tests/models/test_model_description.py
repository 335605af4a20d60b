"""Counting a model's numbers."""

from collections.abc import Callable
from typing import Any

from embedseq.models.description import describe
from embedseq.models.seq2seq import Seq2Seq

Build = Callable[..., Seq2Seq]


def test_a_hand_counted_model(build: Build) -> None:
    model = build(architecture="gru", dim=4, layers=1, attention="additive", bidirectional=False)
    tables = 2 * 22 * 4
    recurrent = 2 * (3 * 4 * 4 * 2 + 2 * 3 * 4)
    bridge, scorer, combine, output = 4 * 4 + 4, 4 * 4 * 2 + 4, 8 * 4 + 4, 23 * 4 + 23
    total = tables + recurrent + bridge + scorer + combine + output
    assert describe(model).total == describe(model).trainable == total


def test_frozen_vectors_count_as_numbers_that_are_not_trained(build: Build, vectors: Callable[[int], Any]) -> None:
    random = describe(build())
    for as_ in ("frozen", "tuned", "gradual"):
        described = describe(build(vectors(16), embedding={"from": "v", "as": as_}))
        assert described.total == random.total
        assert described.trainable == random.total - (0 if as_ == "tuned" else 17 * 16)
