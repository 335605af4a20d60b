"""What taggers and classifiers learn from: sentences, and labels of their words or of the whole."""

import torch

from embedseq.text.batches import Batch, LengthBatches, Source, read, valid_to
from embedseq.text.encoded import Encoded
from embedseq.text.ragged import Rows


class LabelBatches(LengthBatches):
    """Sentences with their labels in batches of like length, each at most `batch_tokens` source tokens with END and padding.

    With `places`, the source positions of the labelled words, the labels are those of words; without, each sentence has one. A
    longer sentence gets a batch of its own. Sentences of more than `max_length` tokens are left out; `left_out` is their number.
    Raises ValueError when sentences, labels and places do not pair, RequestError when nothing is left.
    """

    def __init__(
        self, source: Source, labels: Encoded, places: Encoded | None, batch_tokens: int, max_length: int | None = None
    ) -> None:
        if len(source) != len(labels):
            raise ValueError(f"{len(source):,} sentences, but labels of {len(labels):,}")
        if places is None and (labels.lengths != 1).any():
            raise ValueError("expected one label a sentence where there are no places")
        if places is not None and (len(places) != len(labels) or (places.lengths != labels.lengths).any()):
            raise ValueError("expected a place for each label")
        self.source, self.labels, self.places = source, labels, places
        super().__init__(source.lengths + 1, labels.lengths, source.lengths, batch_tokens, max_length)

    @property
    def target_tokens(self) -> int:
        """Labels an epoch."""
        return int(self.labels.lengths[self.rows].sum())

    def batch(self, rows: Rows, seed: int | None = None) -> Batch:
        """The batch of just these sentences."""
        source = read(self.source, rows)
        labels = torch.from_numpy(self.labels.padded(rows)).long()
        return Batch(
            rows=torch.from_numpy(rows.copy()),
            source=source.source,
            source_valid=source.valid,
            target_in=torch.zeros_like(labels),
            target_out=labels,
            target_valid=valid_to(self.labels.lengths[rows]),
            places=None if self.places is None else torch.from_numpy(self.places.padded(rows)).long(),
        )
