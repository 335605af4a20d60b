"""YAML 1.2 with places: what words mean, and what is refused with line and column."""

# ruff: noqa: E501  (a message is easier to check in one piece)

import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from embedseq.pipeline.file import yaml_source
from embedseq.pipeline.file.core_schema import resolve, write_yaml
from embedseq.pipeline.file.nodes import Fields, Listing, plain
from embedseq.pipeline.file.problems import Findings
from embedseq.pipeline.file.yaml_source import YamlError, compose, decode


@pytest.fixture(params=["libyaml", "pure Python"], autouse=True)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "pure Python":
        monkeypatch.setattr(yaml_source, "_Loader", yaml.SafeLoader)


def value_of(text: str) -> Any:
    findings = Findings()
    node = compose(text, "x.yaml", findings)
    assert not findings.problems
    return None if node is None else plain(node)


def problems_of(text: str) -> list[str]:
    findings = Findings()
    try:
        compose(text, "x.yaml", findings)
    except YamlError as error:
        return [str(error)]
    return [str(problem) for problem in findings.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 100000.0),
        ("12", 12),
        ("-7", -7),
        ("+7", 7),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.5e+2", -50.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("No", "No"),
        ("y", "y"),
        ("12:30:45", "12:30:45"),
        ("2024-01-31", "2024-01-31"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("1.2.3", "1.2.3"),
        ("=", "="),
        ("tRuE", "tRuE"),
        ("e3", "e3"),
        (".", "."),
        ("-", "-"),
    ],
)
def test_words_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_not_a_number_is_read() -> None:
    assert math.isnan(resolve(".nan"))  # type: ignore[arg-type]


def test_quotation_marks_and_str_tags_keep_text_text() -> None:
    assert value_of("[\"3\", 'true', !!str 4, ! 5, |-\n 6\n]".replace("|-\n 6\n", "x")) == ("3", "true", "4", "5", "x")


def test_lists_become_tuples_and_keys_stay_text() -> None:
    assert value_of("a: [1, [2]]\n1: x\non: y\nnull: z") == {"a": (1, (2,)), "1": "x", "on": "y", "null": "z"}


def test_empty_texts_hold_nothing() -> None:
    assert value_of("") is value_of("# a comment\n") is value_of("---\n") is None


def test_every_key_and_value_knows_its_place() -> None:
    node = compose("a:\n  b: [1,  22]\n", "x.yaml", Findings(), ("root",))
    assert isinstance(node, Fields)
    inner = node.entries["a"].node
    assert isinstance(inner, Fields)
    items = inner.entries["b"].node
    assert isinstance(items, Listing)
    assert str(inner.entries["b"].key) == "x.yaml:2:3"
    assert str(inner.owner) == "x.yaml:1:1"
    assert str(items.items[1].position) == "x.yaml:2:11"
    assert items.items[1].path == ("root", "a", "b", "1")


def test_columns_count_characters_not_bytes() -> None:
    assert problems_of("ünïcødé: {a: 1, a: 2}") == ["x.yaml:1:17: ünïcødé.a: the key 'a' is given twice, first on line 1"]


def test_aliases_are_copies_with_their_own_paths() -> None:
    node = compose("a: &x {b: 1}\nc: *x\n", "x.yaml", Findings())
    assert isinstance(node, Fields)
    copy = node.entries["c"].node
    assert isinstance(copy, Fields)
    assert copy.path == ("c",)
    assert copy.entries["b"].node.path == ("c", "b")
    assert copy.entries["b"].node.position.line == 1


