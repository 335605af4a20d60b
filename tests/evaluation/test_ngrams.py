import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from embedseq.evaluation import ngrams
from embedseq.evaluation.ngrams import NO_CONTEXT, KneserNeyTrigrams, Unigrams
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import END, PAD, START, UNK

SIZE = 9
A, B, C = 4, 5, 6
IDS = [UNK, END, *range(4, SIZE)]
"""What may be predicted."""
corpora = st.lists(st.lists(st.sampled_from([UNK, *range(4, SIZE)]), max_size=6), min_size=1, max_size=8)


def arrays(sentences: Sequence[Sequence[int]]) -> list[np.ndarray]:
    return [np.array(sentence, dtype=np.int32) for sentence in sentences]


def discount(counts: Sequence[int]) -> Fraction:
    once, twice = counts.count(1), counts.count(2)
    return Fraction(once, once + 2 * twice) if once else Fraction(1, 2)


Plain = Callable[[tuple[int, ...], int], Fraction]


def plainly(sentences: Sequence[Sequence[int]]) -> Plain:
    """p(w | u v) and p(w | START) by counting with dictionaries, order by order."""
    padded = [(START, *sentence, END) for sentence in sentences]
    trigrams = Counter(s[i : i + 3] for s in padded for i in range(len(s) - 2))
    bigrams = Counter(s[i : i + 2] for s in padded for i in range(len(s) - 1))
    before_bigram = Counter((v, w) for _, v, w in trigrams)
    lower = Counter({(v, w): count for (v, w), count in bigrams.items() if v == START}) + before_bigram
    lowest = Counter((w,) for _, w in bigrams)

    def order(counts: Counter[tuple[int, ...]], of_lower: Plain) -> Plain:
        off = discount(list(counts.values()))
        after: dict[tuple[int, ...], dict[int, int]] = defaultdict(dict)
        for gram, count in counts.items():
            after[gram[:-1]][gram[-1]] = count

        def probability(context: tuple[int, ...], token: int) -> Fraction:
            below = of_lower(context[1:], token)
            seen = after.get(context)
            if seen is None:
                return below
            kept = max(seen.get(token, 0) - off, Fraction(0))
            return (kept + off * len(seen) * below) / sum(seen.values())

        return probability

    uniform = order(lowest, lambda _, __: Fraction(1, SIZE - 2))
    two = order(lower, lambda _, token: uniform((), token))
    three = order(trigrams, two)
    return lambda context, token: three(context, token) if len(context) == 2 else two(context, token)


def contexts() -> list[tuple[int, int]]:
    inner = [UNK, *range(4, SIZE)]
    return [(NO_CONTEXT, START), *((START, v) for v in inner), *((u, v) for u in inner for v in inner)]


def probability(model: KneserNeyTrigrams, before: int, last: int, tokens: list[int]) -> np.ndarray:
    return model.probabilities(*(np.array([each] * len(tokens)) for each in (before, last)), np.array(tokens))


def test_a_tiny_corpus_gives_the_probabilities_reckoned_by_hand() -> None:
    # Sentences: a b, a b, a c. V = 7 with the specials, so that 5 tokens may be predicted, a uniform 1/5.
    model = KneserNeyTrigrams.count(arrays([[A, B], [A, B], [A, C]]), 7)
    unigrams, bigrams, trigrams = model.orders
    # Different tokens before a: START; b: a; c: a; END: b, c. Counts 1, 1, 1, 2: D = 3 / (3 + 2) = 0.6.
    assert unigrams.discount == pytest.approx(0.6)
    # START a came 3 times; before a b, a c, b END and c END came one token each: D = 4 / 4 = 1.
    assert bigrams.discount == 1.0
    # START a b and a b END twice; START a c and a c END once: D = 2 / (2 + 4) = 1/3.
    assert trigrams.discount == pytest.approx(1 / 3)
    b_alone = (1 - 0.6) / 5 + 0.6 * 4 / 5 / 5  # 0.176
    b_after_a = (1 - 1) / 2 + 1 * 2 / 2 * b_alone
    b_after_start_a = (2 - 1 / 3) / 3 + (1 / 3) * 2 / 3 * b_after_a
    assert probability(model, START, A, [B])[0] == pytest.approx(b_after_start_a)
    a_alone = (1 - 0.6) / 5 + 0.6 * 4 / 5 / 5
    assert probability(model, NO_CONTEXT, START, [A])[0] == pytest.approx((3 - 1) / 3 + 1 * 1 / 3 * a_alone)
    assert probability(model, C, B, [UNK])[0] == pytest.approx(1 * 1 / 1 * (0 + 0.6 * 4 / 5 / 5))


