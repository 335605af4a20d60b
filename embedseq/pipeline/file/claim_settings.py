"""What a pipeline file claims: sentences with a test."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from embedseq.settings import Settings

Length = Annotated[int, Field(ge=0)]
FORMS = (("better", "worse"), ("more", "less"), ("trend",))
"""The fields that say what is held against what: those of one form, and no others."""


class ClaimArm(Settings):
    """One side of a contrast, where a selector alone does not say it."""

    of: str
    """A selector of one model or embedding."""
    part: str | None = None
    """The part of the score, where the two sides differ in it: a layer, a set, a head."""
    role: Literal["score", "baseline", "control"] = "score"
    """The score itself, or what it is held against."""
    label: str | None = None
    """Which baseline or control, where there are several: `majority class`."""


class TrendSettings(Settings):
    """That a score rises or falls with a number."""

    of: str
    """A selector of all arms, three or more; or of one whose parts are numbered (layers, distances)."""
    over: str
    """A dotted field of the models or embeddings whose values are numbers (`encoder.layers`), or `part`: the number in the name
    of each part."""
    direction: Literal["rises", "falls"] = "rises"
    """Which way the score goes as the number grows."""


class SliceSettings(Settings):
    """Only some sentences of the test split; below 100 of them the claim is refused."""

    side: Literal["source", "target"] = "source"
    """Which side's length counts, in the model's tokens."""
    above: Length | None = None
    """Sentences longer than this."""
    at_most: Length | None = None
    """Sentences no longer than this."""

    @model_validator(mode="after")
    def _some_bound(self) -> Self:
        if self.above is None and self.at_most is None:
            raise ValueError("expected above, at_most, or both; found neither")
        return self


class ClaimSettings(Settings):
    """A sentence about the models or embeddings of this file, and the contrast that decides it."""

    says: str
    """The sentence, as the report prints it."""
    better: str | ClaimArm | None = None
    """The arm that the sentence says scores better: a selector of one model or embedding, or a mapping."""
    worse: str | ClaimArm | None = None
    """The arm that it says scores worse."""
    more: str | ClaimArm | None = None
    """In place of `better`, with `less` in place of `worse`: the arm whose score the sentence says is the higher number, whatever
    is better. Scores that only describe (entropy, isotropy) need it, and every other may have it."""
    less: str | ClaimArm | None = None
    """The arm whose score it says is the lower number."""
    trend: TrendSettings | None = None
    """In place of two arms: several, and a number that tells them apart."""
    probe: str | None = None
    """The probe of this file whose score decides; none means a score of the models on the test split."""
    metric: str
    """The score: a metric of the models (`chrf`), or a score of the probe (`rho`)."""
    part: str | None = None
    """The part of the probe's score on both sides: a set of word pairs, a layer, a band."""
    slice: SliceSettings | None = None
    """Which sentences of the test split count; none means all. For metrics of models alone."""
    smallest: Annotated[float, Field(gt=0)] | None = None
    """The smallest effect of interest, in the score's own unit (accuracies are from 0 to 1; of a trend for 1 more of its number):
    below it two arms are taken to be alike."""
    test: Literal["auto", "seeds", "items"] = "auto"
    """`seeds`: the claim is about training; the signs of the seeds' differences are flipped, and there must be six seeds or more.
    `items`: it is about these models only, however many seeds there are; approximate randomisation over items. `auto`: over
    seeds where there are six or more, else over items."""
    family: str = "claims"
    """Claims of one family are corrected together (Holm), so that the more are tested, the more each has to show."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = tuple(name for form in FORMS for name in form if getattr(self, name) is not None)
        if given not in FORMS:
            found = " and ".join(given) or "none of them"
            raise ValueError(f"expected better and worse, or more and less, or trend; found {found}")
        return self

    @property
    def sides(self) -> Mapping[str, str | ClaimArm | None]:
        """The two sides by their fields, the one that is claimed to be better, or to have more, first."""
        names = FORMS[0] if (self.more, self.less) == (None, None) else FORMS[1]
        return {name: getattr(self, name) for name in names}

    def part_of(self, side: ClaimArm) -> str | None:
        """The part that a side is about: its own, else that of both sides. The whole has the part "", None says nothing."""
        return self.part if side.part is None else side.part

    @property
    def by_number(self) -> bool:
        """Whether the first side is claimed to have the higher number, and not the better one."""
        return "more" in self.sides
