"""What a model that writes must beat: texts that need no model."""

from collections import Counter
from collections.abc import Iterable, Sequence

from embedseq.evaluation.baselines import ANY, COMMONEST_TARGET, COPY, LEAD
from embedseq.evaluation.label_baselines import commonest
from embedseq.evaluation.texts import TextMetric, score_alternatives, score_texts
from embedseq.statistics.measurement import Measurement


def source_baselines(
    metrics: Sequence[TextMetric], sources: Sequence[Sequence[str]], references: Sequence[Sequence[str]]
) -> list[Measurement]:
    """The scores of handing in the sources as they are; each source is given as its sentences.

    Where some have several, also of the first sentence of each, and of any one of them: the mean over all its sentences, which is
    what a draw would give on average.
    """
    found = score_texts(metrics, [" ".join(sentences) for sentences in sources], references, baseline=COPY)
    if all(len(sentences) == 1 for sentences in sources):
        return found
    lead = score_texts(metrics, [sentences[0] for sentences in sources], references, baseline=LEAD)
    return [*found, *lead, *score_alternatives(metrics, sources, references, baseline=ANY)]


def commonest_target(
    metrics: Sequence[TextMetric], training: Iterable[str], references: Sequence[Sequence[str]]
) -> list[Measurement]:
    """The scores of always writing what the training split's targets are most often."""
    text = commonest(Counter(training))
    return score_texts(metrics, [text] * len(references), references, baseline=COMMONEST_TARGET)
