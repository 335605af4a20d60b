"""Can softmax(W v(w) + b) tell a property of the word type w from its vector, for words that it was not fitted to?

The property is the commonest part of speech of the word in a treebank, the commonest number of a noun, or how frequent the word
is. As in Qian, Qiu and Huang 2016, "Investigating language universal and specific properties in word embeddings". Words are split
by type into five folds (by lower case, so that `The` and `the` are never on both sides), and each word is predicted by the
classifier that was fitted to the four others. The control task of Hewitt and Liang 2019, the labels dealt out to the words at
random, cannot be learnt by heart here; selectivity is accuracy less that of the control.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from embedseq.probes.material import TableMaterial
from embedseq.probes.probe import Found, ProbeAbout, Score, VectorsProbeSettings


class WordPropertySettings(VectorsProbeSettings):
    """Can a linear classifier tell the part of speech, the number or the frequency of a word from its vector?"""

    kind: Literal["word-property"]
    """The probe."""
    property: Literal["tag", "number", "frequency"]
    """`tag` is the commonest part of speech of a word in the treebank, `number` the commonest number of a noun there, `frequency`
    the band of its count in the training text of the vectors."""
    data: str | None = None
    """A corpus of this file with `task: trees`, which says the tag and the number of words; `frequency` needs none."""
    min_count: Annotated[int, Field(ge=1)] = 5
    """Words that stand less often in the treebank, or in the training text, are left out."""
    bands: Annotated[int, Field(ge=2)] = 5
    """Bands of frequency, of about as many word types each; words of one count are in one band."""
    most_words: Annotated[int, Field(ge=1)] = 10_000
    """The commonest so many words are looked at."""
    shared: bool = True
    """Only the words that all tables of the probe have, so that they are compared on the same words."""

    @model_validator(mode="after")
    def _treebank(self) -> Self:
        if self.property != "frequency" and self.data is None:
            raise ValueError(f"'{self.property}' needs data, a corpus with 'task: trees' that says it of each word")
        return self


ABOUT = ProbeAbout(
    name="word-property",
    level="word",
    question="can a linear classifier tell a property of a word from its vector",
    equation="argmax of softmax(W v(w) + b), fitted to other word types than w",
    paper="Qian et al. 2016; Hewitt and Liang 2019",
    control="the labels permuted across word types, and, as baselines, the commonest label and random vectors of the same norms",
    statistic="share of right word types in 5-fold cross-validation by type, bootstrapped over types",
    reads="vectors",
    scores=(
        Score(
            "accuracy",
            unit="%",
            factor=100,
            roles=("baseline", "control"),
            baselines=("commonest label", "random vectors of the same norms"),
            controls=("labels permuted across words",),
        ),
        Score(
            "selectivity",
            unit="% points",
            factor=100,
            roles=("baseline",),
            note="Accuracy less that of the control.",
            baselines=("random vectors of the same norms",),
        ),
    ),
    part="property",
)


def measure(material: TableMaterial, settings: WordPropertySettings) -> Found:
    """Accuracy with two baselines and the control, and selectivity; the part is the property.

    Coverage is the words with a vector (that all tables share) over all words that have the property. Details: the labels and how
    many words have each. RequestError where the material does not say the property, or of too few words.
    """
    from embedseq.probes.random_vectors import norm_matched
    from embedseq.probes.type_labels import labelled_types
    from embedseq.probes.word_property import word_property
    from embedseq.probes.word_tables import chosen_table, restricted
    from embedseq.seeds import stream

    labelled = labelled_types(chosen_table(material, settings.shared), material, settings)
    table = restricted(material.vectors, labelled.labels)
    if material.random is None:
        random = norm_matched(table, stream(0, "word-property", "random"))
    else:
        random = restricted(material.random, labelled.labels)
    labels = [labelled.labels[word] for word in table.words]
    measurements = word_property(table, random, labels, settings.property, labelled.coverage)
    return Found(measurements, {"labels": {label: labels.count(label) for label in sorted(set(labels))}})
