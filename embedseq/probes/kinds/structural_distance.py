"""‖B(h_i - h_j)‖² ≈ the number of arcs between words i and j in the dependency tree, B of low rank.

Hewitt and Manning 2019, "A structural probe for finding syntax in word representations" (NAACL). B minimises the mean over
sentences of Σ_ij |d(i, j) - ‖B(h_i - h_j)‖²| / n²; words that are close in the tree should then be close under B.

UUAS: the minimum spanning tree of the predicted distances against the gold arcs, both without punctuation; arcs are summed over
sentences. DSpr: Spearman's ρ of the predicted and the true distances from a word to all words of its sentence, the mean over
words, then over the sentences of 5 to 50 words. The paper averages the sentences of each length first and then the lengths, so
that rare lengths weigh as much as common ones; that number is in the details, for comparison with published ones.

The chain in which each word hangs on the one before it is a strong baseline, as most arcs are short. The control is the same
probe fitted on trees of other sentences of the same length and scored on the true trees: what places alone tell. States that
show a tree under any map, fitted or not, pass it on to the control too.
"""

from typing import Annotated, Literal

from pydantic import Field

from embedseq.probes.material import StatesMaterial
from embedseq.probes.probe import FittedProbeSettings, Found, ProbeAbout, Score

_DSPR = "dspr"


class StructuralDistanceSettings(FittedProbeSettings):
    """Is there a linear map under which the squared distances of states are distances in the dependency tree? Its baselines: a
    left-to-right chain, and the model before training; its control: the same map fitted on the trees of other sentences of the
    same length."""

    kind: Literal["structural-distance"]
    """The probe."""
    rank: Annotated[int, Field(ge=1)] = 64
    """The rank of the map; no more than the states are wide."""
    steps: Annotated[int, Field(ge=1)] = 2000
    """At most so many steps, of 32 sentences each, are taken to fit the map."""


ABOUT = ProbeAbout(
    name="structural-distance",
    level="token",
    question="are squared distances between states, after a linear map, distances in the dependency tree",
    equation="‖B(h_i - h_j)‖² ≈ d_tree(i, j)",
    paper="Hewitt and Manning 2019",
    control="the same map fitted on trees of other sentences of the same length: what the places of words tell without the words",
    statistic="ratio of sums over sentences, bootstrapped",
    reads="states",
    ordered=True,
    scores=(
        Score(
            "uuas",
            "UUAS",
            "%",
            100.0,
            "sentences",
            ("baseline", "control"),
            "The share of the gold arcs, directions and punctuation left out, that the minimum spanning tree has.",
            baselines=("left-to-right chain",),
            controls=("trees of other sentences",),
        ),
        Score(
            _DSPR,
            "DSpr",
            items="sentences",
            roles=("baseline", "control"),
            note="Spearman's ρ from each word to all, the mean over words, then over sentences of 5 to 50 words.",
            baselines=("left-to-right chain",),
            controls=("trees of other sentences",),
        ),
    ),
    part="layer",
)


def measure(material: StatesMaterial, settings: StructuralDistanceSettings) -> Found:
    """UUAS and DSpr of each layer. RequestError where there are too few sentences."""
    from embedseq.probes.structural import Structure, measured, squared_distances
    from embedseq.probes.tree_scores import attachment_items, chain_distances, distance_rank_items, mean_over_lengths

    structure = Structure(
        predicted=squared_distances,
        gold=lambda tree: tree.distances,
        chain=chain_distances,
        scores={"uuas": attachment_items, _DSPR: distance_rank_items},
    )
    measurements = measured(material, structure, settings.rank, settings.steps)
    by_length = {
        each.part: mean_over_lengths(each.items, material.trees["test"])
        for each in measurements
        if (each.score, each.role) == (_DSPR, "score")
    }
    return Found(measurements, {"dspr, lengths averaged first": by_length})
