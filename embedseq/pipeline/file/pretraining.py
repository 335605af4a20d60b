"""What must hang together where a model starts from the encoder of another one."""

from collections.abc import Iterator, Sequence
from graphlib import TopologicalSorter

from embedseq.models.settings import PretrainedEncoder
from embedseq.pipeline.file.draft import Draft, all_arms
from embedseq.pipeline.file.kinds import kind_of
from embedseq.pipeline.file.matrix import Arm
from embedseq.pipeline.file.problems import in_words
from embedseq.pipeline.file.selectors import SelectorError, select
from embedseq.pipeline.file.token_origin import token_origin


def check_pretraining(draft: Draft) -> None:
    """All checks of `pretrained` that need no torch: it names one model, with an encoder and the same tokens, in no circle."""
    for arm in all_arms(draft):
        if draft.sound(arm.node, "pretrained"):
            _check(draft, arm)


def pretrained_arm(arm: Arm, arms: Sequence[Arm]) -> Arm | None:
    """The model whose encoder an arm starts from; none where it starts from scratch. Raises SelectorError where none is named."""
    pretrained = arm.settings.pretrained
    if not isinstance(pretrained, PretrainedEncoder):
        return None
    subjects = {each.label: each.subject for each in arms}
    found = select(pretrained.from_, list(subjects.values()))
    if len(found) > 1:
        named = in_words([each.label for each in found], "and")
        raise SelectorError(f"'{pretrained.from_}' names {len(found)} models, {named}: name one")
    return next(each for each in arms if each.label == found[0].label)


def in_order_of_pretraining(arms: Sequence[Arm]) -> Iterator[Arm]:
    """The arms, each behind the one whose encoder it starts from."""
    by_label = {arm.label: arm for arm in arms}
    before = {arm.label: [other.label] if (other := pretrained_arm(arm, arms)) else [] for arm in arms}
    return (by_label[label] for label in TopologicalSorter(before).static_order())


def _check(draft: Draft, arm: Arm) -> None:
    place = ("pretrained", "from")
    arms = list(all_arms(draft))
    try:
        other = pretrained_arm(arm, arms)
    except SelectorError as error:
        draft.complain(arm.node, place, str(error))
        return
    if other is None or other.settings.data not in draft.data or arm.settings.data not in draft.data:
        return
    if _in_circle(arm, arms):
        draft.complain(arm.node, place, f"{arm.label} would start from itself")
        return
    if kind_of(other.settings, draft.data[other.settings.data]) == "language-model":
        draft.complain(
            arm.node, place, f"{other.label} is a language model, which has no encoder; a masked language model has one"
        )
        return
    if token_origin(draft.data, arm.settings.data, "source") != token_origin(draft.data, other.settings.data, "source"):
        message = (
            f"{other.label} reads the tokens of '{other.settings.data}', and this model those of '{arm.settings.data}': set "
            f"'vocabulary: {other.settings.data}.source' in the corpus '{arm.settings.data}'"
        )
        draft.complain(arm.node, place, message)


def _in_circle(arm: Arm, arms: Sequence[Arm]) -> bool:
    seen: list[str] = []
    other: Arm | None = arm
    while other is not None and other.label not in seen:
        seen.append(other.label)
        try:
            other = pretrained_arm(other, arms)
        except SelectorError:  # is reported where it stands
            return False
    return other is not None
