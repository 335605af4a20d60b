"""How alike are the layers of one model? CKA(X, Y) = HSIC(X, Y) / √(HSIC(X, X) HSIC(Y, Y)), each unbiased, of the states X and Y
of the same words in two layers (Kornblith et al. 2019; Nguyen et al. 2021).

Layers that add to what they are given are alike before any training, so each pair is held against the same two layers of the
model before training, and against the rows of the later layer permuted across words. Items are as in `geometry_items.py`.
"""

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from embedseq.errors import RequestError
from embedseq.probes.material import States, StatesMaterial
from embedseq.probes.probe import Found, ProbeAbout, Score, StatesProbeSettings
from embedseq.seeds import stream
from embedseq.statistics.measurement import Measurement, Role

if TYPE_CHECKING:
    from embedseq.probes.blocks import DrawnWords
    from embedseq.statistics.bootstrap import Floats

_NAME = "layer-similarity"
_NULL = "words permuted"


class LayerSimilaritySettings(StatesProbeSettings):
    """How alike each two layers of a model are: debiased CKA."""

    kind: Literal["layer-similarity"]
    """The probe."""
    words: Annotated[int, Field(ge=8, le=10_000)] = 2000
    """How many words of the test split are looked at, at most."""
    once: bool = True
    """Take a word form at most once: repeated words make any two layers look alike. `false` for generated languages of few
    words."""


ABOUT = ProbeAbout(
    name=_NAME,
    level="geometry",
    question="how alike are the layers of one model",
    equation="HSIC(X, Y) / √(HSIC(X, X) HSIC(Y, Y)), unbiased",
    paper="Kornblith et al. 2019; Nguyen et al. 2021",
    control="the later layer's states permuted across words; baseline: the same layers before training",
    statistic="sums over disjoint blocks of whole sentences, bootstrapped",
    reads="states",
    describes=True,
    scores=(
        Score(
            "cka",
            "CKA, debiased",
            items="blocks",
            roles=("baseline", "control"),
            note="0 for independent states.",
            controls=(_NULL,),
        ),
    ),
    part="layers",
    several_layers=True,
)


def measure(material: StatesMaterial, settings: LayerSimilaritySettings) -> Found:
    """CKA of each two layers, its null and its baselines.

    Details: how many words and blocks, the layers, and CKA of all pairs as a symmetric matrix, of the model and of each baseline.
    RequestError where there are fewer than two layers or too few words.
    """
    from embedseq.probes.blocks import draw_words

    layers = material.chosen_layers
    if len(layers) < 2:
        raise RequestError(f"probe {_NAME}: expected two layers or more to compare, found {len(layers)}. Set `layers: all`.")
    drawn = draw_words(material.trees["test"], settings.words, settings.once, _NAME)
    of_layer = _states(material.own, layers, drawn)
    order = np.random.default_rng(stream(0, "geometry", "null")).permutation(len(drawn))
    scores = _of_pairs(of_layer, of_layer, drawn, "score", "")
    controls = _of_pairs(of_layer, {name: states[order] for name, states in of_layer.items()}, drawn, "control", _NULL)
    measurements, matrices = [*scores, *controls], {"": _matrix(scores, len(layers))}
    for label, states in material.beside.items():
        beside = _states(states, layers, drawn)
        baselines = _of_pairs(beside, beside, drawn, "baseline", label)
        measurements += baselines
        matrices[label] = _matrix(baselines, len(layers))
    details: dict[str, Any] = {"words": len(drawn), "blocks": len(drawn.blocks), "layers": list(layers), "cka": matrices}
    return Found(measurements, details)


def _states(states: States, layers: tuple[str, ...], drawn: "DrawnWords") -> dict[str, "Floats"]:
    return {layer: states.words("test", layer)[drawn.rows].astype(np.float64) for layer in layers}


def _of_pairs(
    first: Mapping[str, "Floats"], second: Mapping[str, "Floats"], drawn: "DrawnWords", role: Role, label: str
) -> list[Measurement]:
    """An earlier layer of `first` against a later one of `second`, pair by pair."""
    from embedseq.probes.geometry_items import Held, measured, similarity_items

    return [
        measured(Held("cka", f"{earlier}, {later}", role, label), similarity_items("cka", first[earlier], second[later], drawn))
        for earlier, later in combinations(first, 2)
    ]


def _matrix(pairs: list[Measurement], layers: int) -> list[list[float | None]]:
    """The values of all pairs, in the order of `combinations`, as a symmetric matrix with ones on its diagonal."""
    matrix = np.eye(layers)
    rows, columns = np.triu_indices(layers, 1)
    matrix[rows, columns] = matrix[columns, rows] = [pair.value for pair in pairs]
    return [[float(value) if np.isfinite(value) else None for value in row] for row in matrix]
