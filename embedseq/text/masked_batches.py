"""What a masked language model learns from: sentences of which some tokens are hidden (Devlin et al. 2019, section 3.1)."""

import numpy as np
import torch
from numpy.typing import NDArray

from embedseq.seeds import stream
from embedseq.text.batches import Batch, LengthBatches, valid_to
from embedseq.text.encoded import Encoded
from embedseq.text.ragged import Rows
from embedseq.text.vocabulary import SPECIALS, START

MASK = START
"""What stands in the place of a hidden token: no sentence contains it."""
MASKED, REPLACED = 0.8, 0.1
"""The shares of the tokens to be guessed that are masked, and that are replaced by another token; the others stay as they are."""


class MaskedBatches(LengthBatches):
    """The sentences of a corpus in batches of like length, each at most `batch_tokens` tokens with END and padding.

    Of each sentence the `share` of its tokens is to be guessed, rounded, but at least one. Which they are and what is read there
    is drawn for each sentence by itself, from the epoch's seed and its place in the corpus, so that it does not depend on how the
    batches are cut; without a seed it is the same each time. A longer sentence gets a batch of its own. Sentences of more than
    `max_length` tokens are left out; `left_out` is their number. Raises RequestError when nothing is left.
    """

    def __init__(self, text: Encoded, batch_tokens: int, max_length: int | None, share: float, vocabulary_size: int) -> None:
        self.text, self.vocabulary_size = text, vocabulary_size
        self.counts = np.minimum(np.maximum(np.rint(share * text.lengths), 1), text.lengths).astype(np.int64)
        super().__init__(text.lengths + 1, text.lengths, text.lengths, batch_tokens, max_length)

    @property
    def target_tokens(self) -> int:
        """Tokens to be guessed in an epoch."""
        return int(self.counts[self.rows].sum())

    def batch(self, rows: Rows, seed: int | None = None) -> Batch:
        """The batch of just these sentences, with what is drawn for them in the epoch of the seed."""
        source = self.text.ended(rows)
        chances = self._chances(rows, source.shape[1], seed)
        places, asked = _places(chances[:, 0], self.counts[rows])
        lines = np.arange(len(rows))[:, None]
        truth = np.where(asked, source[lines, places], 0)
        shown = self._shown(truth, chances[lines, 1, places], chances[lines, 2, places])
        source[np.broadcast_to(lines, places.shape)[asked], places[asked]] = shown[asked]
        target = torch.from_numpy(truth)
        return Batch(
            rows=torch.from_numpy(rows.copy()),
            source=torch.from_numpy(source),
            source_valid=valid_to(self.text.lengths[rows] + 1),
            target_in=torch.zeros_like(target),
            target_out=target,
            target_valid=torch.from_numpy(asked),
            places=torch.from_numpy(places),
        )

    def _chances(self, rows: Rows, width: int, seed: int | None) -> NDArray[np.float64]:
        """(B, 3, S): for each token a number below 1 that decides whether it is asked for, one for what is read there, one for
        which token that is; 1 where there is no token."""
        chances = np.ones((len(rows), 3, width))
        names = ("masking without a seed",) if seed is None else ("masking",)
        for line, row in enumerate(rows.tolist()):
            length = int(self.text.lengths[row])
            chances[line, :, :length] = np.random.default_rng(stream(seed or 0, *names, row)).random((3, length))
        return chances

    def _shown(self, truth: Rows, fate: NDArray[np.float64], choice: NDArray[np.float64]) -> Rows:
        """(B, T): what is read in the place of the true tokens."""
        others = self.vocabulary_size - len(SPECIALS) - (truth >= len(SPECIALS))
        other = len(SPECIALS) + np.floor(choice * others).astype(np.int64)
        other += (truth >= len(SPECIALS)) & (other >= truth)  # any but the true one
        replaced = (fate >= MASKED) & (fate < MASKED + REPLACED) & (others > 0)
        return np.where(fate < MASKED, MASK, np.where(replaced, other, truth))


def _places(keys: NDArray[np.float64], counts: Rows) -> tuple[Rows, NDArray[np.bool_]]:
    """The positions of the so many smallest of `keys` (B, S) in each row, ascending, and which of them are real: (B, T) both."""
    most = int(counts.max(initial=0))
    asked = np.arange(most) < counts[:, None]
    smallest = np.argsort(keys, axis=1)[:, :most]
    places = np.sort(np.where(asked, smallest, keys.shape[1]), axis=1)
    return np.where(asked, places, 0), asked
