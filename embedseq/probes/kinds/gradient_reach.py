"""||∂ L_t / ∂ x_{t-d}|| / ||∂ L_t / ∂ x_t||: what is left of a gradient d steps back   (Bengio et al. 1994; Pascanu et al. 2013).

In a recurrent network it is a product of d Jacobians, which vanishes where they shrink, and explodes where they stretch. The
decay is the slope of its logarithm over d. What L_t is in which model, `gradients` says.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from embedseq.errors import RequestError
from embedseq.probes.material import ModelMaterial
from embedseq.probes.probe import UNTRAINED, Found, ModelProbeSettings, ProbeAbout, Score
from embedseq.seeds import stream
from embedseq.statistics.measurement import Measurement, Role

if TYPE_CHECKING:
    from embedseq.probes.gradients import Reach

Floats = NDArray[np.float64]


class GradientReachSettings(ModelProbeSettings):
    """How far back do gradients reach, and do they vanish or explode?"""

    kind: Literal["gradient-reach"]
    """The probe."""
    data: str | None = None
    """A corpus of this file, which the models read; none means that of each model."""
    sentences: Annotated[int, Field(ge=1)] = 500
    """How many sentences of its validation split are read: the first ones."""
    distance: Annotated[int, Field(ge=2)] = 20
    """The most steps back."""
    positions: Annotated[int, Field(ge=1)] = 20
    """From how many positions of each sentence gradients are sent back, evenly spaced where there are more."""

    def possible_parts(self, score: str, role: Role, layers: Sequence[str] | None) -> tuple[str, ...]:
        """The distances that sentences can have; the decay is over all of them."""
        return tuple(_part(distance) for distance in range(1, self.distance + 1)) if score == "gradient-norm" else ("",)


ABOUT = ProbeAbout(
    name="gradient-reach",
    level="memory",
    question="how far back do gradients reach, and do they vanish or explode",
    equation="||∂ L_t / ∂ x_{t-d}|| / ||∂ L_t / ∂ x_t||, and the slope of its logarithm over d",
    paper="Bengio et al. 1994; Pascanu et al. 2013",
    control="the norms of each sentence dealt out to its distances at random: slope 0; baseline: the model at initialisation",
    statistic="ratio of norms summed over positions, and its log-slope, bootstrapped over sentences",
    reads="model",
    describes=True,
    ordered=True,
    scores=(
        Score(
            "gradient-norm",
            "gradient norm, relative to that at distance 0",
            items="sentences",
            roles=("baseline", "control"),
            note="Of the loss of the next token in a language model, of a random direction of the last layer in an encoder.",
            baselines=(UNTRAINED,),
            controls=("distances shuffled",),
        ),
        Score(
            "decay",
            "log-slope of the gradient norm",
            "nats a step",
            items="sentences",
            roles=("baseline", "control"),
            baselines=(UNTRAINED,),
            controls=("distances shuffled",),
        ),
    ),
    part="distance",
    version=3,
)


def measure(material: ModelMaterial, settings: GradientReachSettings) -> Found:
    """The relative norm at each distance that some sentence has, and its decay, of the model and before training.

    Details say of both whether gradients vanish (the interval of the decay lies below 0) or explode (above), and in how many
    steps they halve or double. Raises RequestError where no sentence is long enough for two distances.
    """
    from embedseq.probes.gradients import Reach, gradient_norms

    reach = Reach(settings.distance, settings.positions)
    longest = _longest(material, reach)
    own, before = (
        gradient_norms(model, material.sources, reach)[:, 1 : longest + 1] for model in (material.model, material.untrained)
    )
    compared: tuple[tuple[Role, str, Floats], ...] = (
        ("score", "", own),
        ("baseline", UNTRAINED, before),
        ("control", "distances shuffled", _shuffled(own)),
    )
    measurements: list[Measurement] = []
    decays: list[Measurement] = []
    for role, label, norms in compared:
        for place in range(longest):
            measurements.append(_measured("gradient-norm", role, label, norms[:, place], _part(place + 1)))
        decays.append(_measured("decay", role, label, norms.reshape(len(norms), -1), ""))
    verdicts = {decay.label or "model": _verdict(decay) for decay in decays if decay.role != "control"}
    return Found([*measurements, *decays], verdicts)


def _part(distance: int) -> str:
    return f"distance {distance}"


def _shuffled(norms: Floats) -> Floats:
    """(N, D, 2): the norms of each sentence dealt out at random to the distances that it has, so that none says how far it is."""
    random = np.random.default_rng(stream(0, "gradient-reach"))
    dealt = norms.copy()
    for sentence in dealt:
        there = np.flatnonzero(sentence[:, 1] > 0)
        sentence[there] = sentence[random.permutation(there)]
    return dealt


def _longest(material: ModelMaterial, reach: "Reach") -> int:
    """The greatest distance that some sentence has. A language model's first position is the start symbol's."""
    from embedseq.models.language_model import LanguageModel

    starts = 1 if isinstance(material.model, LanguageModel) else 0
    longest = min(reach.distance, max((len(each) for each in material.sources), default=0) + starts - 1)
    if longest < 2:
        raise RequestError(
            "probe gradient-reach: expected a sentence of three tokens or more to look back in, found none. Read more sentences."
        )
    return longest


def _measured(score: str, role: Role, label: str, items: Floats, part: str) -> Measurement:
    from embedseq.probes.sums import STATISTICS
    from embedseq.statistics.bootstrap import statistic_value

    statistic = "decay" if score == "decay" else "ratio"
    coverage = float((items[:, 1] > 0).mean())
    value = statistic_value(statistic, items, STATISTICS)
    return Measurement("", score, role, label, value, statistic, items, coverage, part)


def _verdict(decay: Measurement) -> dict[str, Any]:
    """In words, and the steps after which half is left (or twice as much is there); JSON-like."""
    from embedseq.probes.sums import STATISTICS
    from embedseq.statistics.bootstrap import interval

    ends = interval("decay", decay.items[None], additives=STATISTICS)
    says = "vanishing" if ends.high < 0 else "exploding" if ends.low > 0 else "neither"
    known = math.isfinite(decay.value) and decay.value != 0
    steps = math.log(2) / abs(decay.value) if known else None
    return {"verdict": says, "steps to halve or double": steps}
