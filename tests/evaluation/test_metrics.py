import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF

from embedseq.evaluation.metrics import STATISTICS, TranslationMetric, score_translations
from embedseq.statistics.summary import summarise

METRICS: tuple[TranslationMetric, ...] = ("bleu", "bleu-lc", "chrf")
REFERENCES = [
    "Ein Mann mit einem roten Hut steht am Ufer.",
    "Zwei Hunde spielen im Schnee.",
    "Eine Frau liest in einem Buch.",
    "Kinder laufen über die Wiese, und ein Ball rollt hinterher.",
]
HYPOTHESES = [
    "ein Mann mit einem Hut steht am Ufer.",
    "Zwei Hunde spielen im Schnee.",
    "Eine Frau schreibt ein langes Buch!",
    "Die Kinder laufen über eine Wiese.",
]
words = st.lists(st.sampled_from(["der", "Der", "Hund", "läuft", ",", "gern", "x"]), max_size=9).map(" ".join)


def by_sacrebleu(hypotheses: list[str], references: list[str]) -> dict[str, float]:
    return {
        "bleu": BLEU(force=True).corpus_score(hypotheses, [references]).score,
        "bleu-lc": BLEU(lowercase=True, force=True).corpus_score(hypotheses, [references]).score,
        "chrf": CHRF().corpus_score(hypotheses, [references]).score,
    }


def test_scores_are_sacrebleus_corpus_scores() -> None:
    expected = by_sacrebleu(HYPOTHESES, REFERENCES)
    measured = score_translations("m", METRICS, HYPOTHESES, REFERENCES)
    assert {m.score: m.value for m in measured} == pytest.approx(expected, abs=1e-9)
    assert expected["bleu"] < expected["bleu-lc"]


@given(pairs=st.lists(st.tuples(words, words), min_size=1, max_size=6))
@examples(max_examples=150, deadline=None)
def test_scores_are_sacrebleus_for_any_sentences(pairs: list[tuple[str, str]]) -> None:
    hypotheses, references = [h for h, _ in pairs], [r for _, r in pairs]
    measured = score_translations("m", METRICS, hypotheses, references)
    assert {m.score: m.value for m in measured} == pytest.approx(by_sacrebleu(hypotheses, references), abs=1e-9)


def test_the_score_of_a_resample_is_sacrebleus_of_the_same_sentences() -> None:
    draws = np.random.default_rng(1).integers(len(REFERENCES), size=(20, len(REFERENCES)))
    for m in score_translations("m", METRICS, HYPOTHESES, REFERENCES):
        values = STATISTICS[m.statistic](m.items[draws].sum(axis=1))
        assert values.shape == (20,)
        for draw, value in zip(draws, values, strict=True):
            resample = by_sacrebleu([HYPOTHESES[i] for i in draw], [REFERENCES[i] for i in draw])
            assert value == pytest.approx(resample[m.score], abs=1e-9)


def test_signatures_are_sacrebleus_own() -> None:
    signatures = {m.score: m.signature for m in score_translations("m", METRICS, HYPOTHESES, REFERENCES)}
    assert signatures["bleu"].startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")
    assert signatures["bleu-lc"].startswith("nrefs:1|case:lc|eff:no|tok:13a|smooth:exp|version:")
    assert signatures["chrf"].startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:")


def test_perfect_translations_score_100_with_an_interval_without_width() -> None:
    for m in score_translations("m", METRICS, REFERENCES, REFERENCES):
        summary = summarise([m], STATISTICS)
        assert (summary.value, summary.low, summary.high) == pytest.approx((100.0, 100.0, 100.0))


def test_intervals_hold_the_score() -> None:
    for m in score_translations("m", METRICS, HYPOTHESES, REFERENCES):
        summary = summarise([m], STATISTICS)
        assert summary.low < summary.value < summary.high


def test_sentences_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="as many hypotheses as references"):
        score_translations("m", METRICS, HYPOTHESES[1:], REFERENCES)
