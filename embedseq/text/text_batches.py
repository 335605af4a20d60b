"""What a language model learns from: each sentence by itself, with nothing else to read."""

import torch

from embedseq.text.batches import Batch, LengthBatches, written
from embedseq.text.encoded import Encoded
from embedseq.text.ragged import Rows


class TextBatches(LengthBatches):
    """The sentences of a corpus in batches of like length, each at most `batch_tokens` tokens with END and padding.

    A longer sentence gets a batch of its own. Sentences of more than `max_length` tokens are left out; `left_out` is their
    number. Raises RequestError when nothing is left.
    """

    def __init__(self, text: Encoded, batch_tokens: int, max_length: int | None = None) -> None:
        self.text = text
        super().__init__(text.lengths + 1, text.lengths, text.lengths, batch_tokens, max_length)

    @property
    def target_tokens(self) -> int:
        """Tokens an epoch, END counted, padding not."""
        return int(self.text.lengths[self.rows].sum()) + len(self.rows)

    def batch(self, rows: Rows, seed: int | None = None) -> Batch:
        """The batch of just these sentences."""
        nothing = torch.zeros(len(rows), 0, dtype=torch.long)
        return Batch(torch.from_numpy(rows.copy()), nothing, nothing.bool(), *written(self.text, rows))
