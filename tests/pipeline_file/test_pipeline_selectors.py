"""The selector grammar, on names and texts alone."""

# ruff: noqa: E501  (a message is easier to check in one piece)

import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.pipeline.file.selectors import SelectorError, Subject, parse, select

ARMS = [
    Subject(
        "model",
        "translator",
        f"translator[{cell},{how}]",
        (cell, *how.split(",")),
        {"dim": "256", "encoder.layers": layers, "train.lr": "0.001"},
    )
    for cell, layers in (("lstm", "1"), ("gru", "2"))
    for how in ("random", "skipgram,frozen", "skipgram,tuned", "cbow,tuned")
]
PLAIN = Subject("model", "plain", "plain", (), {"dim": "64"})
EMBEDDINGS = [
    Subject("embedding", "skipgram", "skipgram", (), {"algorithm": "skip-gram"}),
    Subject("embedding", "cbow", "cbow", (), {"algorithm": "cbow"}),
]
ALL = [*EMBEDDINGS, *ARMS, PLAIN]


@pytest.mark.parametrize(
    ("selector", "labels"),
    [
        ("plain", ["plain"]),
        ("plain[*]", ["plain"]),
        ("translator", [arm.label for arm in ARMS]),
        ("translator[*]", [arm.label for arm in ARMS]),
        ("models", [arm.label for arm in [*ARMS, PLAIN]]),
        ("embeddings", ["skipgram", "cbow"]),
        ("skipgram", ["skipgram"]),
        ("embeddings[algorithm=cbow]", ["cbow"]),
        ("translator[lstm,skipgram,tuned]", ["translator[lstm,skipgram,tuned]"]),
        ("translator[tuned, skipgram , lstm]", ["translator[lstm,skipgram,tuned]"]),
        ("translator[*,tuned]", [arm.label for arm in ARMS if "tuned" in arm.label]),
        ("translator[random]", ["translator[lstm,random]", "translator[gru,random]"]),
        ("translator[encoder.layers=2,cbow]", ["translator[gru,cbow,tuned]"]),
        ("translator[train.lr=1e-3,lstm,random]", ["translator[lstm,random]"]),
        ("models[dim=64]", ["plain"]),
        ("models[*,frozen]", ["translator[lstm,skipgram,frozen]", "translator[gru,skipgram,frozen]"]),
    ],
)
def test_a_selector_names_these(selector: str, labels: list[str]) -> None:
    assert [subject.label for subject in select(selector, ALL)] == labels


def test_a_full_label_names_that_one_alone() -> None:
    both = [Subject("model", "m", "m[a]", ("a",)), Subject("model", "m", "m[a,b]", ("a", "b"))]
    assert [subject.label for subject in select("m[a]", both)] == ["m[a]"]
    assert [subject.label for subject in select("m[*,a]", both)] == ["m[a]", "m[a,b]"]


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        (
            "translater[lstm]",
            "no model or embedding is called 'translater'. Did you mean 'translator'? (skipgram, cbow, translator, plain, models, embeddings)",
        ),
        (
            "translator[ltsm]",
            "'ltsm' is not a value of translator's matrix. Did you mean 'lstm'? (lstm, random, skipgram, frozen, tuned, cbow, gru)",
        ),
        (
            "translator[2]",
            "'2' is not a value of translator's matrix (lstm, random, skipgram, frozen, tuned, cbow, gru); for a field write encoder.layers=2",
        ),
        (
            "translator[encoder.layer=2]",
            "translator has no field 'encoder.layer'. Did you mean 'encoder.layers'? (dim, encoder.layers, train.lr)",
        ),
        ("translator[encoder.layers=3]", "encoder.layers is never '3' in translator (1, 2)"),
        ("plain[lstm]", "plain has no matrix, so that 'lstm' cannot be chosen: write plain"),
        ("", "'' is not a selector: expected NAME or NAME[TERM,TERM], as in translator[lstm,tuned]"),
        ("translator[", "'translator[' is not a selector: expected NAME or NAME[TERM,TERM], as in translator[lstm,tuned]"),
        ("translator[]", "'translator[]' is not a selector: a term is empty; [*] stands for all"),
        ("translator[lstm,]", "'translator[lstm,]' is not a selector: a term is empty; [*] stands for all"),
        ("translator[dim=]", "'translator[dim=]' is not a selector: 'dim=' should be FIELD=VALUE, as in encoder.layers=2"),
        ("a b", "'a b' is not a selector: expected NAME or NAME[TERM,TERM], as in translator[lstm,tuned]"),
    ],
)
def test_a_selector_that_names_nothing_says_why(selector: str, message: str) -> None:
    with pytest.raises(SelectorError) as error:
        select(selector, ALL)
    assert str(error.value) == message
    assert error.value.exit_code == 2


def test_terms_that_never_meet_are_told_with_what_there_is() -> None:
    with pytest.raises(
        SelectorError, match=r"nothing called translator is cbow and frozen at once: there are translator\[lstm,random\], "
    ):
        select("translator[cbow,frozen]", ALL)


def test_groups_that_are_empty_are_told() -> None:
    with pytest.raises(SelectorError, match=r"there are no models here \(skipgram, cbow\)"):
        select("models", EMBEDDINGS)


def test_every_label_selects_itself() -> None:
    for subject in ALL:
        assert select(subject.label, ALL) == [subject]


@given(st.text(st.sampled_from("ab[],=*. é"), max_size=12))
def test_no_text_raises_anything_but_a_selector_error(text: str) -> None:
    with suppress(SelectorError):
        assert parse(text).name
        select(text, ALL)


def test_selecting_loads_neither_pydantic_nor_yaml() -> None:
    code = "import sys; import embedseq.pipeline.file.selectors; sys.exit(any(name in sys.modules for name in ('pydantic', 'yaml', 'torch')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
