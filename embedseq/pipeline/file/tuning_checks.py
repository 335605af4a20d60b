"""What must hang together where a model is tuned: no axis is tuned, trials are no longer than training, and not too many."""

from embedseq.models.kinds import named
from embedseq.models.settings import Kind
from embedseq.pipeline.file.draft import Draft
from embedseq.pipeline.file.matrix import Arm, flat
from embedseq.training.tune_settings import MAX_GRID, MAX_TRIALS, TuneSettings, written_as
from embedseq.training.tuning import grid_size


def check_tuning(draft: Draft, arm: Arm, kind: Kind) -> None:
    """All checks of an arm's `tune`, if it has one that can be read."""
    tune = arm.settings.tune
    if tune is None or not draft.sound(arm.node, "tune"):
        return
    _check_no_axis(draft, arm, tune)
    _check_number(draft, arm, tune)
    _check_length(draft, arm, tune)
    if arm.settings.train.max_time is not None:
        message = (
            "trials that the clock ends are of different lengths, and another run chooses otherwise: set 'max_updates' instead"
        )
        draft.complain(arm.node, ("train", "max_time"), message)
    if kind != "encoder-decoder" and min(tune.teacher_forcing or (1,)) < 1:
        message = f"is for encoder-decoders; {named(kind)} is always shown the truth"
        draft.complain(arm.node, ("tune", "teacher_forcing"), message)


def _check_no_axis(draft: Draft, arm: Arm, tune: TuneSettings) -> None:
    """What is tuned is no axis: its arms would be one and the same. (A value in `train` gives way: so a profile can tune.)"""
    written = {path for axis, value in arm.axes.items() for path, _ in flat(value, axis)}
    for name in tune.lists:
        if written_as(name) in written:
            message = f"is an axis of the model's matrix, and tuned, too ('tune.{name}'); keep one of the two"
            draft.complain(arm.node, written_as(name).split("."), message)


def _check_number(draft: Draft, arm: Arm, tune: TuneSettings) -> None:
    size = grid_size(tune)
    if tune.trials is None and size > MAX_TRIALS:
        message = f"{size:,} combinations; at most {MAX_TRIALS} are tried: shorten the lists, or let 'trials' draw some of them"
        draft.complain(arm.node, ("tune",), message)
    elif size > MAX_GRID:
        message = f"{size:,} combinations; trials are drawn from at most {MAX_GRID:,}: shorten the lists"
        draft.complain(arm.node, ("tune",), message)
    elif tune.trials is not None and tune.trials >= size:
        message = f"the lists have {size} combinations: leave 'trials' out to try them all, or lengthen the lists"
        draft.complain(arm.node, ("tune", "trials"), message)


def _check_length(draft: Draft, arm: Arm, tune: TuneSettings) -> None:
    """Trials are no longer than what they are for."""
    train = arm.settings.train
    for name in ("epochs", "max_updates"):
        trial, whole = getattr(tune, name), getattr(train, name)
        if trial is not None and whole is not None and trial > whole and draft.sound(arm.node, f"train.{name}"):
            draft.complain(
                arm.node,
                ("tune", name),
                f"a trial of {trial:,} {name.removeprefix('max_')} is longer than the "
                f"training, which has {whole:,}: set {whole:,} or fewer, or leave it out for trials as long as that",
            )
