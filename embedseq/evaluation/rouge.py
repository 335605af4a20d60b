"""ROUGE of summaries with rouge-score, one number a text."""

from collections.abc import Sequence
from functools import cache, partial
from importlib.metadata import version
from typing import Literal

import numpy as np
from numpy.typing import NDArray

RougeMetric = Literal["rouge-1", "rouge-2", "rouge-l"]
NAMES = {"rouge-1": "rouge1", "rouge-2": "rouge2", "rouge-l": "rougeL"}
"""What rouge-score calls them."""


class _Remembering:
    """rouge-score's own tokens, cut once a text: the same references are held against many outputs."""

    def __init__(self) -> None:
        from rouge_score.tokenizers import DefaultTokenizer

        self.tokenize = cache(DefaultTokenizer(use_stemmer=False).tokenize)


def rouge_items(metric: RougeMetric, outputs: Sequence[str], references: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """F1 of the n-grams (rouge-1, rouge-2) or of the longest common subsequence (rouge-l) of output and reference (Lin 2004).

    Of several references the one counts, in all three, to which the output comes nearest by ROUGE-1; there is no stemming. Both
    are as in the script of Cachola et al. (2020), whose scores of summaries of papers can so be compared. Tokens are runs of the
    letters a to z and of digits, in lower case: ROUGE is made for English. -> (N, 2): 0 to 100, and 1.
    """
    from rouge_score.rouge_scorer import RougeScorer  # loads nltk, which takes a second

    tokens = _Remembering()
    by_words, scorer = (RougeScorer([NAMES[each]], tokenizer=tokens) for each in ("rouge-1", metric))

    def words_shared(reference: str, output: str) -> float:
        return float(by_words.score(reference, output)[NAMES["rouge-1"]].fmeasure)

    found = []
    for output, of_output in zip(outputs, references, strict=True):
        nearest = max(of_output, key=partial(words_shared, output=output)) if len(of_output) > 1 else of_output[0]
        found.append(scorer.score(nearest, output)[NAMES[metric]].fmeasure)
    return np.stack((100.0 * np.array(found, dtype=np.float64), np.ones(len(found))), axis=1)


def rouge_signature(references: Sequence[Sequence[str]]) -> str:
    """How the number came about, in the manner of sacrebleu."""
    counts = {len(each) for each in references}
    number = str(counts.pop()) if len(counts) == 1 else "var"
    return f"nrefs:{number}|refs:nearest|measure:f1|stem:no|tok:rouge-score|version:{version('rouge-score')}"
