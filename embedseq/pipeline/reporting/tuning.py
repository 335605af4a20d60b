"""The choice among an arm's trials -> what the report says of it."""

from embedseq.pipeline.file import Arm
from embedseq.pipeline.file.matrix import as_text
from embedseq.pipeline.node_names import choose_node
from embedseq.pipeline.run import Run
from embedseq.pipeline.stages.choose import chosen_of, trials_of
from embedseq.pipeline.tuning_nodes import trial_seed
from embedseq.report.content import TrialFacts, TuningFacts
from embedseq.report.numbers import counted
from embedseq.training.settings import TrainSettings
from embedseq.training.tune_settings import TuneSettings
from embedseq.training.tuning import at_an_edge


def tuning_facts(run: Run, arm: Arm) -> TuningFacts | None:
    """The trials of an arm and what was chosen; None where it is not tuned, or this run did not come to a choice."""
    tune, folder = arm.settings.tune, run.artifact(choose_node(arm.label))
    if tune is None or folder is None:
        return None
    chosen = chosen_of(folder)
    return TuningFacts(
        fields=tuple(tune.lists),
        trials=tuple(
            TrialFacts(
                values=tuple(as_text(trial.values[name]) for name in tune.lists),
                loss=trial.loss,
                best_epoch=trial.best_epoch or None,
                chosen=trial.values == chosen,
                best_by=trial.best_by,
                score=trial.score,
            )
            for trial in trials_of(folder)
        ),
        seed=trial_seed(run.seeds),
        length=length_of(tune, arm.settings.train),
        edges=tuple(f"{name} {as_text(chosen[name])}, the {end} of its list" for name, end in at_an_edge(tune.lists, chosen)),
    )


def length_of(tune: TuneSettings, train: TrainSettings) -> str:
    """The most that a trial may take: `20 epochs`, `20 epochs or 400 updates`."""
    epochs, updates = tune.epochs or train.epochs, tune.max_updates or train.max_updates
    return counted(epochs, "epochs") + (f" or {counted(updates, 'updates')}" if updates is not None else "")
