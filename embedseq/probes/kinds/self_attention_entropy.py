"""H(α_t) = - Σ_s α_ts log2 α_ts, in bits: how widely word t looks at the words of its own sentence (Ghader and Monz 2017 for
attention to a source; Clark et al. 2019, section 3.3, for self-attention).

α_t are the weights over all words that word t can see and the symbol beside them: the end symbol of an encoder, the start symbol
of a decoder.
"""

from typing import TYPE_CHECKING, Literal

from embedseq.probes.material import SelfAttentionMaterial
from embedseq.probes.probe import Found, ProbeAbout, SelfAttentionProbeSettings
from embedseq.probes.spread import spread_measurements, spread_parts, spread_scores

if TYPE_CHECKING:
    from embedseq.probes.attention_maps import AttentionMaps


class SelfAttentionEntropySettings(SelfAttentionProbeSettings):
    """How widely does each head of self-attention look, and how much of its attention rests on the end or start symbol?"""

    kind: Literal["self-attention-entropy"]
    """The probe."""


ABOUT = ProbeAbout(
    name="self-attention-entropy",
    level="attention",
    question="how widely does each head of self-attention look, and how much of it rests on the symbol beside the words",
    equation="- Σ_s α_ts log2 α_ts, and α_t,symbol",
    paper="Clark et al. 2019, section 3",
    control="even weights over all that a word can see; baseline: the same model before training",
    statistic="ratio of sums over words, bootstrapped over sentences",
    reads="self-attention",
    describes=True,
    scores=spread_scores("end or start"),
    part="head",
    version=2,
)


def parts_of_maps(maps: "AttentionMaps") -> tuple[str, ...]:
    """Each head, and all of them."""
    return spread_parts(maps)


def measure(material: SelfAttentionMaterial, settings: SelfAttentionEntropySettings) -> Found:
    """Entropy and mass on the symbol of each head and of all heads on the test sentences."""
    return Found(tuple(spread_measurements(material.maps["test"], material.untrained["test"])))