@given(sentences=corpora)
@examples(max_examples=60)
def test_trigrams_are_those_of_plain_loops(sentences: list[list[int]]) -> None:
    if not any(sentences):
        return
    model, plain = KneserNeyTrigrams.count(arrays(sentences), SIZE), plainly(sentences)
    for before, last in contexts():
        context = (last,) if before == NO_CONTEXT else (before, last)
        expected = [float(plain(context, token)) for token in IDS]
        assert probability(model, before, last, IDS) == pytest.approx(expected, rel=1e-12)


@given(sentences=corpora)
@examples(max_examples=60)
def test_probabilities_are_positive_and_sum_to_one_after_any_context(sentences: list[list[int]]) -> None:
    if not any(sentences):
        return
    model = KneserNeyTrigrams.count(arrays(sentences), SIZE)
    for before, last in contexts():
        found = probability(model, before, last, IDS)
        assert found.min() > 0
        assert found.sum() == pytest.approx(1.0)
    for with_end in (True, False):
        shares = Unigrams.count(arrays(sentences), SIZE, with_end).probabilities(np.array(IDS))
        assert shares.min() > 0
        assert shares.sum() == pytest.approx(1.0)


def test_unigrams_are_shares_less_a_discount() -> None:
    model = Unigrams.count(arrays([[A, A, B], [A, UNK]]), SIZE)
    # a 3, END 2, b 1, unknown 1: D = 2 / (2 + 2) = 0.5, of which 4 types give to 7 tokens.
    kept = 0.5 * 4 / 7 / 7
    expected = {A: 2.5 / 7 + kept, END: 1.5 / 7 + kept, B: 0.5 / 7 + kept, UNK: 0.5 / 7 + kept, C: kept}
    assert model.probabilities(np.array(list(expected))) == pytest.approx(list(expected.values()))
    nats = model.nats(np.array([B]))
    assert nats == pytest.approx([-math.log(expected[B]), -math.log(expected[END])])


def test_a_sentence_costs_each_token_after_those_before_it_and_its_end() -> None:
    sentences = [[A, B, C], [B, C], [A, A]]
    model, plain = KneserNeyTrigrams.count(arrays(sentences), SIZE), plainly(sentences)
    steps = [((START,), B), ((START, B), A), ((B, A), UNK), ((A, UNK), END)]
    expected = [-math.log(plain(context, token)) for context, token in steps]
    assert model.nats(np.array([B, A, UNK], dtype=np.int32)) == pytest.approx(expected)
    assert model.nats(np.array([], dtype=np.int32)) == pytest.approx([-math.log(plain((START,), END))])


def test_counting_in_small_portions_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    sentences = [draw.integers(3, SIZE, size=draw.integers(0, 9)) for _ in range(50)]
    encoded = Encoded.write(tmp_path / "text", [np.where(each == END, UNK, each) for each in sentences])
    at_once = KneserNeyTrigrams.count(encoded, SIZE)
    monkeypatch.setattr(ngrams, "TOKENS_AT_ONCE", 7)
    in_portions = KneserNeyTrigrams.count(encoded, SIZE)
    for one, other in zip(at_once.orders, in_portions.orders, strict=True):
        assert one.counts.keys.tolist() == other.counts.keys.tolist()
        assert one.counts.counts.tolist() == other.counts.counts.tolist()


def test_neither_padding_nor_the_start_is_ever_counted() -> None:
    model = KneserNeyTrigrams.count(arrays([[A, B]] * 3), SIZE)
    for order in model.orders:
        assert not np.isin(order.counts.keys % SIZE, (PAD, START)).any()


def test_nothing_to_count_and_too_large_vocabularies_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one token"):
        Unigrams.count([], SIZE)
    with pytest.raises(ValueError, match="cannot be numbered"):
        KneserNeyTrigrams.count(arrays([[A]]), ngrams.LARGEST + 1)
