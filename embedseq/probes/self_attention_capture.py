"""Running a model to see what the words of a sentence look at in their own sentence: self-attention, layer by layer."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from embedseq.errors import RequestError
from embedseq.models.attention.self_looks import recorded_self_looks
from embedseq.models.interfaces import Model
from embedseq.probes.attention_maps import AttentionMaps, SentenceMaps
from embedseq.probes.capturing import BATCH_TOKENS, Readings

Floats = NDArray[np.float32]


@torch.inference_mode()
def capture_self_attention(model: Model, readings: Readings, batch_tokens: int = BATCH_TOKENS) -> AttentionMaps:
    """What each word of each of N sentences looks at, in evaluation mode, by the self-attention of every layer and head.

    Row and column of a map are words of the sentence, and at the end the symbol beside them: the end symbol that an encoder reads
    after the words, the start symbol that a decoder reads before them. Pieces become words as Clark et al. 2019 (section 4.1) do
    it: over the pieces that are looked at weights are summed, over those that look they are averaged. A decoder looks at what it
    has read, the word itself included.

    The same maps, to the tolerance of floats, however the sentences are batched. Raises RequestError for a model that has no
    self-attention on that side, and for a sentence without words.
    """
    side = _side(model, readings)
    training, found = model.training, dict[int, SentenceMaps]()
    layers = 0
    model.eval()
    try:
        device = next(model.parameters()).device
        for batch in readings.batches(batch_tokens):
            with recorded_self_looks(side) as looks:
                model.states(batch.to(device), readings.side)
            weights, norms, layers = looks.weights, looks.norms, looks.layers
            if weights is None:
                raise RequestError("expected a model with self-attention on the side that is looked at: leave this one out")
            for place, row in enumerate(batch.rows.tolist()):
                words = _Words(readings, row)
                own = words.pooled(weights[place])
                long = None if norms is None else words.pooled(weights[place] * norms[place])
                found[row] = SentenceMaps(weights=own, norms=long)
    finally:
        model.train(training)
    return AttentionMaps.of([found[row] for row in range(len(found))], layers)


def _side(model: Model, readings: Readings) -> nn.Module:
    name = "decoder" if readings.written else "encoder"
    side = getattr(model, name, None)
    if not isinstance(side, nn.Module):
        raise RequestError(f"expected a model with {'a decoder' if readings.written else 'an encoder'}: leave this one out")
    return side


class _Words:
    """A sentence of n words in tokens, with the symbol beside them moved behind them."""

    def __init__(self, readings: Readings, row: int) -> None:
        cut = readings.cuts[row]
        tokens = len(cut.ids)
        if not len(cut.starts):
            raise RequestError(f"sentence {row + 1} has no words to look at each other: leave it out")
        self.order = np.roll(np.arange(tokens + 1), -1) if readings.written else np.arange(tokens + 1)
        self.begins = np.array([0, *cut.starts[1:], tokens], dtype=np.int64)  # what stands before the first word belongs to it
        self.pieces = np.diff(np.append(self.begins, tokens + 1))

    def pooled(self, numbers: Tensor) -> Floats:
        """(N, H, N) of tokens, padding and all, to (n + 1, H, n + 1) of words."""
        real = numbers.numpy(force=True)[self.order][:, :, self.order]
        looked_at = np.add.reduceat(real, self.begins, axis=-1)
        summed = np.add.reduceat(looked_at, self.begins, axis=0)
        return (summed / self.pieces[:, None, None]).astype(np.float32)
