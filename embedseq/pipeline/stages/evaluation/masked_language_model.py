"""How well a masked language model guesses what is hidden in the test split, which is the same for every model and seed."""

import numpy as np

from embedseq.evaluation.answers import Answers, ask
from embedseq.evaluation.baselines import COMMONEST_TOKEN, UNIGRAMS
from embedseq.evaluation.ngrams import Unigrams
from embedseq.evaluation.scored import scored
from embedseq.evaluation.token_loss import measure_loss, measure_perplexity
from embedseq.pipeline.stages.evaluation.given import Found, Given
from embedseq.pipeline.stages.tokens import encoded_of, vocabulary_of
from embedseq.statistics.measurement import Measurement
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import END, PAD, START

COUNTED = "per masked token"
NEVER = (PAD, START, END)
"""What is never hidden, so that it is no answer. The unknown token is one."""


def measure(given: Given) -> Found:
    """Accuracy and perplexity at the hidden places, and the loss there, from one pass."""
    answers = ask(given.model, given.batches(), never=NEVER)
    training = encoded_of(given.tokens, "train", "source")
    found: list[Measurement] = []
    if given.chosen(("accuracy",)):
        found += _accuracies(answers, training)
    if given.chosen(("perplexity",)):
        unigrams = Unigrams.count(training, len(vocabulary_of(given.tokens, "source")), with_end=False)
        guessed = [-np.log(unigrams.probabilities(true)).sum() for true in answers.true]
        items = np.stack((np.array(guessed), answers.counts.astype(np.float64)), axis=1)
        found += [measure_perplexity(answers.items, counted=COUNTED), measure_perplexity(items, UNIGRAMS, COUNTED)]
    return Found([*found, measure_loss(answers, f"nats {COUNTED}")])


def own_scores(given: Given) -> list[Measurement]:
    """The model's own accuracy and perplexity."""
    answers = ask(given.model, given.batches(), never=NEVER)
    found = [scored("accuracy", "ratio", np.stack((_right(answers), answers.counts), axis=1))]
    return [*found, measure_perplexity(answers.items, counted=COUNTED)]


def _right(answers: Answers) -> list[int]:
    """How many guesses are right in each sentence."""
    return [int((given == true).sum()) for given, true in zip(answers.given, answers.true, strict=True)]


def _accuracies(answers: Answers, training: Encoded) -> list[Measurement]:
    """The share of right guesses, and that of always guessing the training split's commonest token."""
    commonest = int(np.bincount(training.ids).argmax())
    right = _right(answers)
    always = [(true == commonest).sum() for true in answers.true]
    pairs = ((right, ""), (always, COMMONEST_TOKEN))
    return [scored("accuracy", "ratio", np.stack((hits, answers.counts), axis=1), label) for hits, label in pairs]
