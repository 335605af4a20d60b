"""What a score is held against, by the names that claims and expectations use, known before anything is measured."""

from typing import Any, Literal

from embedseq.evaluation.baselines import baselines_of
from embedseq.evaluation.settings import measured_as
from embedseq.pipeline.file.draft import Draft, all_arms
from embedseq.pipeline.file.kinds import kind_of
from embedseq.pipeline.file.nodes import Listing
from embedseq.pipeline.file.probe_checks import sound_corpus
from embedseq.pipeline.file.selectors import Subject
from embedseq.probes.registry import probe_of

Role = Literal["baseline", "control"]


def roles_of(probe: Any, score: str) -> tuple[Role, ...]:
    """What a score is held against; `probe` is None for a score of models."""
    if probe is None:
        return () if score == "loss" else ("baseline",)
    return next(each.roles for each in probe_of(probe).about.scores if each.name == score)


def labels_of(draft: Draft, probe: Any, score: str, role: Role, subject: Subject) -> tuple[str, ...] | None:
    """The names of a score's baselines or controls for a subject; None where that cannot be told.

    `probe` is None for a score of models.
    """
    if probe is None:
        return _of_models(draft, score, subject) if role == "baseline" else ()
    about = probe_of(probe).about
    if about.reads == "scores" and role == "baseline":
        return _of_models(draft, score, subject)
    (declared,) = (each for each in about.scores if each.name == score)
    if role == "control":
        return declared.controls
    if about.reads == "pair":
        return declared.baselines if _several_seeds(draft) else ()
    return (*declared.baselines, *probe.beside())


def _of_models(draft: Draft, score: str, subject: Subject) -> tuple[str, ...] | None:
    for arm in all_arms(draft):
        data = sound_corpus(draft, arm.settings.data)
        if arm.label == subject.label and data is not None:
            kind = measured_as(kind_of(arm.settings, data), data.task)
            # The first sentence is a baseline where texts have several, which the file does not say.
            return None if data.sections else baselines_of(kind, score, images=data.reads_images)
    return None


def _several_seeds(draft: Draft) -> bool:
    """Whether there are, or are meant to be: broken ones are told elsewhere."""
    if not draft.sound(draft.root, "seeds"):
        return True
    listed = draft.root.get("seeds")
    return isinstance(listed, Listing) and len(listed.items) > 1
