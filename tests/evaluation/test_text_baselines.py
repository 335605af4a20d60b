import pytest

from embedseq.evaluation.baselines import ANY, COMMONEST_TARGET, COPY, LEAD
from embedseq.evaluation.text_baselines import commonest_target, source_baselines
from embedseq.evaluation.texts import score_texts

SOURCES = [["We train a net.", "It works.", "So a net works."], ["A probe reads states."]]
REFERENCES = [["a net works", "training works"], ["a probe"]]


def test_sources_of_one_sentence_are_only_copied() -> None:
    copied, *others = source_baselines(("chrf",), [["Anna in Rom"], ["ja"]], [["Anna in Rom"], ["yes"]])
    assert (copied.role, copied.label) == ("baseline", COPY)
    assert 0 < copied.value < 100
    assert not others


def test_sources_of_several_sentences_are_copied_led_and_drawn_from() -> None:
    found = source_baselines(("rouge-1", "bleu"), SOURCES, REFERENCES)
    assert [(each.score, each.label) for each in found] == [
        (score, label) for label in (COPY, LEAD, ANY) for score in ("rouge-1", "bleu")
    ]
    copied, lead, drawn = (each for each in found if each.score == "rouge-1")
    whole = ["We train a net. It works. So a net works.", "A probe reads states."]
    assert copied.value == score_texts(("rouge-1",), whole, REFERENCES)[0].value
    assert lead.value == score_texts(("rouge-1",), ["We train a net.", "A probe reads states."], REFERENCES)[0].value
    each = [score_texts(("rouge-1",), [sentence], REFERENCES[:1])[0].value for sentence in SOURCES[0]]
    assert drawn.items[0] == pytest.approx([sum(each) / 3, 1])
    assert drawn.items[1].tolist() == lead.items[1].tolist()


def test_the_commonest_training_target_is_written_everywhere() -> None:
    (found,) = commonest_target(("exact-match",), ["two", "one", "two", "one", "six"], [["one"], ["six"], ["one"]])
    assert (found.role, found.label) == ("baseline", COMMONEST_TARGET)
    assert found.items.tolist() == [[1, 1], [0, 1], [1, 1]]
