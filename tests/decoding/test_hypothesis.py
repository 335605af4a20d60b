import math

from hypothesis import given
from hypothesis import strategies as st

from embedseq.decoding.hypothesis import BestHypotheses, Hypothesis, score

hypotheses = st.builds(
    Hypothesis,
    tokens=st.lists(st.integers(4, 6), max_size=3).map(tuple),
    score=st.integers(-4, 0).map(float),
    log_probability=st.just(0.0),
)


@given(added=st.lists(hypotheses, max_size=12), size=st.integers(1, 5))
def test_the_best_are_those_of_a_sort(added: list[Hypothesis], size: int) -> None:
    best = BestHypotheses(size)
    for hypothesis in added:
        best.add(hypothesis)
    expected = sorted(added, key=lambda h: (-h.score, h.tokens))[:size]
    assert best.ranked() == expected
    assert best.bar == (expected[-1].score if len(expected) == size else -math.inf)


def test_the_length_penalty_runs_from_sums_to_means() -> None:
    assert score(-6.0, 4, 0.0) == -6.0
    assert score(-6.0, 4, 0.5) == -3.0
    assert score(-6.0, 4, 1.0) == -1.5
