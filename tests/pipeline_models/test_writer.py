"""`run.models[...].generate`: a language model continues texts."""

from collections.abc import Callable

import pytest
import torch

from embedseq.decoding.settings import SamplingSettings
from embedseq.errors import RequestError
from embedseq.pipeline.trained import Origin
from embedseq.pipeline.writer import Writer

Make = Callable[..., Origin]
WORD, PIECES, CHARACTERS = {"kind": "word"}, {"kind": "bpe", "size": 90}, {"kind": "char"}


@pytest.mark.parametrize("tokens", [WORD, PIECES, CHARACTERS], ids=lambda tokens: tokens["kind"])
@pytest.mark.parametrize("prompt", ["", "My fellow", "the union, an"])
def test_texts_begin_with_their_prompt_and_go_on(origin: Make, tokens: dict[str, object], prompt: str) -> None:
    writer = Writer(origin("language-model", tokens))
    found = writer.generate(prompt, SamplingSettings(max_length=12), count=3)
    assert found.name == "language-model, seed 1"
    assert len({each.tokens for each in found.texts}) == 3
    for each in found.texts:
        assert each.text.startswith(prompt)
        assert each.text == writer.tokenisers["source"].detokenise([*writer.tokenisers["source"].tokenise(prompt), *each.tokens])
        assert each.ended or len(each.tokens) == 12
        assert each.log_probability < 0
        assert (each.prompt_log_probability == 0) == (prompt == "")


def test_the_first_texts_do_not_depend_on_how_many_there_are(origin: Make) -> None:
    writer, settings = Writer(origin("language-model")), SamplingSettings(max_length=20, seed=4)
    many = writer.generate("The", settings, count=70).texts  # more than one batch
    assert writer.generate("The", settings).texts[0].tokens == many[0].tokens
    assert [each.tokens for each in writer.generate("The", settings, count=66).texts] == [each.tokens for each in many[:66]]


def test_words_that_it_does_not_know_are_named_once_and_stay_in_the_text(origin: Make) -> None:
    found = Writer(origin("language-model")).generate("The zebra, zebra of Ghana", SamplingSettings(max_length=2))
    assert found.unknown == ("zebra", "Ghana")
    assert found.texts[0].text.startswith("The zebra, zebra of Ghana")


def test_the_prompt_is_prepared_as_the_corpus_was(origin: Make) -> None:
    found = Writer(origin("language-model", data={"lowercase": True})).generate("  My Fellow ", SamplingSettings(max_length=1))
    assert (found.prompt, found.unknown) == ("my fellow", ())


def test_a_greedy_text_is_that_of_the_likeliest_tokens(origin: Make) -> None:
    writer = Writer(origin("language-model"))
    greedy = writer.generate("The", SamplingSettings(temperature=0, max_length=8)).texts[0]
    drawn = writer.generate("The", SamplingSettings(top_k=1, seed=9, max_length=8), count=2).texts
    assert [each.tokens for each in drawn] == [greedy.tokens] * 2


def test_it_computes_in_float64(origin: Make) -> None:
    writer = Writer(origin("language-model"))
    assert {each.dtype for each in writer.model.parameters() if each.is_floating_point()} == {torch.float64}


def test_the_record_has_plain_values(origin: Make) -> None:
    record = Writer(origin("language-model")).generate("My zebra", SamplingSettings(max_length=2)).record()
    assert list(record) == ["model", "prompt", "unknown", "texts"]
    assert set(record["texts"][0]) == {"text", "tokens", "log_probability", "prompt_log_probability", "ended"}


def test_a_text_is_cut_at_the_last_of_the_learned_positions(origin: Make) -> None:
    writer = Writer(origin("language-model", positions="learned", max_positions=9))
    found = writer.generate("My fellow", SamplingSettings(temperature=0.5), count=5)
    assert all(each.ended or len(each.tokens) == 7 for each in found.texts)
    assert not all(each.ended for each in found.texts)
    with pytest.raises(RequestError, match="the prompt has 10 tokens, but the model has learned 9 positions"):
        writer.generate("the " * 10)


def test_less_than_one_text_is_refused(origin: Make) -> None:
    with pytest.raises(RequestError, match="count: expected 1 or more"):
        Writer(origin("language-model")).generate("My", count=0)
