"""sacrebleu's paired test, called on texts."""

import pytest
from sacrebleu import corpus_bleu, corpus_chrf

from embedseq.evaluation.paired import paired_test

REFERENCES = [["a man rides a horse"], ["two dogs run in the snow"], ["a child eats an apple"], ["the woman reads a long book"]]
GOOD = ["a man rides a horse", "two dogs run in snow", "a child eats an apple", "a woman reads a long book"]
POOR = ["a man is on a horse", "dogs run", "a child eats apples now", "a woman reads"]


def test_effect_is_the_first_less_the_second_as_sacrebleu_scores_them() -> None:
    streams = [[each[0] for each in REFERENCES]]
    found = paired_test("bleu", GOOD, POOR, REFERENCES, draws=200)
    assert found.first == pytest.approx(corpus_bleu(GOOD, streams).score)
    assert found.second == pytest.approx(corpus_bleu(POOR, streams).score)
    assert found.effect == found.first - found.second > 0
    assert paired_test("chrf", POOR, GOOD, REFERENCES, draws=200).second == pytest.approx(corpus_chrf(GOOD, streams).score)


def test_signature_says_how_it_was_drawn() -> None:
    assert "ar:200" in paired_test("bleu", GOOD, POOR, REFERENCES, draws=200).signature
    assert "case:lc" in paired_test("bleu-lc", GOOD, POOR, REFERENCES, draws=200).signature


def test_the_same_texts_give_the_same_p_again() -> None:
    assert paired_test("chrf", GOOD, POOR, REFERENCES, draws=200) == paired_test("chrf", GOOD, POOR, REFERENCES, draws=200)


def test_several_references_may_be_more_for_some_texts() -> None:
    more = [[*REFERENCES[0], "a man is on a horse"], *REFERENCES[1:]]
    alone, beside = (paired_test("bleu", GOOD, POOR, each, draws=100) for each in (REFERENCES, more))
    assert beside.second > alone.second


@pytest.mark.parametrize(("first", "references"), [(GOOD[:3], REFERENCES), (GOOD, [*REFERENCES[:3], []]), ([], [])])
def test_texts_that_do_not_pair_are_refused(first: list[str], references: list[list[str]]) -> None:
    with pytest.raises(ValueError, match="Expected references for each text"):
        paired_test("bleu", first, POOR, references)
