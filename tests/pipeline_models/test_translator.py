"""`run.models[...].translate` and `.attend` of what is no single sentence: several sources, sections, images, the test split."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from embedseq.errors import RequestError
from embedseq.pipeline.source_text import SentenceOfTest
from embedseq.pipeline.trained import Origin
from embedseq.pipeline.translator import Translator
from embedseq.text.batches import Reading
from embedseq.text.vocabulary import END, START

Make = Callable[..., Origin]
TWO = {"source": ("en", "fr"), "target": "de", "dataset": "multi30k"}
IMAGES = {"source": "images", "target": "en", "dataset": "digits"}
PAIR = "The union\tMY FELLOW CITIZENS"
FIRST = "The state of the union is strong, and it's growing."


# Several sources.


def test_the_sources_are_parted_by_a_tab(origin: Make) -> None:
    translator = Translator(origin("encoder-decoder", data=TWO))
    assert translator.translate([PAIR, "", PAIR])[0] == translator.translate([PAIR + "\n"])[0] != ""
    assert translator.translate([PAIR, ""])[1] == ""


def test_a_beam_without_room_is_refused(origin: Make) -> None:
    translator = Translator(origin("encoder-decoder"))
    for ask in (lambda: translator.translate(["The union"], beam=0), lambda: translator.attend("The union", beam=0)):
        with pytest.raises(RequestError, match="beam: expected 1 or more, found 0"):
            ask()


@pytest.mark.parametrize("sentence", ["The union", "a\tb\tc"])
def test_another_number_of_sources_is_refused(origin: Make, sentence: str) -> None:
    translator = Translator(origin("encoder-decoder", data=TWO))
    for ask in (lambda: translator.translate([sentence]), lambda: translator.attend(sentence)):
        with pytest.raises(RequestError, match=r"reads 2 sources: expected a sentence for each, parted by tabs, found [13] in"):
            ask()


def test_a_tab_is_white_space_to_a_model_of_one_source(origin: Make) -> None:
    assert Translator(origin("encoder-decoder")).translate(["The\tunion"])[0]


@pytest.mark.parametrize("memories", ["flat", "parallel", "hierarchical", "serial"])
def test_the_columns_are_those_of_all_sources_one_after_the_other(origin: Make, memories: str) -> None:
    attention = {"scorer": "scaled-dot", "heads": 2, "memories": memories}
    translator = Translator(origin("encoder-decoder", data=TWO, attention=attention))
    attended = translator.attend(PAIR, "The union is")
    (reading,) = attended.readings
    assert reading.source == ("The", "union", "</s>", "MY", "FELLOW", "CITIZENS", "</s>")
    assert reading.output == ("The", "union", "is", "</s>")
    assert reading.weights.shape == (1, 2, 4, 7)
    np.testing.assert_allclose(reading.weights.sum(axis=-1), 1, atol=1e-5)
    assert any("one after the other" in note for note in attended.notes)


def test_the_weights_are_those_of_the_steps(origin: Make) -> None:
    translator = Translator(origin("encoder-decoder", data={**TWO, "source": ("en", "fr", "cs")}))
    sentence = f"{PAIR}\tis strong"
    (reading,) = translator.attend(sentence, "The union").readings
    model, vocabularies = translator.model, translator.vocabularies
    read, *further = (
        torch.tensor([[*vocabularies[side].ids(text.split()), END]])
        for side, text in zip(("source", "source2", "source3"), sentence.split("\t"), strict=True)
    )
    with torch.inference_mode():
        state = model.start(model.encode(read, read > 0, tuple(Reading(each, each > 0) for each in further)))
        for row, token in enumerate([START, *vocabularies["target"].ids(["The", "union"])]):
            step = model.step(torch.tensor([token]), state, weights=True)
            state = step.state
            np.testing.assert_allclose(reading.weights[0, :, row], step.attention[0].numpy(), atol=1e-5)


# Sections.


def test_sections_are_read_with_an_end_between_them(origin: Make) -> None:
    translator = Translator(origin("encoder-decoder", data={"sections": True}, sections=True))
    (reading,) = translator.attend("The union ␞ is good").readings
    assert reading.source == ("The", "union", "</s>", "is", "good", "</s>")
    (source,) = translator._read("The union ␞ is good")
    assert source.rows(translator.vocabularies)[0][2] == END


def test_the_mark_of_sections_is_a_mark_like_others_where_there_are_none(origin: Make) -> None:
    (reading,) = Translator(origin("encoder-decoder")).attend("The ␞ union").readings
    assert reading.source == ("The", "␞ <unk>", "union", "</s>")


# Images.


def test_an_image_of_the_test_split_is_read_and_its_columns_are_numbered(origin: Make) -> None:
    translator = Translator(origin("encoder-decoder", data=IMAGES))
    attended = translator.attend(SentenceOfTest(2))
    (reading,) = attended.readings
    assert reading.source == (*map(str, range(1, 9)), "</s>")
    assert len(translator.attend(SentenceOfTest(1)).readings[0].source) == 17
    assert attended.text == translator.translate([SentenceOfTest(1), SentenceOfTest(2)])[1]
    assert "those of the image, from left to right" in attended.notes[0]


def test_an_image_cannot_be_given_as_text(origin: Make) -> None:
    translator = Translator(origin("encoder-decoder", data=IMAGES))
    for ask in (lambda: translator.translate(["seven"]), lambda: translator.attend("seven")):
        with pytest.raises(RequestError, match="reads images, not text: ask about an image of the test split, `--test 1`"):
            ask()


# The test split.


def test_a_sentence_of_the_test_split_is_read_as_if_it_were_given(origin: Make) -> None:
    translator = Translator(origin("encoder-decoder"))
    assert translator.translate([SentenceOfTest(1)]) == translator.translate([FIRST])
    assert translator.attend(SentenceOfTest(1)).picture() == translator.attend(FIRST).picture()


def test_all_sources_of_a_test_sentence_are_read(origin: Make) -> None:
    translator = Translator(origin("encoder-decoder", data=TWO))
    assert translator.translate([SentenceOfTest(1)]) == translator.translate([f"{FIRST}\t{FIRST.upper()}"])


@pytest.mark.parametrize("number", [0, -1, 5])
def test_a_number_that_no_test_sentence_has_is_refused(origin: Make, number: int) -> None:
    with pytest.raises(RequestError, match=f"numbered from 1 to 4 in this corpus; found {number}"):
        Translator(origin("encoder-decoder")).translate([SentenceOfTest(number)])


@pytest.mark.parametrize("number", [0, 3])
def test_a_number_that_no_test_image_has_is_refused(origin: Make, number: int) -> None:
    with pytest.raises(RequestError, match=f"a test image, which are numbered from 1 to 2 in this corpus; found {number}"):
        Translator(origin("encoder-decoder", data=IMAGES)).attend(SentenceOfTest(number))
