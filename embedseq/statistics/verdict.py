"""What becomes of a claim: supported, contradicted, no difference worth the name, undecided, or refused."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from embedseq.statistics.contrast import Contrast, Scope
from embedseq.statistics.equivalence import within
from embedseq.statistics.needed import SEEDS_FOR_TRAINING, Needed, Observed, to_exclude_zero, to_fit
from embedseq.statistics.permutation import least_p

Kind = Literal["supported", "contradicted", "no difference worth the name", "undecided", "refused"]


@dataclass(frozen=True)
class Verdict:
    """The verdict with all that it rests on."""

    kind: Kind
    scope: Scope
    """Training: it holds for models trained with other seeds. Else for the models at hand on other items."""
    reason: str
    """For people, in whole sentences, without numbers in the score's unit."""
    contrast: Contrast
    p_adjusted: float
    """Corrected for the family of claims; NaN where nothing was tested."""
    alpha: float
    family: int
    """How many claims p was corrected for: all that were declared, whether or not they could be tested."""
    smallest: float | None
    """The smallest effect of interest, in the effect's unit."""
    needed_seeds: int | None = None
    """For an undecided claim about training, on as many items; None where unknown."""
    needed_items: int | None = None
    """For an undecided claim, with as many seeds; None where no number of items is known to do."""

    def record(self) -> dict[str, Any]:
        """All fields as JSON has them, NaN as None, the contrast as a record of its own."""
        p = None if math.isnan(self.p_adjusted) else self.p_adjusted
        return asdict(self) | {"contrast": self.contrast.record(), "p_adjusted": p}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """What `record` gave; a missing or unknown field is a KeyError or TypeError."""
        p = math.nan if record["p_adjusted"] is None else record["p_adjusted"]
        return cls(**{**record, "contrast": Contrast.from_record(record["contrast"]), "p_adjusted": p})


def decide(contrast: Contrast, p_adjusted: float, smallest: float | None = None, alpha: float = 0.05, family: int = 1) -> Verdict:
    """The verdict on a contrast whose p was corrected (`multiple.holm`) within a family of so many claims.

    In this order:

    1. refused: there are too few items (`contrast.refused`).
    2. no difference worth the name: there is a smallest effect of interest, and the whole narrow interval (90 % for an interval
       of 95 %: two one-sided tests at 5 %) lies within (-smallest, smallest), however small p is.
    3. supported, if the effect is above 0, or contradicted, if it is below: p_adjusted <= alpha, and |effect| >= smallest where
       there is a smallest effect.
    4. undecided: all else, such as a difference that is there but may be too small to matter, and an undefined effect or p.

    Without a smallest effect there is no second kind. The plan's level should be 1 - alpha. RequestError for a smallest effect
    that is not above 0.
    """
    equivalent = smallest is not None and within(contrast.narrow, smallest)

    def verdict(kind: Kind, reason: str, needed: Needed | None = None) -> Verdict:
        more = needed or Needed(None, None)
        return Verdict(kind, contrast.scope, reason, contrast, p_adjusted, alpha, family, smallest, more.seeds, more.items)

    if contrast.refused:
        return verdict("refused", contrast.refused)
    if not math.isfinite(contrast.effect):
        return verdict("undecided", "The score is undefined in one of the arms.")
    if equivalent:
        inside = (
            f"The whole interval of {contrast.narrow.level:.0%} lies within the smallest effect of interest ({_on(contrast)})."
        )
        return verdict("no difference worth the name", f"{inside} {_scope_note(contrast)}")
    doubts = _doubts(contrast, p_adjusted, smallest, alpha, family)
    if not doubts:
        way = "as claimed" if contrast.effect > 0 else "the other way"
        found = f"The effect goes {way}, with a corrected p of {p_adjusted:.2g}"
        large = "" if smallest is None else " and no smaller than the smallest effect of interest"
        reason = f"{found} ({_test(contrast)}){large}. {_scope_note(contrast)}{_other_seeds(contrast)}"
        return verdict("supported" if contrast.effect > 0 else "contradicted", reason)
    needed = _needed(contrast, smallest, alpha, family)
    return verdict("undecided", f"{'; '.join(doubts)}. {_scope_note(contrast)} {_more(contrast, needed)}", needed)


def _doubts(contrast: Contrast, p_adjusted: float, smallest: float | None, alpha: float, family: int) -> list[str]:
    """What stands against calling the effect real and large enough; the first begins with a capital."""
    doubts = []
    if math.isnan(p_adjusted):
        doubts.append("nothing could be tested")
    elif p_adjusted > alpha:
        doubts.append(f"the corrected p is {p_adjusted:.2g}, above {alpha:g} ({_test(contrast)})")
        lowest = min(1.0, least_p(contrast.seeds) * family)
        if contrast.scope == "training" and lowest > alpha:
            doubts.append(f"with {contrast.seeds} seeds and a family of {family} claims it cannot be below {lowest:.2g}")
    if smallest is not None and abs(contrast.effect) < smallest:
        doubts.append("the effect seen is below the smallest of interest, but a larger one is not ruled out")
    return [doubt[0].upper() + doubt[1:] if number == 0 else doubt for number, doubt in enumerate(doubts)]


def _test(contrast: Contrast) -> str:
    if contrast.test == "sign-flip":
        return f"sign-flip over {contrast.seeds} seeds, {_on(contrast)}"
    return f"{contrast.test} over {_counted(contrast.n)}"


def _on(contrast: Contrast) -> str:
    return f"on {_counted(contrast.n)}"


def _counted(items: int) -> str:
    return "1 item" if items == 1 else f"{items:,} items"


def _scope_note(contrast: Contrast) -> str:
    if contrast.scope == "training":
        return f"This is about training: {contrast.seeds} seeds were trained."
    if contrast.seeds >= SEEDS_FOR_TRAINING:
        return f"This is about these models only, as the claim asks for a test over items: {contrast.seeds} seeds were trained."
    seeds = "1 seed was" if contrast.seeds == 1 else f"{contrast.seeds} seeds were"
    return f"This is about these models only: {seeds} trained, and a verdict about training needs {SEEDS_FOR_TRAINING} or more."


def _other_seeds(contrast: Contrast) -> str:
    """A warning where these models differ, and their seeds so much that others may not."""
    if contrast.scope == "training" or contrast.low > 0 or contrast.high < 0:
        return ""
    return " With other seeds it may come out otherwise: the interval does not exclude zero."


def _needed(contrast: Contrast, smallest: float | None, alpha: float, family: int) -> Needed:
    over_items = contrast.seeds >= SEEDS_FOR_TRAINING and contrast.scope != "training"
    observed = Observed(contrast.effect, contrast.components, contrast.seeds, contrast.n, over_items)
    if smallest is not None and abs(contrast.effect) < smallest:
        return to_fit(observed, smallest, alpha)
    return to_exclude_zero(observed, alpha, family)


def _more(contrast: Contrast, needed: Needed) -> str:
    """How many seeds or items would do, as a sentence."""
    of_items = None if needed.items is None else f"about {needed.items:,} items with as many seeds"
    of_seeds = None if needed.seeds is None else f"about {needed.seeds} seeds on as many items"
    if contrast.scope == "these models only" and of_seeds:
        of_seeds += " (for a verdict about training)"
    either = [each for each in (of_seeds, of_items) if each]
    return f"Needed: {', or '.join(either)}." if either else "How many more seeds or items would decide it cannot be told."
