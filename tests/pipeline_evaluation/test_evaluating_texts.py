"""What encoder-decoders write; the search is replaced by texts that are known."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from embedseq.decoding.hypothesis import Hypothesis
from embedseq.evaluation.baselines import ANY, BY_WORD, COMMONEST, COMMONEST_TARGET, COPY, LEAD
from embedseq.pipeline.stages.evaluation import encoder_decoder
from embedseq.pipeline.stages.evaluation.given import Found, Given
from embedseq.pipeline.stages.text import references_of, sentences_of
from embedseq.pipeline.stages.tokens import encoded_of
from embedseq.statistics.measurement import Measurement
from embedseq.text.sections import SECTION, split_sections

GivenOf = Callable[..., Given]


def by_name(found: Found) -> dict[tuple[str, str], Measurement]:
    return {(each.score, each.label): each for each in found.measurements}


class Answers:
    """In place of a search: the targets of the test split, and a record of what was read."""

    def __init__(self, given: Given) -> None:
        self.targets = encoded_of(given.tokens, "test", "target", given.feed.stretch)
        self.read: list[Sequence[Any]] = []
        self.replicas = 0

    def __call__(
        self,
        model: object,
        sentences: Sequence[Any],
        settings: object,
        batch_tokens: int,
        further: Sequence[Sequence[Any]],
        replicas: int,
    ) -> list[list[Hypothesis]]:
        self.read, self.replicas = [sentences, *further], replicas
        return [[Hypothesis(tuple(ids.tolist()), 0.0, 0.0)] for ids in self.targets]


@pytest.fixture
def measured(given_of: GivenOf, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Given, Found, Answers]]:
    """`measured("papers", metrics=…)`: the true targets, written and scored."""

    def measure(corpus: str, **settings: Any) -> tuple[Given, Found, Answers]:
        given = given_of(corpus, **settings)
        answers = Answers(given)
        monkeypatch.setattr(encoder_decoder, "translate", answers)
        return given, encoder_decoder.measure(given), answers

    return measure


def test_the_processes_that_are_asked_for_share_the_sentences(measured: Callable[..., Any]) -> None:
    for settings, replicas in (({}, 1), ({"replicas": 3}, 3)):
        _, _, answers = measured("papers", metrics=("chrf",), **settings)
        assert answers.replicas == replicas


def test_summaries_are_held_against_the_sentences_of_their_sources(measured: Callable[..., Any]) -> None:
    given, found, _ = measured("papers", metrics=("rouge-1", "rouge-l", "chrf"))
    scores = by_name(found)
    assert set(scores) == {
        ("loss", ""),
        *((score, label) for score in ("rouge-1", "rouge-l", "chrf") for label in ("", COPY, LEAD, ANY)),
    }
    sources = list(sentences_of(given.text, "test", "source"))
    assert any(SECTION in source for source in sources)
    assert scores["rouge-1", ""].n == len(sources)


def test_any_of_several_references_may_be_met(measured: Callable[..., Any]) -> None:
    given, found, _ = measured("papers", metrics=("exact-match", "rouge-2"))
    references = references_of(given.text, "test")
    assert max(map(len, references)) > 1
    assert by_name(found)["rouge-2", ""].signature.startswith("nrefs:var|")
    hits = [prediction in of_text for prediction, of_text in zip(found.predictions, references, strict=True)]
    assert by_name(found)["exact-match", ""].value == pytest.approx(sum(hits) / len(hits))


def test_the_bounds_of_sentences_are_never_part_of_a_text(measured: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    score = encoder_decoder.source_baselines

    def spy(metrics: Any, sources: Sequence[Sequence[str]], references: Any) -> Any:
        seen.extend(sentence for source in sources for sentence in source)
        return score(metrics, sources, references)

    monkeypatch.setattr(encoder_decoder, "source_baselines", spy)
    given, _, _ = measured("papers", metrics=("bleu",))
    assert seen == [part for source in sentences_of(given.text, "test", "source") for part in split_sections(source)]
    assert SECTION not in "".join(seen)


def test_several_sources_are_read_and_the_first_one_is_copied(measured: Callable[..., Any]) -> None:
    given, found, answers = measured("captions")
    assert [len(each) for each in answers.read] == [6, 6]
    for side, read in zip(("source", "source2"), answers.read, strict=True):
        expected = encoded_of(given.tokens, "test", side)
        assert [ids.tolist() for ids in read] == [ids.tolist() for ids in expected]
    scores = by_name(found)
    assert set(scores) == {("loss", ""), *((score, label) for score in ("bleu", "bleu-lc", "chrf") for label in ("", COPY))}


def test_images_cannot_be_copied_but_the_commonest_target_can_be_written(measured: Callable[..., Any]) -> None:
    given, found, answers = measured("digits", metrics=("exact-match", "chrf"))
    (frames,) = answers.read
    assert all(row.ndim == 2 for row in frames)
    scores = by_name(found)
    assert set(scores) == {
        ("loss", ""),
        *((score, label) for score in ("exact-match", "chrf") for label in ("", COMMONEST_TARGET)),
    }
    assert found.predictions is not None
    targets = list(sentences_of(given.text, "test", "target"))
    hits = [one == other for one, other in zip(found.predictions, targets, strict=True)]
    assert scores["exact-match", ""].value == pytest.approx(sum(hits) / len(hits))


def test_restorations_are_joined_again_and_held_against_majority_labels(measured: Callable[..., Any]) -> None:
    given, found, answers = measured("words")
    assert max(len(ids) for ids in answers.read[0]) == 4
    assert found.predictions == list(sentences_of(given.text, "test", "target"))
    scores = by_name(found)
    assert set(scores) == {
        ("loss", ""),
        *((score, label) for score in ("accuracy", "macro-f1") for label in ("", COMMONEST, BY_WORD)),
    }
    assert scores["accuracy", ""].value == 1.0


def test_what_is_suspicious_of_texts_and_of_attention_is_told(
    given_of: GivenOf, measured: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedseq.evaluation.outputs.FEWEST", 5)
    _, found, _ = measured("digits")
    assert found.cautions == ()
    monkeypatch.setattr("embedseq.evaluation.collapse.weight_on_one_place", lambda model, batches: 0.97)
    monkeypatch.setattr(encoder_decoder, "translate", lambda model, rows, *rest: [[Hypothesis((), 0.0, 0.0)] for _ in rows])
    assert [each.sign for each in encoder_decoder.measure(given_of("digits")).cautions] == [
        "outputs-empty",
        "attention-collapsed",
    ]
