"""What a pipeline file claims: sentences with a test."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from embedseq.settings import Settings

Length = Annotated[int, Field(ge=0)]


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
    trend: TrendSettings | None = None
    """In place of `better` and `worse`: several arms, and a number that tells them apart."""
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
    family: str = "claims"
    """Claims of one family are corrected together (Holm), so that the more are tested, the more each has to show."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = [name for name in ("better", "worse", "trend") if getattr(self, name) is not None]
        if given not in (["better", "worse"], ["trend"]):
            raise ValueError(f"expected better and worse, or trend; found {' and '.join(given) or 'none of them'}")
        return self
