"""In how many directions do states spread, and do they share one? Participation ratio (Σ λ)² / Σ λ² of the eigenvalues λ of their
covariance (Gao et al. 2017), and the mean cosine of two different words (Ethayarajh 2019, anisotropy).

Of D equal directions the ratio is D, of one it is 1. From n words it comes out as about n D / (n + D) instead of D where both
sums are taken of the words' own covariance; here each is estimated without bias (`geometry_items.py`), so that models of
different widths compare. The mean cosine is 0 where states point nowhere in particular and near 1 in a narrow cone. Held against
the model before training and against as many draws of an isotropic Gaussian of as many dimensions.
"""

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from embedseq.probes.material import StatesMaterial
from embedseq.probes.probe import Found, ProbeAbout, Score, StatesProbeSettings
from embedseq.seeds import stream
from embedseq.statistics.measurement import Measurement, Role

if TYPE_CHECKING:
    from embedseq.probes.blocks import DrawnWords
    from embedseq.statistics.bootstrap import Floats

_NAME = "state-geometry"
_NULL = "isotropic Gaussian"


class StateGeometrySettings(StatesProbeSettings):
    """In how many directions the states of each layer spread (participation ratio), and whether they share one (mean cosine)."""

    kind: Literal["state-geometry"]
    """The probe."""
    words: Annotated[int, Field(ge=8, le=10_000)] = 2000
    """How many words of the test split are looked at, at most."""
    once: bool = True
    """Take a word form at most once: repeated words are near each other in any model. `false` for generated languages of few
    words."""


ABOUT = ProbeAbout(
    name=_NAME,
    level="geometry",
    question="in how many directions do states spread, and do they share one",
    equation="(tr C)² / tr C², C the covariance of the states; mean of cos(x_i, x_j), i ≠ j",
    paper="Gao et al. 2017; Ethayarajh 2019",
    control="an isotropic Gaussian of the same words and dimensions: D directions, cosine 0; baseline: the model before training",
    statistic="sums over disjoint blocks of whole sentences, bootstrapped",
    reads="states",
    describes=True,
    ordered=True,
    scores=(
        Score(
            "participation-ratio",
            "participation ratio",
            unit="directions",
            items="blocks",
            roles=("baseline", "control"),
            note="Estimated without the bias of few words; the control is the width of the layer.",
            controls=(_NULL,),
        ),
        Score(
            "mean-cosine",
            "mean cosine",
            items="blocks",
            roles=("baseline", "control"),
            note="0 where isotropic, near 1 in a cone.",
            controls=(_NULL,),
        ),
    ),
    part="layer",
)


def measure(material: StatesMaterial, settings: StateGeometrySettings) -> Found:
    """Both numbers of each layer that is asked for, of each baseline beside it, and of the isotropic Gaussian.

    Details: how many words and blocks, and the width of each layer. RequestError where there are too few words.
    """
    from embedseq.probes.blocks import draw_words

    drawn = draw_words(material.trees["test"], settings.words, settings.once, _NAME)
    measurements: list[Measurement] = []
    widths: dict[str, int] = {}
    for layer in material.chosen_layers:
        own = material.own.words("test", layer)[drawn.rows].astype(np.float64)
        widths[layer] = own.shape[1]
        noise = np.random.default_rng(stream(0, "geometry", "gaussian", *own.shape)).standard_normal(own.shape)
        measurements += _measured(layer, own, drawn, "score", "")
        for label, states in material.beside.items():
            beside = states.words("test", layer)[drawn.rows].astype(np.float64)
            measurements += _measured(layer, beside, drawn, "baseline", label)
        measurements += _measured(layer, noise, drawn, "control", _NULL)
    return Found(measurements, {"words": len(drawn), "blocks": len(drawn.blocks), "widths": widths})


def _measured(layer: str, states: "Floats", drawn: "DrawnWords", role: Role, label: str) -> list[Measurement]:
    from embedseq.probes.geometry_items import Held, mean_cosine_items, measured, participation_items

    return [
        measured(Held("participation-ratio", layer, role, label, "higher"), participation_items(states, drawn)),
        measured(Held("mean-cosine", layer, role, label, "lower"), mean_cosine_items(states, drawn)),
    ]
