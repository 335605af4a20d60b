"""What a tagger and a classifier answer: labels, never special symbols."""

from dataclasses import dataclass

from embedseq.evaluation.answers import Answers, ask
from embedseq.pipeline.stages.evaluation.given import Given
from embedseq.pipeline.stages.tokens import vocabulary_of
from embedseq.text.vocabulary import SPECIALS


@dataclass(frozen=True)
class Labelled:
    """answers: with the losses. labels: the likeliest of each place, a list for each sentence."""

    answers: Answers
    labels: list[list[str]]


def label(given: Given) -> Labelled:
    """One pass over the split."""
    answers = ask(given.model, given.batches(), never=range(len(SPECIALS)))
    vocabulary = vocabulary_of(given.tokens, "target")
    return Labelled(answers, [vocabulary.tokens_of(ids.tolist()) for ids in answers.given])
