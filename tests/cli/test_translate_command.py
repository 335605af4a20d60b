"""`embedseq translate` and `attend` of models that read two sentences at once, or an image; and of models of other kinds."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedseq import open_run
from embedseq.pipeline.source_text import SentenceOfTest
from embedseq.pipeline.stages.tokens import encoded_of, frames_of
from embedseq.pipeline.translator import Translator

PAIR = "two dogs run\tTWO DOGS RUN"


def test_a_sentence_can_be_given_as_an_argument(kinds_store: Path, embedseq_command: Any) -> None:
    options = ("--store", kinds_store, "--model", "translator")
    answer = embedseq_command("translate", PAIR, *options)
    assert answer.code == 0, answer.err
    assert answer.out == embedseq_command("translate", *options, stdin=PAIR + "\n").out


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """How many lines were translated at a time, and by how many processes."""
    calls = []
    translate = Translator.translate

    def record(self: Translator, sentences: Sequence[str], beam: int | None = None, replicas: int = 1) -> list[str]:
        if sentences:
            calls.append((len(sentences), replicas))
        return translate(self, sentences, beam, replicas)

    monkeypatch.setattr(Translator, "translate", record)
    monkeypatch.setattr("embedseq.cli.translate_command.BATCH", 2)
    monkeypatch.setattr("embedseq.cli.translate_command.PARTS", 3)
    return calls


@pytest.mark.parametrize(
    ("replicas", "cores", "expected"),
    [
        ((), 1, [(2, 1)] * 6 + [(1, 1)]),
        ((), 2, [(6, 2), (6, 2), (1, 1)]),
        (("--replicas", 1), 8, [(2, 1)] * 6 + [(1, 1)]),
        (("--replicas", 4), 1, [(8, 4), (5, 3)]),
    ],
)
def test_lines_are_answered_in_their_order_whoever_translates_them(
    kinds_store: Path,
    embedseq_command: Any,
    asked: list[tuple[int, int]],
    monkeypatch: pytest.MonkeyPatch,
    replicas: tuple[Any, ...],
    cores: int,
    expected: list[tuple[int, int]],
) -> None:
    monkeypatch.setattr("embedseq.pipeline.cores.available_cores", lambda: cores)
    monkeypatch.setattr("sys.platform", "linux")
    lines = [PAIR, "a man rides a bike\tA MAN RIDES A BIKE", "", "a bike in the snow\tA BIKE IN THE SNOW"] * 3 + [PAIR]
    options = ("--store", kinds_store, "--model", "translator", "--beam", 2)
    answer = embedseq_command("translate", *options, *replicas, stdin="".join(f"{line}\n" for line in lines))
    assert answer.code == 0, answer.err
    assert asked == expected
    assert answer.out.split("\n")[:-1] == open_run(store=kinds_store).models["translator"].translate(lines, beam=2)


@pytest.mark.parametrize("replicas", [1, 2])
@pytest.mark.parametrize("good", [0, 1, 8])
@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b"two dogs", "translator, seed 1 reads 2 sources"),
        (b"two d\xff\tTWO D", "expected text in UTF-8, found the byte 0xff at place 6"),
    ],
)
def test_lines_before_one_that_cannot_be_read_have_their_answers(
    kinds_store: Path, embedseq_command: Any, monkeypatch: pytest.MonkeyPatch, replicas: int, good: int, bad: bytes, said: str
) -> None:
    monkeypatch.setattr("embedseq.cli.translate_command.BATCH", 3)
    lines = [PAIR, "a man rides a bike\tA MAN RIDES A BIKE"] * 4
    options = ("--store", kinds_store, "--model", "translator", "--replicas", replicas)
    stdin = b"".join(line + b"\n" for line in [*(line.encode() for line in lines[:good]), bad, PAIR.encode(), bad])
    answer = embedseq_command("translate", *options, stdin=stdin)
    assert answer.code == 2
    assert f"line {good + 1} of standard input: {said}" in answer.err
    assert answer.out.split("\n")[:-1] == open_run(store=kinds_store).models["translator"].translate(lines[:good])


def test_a_model_of_another_kind_is_refused_before_a_line_is_read(kinds_store: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("translate", "--store", kinds_store, "--model", "tagger", stdin="")
    assert answer.code == 2
    assert "asks an encoder-decoder, but tagger, seed 1 is a tagger" in answer.err


def test_a_single_sentence_has_nothing_to_share(kinds_store: Path, embedseq_command: Any) -> None:
    for sentence in ((PAIR,), ("--test", 1)):
        answer = embedseq_command("translate", *sentence, "--store", kinds_store, "--model", "translator", "--replicas", 2)
        assert answer.code == 2
        assert "--replicas share the lines of standard input" in answer.err


def test_the_columns_of_two_sources_stand_side_by_side(kinds_store: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("attend", PAIR, "--store", kinds_store, "--model", "translator", "--target", "run", "--json")
    (drawn,) = json.loads(answer.out)["maps"]
    assert drawn["source"] == ["two", "dogs", "run", "</s>", "TWO", "DOGS", "RUN", "</s>"]
    assert drawn["output"] == ["run", "</s>"]
    for row in drawn["weights"]:
        assert sum(row) == pytest.approx(1, abs=1e-4)


def test_a_test_sentence_is_that_of_the_corpus(kinds_store: Path, embedseq_command: Any) -> None:
    options = ("--store", kinds_store, "--model", "translator")
    second = "a man rides a bike\tA MAN RIDES A BIKE"
    assert embedseq_command("translate", "--test", 2, *options).out == embedseq_command("translate", second, *options).out
    assert embedseq_command("attend", "--test", 2, *options).out == embedseq_command("attend", second, *options).out


@pytest.mark.parametrize(
    ("model", "corpus"), [("translator", "two"), ("summariser", "papers"), ("restorer", "restored"), ("counter", "numbers")]
)
def test_a_test_sentence_is_read_as_it_was_when_the_model_was_scored(kinds_store: Path, model: str, corpus: str) -> None:
    run = open_run(store=kinds_store)
    translator, tokens = run.models[model], run.artifact(f"tokens {corpus}")
    assert isinstance(translator, Translator)
    assert tokens is not None
    sides = translator.data.source_sides
    splits = [frames_of(tokens, "test")] if model == "counter" else [encoded_of(tokens, "test", side) for side in sides]
    for row in range(len(splits[0])):
        stretches = [source.rows(translator.vocabularies) for source in translator._read(SentenceOfTest(row + 1))]
        for read, split in zip(zip(*stretches, strict=True), splits, strict=True):
            np.testing.assert_array_equal(np.concatenate(read), split[row])


def test_the_sentences_of_a_text_stand_one_after_the_other(kinds_store: Path, embedseq_command: Any) -> None:
    options = ("--store", kinds_store, "--model", "summariser", "--json")
    (drawn,) = json.loads(embedseq_command("attend", "--test", 1, *options).out)["maps"]
    ends = [column for column, label in enumerate(drawn["source"]) if label == "</s>"]
    assert len(ends) > 1
    assert ends[-1] == len(drawn["source"]) - 1
    (given,) = json.loads(embedseq_command("attend", "We read ␞ and write", *options).out)["maps"]
    assert [label.removesuffix(" <unk>") for label in given["source"]] == ["We", "read", "</s>", "and", "write", "</s>"]


def test_an_image_is_asked_about_by_its_number(kinds_store: Path, embedseq_command: Any) -> None:
    options = ("--store", kinds_store, "--model", "counter")
    written = embedseq_command("translate", "--test", 3, *options)
    assert written.code == 0, written.err
    found = json.loads(embedseq_command("attend", "--test", 3, *options, "--json").out)
    assert found["text"] == written.out.removesuffix("\n")
    *columns, end = found["maps"][0]["source"]
    assert columns == [str(number) for number in range(1, len(columns) + 1)]
    assert len(columns) % 8 == 0
    assert end == "</s>"
    drawn = embedseq_command("attend", "--test", 3, *options)
    assert "columns are those of the image" in drawn.out


@pytest.mark.parametrize(
    ("command", "model", "arguments", "said"),
    [
        ("translate", "translator", ("two dogs",), "translator, seed 1 reads 2 sources: expected a sentence for each"),
        ("attend", "translator", ("a\tb\tc",), "parted by tabs, found 3 in"),
        ("translate", "counter", ("seven",), "reads images, not text"),
        ("attend", "counter", ("seven",), "ask about an image of the test split, `--test 1`"),
        ("attend", "counter", ("--test", 9), "numbered from 1 to 5 in this corpus; found 9"),
        ("translate", "translator", ("--test", 0), "numbered from 1 to 4 in this corpus; found 0"),
        ("translate", "translator", ("a\tb", "--test", 1), "expected SENTENCE or --test, found both"),
        ("attend", "translator", ("a\tb", "--test", 1), "expected SENTENCE or --test, found both"),
        ("attend", "translator", (), "Missing argument 'SENTENCE' (or --test N)."),
        (
            "translate",
            "tagger",
            ("two dogs",),
            "asks an encoder-decoder, but tagger, seed 1 is a tagger: ask it with `embedseq label`",
        ),
        ("attend", "writer[gru]", ("two dogs",), "In this run it can ask translator, summariser, restorer, counter."),
    ],
)
def test_what_cannot_be_asked_is_refused(
    kinds_store: Path, embedseq_command: Any, command: str, model: str, arguments: tuple[object, ...], said: str
) -> None:
    answer = embedseq_command(command, *arguments, "--store", kinds_store, "--model", model)
    assert answer.code == 2
    assert said in answer.err
    assert answer.out == ""
    assert "Traceback" not in answer.err
