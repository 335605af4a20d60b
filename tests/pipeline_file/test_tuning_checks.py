"""What is said of a `tune` that cannot be, and what arms of one model share."""

# ruff: noqa: E501  (a message is easier to check in one piece)

from collections.abc import Callable

import pytest

from embedseq.pipeline.file import Pipeline

Complaints = Callable[..., list[str]]
Read = Callable[..., Pipeline]
FIELDS = "lr, schedule, plateau, warmup, batch_tokens, accumulate, clip, label_smoothing, weight_decay, teacher_forcing, dropout"
START = """\
name: x
data:
  d: {dataset: multi30k, source: en, target: de}
  t: {dataset: multi30k, source: en, task: text}
embeddings:
  skipgram: {text: d.source}
models:
  m:
    data: d
"""
CASES = {
    "a field that is not there": (
        "tune: {lrr: [1, 2]}",
        f"10:12: models.m.tune.lrr: 'lrr' is not a field here. Did you mean 'lr'? ({FIELDS}, trials, epochs, max_updates)",
    ),
    "a field that is the budget": (
        "tune: {lr: [1, 2], threads: [1, 2]}",
        f"10:24: models.m.tune.threads: 'threads' is not a field here. Did you mean 'trials'? ({FIELDS}, trials, epochs, max_updates)",
    ),
    "a list for a length": (
        "tune: {lr: [1, 2], epochs: [1, 2]}",
        "10:32: models.m.tune.epochs: expected a whole number of at least 1, or null; found a list",
    ),
    "one value": (
        "tune: {lr: [1]}",
        "10:16: models.m.tune.lr: expected two or more values to choose from; a single one is no choice: set the field itself",
    ),
    "the same value twice": ("tune: {lr: [1e-3, 0.001]}", "10:16: models.m.tune.lr: 0.001 is given twice"),
    "a value that the field cannot have": (
        "tune: {lr: [1e-3, -1]}",
        "10:23: models.m.tune.lr.1: expected a number above 0; found -1",
    ),
    "a word that the field cannot have": (
        "tune: {schedule: [cosine, cosin]}",
        "10:31: models.m.tune.schedule.1: 'cosin' is not a schedule. Did you mean 'cosine'? (constant, inverse-sqrt, cosine, plateau)",
    ),
    "nothing to try": (
        "tune: {epochs: 3}",
        f"10:5: models.m.tune: names nothing to try: give two or more values of a field ({FIELDS})",
    ),
    "a field that is an axis": (
        "matrix: {dropout: [0.1]}\n    tune: {dropout: [0.1, 0.2]}",
        "10:24: models.m.matrix.dropout.0: is an axis of the model's matrix, and tuned, too ('tune.dropout'); keep one of the two",
    ),
    "a field in an axis": (
        "matrix: {train: [{epochs: 3, lr: 1}]}\n    tune: {lr: [1, 2]}",
        "10:38: models.m.matrix.train.0.lr: is an axis of the model's matrix, and tuned, too ('tune.lr'); keep one of the two",
    ),
    "itself an axis": (
        "matrix: {tune.lr: [[1, 2], [3, 4]]}",
        "10:14: models.m.matrix.tune.lr: 'tune' cannot be an axis; write a second model",
    ),
    "a large grid": (
        f"tune: {{lr: {list(range(1, 12))}, warmup: {list(range(10))}}}",
        "10:11: models.m.tune: 110 combinations; at most 100 are tried: shorten the lists, or let 'trials' draw some of them",
    ),
    "a grid too large to draw from": (
        f"tune: {{lr: {list(range(1, 112))}, warmup: {list(range(100))}, trials: 9}}",
        "10:11: models.m.tune: 11,100 combinations; trials are drawn from at most 10,000: shorten the lists",
    ),
    "as many draws as there are": (
        "tune: {lr: [1, 2, 3], trials: 3}",
        "10:35: models.m.tune.trials: the lists have 3 combinations: leave 'trials' out to try them all, or lengthen the lists",
    ),
    "too many draws": (
        "tune: {lr: [1, 2, 3], trials: 101}",
        "10:35: models.m.tune.trials: expected a whole number from 2 to 100, or null; found 101",
    ),
    "trials longer than training": (
        "train: {epochs: 3}\n    tune: {lr: [1, 2], epochs: 4}",
        "11:32: models.m.tune.epochs: a trial of 4 epochs is longer than the training, which has 3: set 3 or fewer, or leave it out for trials as long as that",
    ),
    "more updates than in training": (
        "train: {max_updates: 3}\n    tune: {lr: [1, 2], max_updates: 4}",
        "11:37: models.m.tune.max_updates: a trial of 4 updates is longer than the training, which has 3: set 3 or fewer, or leave it out for trials as long as that",
    ),
    "trials against the clock": (
        "train: {max_time: 5}\n    tune: {lr: [1, 2]}",
        "10:23: models.m.train.max_time: trials that the clock ends are of different lengths, and another run chooses otherwise: set 'max_updates' instead",
    ),
    "vectors that no trial tunes": (
        "embedding: {from: skipgram, as: gradual, from_epoch: 4}\n    tune: {lr: [1, 2], epochs: 3}",
        "10:58: models.m.embedding.from_epoch: epoch 4 never comes in a trial, which has 3 (tune.epochs)",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_with_a_tuning_is_told_with_its_place(complaints: Complaints, case: str) -> None:
    fields, message = CASES[case]
    assert complaints(text=f"{START}    {fields}\n") == [f"captions.yaml:{message}"]


def test_a_language_model_has_no_teacher_forcing_to_tune(complaints: Complaints) -> None:
    text = START.replace("    data: d\n", "    data: t\n") + "    tune: {teacher_forcing: [0.5, 1.0]}\n"
    assert complaints(text=text) == [
        "captions.yaml:10:29: models.m.tune.teacher_forcing: is for encoder-decoders; a language model is always shown the truth"
    ]


def test_a_profile_may_shorten_trials_and_take_the_tuning_out(read: Read) -> None:
    text = (
        START
        + """\
    tune: {lr: [1, 2], dropout: [0.1, 0.2], epochs: 4}
profiles:
  short: {models.m.tune: {epochs: 2, dropout: null}}
  none: {models.m.tune: null}
"""
    )
    short, none = (read(text, profile).arms[0].settings.tune for profile in ("short", "none"))
    assert short is not None
    assert (short.epochs, short.lists) == (2, {"lr": (1.0, 2.0)})
    assert none is None


def test_what_is_tuned_is_no_value_that_a_selector_could_name(read: Read) -> None:
    tuned, plain = (read(START + fields).arms[0].subject.fields for fields in ("    tune: {lr: [1, 2]}\n", ""))
    assert "train.lr" not in tuned
    assert plain["train.lr"] == "0.001"


def test_a_list_takes_the_place_of_the_fields_own_value_so_that_a_profile_can_tune(read: Read) -> None:
    text = START + "    train: {lr: 1e-3}\nprofiles:\n  tuned: {models.m.tune.lr: [1e-3, 1e-2]}\n"
    (arm,) = read(text, "tuned").arms
    assert arm.settings.tune is not None
    assert arm.settings.tune.lists == {"lr": (1e-3, 1e-2)}
