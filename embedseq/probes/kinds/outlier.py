"""c(w) = mean of cos(v(u), v(u')) over pairs u ≠ u' of the words W without w: the word whose removal leaves the rest most compact
is the outlier of W.

Camacho-Collados and Navigli 2016, "Find the word that does not belong: a framework for an intrinsic evaluation of word vector
representations". Accuracy counts the sets whose outlier has the highest c; OPP is the mean place of the outlier in the order of
c, 0 (first) to 1 (last), so that near misses count.
"""

from pathlib import Path
from typing import Literal

from embedseq.probes.material import TableMaterial
from embedseq.probes.probe import Found, ProbeAbout, Score, VectorsProbeSettings
from embedseq.probes.word_sets import OUTLIERS


class OutlierSettings(VectorsProbeSettings):
    """Which word does not belong: of a group of words and one other, the word whose removal leaves the rest most compact."""

    kind: Literal["outlier"]
    """The probe."""
    sets: tuple[str, ...] = ("everyday-outliers",)
    """`everyday-outliers` (12 groups with 4 outliers each), or a file of lines with the words of a group, `|`, and its outliers,
    all parted by spaces."""
    shared: bool = True
    """Only the words that all tables of the probe have, so that they are compared on the same groups."""


ABOUT = ProbeAbout(
    name="outlier",
    level="word",
    question="does the word that does not belong lie outside of its group",
    equation="argmax over w of the mean cosine of the pairs of the set without w",
    paper="Camacho-Collados and Navigli 2016",
    control="chance, 1 of n words; the same vectors permuted across words, the mean of 100 permutations: about chance",
    statistic="mean over groups with one outlier each, bootstrapped over groups",
    reads="vectors",
    files={"sets": tuple(OUTLIERS)},
    scores=(
        Score(
            "accuracy",
            unit="%",
            factor=100,
            items="groups",
            roles=("baseline", "control"),
            baselines=("chance",),
            controls=("vectors permuted across words",),
        ),
        Score(
            "opp",
            title="outlier position",
            unit="%",
            factor=100,
            items="groups",
            roles=("baseline", "control"),
            note="The mean place of the outlier in the order of compactness: 100 is last, where it belongs.",
            baselines=("chance",),
            controls=("vectors permuted across words",),
        ),
    ),
    part="set",
)


def check_files(settings: OutlierSettings, base: Path) -> None:
    """RequestError where a set cannot be read; relative paths start from `base`."""
    from embedseq.probes.outlier import load_outlier_sets

    for name in settings.sets:
        load_outlier_sets(name, base)


def measure(material: TableMaterial, settings: OutlierSettings) -> Found:
    """Accuracy and OPP on each set, with chance and permuted vectors; coverage is the outliers that are asked for over all."""
    from embedseq.probes.outlier import load_outlier_sets, outliers
    from embedseq.probes.word_tables import chosen_table

    table = chosen_table(material, settings.shared)
    sets = [load_outlier_sets(name, material.base) for name in settings.sets]
    return Found([measurement for each in sets for measurement in outliers(table, each)])
