"""Edit distances and near spellings."""

from hypothesis import given
from hypothesis import strategies as st

from embedseq.embeddings.spelling import edit_distances, near_spellings

letters = st.text(alphabet="abcé", max_size=7)


def slow_distance(one: str, other: str) -> int:
    """Optimal string alignment, straight from its recurrence."""
    if not one or not other:
        return len(one) + len(other)
    best = min(
        slow_distance(one[:-1], other) + 1,
        slow_distance(one, other[:-1]) + 1,
        slow_distance(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    )
    if len(one) > 1 and len(other) > 1 and one[-1] == other[-2] and one[-2] == other[-1]:
        best = min(best, slow_distance(one[:-2], other[:-2]) + 1)
    return best


@given(st.text(alphabet="abcé", max_size=5), st.lists(st.text(alphabet="abcé", max_size=5), min_size=1, max_size=5))
def test_distances_follow_the_recurrence(word: str, others: list[str]) -> None:
    assert edit_distances(word, others).tolist() == [slow_distance(word, other) for other in others]


@given(letters, letters)
def test_distance_is_symmetric(one: str, other: str) -> None:
    assert edit_distances(one, [other])[0] == edit_distances(other, [one])[0]


def test_nearest_comes_first_and_of_equals_the_earlier_word() -> None:
    assert near_spellings("ctiy", ["pity", "cite", "city", "kitty", "town"]) == ("city",)
    assert near_spellings("london", ["londoner", "lindon", "paris", "london's", "landon"], n=4) == (
        "lindon",
        "landon",
        "londoner",
        "london's",
    )


def test_case_is_no_edit() -> None:
    assert near_spellings("City", ["cities", "city"])[0] == "city"


def test_an_empty_word_or_list_has_no_near_spelling() -> None:
    assert near_spellings("", ["a"]) == ()
    assert near_spellings("word", []) == ()
