"""Words of a list that are spelt nearly like another word."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def near_spellings(word: str, words: Sequence[str], n: int = 3) -> tuple[str, ...]:
    """Up to `n` of `words` within a third of the letters of `word` (but one edit at least), nearest first; of equals the earlier.

    Word lists stand by falling frequency, so the earlier word is the commoner one. Case does not count as an edit.
    """
    asked = word.lower()
    allowed = max(1, len(asked) // 3)
    candidates = [row for row, each in enumerate(words) if abs(len(each) - len(asked)) <= allowed]
    if not asked or not candidates:
        return ()
    distances = edit_distances(asked, [words[row].lower() for row in candidates])
    near = [place for place in np.argsort(distances, kind="stable") if distances[place] <= allowed]
    return tuple(words[candidates[place]] for place in near[:n])


def edit_distances(word: str, others: Sequence[str]) -> NDArray[np.int64]:
    """The optimal string alignment distance of `word` to each of `others`: (N,).

    The fewest insertions, deletions, substitutions and swaps of neighbours (Damerau 1964; no part is edited twice). The table of
    the textbook is filled for all words at once.
    """
    lengths = np.array([len(other) for other in others])
    letters = np.zeros((len(others), int(lengths.max(initial=0))), dtype=np.int64)
    for row, other in enumerate(others):
        letters[row, : len(other)] = [ord(letter) for letter in other]
    width = letters.shape[1]
    before_last = last = np.broadcast_to(np.arange(width + 1), (len(others), width + 1))
    for i, letter in enumerate(map(ord, word), start=1):
        present = np.empty_like(last, shape=(len(others), width + 1))
        present[:, 0] = i
        for j in range(1, width + 1):
            substituted = last[:, j - 1] + (letters[:, j - 1] != letter)
            present[:, j] = np.minimum(substituted, np.minimum(last[:, j], present[:, j - 1]) + 1)
            if i > 1 and j > 1:
                swapped = (letters[:, j - 2] == letter) & (letters[:, j - 1] == ord(word[i - 2]))
                present[:, j] = np.where(swapped, np.minimum(present[:, j], before_last[:, j - 2] + 1), present[:, j])
        before_last, last = last, present
    distances: NDArray[np.int64] = last[np.arange(len(others)), lengths]
    return distances
