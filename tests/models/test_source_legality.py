"""What several sources, and frames in place of words, cannot be combined with is refused with the reason."""

from collections.abc import Callable
from typing import Any

import pytest

from embedseq.errors import RequestError
from embedseq.models.legality import check_shape
from embedseq.models.resolved import Widths
from embedseq.models.settings import ModelShape

Shape = Callable[..., ModelShape]
TRANSFORMER = {"architecture": "transformer"}
NUMBERED = {"scorer": "concat-linear", "query": "joined", "when": "before"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"attention": {"span": "local-m"}}, "local-m counts positions in one source, and attention.memories: flat joins 3"),
        ({**TRANSFORMER, "attention": {"span": "local-p"}}, "local-p counts positions in one source"),
        ({"attention": "location"}, "the scorer 'location' weighs numbered positions of one source"),
        ({"attention": NUMBERED}, "the scorer 'concat-linear' weighs numbered positions of one source"),
        ({"attention": {"memories": "serial"}}, "this decoder is recurrent: choose flat, parallel or hierarchical"),
        (
            {**TRANSFORMER, "decoder": {"architecture": "gru"}, "attention": {"memories": "serial"}},
            "memories: serial looks at the sources one after the other",
        ),
    ],
    ids=str,
)
def test_what_several_sources_cannot_have_is_refused_and_one_source_can(
    shape: Shape, fields: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RequestError, match=reason):
        check_shape(shape(**fields), Widths(), sources=3)
    check_shape(shape(**fields), Widths(), sources=1)


@pytest.mark.parametrize("memories", ["parallel", "hierarchical"])
@pytest.mark.parametrize("fields", [{"span": "local-m"}, {"span": "local-p"}, {"scorer": "location"}, NUMBERED], ids=str)
def test_a_look_for_each_source_may_count_its_positions(shape: Shape, fields: dict[str, Any], memories: str) -> None:
    check_shape(shape(architecture="lstm", attention={**fields, "memories": memories}), Widths(), sources=2)


@pytest.mark.parametrize("memories", ["flat", "parallel", "hierarchical", "serial"])
def test_a_transformer_looks_at_several_sources_in_every_way(shape: Shape, memories: str) -> None:
    check_shape(shape(**TRANSFORMER, attention={"memories": memories}), Widths(), sources=2)


@pytest.mark.parametrize("sources", [1, 2])
def test_a_fixed_length_context_has_no_say_in_how_sources_are_looked_at(shape: Shape, sources: int) -> None:
    check_shape(shape(attention="none"), Widths(), sources=sources)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"embedding": {"from": "skipgram"}}, "no words that could have the vectors of 'skipgram'"),
        ({"embedding": {"source": {"from": "cbow"}}}, "no words that could have the vectors of 'cbow'"),
        ({"pretrained": {"from": "bert"}}, "which no pre-trained encoder of words can read"),
        ({"sections": True}, "no sentences that could be encoded apart"),
        ({"attention": {"copying": True}}, "no tokens that could be copied"),
    ],
    ids=str,
)
def test_what_frames_cannot_have_is_refused_and_words_can(shape: Shape, fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(RequestError, match=reason):
        check_shape(shape(**fields), Widths(), frames=True)
    check_shape(shape(**fields), Widths())


def test_vectors_may_be_handed_to_the_words_that_are_written_of_an_image(shape: Shape) -> None:
    check_shape(shape(embedding={"target": {"from": "skipgram"}}), Widths(target=16), frames=True)


def test_all_reasons_are_told_at_once(shape: Shape) -> None:
    with pytest.raises(RequestError) as caught:
        check_shape(shape(attention={"span": "local-m", "scorer": "location"}, sections=True), Widths(), sources=2, frames=True)
    assert str(caught.value).count("\n") >= 2
