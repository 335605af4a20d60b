import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF

from embedseq.evaluation.metrics import STATISTICS
from embedseq.evaluation.texts import TextMetric, score_alternatives, score_texts
from embedseq.statistics.summary import summarise

METRICS: tuple[TextMetric, ...] = ("bleu", "bleu-lc", "chrf")
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
ALONE = [[reference] for reference in REFERENCES]
FURTHER = ["Ein Mann mit Hut steht am Ufer.", None, "Eine Frau liest.", None]
SEVERAL = [[one] if other is None else [one, other] for one, other in zip(REFERENCES, FURTHER, strict=True)]
words = st.lists(st.sampled_from(["der", "Der", "Hund", "läuft", ",", "gern", "x"]), max_size=9).map(" ".join)


def by_sacrebleu(hypotheses: list[str], references: list[str]) -> dict[str, float]:
    return {
        "bleu": BLEU(force=True).corpus_score(hypotheses, [references]).score,
        "bleu-lc": BLEU(lowercase=True, force=True).corpus_score(hypotheses, [references]).score,
        "chrf": CHRF().corpus_score(hypotheses, [references]).score,
    }


def test_scores_are_sacrebleus_corpus_scores() -> None:
    expected = by_sacrebleu(HYPOTHESES, REFERENCES)
    measured = score_texts(METRICS, HYPOTHESES, ALONE)
    assert {m.score: m.value for m in measured} == pytest.approx(expected, abs=1e-9)
    assert expected["bleu"] < expected["bleu-lc"]


@given(pairs=st.lists(st.tuples(words, words), min_size=1, max_size=6))
@examples(max_examples=150)
def test_scores_are_sacrebleus_for_any_sentences(pairs: list[tuple[str, str]]) -> None:
    hypotheses, references = [h for h, _ in pairs], [r for _, r in pairs]
    measured = score_texts(METRICS, hypotheses, [[reference] for reference in references])
    assert {m.score: m.value for m in measured} == pytest.approx(by_sacrebleu(hypotheses, references), abs=1e-9)


def test_the_score_of_a_resample_is_sacrebleus_of_the_same_sentences() -> None:
    draws = np.random.default_rng(1).integers(len(REFERENCES), size=(20, len(REFERENCES)))
    for m in score_texts(METRICS, HYPOTHESES, ALONE):
        values = STATISTICS[m.statistic](m.items[draws].sum(axis=1))
        assert values.shape == (20,)
        for draw, value in zip(draws, values, strict=True):
            resample = by_sacrebleu([HYPOTHESES[i] for i in draw], [REFERENCES[i] for i in draw])
            assert value == pytest.approx(resample[m.score], abs=1e-9)


def test_signatures_are_sacrebleus_own() -> None:
    signatures = {m.score: m.signature for m in score_texts(METRICS, HYPOTHESES, ALONE)}
    assert signatures["bleu"].startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")
    assert signatures["bleu-lc"].startswith("nrefs:1|case:lc|eff:no|tok:13a|smooth:exp|version:")
    assert signatures["chrf"].startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:")


def test_perfect_translations_score_100_with_an_interval_without_width() -> None:
    for m in score_texts(METRICS, REFERENCES, ALONE):
        summary = summarise([m], STATISTICS)
        assert (summary.value, summary.low, summary.high) == pytest.approx((100.0, 100.0, 100.0))


def test_intervals_hold_the_score() -> None:
    for m in score_texts(METRICS, HYPOTHESES, ALONE):
        summary = summarise([m], STATISTICS)
        assert summary.low < summary.value < summary.high


def test_sentences_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="not 4 for 3"):
        score_texts(METRICS, HYPOTHESES[1:], ALONE)


def test_several_references_count_as_in_sacrebleu() -> None:
    streams = [REFERENCES, FURTHER]
    expected = {
        "bleu": BLEU(force=True).corpus_score(HYPOTHESES, streams).score,
        "bleu-lc": BLEU(lowercase=True, force=True).corpus_score(HYPOTHESES, streams).score,
        "chrf": CHRF().corpus_score(HYPOTHESES, streams).score,
    }
    measured = score_texts(METRICS, HYPOTHESES, SEVERAL)
    assert {m.score: m.value for m in measured} == pytest.approx(expected, abs=1e-9)
    assert expected["bleu"] > by_sacrebleu(HYPOTHESES, REFERENCES)["bleu"]
    assert all(m.signature.startswith("nrefs:var|") for m in measured)


def test_a_sentence_without_a_reference_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one reference"):
        score_texts(METRICS, HYPOTHESES, [*ALONE[:3], []])


def test_an_exact_match_is_any_reference_to_the_letter() -> None:
    (found,) = score_texts(("exact-match",), ["vier", "Vier", "sechs"], [["vier"], ["vier"], ["fünf", "sechs"]])
    assert (found.value, found.statistic, found.better) == (pytest.approx(2 / 3), "ratio", "higher")
    assert found.items.tolist() == [[1, 1], [0, 1], [1, 1]]


def test_one_alternative_each_scores_as_the_text_itself() -> None:
    for alone, one in zip(
        score_texts((*METRICS, "rouge-1", "exact-match"), HYPOTHESES, SEVERAL),
        score_alternatives((*METRICS, "rouge-1", "exact-match"), [[text] for text in HYPOTHESES], SEVERAL, baseline="any"),
        strict=True,
    ):
        assert (one.role, one.label, one.signature) == ("baseline", "any", alone.signature)
        assert one.value == pytest.approx(alone.value, abs=1e-12)


def test_alternatives_weigh_the_same_within_their_text() -> None:
    outputs = [["eins", "zwei", "drei"], ["eins"]]
    (found,) = score_alternatives(("exact-match",), outputs, [["zwei"], ["eins"]], baseline="any")
    assert found.items == pytest.approx(np.array([[1 / 3, 1], [1, 1]]))
    (chrf,) = score_alternatives(("chrf",), outputs, [["zwei"], ["eins"]], baseline="any")
    alone = [score_texts(("chrf",), [text], [["zwei"]])[0].items[0] for text in outputs[0]]
    assert chrf.items[0] == pytest.approx(np.mean(alone, axis=0))
