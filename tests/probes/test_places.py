"""Which places of a sequence are looked at."""

from hypothesis import given
from hypothesis import strategies as st

from embedseq.probes.places import chosen_places


@given(st.integers(0, 300), st.integers(1, 40), st.integers(0, 60))
def test_places_ascend_within_the_sequence_and_are_as_many_as_asked(length: int, count: int, reach: int) -> None:
    places = chosen_places(length, count, reach).tolist()
    assert places == sorted(set(places))
    assert len(places) == min(count, length)
    assert all(0 <= place < length for place in places)
    if length > count:
        assert places[-1] == length - 1 or count == 1
        assert min(places) == min(reach, length - count)
