"""What makes two encoders alike, with every default resolved."""

from collections.abc import Callable
from typing import Any

import pytest

from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.encoder_design import differences, encoder_design
from embedseq.models.pretrained import start_from
from embedseq.models.resolved import Widths
from embedseq.models.settings import ModelShape

Shape = Callable[..., ModelShape]
TRANSFORMER = {"architecture": "transformer"}


def differing(shape: Shape, one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return differences(encoder_design(shape(**one), Widths()), encoder_design(shape(**other), Widths()))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TRANSFORMER, TRANSFORMER | {"positions": "sinusoidal"}),
        (TRANSFORMER, TRANSFORMER | {"feed_forward": 32}),
        (TRANSFORMER, TRANSFORMER | {"self_attention": {"scorer": "scaled-dot", "heads": 2, "projections": True}}),
        (TRANSFORMER, {"encoder": {"architecture": "transformer"}, "decoder": {"layers": 1}}),
        (TRANSFORMER, TRANSFORMER | {"bidirectional": False, "residual": True}),
        (TRANSFORMER | {"embedding_dim": 16}, TRANSFORMER),
        ({"architecture": "gru"}, {"architecture": "gru", "heads": 4, "norm": "post", "bridge": "mean"}),
        ({"architecture": "lstm"}, {"architecture": "lstm", "dropout": 0.5, "tie_output": True}),
    ],
    ids=str,
)
def test_what_says_the_same_in_other_words_is_alike(shape: Shape, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert differing(shape, one, other) == []


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (TRANSFORMER, {"architecture": "gru"}, "architecture is gru there and transformer here"),
        (TRANSFORMER, TRANSFORMER | {"layers": 3}, "layers is 3 there and 2 here"),
        (TRANSFORMER, TRANSFORMER | {"positions": "rotary"}, "positions is rotary there and sinusoidal here"),
        (TRANSFORMER, TRANSFORMER | {"activation": "gelu"}, "activation is gelu there and relu here"),
        (TRANSFORMER, TRANSFORMER | {"norm": "post"}, "norm is post there and pre here"),
        (TRANSFORMER, TRANSFORMER | {"heads": 4}, "self_attention.heads is 4 there and 2 here"),
        (TRANSFORMER, TRANSFORMER | {"embedding_dim": 8}, "the width of the word vectors is 8 there and 16 here"),
        ({"architecture": "gru"}, {"architecture": "gru", "bidirectional": False}, "bidirectional is false there and true here"),
        ({"architecture": "gru"}, {"architecture": "gru", "residual": True}, "residual is true there and false here"),
        (
            {"architecture": "gru", "self_attention": {"span": "window", "window": 3}},
            {"architecture": "gru", "self_attention": {"span": "window", "window": 4}},
            "self_attention.window is 4 there and 3 here",
        ),
    ],
    ids=str,
)
def test_what_makes_another_encoder_is_told(shape: Shape, one: dict[str, Any], other: dict[str, Any], message: str) -> None:
    assert differing(shape, one, other) == [message]


def test_vectors_that_are_handed_over_count_with_their_width(shape: Shape) -> None:
    handed = shape(embedding={"from": "v"})
    assert differences(encoder_design(handed, Widths(source=8)), encoder_design(shape(), Widths())) == [
        "the width of the word vectors is 16 there and 8 here"
    ]


@pytest.mark.parametrize("architecture", ["rnn", "lstm", "gru", "transformer"])
@pytest.mark.parametrize("fields", [{}, {"embedding_dim": 8}, {"layers": 1}, {"self_attention": {"heads": 2}}], ids=str)
def test_encoders_of_one_design_can_start_from_each_other(shape: Shape, architecture: str, fields: dict[str, Any]) -> None:
    one, other = (shape(kind=kind, architecture=architecture, **fields) for kind in ("tagger", "masked-language-model"))
    assert encoder_design(one, Widths()) == encoder_design(other, Widths())
    sizes = Sizes(23, 9)
    start_from(build_model(one, sizes, HandedOver(), 1), build_model(other, sizes, HandedOver(), 2), frozen=False)
