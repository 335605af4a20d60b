"""The score of the validation split by which the epochs of a training are compared, where that is not the loss.

It is measured as the final evaluation measures the test split, without baselines; a text is written greedily.
"""

import math
from typing import TYPE_CHECKING

from embedseq.decoding.settings import SearchSettings
from embedseq.errors import DivergedError, WorkError
from embedseq.evaluation.settings import LOWER, EvaluateSettings
from embedseq.pipeline.stage import StageContext
from embedseq.pipeline.stages.feeding import Feed
from embedseq.training.settings import LOSS

if TYPE_CHECKING:
    from embedseq.models.interfaces import Model
    from embedseq.training.score import Score

SEARCH = ("max_length", "max_ratio")
"""What of the final search holds for the greedy one: where it stops."""


def judge_record(task: str, search: SearchSettings) -> dict[str, object]:
    """What a training stage's spec says of the score, beside its name."""
    return {"task": task, **{name: getattr(search, name) for name in SEARCH}}


def score_of(context: StageContext, feed: Feed, best_by: str) -> "Score | None":
    """Measures the score `best_by` of a model as it is; None where epochs are compared by the loss."""
    if best_by == LOSS:
        return None
    from embedseq.pipeline.stages.evaluation.by_kind import measures_of
    from embedseq.pipeline.stages.evaluation.given import Given
    from embedseq.training.failures import ADVICE
    from embedseq.training.score import Score

    judge = context.spec["judge"]
    settings = EvaluateSettings.model_validate({"beam": 1, "metrics": (best_by,), **{name: judge[name] for name in SEARCH}})
    own_scores = measures_of(feed.kind).own_scores

    def measure(model: "Model") -> float:
        given = Given(
            model=model,
            text=context.inputs["text"],
            tokens=context.inputs["tokens"],
            feed=feed,
            task=judge["task"],
            settings=settings,
            fact=lambda name, value: None,
            split="valid",
        )
        value = float(next(each.value for each in own_scores(given) if each.score == best_by))
        if math.isinf(value):
            raise DivergedError(f"Training diverged: `{best_by}` of the validation split is {value}. {ADVICE}")
        if math.isnan(value):
            raise WorkError(
                f"`{best_by}` of the validation split is no number, by which no epochs can be compared: nothing in the split "
                "counts for it. Give the corpus more validation text, or set `best_by` to another score."
            )
        return value

    return Score(best_by, best_by not in LOWER, measure)
