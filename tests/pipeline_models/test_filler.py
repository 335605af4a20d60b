"""`run.models[...].fill`: a masked language model fills gaps."""

from collections.abc import Callable

import pytest
import torch

from embedseq.errors import RequestError
from embedseq.pipeline.filler import Filler
from embedseq.pipeline.trained import Origin
from embedseq.text.batches import Batch, pad
from embedseq.text.vocabulary import END, SPECIALS, START, UNK

Make = Callable[..., Origin]
WORD, PIECES, CHARACTERS = {"kind": "word"}, {"kind": "bpe", "size": 90}, {"kind": "char"}


def test_candidates_are_the_likeliest_tokens_at_the_gap(origin: Make) -> None:
    filler = Filler(origin("masked-language-model"))
    filled = filler.fill("The ___ of the union", top=4)
    vocabulary = filler.vocabularies["source"]
    source, valid = pad([[vocabulary.id("The"), START, *vocabulary.ids(["of", "the", "union"]), END]])
    one = torch.tensor([[1]])
    with torch.inference_mode():
        logits = filler.model.predict(Batch(one[0], source, valid, one, one, one > 0, places=one)).logits[0, 0].double()
    shares = {token: float(share) for token, share in zip(vocabulary.tokens, logits.softmax(-1), strict=True)}
    for special in ("<pad>", "<s>", "</s>"):
        del shares[special]
    best = sorted(shares, key=lambda token: -shares[token])[:4]
    (gap,) = filled.gaps
    assert [each.token for each in gap] == best
    assert [each.probability for each in gap] == pytest.approx([shares[token] for token in best], abs=1e-9)


def test_every_gap_has_its_own_candidates(origin: Make) -> None:
    filler = Filler(origin("masked-language-model"))
    filled = filler.fill("___ state of the ___, ___", top=2)
    assert [len(gap) for gap in filled.gaps] == [2, 2, 2]


@pytest.mark.parametrize("tokens", [WORD, PIECES, CHARACTERS], ids=lambda tokens: tokens["kind"])
@pytest.mark.parametrize("sentence", ["___", "the ___, and", "(___)", "a ___-known ___", "___ ___"])
def test_a_gap_is_found_whatever_the_tokens(origin: Make, tokens: dict[str, object], sentence: str) -> None:
    filled = Filler(origin("masked-language-model", tokens)).fill(sentence, top=3)
    assert len(filled.gaps) == sentence.count("___")


def test_never_more_candidates_than_tokens_and_never_a_symbol(origin: Make) -> None:
    filler = Filler(origin("masked-language-model"))
    (gap,) = filler.fill("The ___", top=10_000).gaps
    assert len(gap) == len(filler.vocabularies["source"]) - 3
    assert {each.token for each in gap} & set(SPECIALS) == {SPECIALS[UNK]}


def test_the_sentence_is_prepared_and_unknown_words_are_named(origin: Make) -> None:
    filled = Filler(origin("masked-language-model", data={"lowercase": True})).fill(" The ___ zebra OF zebra")
    assert filled.sentence == "the ___ zebra of zebra"
    assert filled.unknown == ("zebra",)
    assert filled.record()["gaps"][0][0].keys() == {"token", "probability"}


@pytest.mark.parametrize("tokens", [WORD, PIECES], ids=lambda tokens: tokens["kind"])
@pytest.mark.parametrize("sentence", ["the x___", "the ___x", "the ____ union", "the ___ and ______"])
def test_a_gap_within_a_word_or_of_another_length_is_refused(origin: Make, tokens: dict[str, object], sentence: str) -> None:
    with pytest.raises(RequestError, match="exactly three underscores") as refused:
        Filler(origin("masked-language-model", tokens)).fill(sentence)
    assert sentence in str(refused.value)


def test_a_sentence_without_a_gap_is_refused(origin: Make) -> None:
    with pytest.raises(RequestError, match="no gap: write ___"):
        Filler(origin("masked-language-model")).fill("the __init__ of the union")


@pytest.mark.parametrize("top", [0, -1])
def test_less_than_one_candidate_is_refused(origin: Make, top: int) -> None:
    with pytest.raises(RequestError, match=f"top: expected 1 or more, found {top}"):
        Filler(origin("masked-language-model")).fill("The ___", top)
