"""What a model needs of its corpus beyond the task: splits, one vocabulary, sections, several sources."""

from embedseq.evaluation.settings import fitting_metrics
from embedseq.models.kinds import named
from embedseq.models.settings import AttentionSettings, Kind
from embedseq.pipeline.file.corpus_checks import SPLITS
from embedseq.pipeline.file.draft import Draft
from embedseq.pipeline.file.kinds import kind_of
from embedseq.pipeline.file.matrix import Arm
from embedseq.pipeline.file.problems import advice, in_words
from embedseq.pipeline.file.tuning_checks import check_tuning
from embedseq.text.settings import DataSettings
from embedseq.training.settings import LOSS, TrainSettings


def check_training(draft: Draft, arm: Arm, data: DataSettings) -> None:
    """All checks of an arm against its corpus, whose task it can learn.

    Fields that only some values of an axis have a use for are no mistake: a matrix of spans shares one `window`.
    """
    kind = kind_of(arm.settings, data)
    _check_splits(draft, arm, data)
    _check_attention(draft, arm, data)
    _check_way_of_training(draft, arm, kind)
    _check_best_by(draft, arm, kind, data)
    _check_longest_output(draft, arm, kind)
    check_tuning(draft, arm, kind)
    if arm.settings.sections and not data.sections:
        name = arm.settings.data
        message = f"the texts of '{name}' have no sections: set 'sections: true' in the corpus, too, or leave it out"
        draft.complain(arm.node, ("sections",), message)


def _check_splits(draft: Draft, arm: Arm, data: DataSettings) -> None:
    """A text for embeddings alone may do with one split; a model needs three."""
    name = arm.settings.data
    files_alone = data.task == "text" and data.dataset is None and data.generated is None
    missing = [split for split in SPLITS[1:] if files_alone and getattr(data, split) is None]
    if missing and draft.sound(draft.entry("data", name), *SPLITS):
        splits = in_words([f"'{split}'" for split in missing], "and")
        draft.complain(arm.node, ("data",), f"'{name}' has no {splits}, on which models are validated and tested: name the files")


def _check_attention(draft: Draft, arm: Arm, data: DataSettings) -> None:
    attention, name = arm.settings.attention, arm.settings.data
    if not isinstance(attention, AttentionSettings) or not draft.sound(arm.node, "attention"):
        return
    # Of images there is nothing to copy, which the model itself tells.
    if attention.copying and not data.joint and not data.reads_images:
        message = f"copying needs one vocabulary for both sides: set 'joint: true' in the corpus '{name}'"
        draft.complain(arm.node, ("attention", "copying"), message)
    if attention.memories != AttentionSettings.model_fields["memories"].default and len(data.source_sides) == 1:
        message = f"says how several sources are looked at, and '{name}' has one: leave it out, or give the corpus more"
        draft.complain(arm.node, ("attention", "memories"), message)


def _check_way_of_training(draft: Draft, arm: Arm, kind: Kind) -> None:
    train = arm.settings.train
    if not draft.sound(arm.node, "train"):
        return
    if train.teacher_forcing < 1 and kind != "encoder-decoder":
        message = f"is for encoder-decoders; {named(kind)} is always shown the truth"
        draft.complain(arm.node, ("train", "teacher_forcing"), message)
    if train.masking != TrainSettings.model_fields["masking"].default and kind != "masked-language-model":
        draft.complain(arm.node, ("train", "masking"), f"is for masked language models; {named(kind)} guesses no hidden words")


def _check_best_by(draft: Draft, arm: Arm, kind: Kind, data: DataSettings) -> None:
    """Epochs are compared by the loss, or by a score that the model has."""
    scores, best_by = (LOSS, *fitting_metrics(kind, data.task)), arm.settings.train.best_by
    if draft.sound(arm.node, "train") and best_by not in scores:
        message = f"'{best_by}' is not a score of {named(kind)} on 'task: {data.task}'{advice(best_by, scores)}"
        draft.complain(arm.node, ("train", "best_by"), message)


def _check_longest_output(draft: Draft, arm: Arm, kind: Kind) -> None:
    """A decoder's learned positions hold the longest output that search may write, behind the start symbol."""
    settings = arm.settings
    longest = settings.evaluate.max_length + 1
    if kind == "encoder-decoder" and settings.positions == "learned" and longest > settings.max_positions:
        message = (
            f"search may write {settings.evaluate.max_length} tokens (evaluate.max_length), which need {longest} positions with "
            f"the start symbol: set max_positions to {longest} or more, or evaluate.max_length to less"
        )
        draft.complain(arm.node, ("max_positions",), message)
