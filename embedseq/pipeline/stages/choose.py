"""The trials of one model -> the values that it is trained with."""

from pathlib import Path
from typing import Any

from embedseq.pipeline.artifact import FAILURE
from embedseq.pipeline.choices import CHOICE
from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.records import read_record, write_record
from embedseq.training.history import History
from embedseq.training.tuning import Trial, best_of

TRIALS = "trials.json"
HISTORY = "history.json"


def run(context: StageContext) -> None:
    """Write `trials.json`, how each did, and `choice.json`, the best one's `values` and what they are in a training's `spec`.

    The inputs are numbered as the candidates of the spec are. Raises WorkError where training failed in all of them.
    """
    candidates = context.spec["candidates"]
    trials = [_trial(candidate["values"], context.inputs[str(number)]) for number, candidate in enumerate(candidates)]
    best = candidates[best_of(trials)]
    write_record(context.output / TRIALS, [trial.record() for trial in trials])
    write_record(context.output / CHOICE, {"values": best["values"], "spec": best["spec"]})


def trials_of(folder: Path) -> tuple[Trial, ...]:
    """The trials, in the order of the candidates, from this stage's artifact."""
    return tuple(map(Trial.from_record, read_record(folder / TRIALS)))


def chosen_of(folder: Path) -> dict[str, Any]:
    """The name of each tuned field -> the value that was chosen, from this stage's artifact."""
    chosen: dict[str, Any] = read_record(folder / CHOICE)["values"]
    return chosen


def _trial(values: dict[str, Any], folder: Path) -> Trial:
    if (folder / FAILURE).exists():
        return Trial(values, None, failure=read_record(folder / FAILURE)["message"])
    history = History.from_json(read_record(folder / HISTORY))
    return Trial.of(values, history)


STAGE = StageKind(name="choose", version=1, run=run, reads={"*": (HISTORY, FAILURE)})
