"""Which scores of a run may be compared with each other: those that are held against the very same truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from embedseq.evaluation.settings import OF_TOKENS, MetricName
from embedseq.models.settings import Kind
from embedseq.pipeline import node_names
from embedseq.pipeline.digests import file_digest
from embedseq.pipeline.file import Arm
from embedseq.pipeline.file.kinds import kind_of, metrics_of, true_side
from embedseq.pipeline.keys import digest
from embedseq.pipeline.reporting.stored import items_of
from embedseq.pipeline.run import Run
from embedseq.pipeline.stages.tokens import vocabulary_of
from embedseq.report.content import ArmFacts

OF_WORDS_SEEN = ("unknown-accuracy",)
"""Scores that depend on which words the training split has."""


@dataclass(frozen=True)
class ScoredModel:
    """A model of the report, and what its scores are held against. Equal texts mean equal truths."""

    facts: ArmFacts
    kind: Kind
    items: str
    """What its test split consists of."""
    metrics: tuple[MetricName, ...]
    """What it is asked for, beside the loss."""
    tokens: str
    """What stands for the test split's true text or labels as tokens of a vocabulary."""
    seen: str
    """What stands for these and for the training split."""
    read: str
    """What stands for the tokens that it reads in the test split."""

    def yardstick(self, score: str) -> str:
        """Models with the same one may be compared by this score."""
        if score in OF_TOKENS or self.kind == "masked-language-model":
            return self.tokens
        return self.seen if score in OF_WORDS_SEEN else self.facts.truth


def scored_models(run: Run, arms: Sequence[ArmFacts]) -> tuple[ScoredModel, ...]:
    """The arms of a run with their yardsticks."""
    facts = {arm.label: arm for arm in arms}
    return tuple(_scored_model(run, arm, facts[arm.label]) for arm in run.pipeline.arms)


def loss_yardstick(run: Run, arm: Arm, split: str) -> str:
    """What stands for all that an arm's loss on a split is the mean over."""
    data = run.pipeline.spec.data[arm.settings.data]
    kind = kind_of(arm.settings, data)
    truth = truth_of(run, arm, split)
    if kind in ("tagger", "classifier"):
        return truth
    masking = arm.settings.train.masking if kind == "masked-language-model" else None
    return digest([truth, _tokens(run, arm, split, true_side(kind)), data.stretch, masking])


def _scored_model(run: Run, arm: Arm, facts: ArmFacts) -> ScoredModel:
    data = run.pipeline.spec.data[arm.settings.data]
    return ScoredModel(
        facts=facts,
        kind=kind_of(arm.settings, data),
        items=items_of(data),
        metrics=metrics_of(arm.settings, data),
        tokens=loss_yardstick(run, arm, "test"),
        seen=digest([facts.truth, _text(run, arm, "train", "source")]),
        read=digest([_tokens(run, arm, "test", "source"), data.stretch]),
    )


def truth_of(run: Run, arm: Arm, split: str) -> str:
    """What stands for the true text or labels of a split."""
    kind = kind_of(arm.settings, run.pipeline.spec.data[arm.settings.data])
    return digest([kind, _text(run, arm, split, true_side(kind))])


def _text(run: Run, arm: Arm, split: str, side: str) -> str:
    """The digest of the text of a side; the corpus's name where it is not there."""
    folder = run.artifact(node_names.text_node(arm.settings.data))
    path = folder / f"{split}.{side}.txt" if folder else None
    return file_digest(path) if path is not None and path.exists() else arm.settings.data


def _tokens(run: Run, arm: Arm, split: str, side: str) -> str:
    """The digest of the tokens of a side with their vocabulary; the corpus's name where they are not there."""
    folder = run.artifact(node_names.tokens_node(arm.settings.data))
    if folder is None or not (folder / f"{split}.{side}.ids.npy").exists():
        return arm.settings.data
    numbers = [file_digest(folder / f"{split}.{side}.{column}.npy") for column in ("ids", "offsets")]
    return digest([*numbers, _vocabulary(folder, side)])


@lru_cache(maxsize=64)
def _vocabulary(folder: Path, side: str) -> str:
    """The digest of the tokens in their order; how often each was counted decides nothing."""
    return digest(list(vocabulary_of(folder, side).tokens))
