"""‖B h_i‖² ≈ the number of arcs between word i and the root of its dependency tree, B of low rank.

Hewitt and Manning 2019, "A structural probe for finding syntax in word representations" (NAACL). B minimises the mean over
sentences of Σ_i |depth(i) - ‖B h_i‖²| / n.

Root accuracy: how often the word of the least predicted depth is the root, punctuation being no candidate. NSpr: Spearman's ρ of
the predicted and the true depths of a sentence's words, the mean over the sentences of 5 to 50 words; the paper averages the
sentences of each length first, and that number is in the details. Baselines and control are those of the distance probe.
"""

from typing import Annotated, Literal

from pydantic import Field

from embedseq.probes.material import StatesMaterial
from embedseq.probes.probe import FittedProbeSettings, Found, ProbeAbout, Score

_NSPR = "nspr"


class StructuralDepthSettings(FittedProbeSettings):
    """Is there a linear map under which the squared norms of states are depths in the dependency tree? Its baselines: a
    left-to-right chain, and the model before training; its control: the same map fitted on the trees of other sentences of the
    same length."""

    kind: Literal["structural-depth"]
    """The probe."""
    rank: Annotated[int, Field(ge=1)] = 64
    """The rank of the map; no more than the states are wide."""
    steps: Annotated[int, Field(ge=1)] = 2000
    """At most so many steps, of 32 sentences each, are taken to fit the map."""


ABOUT = ProbeAbout(
    name="structural-depth",
    level="token",
    question="are squared norms of states, after a linear map, depths in the dependency tree",
    equation="‖B h_i‖² ≈ depth(i)",
    paper="Hewitt and Manning 2019",
    control="the same map fitted on trees of other sentences of the same length: what the places of words tell without the words",
    statistic="ratio of sums over sentences, bootstrapped",
    reads="states",
    ordered=True,
    scores=(
        Score(
            "root-accuracy",
            "root accuracy",
            "%",
            100.0,
            "sentences",
            ("baseline", "control"),
            "How often the word of the least predicted depth is the root; punctuation is no candidate.",
            baselines=("left-to-right chain",),
            controls=("trees of other sentences",),
        ),
        Score(
            _NSPR,
            "NSpr",
            items="sentences",
            roles=("baseline", "control"),
            note="Spearman's ρ of the depths of a sentence's words, the mean over sentences of 5 to 50 words.",
            baselines=("left-to-right chain",),
            controls=("trees of other sentences",),
        ),
    ),
    part="layer",
)


def measure(material: StatesMaterial, settings: StructuralDepthSettings) -> Found:
    """Root accuracy and NSpr of each layer. RequestError where there are too few sentences."""
    from embedseq.probes.structural import Structure, measured, squared_norms
    from embedseq.probes.tree_scores import chain_depths, depth_rank_items, mean_over_lengths, root_items

    structure = Structure(
        predicted=squared_norms,
        gold=lambda tree: tree.depths,
        chain=chain_depths,
        scores={"root-accuracy": root_items, _NSPR: depth_rank_items},
    )
    measurements = measured(material, structure, settings.rank, settings.steps)
    by_length = {
        each.part: mean_over_lengths(each.items, material.trees["test"])
        for each in measurements
        if (each.score, each.role) == (_NSPR, "score")
    }
    return Found(measurements, {"nspr, lengths averaged first": by_length})
