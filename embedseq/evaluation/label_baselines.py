"""What a model that labels must beat: answers that need no model, only counts of the training split."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from embedseq.evaluation.baselines import BY_WORD, COMMONEST
from embedseq.evaluation.labels import LabelMetric, score_labels
from embedseq.statistics.measurement import Measurement


def commonest(counts: Counter[str]) -> str:
    """The commonest of all; of equals the first in the alphabet."""
    return min(counts, key=lambda each: (-counts[each], each))


@dataclass(frozen=True)
class MajorityLabels:
    """The commonest label of each word of the training split, and of all; of equals the first in the alphabet."""

    by_word: dict[str, str]
    commonest: str

    @classmethod
    def count(cls, pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> Self:
        """From the words and labels of sentences, which pair position by position; streamed once."""
        of_words: dict[str, Counter[str]] = {}
        overall: Counter[str] = Counter()
        for words, labels in pairs:
            if len(words) != len(labels):
                raise ValueError(f"Expected a label for each word, not {len(labels)} labels for {len(words)} words.")
            overall.update(labels)
            for word, label in zip(words, labels, strict=True):
                of_words.setdefault(word, Counter())[label] += 1
        if not overall:
            raise ValueError("Expected at least one labelled word in the training split.")
        return cls({word: commonest(counts) for word, counts in of_words.items()}, commonest(overall))

    def predict(self, words: Sequence[str]) -> list[str]:
        """Each word's own majority label; for a word that was not in the training split the commonest of all."""
        return [self.by_word.get(word, self.commonest) for word in words]

    def unknown(self, words: Sequence[str]) -> list[bool]:
        """Of each word whether the training split lacks it."""
        return [word not in self.by_word for word in words]


def label_baselines(
    metrics: Sequence[LabelMetric],
    majority: MajorityLabels,
    words: Sequence[Sequence[str]],
    gold: Sequence[Sequence[str]],
) -> list[Measurement]:
    """The scores of always answering the commonest label, and of each word's majority label in training."""
    always = [[majority.commonest] * len(sentence) for sentence in words]
    by_word = [majority.predict(sentence) for sentence in words]
    return [
        *score_labels(metrics, always, gold, baseline=COMMONEST),
        *score_labels(metrics, by_word, gold, baseline=BY_WORD),
    ]
