"""`embedseq generate`: texts from a language model."""

import json
from pathlib import Path
from typing import Any

import pytest

from embedseq import open_run
from embedseq.decoding.settings import SamplingSettings


@pytest.fixture
def written(kinds_store: Path, embedseq_command: Any) -> Any:
    """`written(prompt, options…)`: the lines that `writer[gru]` prints."""

    def ask(*arguments: object) -> list[str]:
        answer = embedseq_command("generate", "--store", kinds_store, "--model", "writer[gru]", *arguments)
        assert answer.code == 0, answer.err
        assert answer.err == ""
        return str(answer.out).removesuffix("\n").split("\n")

    return ask


@pytest.mark.parametrize("prompt", ["two dogs", ""])
def test_each_line_is_the_prompt_and_what_follows(written: Any, prompt: str) -> None:
    lines = written(prompt, "--count", 5, "--max-length", 7)
    assert len(lines) == 5
    assert len(set(lines)) > 1
    assert all(line.startswith(prompt) for line in lines)


def test_without_a_prompt_the_text_is_free(written: Any) -> None:
    assert written("--max-length", 5) == written("", "--max-length", 5)


def test_the_same_request_gives_the_same_texts(written: Any) -> None:
    one, two, three = (written("a man", "--count", count, "--max-length", 9) for count in (1, 2, 3))
    assert one == two[:1] == three[:1]
    assert two == three[:2]
    assert written("a man", "--count", 3, "--max-length", 9, "--sampling-seed", 2) != three


def test_the_options_are_those_of_the_python_interface(kinds_store: Path, written: Any) -> None:
    settings = SamplingSettings(temperature=0.7, top_k=6, top_p=0.8, max_length=6, seed=4)
    expected = open_run(store=kinds_store).models["writer[gru]"].generate("the man", settings, count=2)
    options = ("--temperature", 0.7, "--top-k", 6, "--top-p", 0.8, "--max-length", 6, "--sampling-seed", 4, "--count", 2)
    assert written("the man", *options) == [each.text for each in expected.texts]


def test_greedy_texts_are_all_the_same(written: Any) -> None:
    assert len(set(written("a", "--temperature", 0, "--count", 3, "--max-length", 4))) == 1
    assert written("a", "--temperature", 0, "--max-length", 4) == written("a", "--top-k", 1, "--max-length", 4)


def test_json_has_tokens_and_log_probabilities(kinds_store: Path, embedseq_command: Any) -> None:
    options = ("--store", kinds_store, "--model", "writer[transformer]", "--json", "--max-length", 5, "--count", 2)
    found = json.loads(embedseq_command("generate", "Two zebras", *options).out)
    assert (found["model"], found["prompt"], found["unknown"]) == ("writer[transformer], seed 1", "two zebras", ["zebras"])
    for text in found["texts"]:
        assert text["log_probability"] < 0
        assert text["ended"] or len(text["tokens"]) == 5


def test_words_that_the_model_does_not_know_are_named(kinds_store: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("generate", "--store", kinds_store, "--model", "writer[gru]", "two zebras", "--max-length", 2)
    assert answer.code == 0
    assert answer.err == "embedseq: not in the model's vocabulary, so that it reads <unk> for it: 'zebras'\n"
    assert answer.out.startswith("two zebras")


def test_pieces_know_every_word_and_go_on_from_its_last_piece(kinds_store: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("generate", "--store", kinds_store, "--model", "speller", "two zeb", "--max-length", 20)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("two zeb")


@pytest.mark.parametrize(
    ("model", "options", "said"),
    [
        ("tagger", (), "`embedseq generate` asks a language model, but tagger, seed 1 is a tagger: ask it with `embedseq label`"),
        ("reader", (), "In this run it can ask writer[gru], writer[transformer], speller."),
        ("writer", (), "choose one of writer[gru], writer[transformer]"),
        ("writer[gru]", ("--seed", 7), "not trained with seed 7"),
        ("writer[gru]", ("--temperature", -1), "--temperature"),
        ("writer[gru]", ("--top-p", 0), "--top-p"),
        ("writer[gru]", ("--top-p", 1.5), "--top-p"),
        ("writer[gru]", ("--top-k", 0), "--top-k"),
        ("writer[gru]", ("--temperature", "nan"), "embedseq: temperature: input should be a finite number, found nan"),
        ("writer[gru]", ("--temperature", "inf"), "embedseq: temperature: input should be a finite number, found inf"),
        ("writer[gru]", ("--top-p", "nan"), "embedseq: top_p: input should be a finite number, found nan"),
        ("writer[gru]", ("--max-length", -1), "--max-length"),
        ("writer[gru]", ("--count", 0), "--count"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    kinds_store: Path, embedseq_command: Any, model: str, options: tuple[object, ...], said: str
) -> None:
    answer = embedseq_command("generate", "two dogs", "--store", kinds_store, "--model", model, *options)
    assert answer.code == 2
    assert said in answer.err
    assert answer.out == ""
