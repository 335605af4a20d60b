"""How alike are two models' states of the same words? CKA(X, Y) = HSIC(X, Y) / √(HSIC(X, X) HSIC(Y, Y)), each unbiased (Kornblith
et al. 2019; Nguyen et al. 2021); Procrustes, neighbour overlap, RSA and SVCCA beside it (`geometry_similarity.py`).

X (n, D) and Y (n, D') are the states of n words in the layer of one name. Held against the same number with the rows of Y
permuted across words, which is what dimensions alone give, and against the model's own states under another seed, which is as
alike as two models can be expected to be. What is counted is in `geometry_items.py`: sentences or blocks of them, never rows
drawn again, as a word that a bootstrap draws twice would be its own nearest neighbour.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from embedseq.errors import RequestError
from embedseq.probes.material import PairMaterial
from embedseq.probes.probe import CapturedSettings, Found, ProbeAbout, Score
from embedseq.seeds import stream
from embedseq.statistics.measurement import Measurement, Role

if TYPE_CHECKING:
    from embedseq.probes.blocks import DrawnWords
    from embedseq.statistics.bootstrap import Floats

Measure = Literal["cka", "procrustes", "neighbours", "rsa", "svcca"]

_NAME = "representation-similarity"
_NULL = "words permuted"
_CEILING = "another seed of the model"


class RepresentationSimilaritySettings(CapturedSettings):
    """How alike the states of models are to those of one of them, layer by layer, where both have a layer of that name."""

    kind: Literal["representation-similarity"]
    """The probe."""
    reference: str
    """A selector of the one model that all are compared with."""
    measures: Annotated[tuple[Measure, ...], Field(min_length=1)] = ("cka",)
    """`cka` (debiased, linear), `procrustes`, `neighbours` (overlap of the nearest words), `rsa`, `svcca`."""
    words: Annotated[int, Field(ge=8, le=10_000)] = 2000
    """How many words of the test split are looked at, at most. Procrustes and SVCCA fit on half of them, so they need several
    times as many as the states have dimensions. SVCCA's interval takes 24 fits beside: seconds a layer, of 512 dimensions."""
    once: bool = True
    """Take a word form at most once: repeated words make any two models look alike, above all their embeddings. `false` for
    generated languages of few words."""
    nearest: Annotated[int, Field(ge=1)] = 10
    """How many nearest words `neighbours` compares."""


ABOUT = ProbeAbout(
    name=_NAME,
    level="geometry",
    question="how alike are two models' states of the same words",
    equation="HSIC(X, Y) / √(HSIC(X, X) HSIC(Y, Y)), unbiased; ‖XᵀY‖_* / (‖X‖ ‖Y‖); |N_X ∩ N_Y| / k; ρ of dissimilarities; mean "
    "canonical correlation",
    paper="Kornblith et al. 2019; Nguyen et al. 2021; Williams et al. 2021; Ding et al. 2021; Kriegeskorte et al. 2008; "
    "Raghu et al. 2017",
    control="the reference's states permuted across words; ceiling: the model's own states under another seed",
    statistic="sums over disjoint blocks of whole sentences (cka, rsa) or over sentences (the others), bootstrapped",
    reads="pair",
    describes=True,
    ordered=True,
    scores=(
        Score(
            "cka",
            "CKA, debiased",
            items="blocks",
            roles=("baseline", "control"),
            note="0 for independent states.",
            baselines=(_CEILING,),
            controls=(_NULL,),
        ),
        Score(
            "procrustes",
            "Procrustes",
            items="sentences",
            roles=("baseline", "control"),
            note="Turned on half of the words, scored on the other half; 0 for independent states.",
            baselines=(_CEILING,),
            controls=(_NULL,),
        ),
        Score(
            "neighbours",
            "neighbour overlap",
            items="sentences",
            roles=("baseline", "control"),
            note="The control is chance: k of the n - 1 other words.",
            baselines=(_CEILING,),
            controls=(_NULL,),
        ),
        Score(
            "rsa", "RSA, Spearman's ρ", items="blocks", roles=("baseline", "control"), baselines=(_CEILING,), controls=(_NULL,)
        ),
        Score(
            "svcca",
            "SVCCA",
            items="sentences",
            roles=("baseline", "control"),
            note="Directions found on half of the words, correlated on the other half; 0 for independent states. The interval "
            "knows that other words would find others.",
            baselines=(_CEILING,),
            controls=(_NULL,),
        ),
    ),
    part="layer",
    version=2,
)


def measure(material: PairMaterial, settings: RepresentationSimilaritySettings) -> Found:
    """Each measure in each layer that both models have, its null and, where there is another seed, its ceiling.

    Details: how many words and blocks; debiased and biased CKA over all words at once, by layer; the layers that only one has.
    RequestError where no layer has the same name or there are too few words.
    """
    from embedseq.probes.blocks import draw_words
    from embedseq.probes.geometry_similarity import biased_cka, cka

    layers, unshared = _layers(material, settings)
    drawn = draw_words(material.trees["test"], settings.words, settings.once, _NAME)
    order = np.random.default_rng(stream(0, "geometry", "null")).permutation(len(drawn))
    measurements: list[Measurement] = []
    at_once: dict[str, dict[str, float | None]] = {}
    for layer in layers:
        own, reference = (each.words("test", layer)[drawn.rows].astype(np.float64) for each in (material.own, material.reference))
        against: list[tuple[Role, str, Floats]] = [("score", "", reference), ("control", _NULL, reference[order])]
        if material.other_seed is not None:
            other = material.other_seed.words("test", layer)[drawn.rows].astype(np.float64)
            against.append(("baseline", _CEILING, other))
        measurements += _of_layer(layer, own, against, drawn, settings)
        at_once[layer] = {"debiased": _finite(cka(own, reference)), "biased": _finite(biased_cka(own, reference))}
    details = {"words": len(drawn), "blocks": len(drawn.blocks), "cka_at_once": at_once, "layers_of_one_only": unshared}
    return Found(measurements, details)


def _of_layer(
    layer: str,
    own: "Floats",
    against: Sequence[tuple[Role, str, "Floats"]],
    drawn: "DrawnWords",
    settings: RepresentationSimilaritySettings,
) -> list[Measurement]:
    """`against`: (role, label, states) of everything that the model's states are compared with."""
    from embedseq.probes.geometry_items import Held, measured, similarity_items

    return [
        measured(Held(name, layer, role, label), similarity_items(name, own, states, drawn, settings.nearest))
        for name in dict.fromkeys(settings.measures)
        for role, label, states in against
    ]


def _layers(material: PairMaterial, settings: RepresentationSimilaritySettings) -> tuple[list[str], list[str]]:
    """The layers that both have, or the last of them, and those that only one has."""
    own, reference = material.own.layers, material.reference.layers
    both = [layer for layer in own if layer in reference]
    if not both:
        raise RequestError(
            f"probe {_NAME}: expected models with layers of the same name, found {', '.join(own)} and {', '.join(reference)}. "
            "Choose a `reference` of the same kind."
        )
    unshared = [layer for layer in (*own, *reference) if layer not in both]
    return both[-1:] if settings.layers == "last" else both, unshared


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
