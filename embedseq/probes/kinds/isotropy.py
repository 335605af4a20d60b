"""Do word vectors point everywhere alike? Three numbers of a table of vectors x of covariance C:

    mean cosine           mean of cos(x_i, x_j) over i ≠ j: 0 where they point nowhere in particular, 1 where all point one way
    participation ratio   (tr C)² / tr C² = (Σ λ)² / Σ λ² of the eigenvalues λ of C: D of D equal directions, 1 of a single one
    partition isotropy    min over c of Z(c) / max over c of Z(c), Z(c) = Σ_i exp(c · x_i), c the eigenvectors of Σ_i x_i x_iᵀ and
                          their opposites: 1 where every direction has as much weight

Mimno and Thompson 2017, "The strange geometry of skip-gram with negative sampling" (mean cosine); Gao et al. 2017, "A theory of
multineuronal dimensionality, dynamics and measurement" (participation ratio); Arora et al. 2016, "A latent variable model
approach to PMI-based word embeddings", and Mu and Viswanath 2018, "All-but-the-top" (partition function).
"""

from typing import Any, Literal

from numpy.typing import NDArray

from embedseq.probes.material import TableMaterial
from embedseq.probes.probe import Found, ProbeAbout, Score, VectorsProbeSettings
from embedseq.seeds import stream
from embedseq.statistics.measurement import Role


class IsotropySettings(VectorsProbeSettings):
    """Do word vectors point everywhere alike: mean cosine, participation ratio, and the isotropy of the partition function."""

    kind: Literal["isotropy"]
    """The probe."""
    shared: bool = True
    """Only the words that all tables of the probe have, so that they are compared on the same words."""


ABOUT = ProbeAbout(
    name="isotropy",
    level="geometry",
    question="do word vectors point everywhere alike",
    equation="mean of cos(x_i, x_j), i ≠ j; (tr C)² / tr C²; min Z(c) / max Z(c), Z(c) = Σ exp(c · x_i)",
    paper="Mimno and Thompson 2017; Gao et al. 2017; Mu and Viswanath 2018",
    control="an isotropic Gaussian of as many words and dimensions and the same mean squared norm; and, as a baseline, random "
    "directions with the norms of the words themselves",
    statistic="each word's share in the number (its influence), bootstrapped over words",
    reads="vectors",
    describes=True,
    scores=(
        Score(
            "mean-cosine",
            title="mean cosine",
            roles=("baseline", "control"),
            note="0 where isotropic, near 1 in a cone.",
            baselines=("random vectors of the same norms",),
            controls=("isotropic Gaussian",),
        ),
        Score(
            "participation-ratio",
            title="participation ratio",
            unit="directions",
            roles=("baseline", "control"),
            note="Estimated without the bias of few words.",
            baselines=("random vectors of the same norms",),
            controls=("isotropic Gaussian",),
        ),
        Score(
            "partition-isotropy",
            title="partition isotropy",
            roles=("baseline", "control"),
            note="1 where every direction has as much weight; depends on the length of the vectors.",
            baselines=("random vectors of the same norms",),
            controls=("isotropic Gaussian",),
        ),
    ),
    part="",
)


def measure(material: TableMaterial, settings: IsotropySettings) -> Found:
    """The three numbers of the table, of random directions and of a Gaussian; RequestError for fewer than 4 words."""
    from embedseq.probes.isotropy import gaussian_like, isotropy
    from embedseq.probes.random_vectors import norm_matched
    from embedseq.probes.word_tables import chosen_table, restricted

    table = chosen_table(material, settings.shared)
    if material.random is None:
        random = norm_matched(table, stream(0, "isotropy", "random"))
    else:
        random = restricted(material.random, table.words)
    gaussian = gaussian_like(table.matrix, stream(0, "isotropy", "gaussian"))
    arms: tuple[tuple[NDArray[Any], Role, str], ...] = (
        (table.matrix, "score", ""),
        (random.matrix, "baseline", "random vectors of the same norms"),
        (gaussian, "control", "isotropic Gaussian"),
    )
    coverage = len(table) / max(1, len(material.vectors))
    measurements = [found for matrix, role, label in arms for found in isotropy(matrix, coverage, role, label)]
    return Found(measurements, {"words": len(table), "dim": table.dim})
