from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from embedseq.evaluation.metrics import STATISTICS
from embedseq.evaluation.rouge import RougeMetric, rouge_items, rouge_signature
from embedseq.evaluation.texts import score_texts
from embedseq.statistics.summary import summarise

ROUGE: tuple[RougeMetric, ...] = ("rouge-1", "rouge-2", "rouge-l")
words = st.lists(st.sampled_from(["a", "net", "Net", "learns", "learning", "7", "!"]), max_size=7)


def tokens(text: str) -> list[str]:
    return [word for word in text.lower().split() if word.isalnum()]


def longest_common(one: list[str], other: list[str]) -> int:
    if not one or not other:
        return 0
    if one[-1] == other[-1]:
        return 1 + longest_common(one[:-1], other[:-1])
    return max(longest_common(one[:-1], other), longest_common(one, other[:-1]))


def plainly(metric: str, output: str, reference: str) -> float:
    """F1 by the equations of Lin (2004), sections 2 and 3."""
    had, wanted = tokens(output), tokens(reference)
    if metric == "rouge-l":
        common, of_had, of_wanted = longest_common(had, wanted), len(had), len(wanted)
    else:
        order = int(metric[-1])
        grams = [Counter(zip(*(text[place:] for place in range(order)), strict=False)) for text in (had, wanted)]
        common = sum((grams[0] & grams[1]).values())
        of_had, of_wanted = (sum(each.values()) for each in grams)
    if common == 0:
        return 0.0
    precision, recall = common / of_had, common / of_wanted
    return 2 * precision * recall / (precision + recall)


@given(output=words, reference=words)
@examples(max_examples=80)
def test_rouge_is_f1_of_plain_counts(output: list[str], reference: list[str]) -> None:
    had, wanted = " ".join(output), " ".join(reference)
    for metric in ROUGE:
        assert rouge_items(metric, [had], [[wanted]])[0, 0] == pytest.approx(100 * plainly(metric, had, wanted))


def test_the_reference_that_shares_most_words_counts_for_each_text() -> None:
    references = [["a net that learns", "models sleep"], ["an old probe"]]
    items = rouge_items("rouge-1", ["models sleep", "a new probe"], references)
    assert items == pytest.approx(np.array([[100, 1], [100 / 3, 1]]))
    assert rouge_items("rouge-1", ["models sleep"], [references[0][::-1]])[0, 0] == 100


def test_all_three_are_of_the_same_reference() -> None:
    # The first shares more words, the second a longer run of them.
    references = ["d c b a", "a b x y"]
    for metric in ROUGE:
        found = rouge_items(metric, ["a b c d"], [references])[0, 0]
        assert found == pytest.approx(100 * plainly(metric, "a b c d", references[0]))
    assert plainly("rouge-2", "a b c d", references[1]) > plainly("rouge-2", "a b c d", references[0])


def test_the_longest_common_subsequence_of_lins_gunman() -> None:
    # Lin 2004, section 3.1: the order of the words tells apart what bigrams do not.
    candidates = ["police kill the gunman", "the gunman kill police"]
    found = rouge_items("rouge-l", candidates, [["police killed the gunman"]] * 2)[:, 0]
    assert found.tolist() == pytest.approx([75.0, 50.0])
    bigrams = rouge_items("rouge-2", candidates, [["police killed the gunman"]] * 2)[:, 0]
    assert bigrams[0] == bigrams[1]


def test_the_score_is_the_mean_of_the_texts_from_0_to_100_with_an_interval() -> None:
    outputs, references = ["models sleep", "a new probe", "x"], [["models sleep"], ["an old probe"], ["y"]]
    (found,) = score_texts(("rouge-1",), outputs, references)
    assert found.value == pytest.approx((100 + 100 / 3 + 0) / 3)
    summary = summarise([found], STATISTICS)
    assert 0 <= summary.low < summary.value < summary.high <= 100


def test_words_are_not_stemmed_and_the_signature_says_so() -> None:
    assert rouge_items("rouge-1", ["learning"], [["learned"]])[0, 0] == 0
    assert rouge_signature([["a"], ["b"]]).startswith("nrefs:1|refs:nearest|measure:f1|stem:no|tok:rouge-score|version:0.1")
    assert rouge_signature([["a"], ["b", "c"]]).startswith("nrefs:var|")
