"""Keys: equal for equal records, different for different ones, whatever the order."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.pipeline.keys import KeyRecord, canonical, differences, plain

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4))


def typed(value: Any) -> Any:
    """The value with every type spelled out and mappings in order: what the encoding must tell apart."""
    if isinstance(value, dict):
        return ("mapping", tuple(sorted((name, typed(item)) for name, item in value.items())))
    if isinstance(value, list | tuple):
        return ("list", tuple(typed(item) for item in value))
    return (type(value).__name__, repr(value))


@given(VALUES, VALUES)
def test_values_have_the_same_encoding_exactly_if_they_are_the_same(one: Any, other: Any) -> None:
    assert (canonical(one) == canonical(other)) == (repr(typed(one)) == repr(typed(other)))


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=6), st.randoms())
def test_the_order_of_a_mapping_does_not_matter(value: dict[str, Any], random: Any) -> None:
    items = list(value.items())
    random.shuffle(items)
    assert canonical(dict(items)) == canonical(value)


@given(VALUES)
def test_a_value_read_back_from_json_has_the_same_encoding(value: Any) -> None:
    assert canonical(json.loads(json.dumps(value))) == canonical(value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": "b,c"}, {"a": "b", "c": ""}),
        ({"a": "b"}, {"a": ["b"]}),
        (["ab", "c"], ["a", "bc"]),
        ([["a"], "b"], [["a", "b"]]),
        ({"a": {"b": 1}}, {"a.b": 1}),
        (1, 1.0),
        (1, True),
        (0, False),
        (None, "None"),
        ("1", 1),
        ("", []),
        ([], {}),
        ("é", "e\u0301"),
        ({"s1:": "x"}, {"s": "1:x"}),
        (0.1 + 0.2, 0.3),
        ({"a": None}, {}),
    ],
)
def test_values_that_nearly_collide_do_not(one: Any, other: Any) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused_with_its_place(value: float) -> None:
    with pytest.raises(ValueError, match=r"train\.lr\[1\]"):
        canonical({"train": {"lr": [0.1, value]}})


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object(), {1: "a"}])
def test_what_is_not_json_like_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


def record(**changes: Any) -> KeyRecord:
    fields: dict[str, Any] = {
        "kind": "train",
        "version": 1,
        "threads": 1,
        "spec": {"lr": 0.1},
        "inputs": {"a": "d1"},
        "failures": {},
    }
    return KeyRecord(**{**fields, **changes})


def test_every_field_of_a_record_is_in_its_key() -> None:
    records = [
        record(),
        record(kind="tune"),
        record(version=2),
        record(threads=2),
        record(spec={"lr": 0.2}),
        record(spec={"lr": 0.1, "beam": 5}),
        record(inputs={"a": "d2"}),
        record(inputs={"b": "d1"}),
        record(inputs={}, failures={"a": "d1"}),
        record(inputs={}, failures={"a": "d2"}),
        record(inputs={}),
    ]
    assert len({each.key for each in records}) == len(records)


def test_a_key_is_the_same_in_every_version_of_this_package() -> None:
    """A changed encoding would recompute everything that anybody has in a store."""
    assert record().key == "c5477eb0c535a3b9d94e34d4fb45f7ebb79b0dd972c30ea1abd899b94889b540"


def test_a_record_read_back_has_the_same_key() -> None:
    one = record(spec={"sizes": (1, 2), "nested": {"b": 1.0, "a": None}})
    assert KeyRecord.from_json(json.loads(json.dumps(one.as_json()))).key == one.key


def test_differences_name_the_fields_that_changed() -> None:
    old = {"train": {"lr": 0.001, "epochs": 10, "clip": 1.0}, "dim": 8}
    new = {"train": {"lr": 0.002, "epochs": 10, "ema": True}, "dim": 8.0}
    assert differences(old, new) == [
        "train.lr 0.001 -> 0.002",
        "train.clip removed",
        "train.ema = True added",
        "dim 8 -> 8.0",
    ]


@given(VALUES, VALUES)
def test_there_are_differences_exactly_if_the_encodings_differ(one: Any, other: Any) -> None:
    assert bool(differences({"it": one}, {"it": other})) == (canonical(one) != canonical(other))


def test_plain_leaves_dicts_and_lists() -> None:
    assert plain({"a": (1, (2, "xy"))}) == {"a": [1, [2, "xy"]]}
