"""`run.models[...].label`: a tagger labels words, a classifier whole texts."""

from collections.abc import Callable

import pytest
import torch

from embedseq.pipeline.labeller import Labelled, Labeller
from embedseq.pipeline.trained import Origin
from embedseq.text.batches import Batch, pad
from embedseq.text.vocabulary import END

Make = Callable[..., Origin]
WORD, PIECES, CHARACTERS = {"kind": "word"}, {"kind": "bpe", "size": 90}, {"kind": "char"}
LABELS = {"NOUN", "VERB", "PUNCT", "X"}
SENTENCES = ["The union is good.", "", "It's well-known, my fellow citizens!", "   ", "union"]


def shares(found: Labelled) -> list[dict[str, float]]:
    return [dict(part.probabilities) for part in found.parts]


@pytest.mark.parametrize("tokens", [WORD, PIECES, CHARACTERS], ids=lambda tokens: tokens["kind"])
def test_every_word_and_mark_gets_a_label(origin: Make, tokens: dict[str, object]) -> None:
    (found,) = Labeller(origin("tagger", tokens)).label(["  It's a well-known zebra, (good)\n"])
    assert [part.text for part in found.parts] == ["It", "'s", "a", "well", "-", "known", "zebra", ",", "(", "good", ")"]
    for part in found.parts:
        ranked = [share for _, share in part.probabilities]
        assert {label for label, _ in part.probabilities} == LABELS  # never a special token
        assert ranked == sorted(ranked, reverse=True)
        assert sum(ranked) == pytest.approx(1)
        assert part.label == part.probabilities[0][0]


def test_the_answer_of_a_tagger_is_that_at_the_first_piece_of_the_word(origin: Make) -> None:
    labeller = Labeller(origin("tagger", PIECES))
    tokeniser, vocabulary = labeller.tokenisers["source"], labeller.vocabularies["source"]
    tokens = tokeniser.tokenise("strong citizens")
    places = [row for row, token in enumerate(tokens) if not token.startswith("##")]
    assert len(tokens) > len(places) == 2
    source, valid = pad([[*vocabulary.ids(tokens), END]])
    asked = torch.tensor([places])
    with torch.inference_mode():
        logits = labeller.model.predict(Batch(asked[0], source, valid, asked, asked, asked >= 0, places=asked)).logits[0]
    labels = labeller.vocabularies["target"].words
    expected = [dict(zip(labels, row, strict=True)) for row in logits[:, 4:].double().softmax(-1).tolist()]
    (found,) = labeller.label(["strong citizens"])
    assert shares(found) == [pytest.approx(each, abs=1e-6) for each in expected]


@pytest.mark.parametrize("kind", ["tagger", "classifier"])
def test_a_sentence_is_labelled_alone_as_among_others(origin: Make, kind: str) -> None:
    labeller = Labeller(origin(kind))
    together = labeller.label(SENTENCES * 20)
    for sentence, found in zip(SENTENCES, together, strict=False):
        (alone,) = labeller.label([sentence])
        assert [part.text for part in alone.parts] == [part.text for part in found.parts]
        assert shares(alone) == [pytest.approx(each, abs=1e-6) for each in shares(found)]
    assert labeller.label([]) == []


def test_a_classifier_labels_the_whole_and_never_with_a_special_token(origin: Make) -> None:
    found, nothing = Labeller(origin("classifier")).label(["The union is good.", " "])
    (part,) = found.parts
    assert part.text == "The union is good."
    assert set(shares(found)[0]) == LABELS
    assert found.line == "  ".join(f"{label} {share:.3f}" for label, share in part.probabilities)
    assert (nothing.parts, nothing.line) == ((), "")


def test_words_are_shown_as_they_are_written_and_read_in_lower_case(origin: Make) -> None:
    labeller = Labeller(origin("tagger", data={"lowercase": True}))
    upper, lower = labeller.label(["THE Union", "the union"])
    assert [part.text for part in upper.parts] == ["THE", "Union"]
    assert shares(upper) == shares(lower)


def test_the_marks_of_gold_words_are_no_words(origin: Make) -> None:
    (found,) = Labeller(origin("tagger")).label(["the ␟union␠is"])
    assert [part.text for part in found.parts] == ["the", "union", "is"]


def test_a_line_and_a_record_say_it_in_short(origin: Make) -> None:
    (found,) = Labeller(origin("tagger")).label(["The union"])
    first, second = (part.label for part in found.parts)
    assert found.line == f"The/{first} union/{second}"
    record = found.record()
    assert record["model"] == "tagger, seed 1"
    assert [word["text"] for word in record["words"]] == ["The", "union"]
    assert record["words"][0]["label"] == first


def test_the_record_of_a_whole_text_has_its_label(origin: Make) -> None:
    whole, nothing = (found.record() for found in Labeller(origin("classifier")).label(["The union", ""]))
    assert whole.keys() == nothing.keys() == {"model", "text", "label", "probabilities"}
    assert whole["label"] == next(iter(whole["probabilities"]))
    assert nothing["label"] is None
