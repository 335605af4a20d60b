"""Control tasks: one random label a word type, distributed as the true labels are."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from embedseq.probes.control import control_codes, control_heads

FORMS = st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=30)


@given(FORMS, FORMS)
def test_a_form_has_one_label_in_whatever_company(first: list[str], second: list[str]) -> None:
    codes = np.array([0, 0, 0, 1, 2])
    told = dict(zip(first, control_codes(first, codes, 3), strict=True))
    for form, code in zip([*second, *first], control_codes([*second, *first], codes, 3), strict=True):
        assert told.setdefault(form, code) == code


def test_labels_are_distributed_as_the_true_ones_are() -> None:
    codes = np.repeat([0, 1, 3], [60, 30, 10])
    drawn = control_codes([f"word{number}" for number in range(5000)], codes, 4)
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 5000, [0.6, 0.3, 0, 0.1], atol=0.03)


@given(FORMS)
def test_a_type_hangs_on_itself_the_first_word_or_the_last(forms: list[str]) -> None:
    heads = control_heads(forms)
    assert all(head in (place, 1, len(forms)) for place, head in enumerate(heads, start=1))


def test_each_third_of_the_types_hangs_alike_in_all_sentences() -> None:
    forms = [f"word{number}" for number in range(3000)]
    choices = [int(control_heads(["a", form, "b"])[1]) for form in forms]
    np.testing.assert_allclose(np.bincount(choices, minlength=4)[1:] / 3000, 1 / 3, atol=0.03)
    assert [int(control_heads(["other", "words", "here", form, "c", "d"])[3]) for form in forms] == [
        {1: 1, 2: 4, 3: 6}[choice] for choice in choices
    ]
