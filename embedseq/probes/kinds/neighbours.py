"""The words u with the highest cos(v(u), v(w)), for some words w. Something to look at, not a score.

Mikolov et al. 2013, "Efficient estimation of word representations in vector space".
"""

from typing import Annotated, Literal

from pydantic import Field

from embedseq.probes.material import TableMaterial
from embedseq.probes.probe import Found, ProbeAbout, VectorsProbeSettings


class NeighboursSettings(VectorsProbeSettings):
    """The nearest words of some words, side by side in all the vectors."""

    kind: Literal["neighbours"]
    """The probe."""
    words: tuple[str, ...]
    """The words to look up."""
    top: Annotated[int, Field(ge=1)] = 8
    """How many neighbours are shown."""


ABOUT = ProbeAbout(
    name="neighbours",
    level="word",
    question="which words lie nearest to a word",
    equation="the words u with the highest cos(v(u), v(w))",
    paper="Mikolov et al. 2013",
    control="none: nothing is scored",
    statistic="none",
    reads="vectors",
    part="word",
)


def measure(material: TableMaterial, settings: NeighboursSettings) -> Found:
    """`lists`: for each word its neighbours and their cosines, the nearest first; empty where it has no vector."""
    from embedseq.probes.neighbours import neighbour_table

    table = neighbour_table({"": material.vectors}, settings.words, settings.top)
    lists = {found.word: [[near.word, near.similarity] for near in found.neighbours] for found in table.lists}
    return Found(details={"lists": lists})
