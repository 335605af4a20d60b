"""a is to b as c is to d, where d is the word x that maximises

    3CosAdd   cos(x, b) - cos(x, a) + cos(x, c)
    3CosMul   cos'(x, b) · cos'(x, c) / (cos'(x, a) + 0.001),   cos' = (1 + cos) / 2

Mikolov et al. 2013, "Linguistic regularities in continuous space word representations"; Levy and Goldberg 2014, "Linguistic
regularities in sparse and explicit word representations". The words of the question are no answers; what is left of the accuracy
where they may be is `honest-accuracy` (Rogers et al. 2017, "The (too many) problems of analogical reasoning with word vectors").
Much of the accuracy can be had without any analogy, by the nearest word to c or to b alone (Linzen 2016, "Issues in evaluating
semantic spaces using word analogies"): these are the baselines.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from embedseq.probes.material import TableMaterial
from embedseq.probes.probe import Found, ProbeAbout, Score, VectorsProbeSettings
from embedseq.probes.word_sets import ANALOGIES


class AnalogySettings(VectorsProbeSettings):
    """Analogy questions: Athens is to Greece as Oslo is to which word? Beside the nearest words to b and to c alone."""

    kind: Literal["analogy"]
    """The probe."""
    sets: tuple[str, ...] = ("google-analogies",)
    """`google-analogies` (Mikolov et al. 2013), or a file of `a b c d` lines below `: section` headings. Sections called `gram…`
    are syntactic, others semantic."""
    methods: tuple[Literal["3cosadd", "3cosmul"], ...] = ("3cosadd", "3cosmul")
    """How the answer is sought: by sums of cosines (Mikolov et al. 2013) or products (Levy and Goldberg 2014)."""
    top_words: Annotated[int, Field(ge=1)] | None = None
    """The answer is sought among the commonest so many words and all words of the questions; among all words where none is given.
    Words of vectors from a file count as the commoner the earlier they stand in it."""
    shared: bool = True
    """Only the words that all tables of the probe have, so that they are compared on the same questions and the same choices."""


ABOUT = ProbeAbout(
    name="analogy",
    level="word",
    question="do differences of vectors stand for relations between words",
    equation="argmax over x of cos(x, b) - cos(x, a) + cos(x, c), or of cos'(x, b) cos'(x, c) / (cos'(x, a) + 0.001)",
    paper="Mikolov et al. 2013; Levy and Goldberg 2014; Linzen 2016; Rogers et al. 2017",
    control="the nearest word to b, and to c, alone: what needs no analogy; the same vectors permuted across words: about 0",
    statistic="share of right answers, bootstrapped over pairs of c and d with all their questions",
    reads="vectors",
    files={"sets": tuple(ANALOGIES)},
    scores=(
        Score(
            "accuracy",
            unit="%",
            factor=100,
            items="word pairs",
            roles=("baseline", "control"),
            baselines=("nearest to b", "nearest to c"),
            controls=("vectors permuted across words",),
        ),
        Score(
            "honest-accuracy",
            title="honest accuracy",
            unit="%",
            factor=100,
            items="word pairs",
            roles=("control",),
            note="The words of the question are not ruled out as answers.",
            controls=("vectors permuted across words",),
        ),
    ),
    part="method",
)


def check_files(settings: AnalogySettings, base: Path) -> None:
    """RequestError where a set cannot be read; relative paths start from `base`."""
    from embedseq.probes.analogy import load_questions

    for name in settings.sets:
        load_questions(name, base)


def measure(material: TableMaterial, settings: AnalogySettings) -> Found:
    """For each method the accuracy on all questions and, where a set has both, on the semantic and the syntactic ones.

    The part is `3cosadd`, `3cosadd: semantic`, `3cosadd: syntactic`; of several sets the name of the set and a comma go before.
    Coverage is the questions whose four words all have vectors over all.
    """
    from embedseq.probes.analogy import analogies, candidates, load_questions
    from embedseq.probes.word_tables import chosen_table

    table = chosen_table(material, settings.shared)
    found = []
    for name in settings.sets:
        questions = load_questions(name, material.base)
        choices = candidates(table, questions, material, settings.top_words)
        prefix = f"{questions.name}, " if len(settings.sets) > 1 else ""
        found += analogies(choices, questions, settings.methods, prefix)
    return Found(found)
