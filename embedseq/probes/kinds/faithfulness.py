"""gain = e(argmax_s α_ts) - mean of e(s') over the other words s',  correlation = ρ_Spearman(α_t, e_t).

e(s) is how far the distribution of target word t moves (total variation, 0 to 1) when source word s is made unknown: erasure
(Serrano and Smith 2019; Jain and Wallace 2019), paired with another word of the same sentence; a comprehensiveness of one word
(DeYoung et al. 2020). α is attention, attention times the lengths of the values, or gradient × input.
"""

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from embedseq.errors import RequestError
from embedseq.probes.material import AttentionMaterial
from embedseq.probes.probe import UNTRAINED, Found, ModelProbeSettings, ProbeAbout, Score
from embedseq.statistics.measurement import Measurement, Role

if TYPE_CHECKING:
    from embedseq.probes.attention_maps import AttentionMaps
    from embedseq.probes.erasing import Erasing

Floats = NDArray[np.float64]
_METHODS = ("attention, mean of heads", "value-weighted norms, mean of heads", "gradient × input")


class FaithfulnessSettings(ModelProbeSettings):
    """Does removing the word that a model looked at most change its output more than removing another word?"""

    kind: Literal["faithfulness"]
    """The probe."""
    data: str
    """A corpus of this file with pairs."""
    sentences: Annotated[int, Field(ge=1)] = 500
    """How many pairs of its validation split are read: the first ones. Each is run once more for every source word."""


ABOUT = ProbeAbout(
    name="faithfulness",
    level="attention",
    question="does removing the word that a model looked at most change its output more than removing another word",
    equation="e(argmax α_t) - mean e of the other words; Spearman's ρ(α_t, e_t); e: total variation when a word is unknown",
    paper="Serrano and Smith 2019; Jain and Wallace 2019; DeYoung et al. 2020",
    control="a source word at random in place of the one that was looked at most; weights shuffled over the words",
    statistic="ratio of sums over target words, bootstrapped over sentences",
    reads="attention",
    erases=True,
    scores=(
        Score(
            "erasure-gain",
            "gain of erasing the word looked at most",
            items="sentences",
            roles=("baseline", "control"),
            note="0 where it matters no more than another word; at most 1.",
            baselines=(UNTRAINED, "word on the diagonal"),
            controls=("a word at random",),
        ),
        Score(
            "erasure-correlation",
            "Spearman's ρ with the effect of erasing",
            items="sentences",
            roles=("baseline", "control"),
            baselines=(UNTRAINED,),
            controls=("shuffled over the words",),
        ),
    ),
    part="method",
)


def parts_of_maps(maps: "AttentionMaps") -> tuple[str, ...]:
    """The ways to tell what was looked at that the model allows, but for heads picked by what is measured."""
    from embedseq.probes.links import methods_of

    return tuple(method.name for method in methods_of(maps) if method.name in _METHODS)


def measure(material: AttentionMaterial, settings: FaithfulnessSettings) -> Found:
    """Gain and correlation of each method that the model allows, beside the model before training, the diagonal and chance.

    Raises RequestError where nothing was erased.
    """
    from embedseq.probes.erasing import erasings
    from embedseq.probes.links import methods_of

    if material.maps.erasure is None or material.untrained.erasure is None:
        raise RequestError(
            "probe faithfulness: expected maps with the effect of erasing each word, found none. Capture them with erasure."
        )
    untrained = {method.name: method for method in methods_of(material.untrained)}
    found: list[Measurement] = []
    for method in methods_of(material.maps):
        if method.name in _METHODS:
            own, before = erasings(material.maps, method), erasings(material.untrained, untrained[method.name])
            found += [*_gains(own, before, method.name), *_correlations(own, before, method.name)]
    return Found(found)


def _gains(own: "list[Erasing]", before: "list[Erasing]", method: str) -> list[Measurement]:
    from embedseq.probes.erasing import gains_at_random, gains_on_diagonal

    gains, gains_before = (np.stack([each.gain() for each in erasings]) for erasings in (own, before))
    return [
        _measured("erasure-gain", "score", "", method, gains),
        _measured("erasure-gain", "baseline", UNTRAINED, method, gains_before),
        _measured("erasure-gain", "baseline", "word on the diagonal", method, gains_on_diagonal(own)),
        _measured("erasure-gain", "control", "a word at random", method, gains_at_random(own)),
    ]


def _correlations(own: "list[Erasing]", before: "list[Erasing]", method: str) -> list[Measurement]:
    from embedseq.probes.erasing import correlations_shuffled

    correlations, correlations_before = (np.stack([each.correlation() for each in erasings]) for erasings in (own, before))
    return [
        _measured("erasure-correlation", "score", "", method, correlations),
        _measured("erasure-correlation", "baseline", UNTRAINED, method, correlations_before),
        _measured("erasure-correlation", "control", "shuffled over the words", method, correlations_shuffled(own)),
    ]


def _measured(score: str, role: Role, label: str, part: str, items: Floats) -> Measurement:
    from embedseq.statistics.bootstrap import statistic_value

    counted = float((items[:, 1] > 0).mean()) if len(items) else 0.0
    return Measurement("", score, role, label, statistic_value("ratio", items), "ratio", items, counted, part)