LAUGHS = "\n".join(f"{name}: &{name} [{', '.join([f'*{below}'] * 10)}]" for below, name in zip("abcdef", "bcdefg", strict=True))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "x.yaml:3:1: a: the key 'a' is given twice, first on line 1"),
        ("a: *b", "x.yaml:1:4: *b stands for nothing: no &b ends above"),
        ("a: &a [*a]", "x.yaml:1:8: *a stands for nothing: no &a ends above"),
        (
            "base: &b {x: 1}\nc:\n  <<: *b",
            "x.yaml:3:3: merge keys (<<) are not part of YAML 1.2; repeat the fields, or use an alias for a whole value",
        ),
        ("a: b\n\tc: d", "x.yaml:2:1: a tab stands here; YAML is indented with spaces"),
        ("a:\n\tb: 1", "x.yaml:2:1: a tab stands here; YAML is indented with spaces"),
        ("a: @b", "x.yaml:1:4: text that begins with @ needs quotation marks"),
        (
            "a: b: c",
            "x.yaml:1:5: this ':' cannot stand here: quote text that holds ': ', and indent the keys of one mapping alike",
        ),
        ("a: 'b\nc: d", "x.yaml:1:4: this quotation mark is never closed"),
        ("a: [1, 2\nb: 3", "x.yaml:1:4: this bracket is never closed, or a comma is missing inside it"),
        (
            "a:\n  b: 1\n c: 2",
            "x.yaml:3:2: the indentation fits nothing above; keys of one mapping, and items of one list, begin in the same column",
        ),
        ("? [a]\n: b", "x.yaml:1:3: a key must be a single word or text, not a list or a mapping"),
        ("? \n: b", "x.yaml:1:2: a key is missing before the ':'"),
        ("a: [1,\n", "x.yaml:2:1: a value, or the bracket that closes the list or mapping, is missing here"),
        ("a: 1\n---\nb: 2", "x.yaml:2:1: a second document begins here; a pipeline file is one"),
        ("a: !!python/name:os.system b", "x.yaml:1:4: a: the tag !!python/name:os.system does not fit here; remove it"),
        ("a: !path b", "x.yaml:1:4: a: the tag !path does not fit here; remove it"),
        ("a: !!int b", "x.yaml:1:4: a: the tag !!int does not fit here; remove it"),
        ("a: !!set {b}", "x.yaml:1:4: a: the tag !!set does not fit here; remove it"),
        (f"a: {'9' * 400}", "x.yaml:1:4: a: a number of 400 digits is too long"),
        ("[" * 900, "x.yaml:1:42: values are nested more than 40 deep; no pipeline needs that"),
        (
            f"a: &a [x]\n{LAUGHS}",
            "x.yaml:6:20: the file has more than 100,000 values, aliases (*name) counted; no pipeline needs so many",
        ),
    ],
)
def test_what_is_no_yaml_is_refused_in_plain_words(text: str, message: str) -> None:
    assert problems_of(text) == [message]


def test_whoever_finds_it_first_brackets_in_thousands_of_brackets_are_too_deep() -> None:
    """Releases of libyaml differ in who finds it, and therefore in the column."""
    (problem,) = problems_of("[" * 100_000)
    assert problem.startswith("x.yaml:1:")
    assert problem.endswith(": values are nested more than 40 deep; no pipeline needs that")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: b\nc: caf\xe9", "x.yaml:2:7: the byte 0xe9 is not UTF-8; save the file as UTF-8"),
        (b"a: b\x00", "x.yaml:1:5: the control character U+0000 cannot stand in YAML; remove it"),
        ("a: ü\x07".encode(), "x.yaml:1:5: the control character U+0007 cannot stand in YAML; remove it"),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_their_place(data: bytes, message: str) -> None:
    with pytest.raises(YamlError) as error:
        decode(data, "x.yaml")
    assert str(error.value) == message


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decode(b"\xef\xbb\xbfa: 1", "x.yaml") == "a: 1"


PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff\ufeff"), max_size=12)
WORDS = st.sampled_from(
    ["1e3", "on", "0o7", "null", "~", "true", "0x1", "", " x ", "- a", "a: b", "#", "1_0", ".5", "<<", "=", "2024-01-01"]
)
KEYS = PRINTABLE.filter(lambda key: key != "<<")
"""Merge keys are refused."""
SCALARS = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | PRINTABLE | WORDS


@given(
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=8,
    )
)
def test_what_is_written_is_read_as_the_same_value(value: Any) -> None:
    assert value_of(write_yaml({"x": value})) == {"x": value}


@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"%@`#,? \n\t0.~<="), max_size=30))
def test_no_text_raises_anything_but_problems(text: str) -> None:
    problems_of(text)
