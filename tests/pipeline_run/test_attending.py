"""`run.models[...].attend`: the weights are those with which the model wrote each token."""

import numpy as np
import pytest
import torch

import embedseq
from embedseq.models.settings import ModelShape
from embedseq.pipeline.attending import Attended, Reading, attention_layers, attention_unit
from embedseq.text.vocabulary import END, START

SENTENCE = "Two men are waiting in the snow."
MODELS = ["translator[skipgram,tuned]", "plain"]


@pytest.mark.parametrize("name", MODELS)
def test_rows_are_the_looks_of_the_steps_that_wrote_each_token(finished: embedseq.Run, name: str) -> None:
    translator = finished.models[name]
    attended = translator.attend(SENTENCE)
    (reading,) = attended.readings
    source = translator.vocabularies["source"].ids(translator.tokenisers["source"].tokenise(SENTENCE))
    written = translator.vocabularies["target"].ids(reading.output[:-1])
    read = torch.tensor([[*source, END]])
    model = translator.model
    with torch.inference_mode():
        state = model.start(model.encode(read, torch.ones_like(read).bool()))
        for row, token in enumerate([START, *written]):
            step = model.step(torch.tensor([token]), state, weights=True)
            state = step.state
            assert step.attention is not None
            expected = step.attention[0].unflatten(0, (attended.layers, attended.heads)).numpy()
            np.testing.assert_allclose(reading.weights[:, :, row], expected, atol=1e-5)
    assert row == len(reading.output) - 1


@pytest.mark.parametrize("name", MODELS)
def test_what_was_written_is_the_translation(finished: embedseq.Run, name: str) -> None:
    translator = finished.models[name]
    assert translator.attend(SENTENCE).text == translator.translate([SENTENCE])[0]
    assert translator.attend(SENTENCE, beam=3).text == translator.translate([SENTENCE], beam=3)[0]


def test_a_target_that_is_the_translation_gives_the_same_picture(finished: embedseq.Run) -> None:
    translator = finished.models["plain"]
    target = "Zwei Männer warten im Schnee."
    attended = translator.attend(SENTENCE, target)
    assert attended.text == target
    assert attended.readings[0].output[-2:] == ("￭.", "</s>")
    found = translator.attend(SENTENCE)
    again = translator.attend(SENTENCE, found.text)
    assert again.picture() == found.picture()


def test_layers_and_heads_are_those_of_the_model(finished: embedseq.Run) -> None:
    attended = finished.models["plain"].attend(SENTENCE)
    assert (attended.layers, attended.heads) == (1, 2)
    assert attended.name == "plain, seed 1"
    sizes = {each.title: (len(each.output), len(each.source)) for each in attended.picture().maps}
    (reading,) = attended.readings
    assert sizes == dict.fromkeys(("layer 1, head 1", "layer 1, head 2"), (len(reading.output), len(reading.source)))


@pytest.mark.parametrize(
    ("shape", "layers", "unit"),
    [
        ({"architecture": "gru", "layers": 3}, 1, "head"),
        ({"architecture": "transformer", "layers": 3}, 3, "head"),
        ({"architecture": "lstm", "layers": 3, "decoder": {"architecture": "transformer", "layers": 2}}, 2, "head"),
        ({"architecture": "transformer", "decoder": {"architecture": "rnn", "layers": 2}}, 1, "head"),
        ({"architecture": "gru", "attention": {"heads": 2, "experts": 4}}, 1, "expert"),
        ({"architecture": "gru", "attention": "none"}, 1, "head"),
    ],
)
def test_a_transformer_has_a_layer_of_attention_in_each_of_its_own(shape: dict[str, object], layers: int, unit: str) -> None:
    settings = ModelShape.model_validate(shape)
    assert attention_layers(settings) == layers
    assert attention_unit(settings) == unit


def test_the_mean_is_that_of_the_experts_that_were_chosen() -> None:
    weights = np.zeros((1, 3, 2, 2), np.float32)
    weights[0, 0, 0] = (1.0, 0.0)
    weights[0, 2, 0] = (0.5, 0.5)
    weights[0, 1, 1] = (0.25, 0.75)
    attended = Attended("m", "b", (Reading(("a", "</s>"), ("b", "</s>"), weights),), ("word", "word"), "expert")
    (drawn,) = attended.picture(head="mean").maps
    assert drawn.title == "layer 1, mean of 3 experts"
    assert drawn.weights == ((0.75, 0.25), (0.25, 0.75))
    assert [each.title for each in attended.picture().maps] == [f"layer 1, expert {number}" for number in (1, 2, 3)]
    assert attended.record(head=2)["maps"][0]["expert"] == 2
    assert any("experts" in note for note in attended.notes)


def test_the_mean_over_sources_that_have_experts_of_their_own_is_that_of_those_chosen_for_each() -> None:
    weights = np.zeros((1, 3, 1, 4), np.float32)
    weights[0, 0, 0, :2] = (0.25, 0.25)
    weights[0, 2, 0, 2:] = (0.5, 0.0)
    for lengths, mean in (((2, 2), (0.25, 0.25, 0.5, 0.0)), ((), (0.125, 0.125, 0.25, 0.0))):
        reading = Reading(("a", "</s>", "b", "</s>"), ("</s>",), weights, lengths)
        attended = Attended("m", "", (reading,), ("word", "word"), "expert")
        assert attended.picture(head="mean").maps[0].weights == (mean,)


def test_notes_say_what_rows_sum_to_and_what_the_marks_of_these_tokens_mean() -> None:
    def notes(weights: tuple[float, float], source: str, kind: str) -> str:
        rows = np.array([[[weights, weights]]], np.float32)
        return " ".join(Attended("m", "", (Reading((source, "</s>"), ("b", "</s>"), rows),), (kind, "word")).notes)

    assert "sum to one." in notes((0.25, 0.75), "a", "word")
    assert "sum to one or less." in notes((0.25, 0.25), "a", "word")
    assert "##" not in notes((0.5, 0.5), "a", "bpe")
    assert "## begins a piece" in notes((0.5, 0.5), "##a", "bpe")
    assert "￭ joins" in notes((0.5, 0.5), "￭.", "word")
    assert "▁ is a space" in notes((0.5, 0.5), "▁", "char")
    assert "▁ is an empty first piece" in notes((0.5, 0.5), "▁", "unigram")
