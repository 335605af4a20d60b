"""ρ(cos(v(a), v(b)), judgement of a and b) over word pairs a, b: Spearman's rank correlation.

WordSim-353 (Finkelstein et al. 2002, "Placing search in context"), SimLex-999 (Hill et al. 2015, "SimLex-999: evaluating semantic
models with (genuine) similarity estimation").
"""

from pathlib import Path
from typing import Literal

from embedseq.probes.material import TableMaterial
from embedseq.probes.probe import Found, ProbeAbout, Score, VectorsProbeSettings
from embedseq.probes.word_sets import BUNDLED


class WordSimilaritySettings(VectorsProbeSettings):
    """Spearman's rank correlation between the cosines of word pairs and people's judgements."""

    kind: Literal["word-similarity"]
    """The probe."""
    sets: tuple[str, ...] = ("wordsim353", "simlex999")
    """`wordsim353` (Finkelstein et al. 2002), `simlex999` (Hill et al. 2015), or a file of `word word score` lines."""
    shared: bool = True
    """Only the words that all tables of the probe have, so that they are compared on the same pairs."""


ABOUT = ProbeAbout(
    name="word-similarity",
    level="word",
    question="do the cosines of word pairs rank as people's judgements do",
    equation="Spearman's ρ of cos(v(a), v(b)) and the judgement of a and b",
    paper="Finkelstein et al. 2002; Hill et al. 2015",
    control="the same vectors permuted across words: ρ is about 0; baseline: random vectors of the same norms",
    statistic="Spearman's ρ over word pairs, bootstrapped",
    reads="vectors",
    files={"sets": tuple(BUNDLED)},
    scores=(
        Score(
            "rho",
            title="Spearman's ρ",
            items="pairs",
            roles=("baseline", "control"),
            baselines=("random vectors of the same norms",),
            controls=("vectors permuted across words",),
        ),
    ),
    part="set",
    version=2,
)


def check_files(settings: WordSimilaritySettings, base: Path) -> None:
    """RequestError where a set cannot be read; relative paths start from `base`."""
    from embedseq.probes.word_similarity import load_word_pairs

    for name in settings.sets:
        load_word_pairs(name, base)


def measure(material: TableMaterial, settings: WordSimilaritySettings) -> Found:
    """Rho on each set, with its control and its baseline; coverage is pairs found over all."""
    from embedseq.probes.word_similarity import load_word_pairs, random_baseline, word_similarity
    from embedseq.probes.word_tables import chosen_table

    table = chosen_table(material, settings.shared)
    found = []
    for name in settings.sets:
        pairs = load_word_pairs(name, material.base)
        found += [*word_similarity(table, pairs, ""), random_baseline(table, pairs, "")]
    return Found(found)
