"""Whether what a model writes is suspicious in itself: nothing at all, or the same whatever it reads."""

from collections import Counter
from collections.abc import Sequence

from embedseq.caution import Caution

FEWEST = 10
"""Of fewer outputs nothing is concluded."""
EMPTY = 0.1
"""More empty outputs than this share are suspicious, where the true ones are not empty."""
ALIKE = 0.5
"""One output for more than this share of those that are not empty is suspicious, where the true ones are less than half as much
alike."""


def suspicious_texts(outputs: Sequence[str], truths: Sequence[str]) -> list[Caution]:
    """Of texts, one an item; the truths are one reference each."""
    if len(outputs) < FEWEST:
        return []
    empty = [not output.strip() and bool(truth.strip()) for output, truth in zip(outputs, truths, strict=True)]
    if sum(empty) > EMPTY * len(outputs):
        return [
            Caution(
                "outputs-empty",
                f"{sum(empty):,} of {len(outputs):,} outputs are empty, and what they should be is not.",
                "The model writes its end symbol at once: it was trained too little, or on many very short targets.",
                "Train longer, look at the training split's targets, and compare with a smaller `length_penalty` or `beam`.",
            )
        ]
    written = [output for output in outputs if output.strip()]
    return _alike(written, truths, "outputs", "The decoder has not learned to use what it reads, only what is usually written.")


def suspicious_labels(outputs: Sequence[str], truths: Sequence[str]) -> list[Caution]:
    """Of labels, one an item, be they of texts or of all words in a row: is there but one?"""
    if len(outputs) < FEWEST or len(set(outputs)) > 1:
        return []
    return _alike(outputs, truths, "labels", "The model has learned which label is the commonest, and nothing of what it reads.")


def _alike(outputs: Sequence[str], truths: Sequence[str], called: str, means: str) -> list[Caution]:
    if not outputs:
        return []
    (commonest, count), *_ = Counter(outputs).most_common(1)
    share = count / len(outputs)
    true_share = Counter(truths).most_common(1)[0][1] / len(truths)
    few_alike = true_share < (share / 2.0 if called == "outputs" else 0.9)
    if share <= ALIKE or not few_alike:
        return []
    return [
        Caution(
            f"{called}-alike",
            f"{share:.0%} of {len(outputs):,} {called} are one and the same, “{_short(commonest)}”; of the true ones at most "
            f"{true_share:.0%} are alike.",
            means,
            "Train longer or with a higher `lr`, and look whether the lines of the sides belong together.",
        )
    ]


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
