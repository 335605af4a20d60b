"""What cannot be combined is refused with the reason."""

from collections.abc import Callable

import pytest

from embedseq.errors import RequestError
from embedseq.models.legality import check_shape
from embedseq.models.resolved import Widths, attention_of
from embedseq.models.resolved_sides import self_attention_of
from embedseq.models.settings import ModelShape

Shape = Callable[..., ModelShape]
TRANSFORMER = {"architecture": "transformer"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({**TRANSFORMER, "attention": {"query": "token"}}, "attention.query is for recurrent decoders"),
        ({**TRANSFORMER, "attention": {"when": "before"}}, "attention.when is for recurrent decoders"),
        ({**TRANSFORMER, "attention": {"input_feeding": True}}, "attention.input_feeding is for recurrent decoders"),
        ({**TRANSFORMER, "attention": {"coverage": True}}, "attention.coverage is for recurrent decoders"),
        ({**TRANSFORMER, "attention": "concat-linear"}, "which a Transformer has not"),
        ({**TRANSFORMER, "self_attention": "none"}, "self_attention cannot be none"),
        ({**TRANSFORMER, "self_attention": {"heads": 3}}, "self_attention: 3 heads cannot share a dim of 16"),
        (
            {**TRANSFORMER, "self_attention": {"span": "local-p"}},
            "local-p is for a decoder that looks at an encoder; here there are",
        ),
        ({**TRANSFORMER, "self_attention": "concat-linear"}, "so that it is no self-attention"),
        ({**TRANSFORMER, "positions": "rotary", "self_attention": "additive"}, "the scorer 'additive' is no product"),
        ({**TRANSFORMER, "positions": "rotary", "self_attention": {"heads": 16}}, "a head of 1 has no even number"),
        ({"positions": "rotary"}, "there is none"),
        ({"attention": {"scorer": "concat-linear"}}, "set attention.query to joined"),
        ({"attention": {"scorer": "concat-linear", "query": "joined"}}, "set attention.when to before"),
        ({"attention": {"scorer": "dot", "query": "joined"}}, "set attention.projections to true"),
        ({"attention": {"span": "window"}}, "window is for self-attention; a decoder looks at an encoder by all and local-m"),
        ({"attention": {"scorer": "dot", "hidden_dim": 8}}, "the scorer 'dot' has no inner width"),
        ({"attention": {"heads": 4, "experts": 2}}, "a token cannot be sent to 4 of 2 experts"),
        ({"attention": {"experts": 2, "projections": False}}, "experts differ in their projections"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_illegal_combination_is_refused_with_the_reason(shape: Shape, fields: dict[str, object], reason: str) -> None:
    with pytest.raises(RequestError, match=reason):
        check_shape(shape(**fields), Widths())


def test_all_reasons_are_told_at_once(shape: Shape) -> None:
    with pytest.raises(RequestError) as caught:
        check_shape(shape(**TRANSFORMER, attention={"coverage": True, "when": "before"}, self_attention="none"), Widths())
    assert str(caught.value).count("\n") >= 2


def test_a_bare_name_comes_with_what_its_scorer_needs(shape: Shape) -> None:
    attention = attention_of(shape(architecture="gru", attention="concat-linear"))
    assert attention is not None
    assert (attention.query, attention.when, attention.heads) == ("joined", "before", 1)


def test_a_side_looks_at_itself_as_it_says_else_as_the_model_says_else_as_is_usual(shape: Shape) -> None:
    mixed = shape(architecture="lstm", encoder={"architecture": "transformer"})
    usual = self_attention_of(mixed, "encoder")
    assert usual is not None
    assert (usual.scorer, usual.heads) == ("scaled-dot", 2)
    assert self_attention_of(mixed, "decoder") is None
    told = shape(architecture="lstm", self_attention="dot", decoder={"self_attention": "none"})
    assert self_attention_of(told, "decoder") is None
    own = self_attention_of(told, "encoder")
    assert own is not None
    assert (own.scorer, own.heads) == ("dot", 1)
