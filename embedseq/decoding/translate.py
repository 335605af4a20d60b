"""Sources to n-best lists: batches of like length go through the encoder and the search, and come back in the order given."""

from collections.abc import Sequence

import torch

from embedseq.decoding.hypothesis import Hypothesis
from embedseq.decoding.search import search
from embedseq.decoding.settings import SearchSettings
from embedseq.models.seq2seq import Seq2Seq
from embedseq.text.batches import Row, source_batches


@torch.inference_mode()
def translate(
    model: Seq2Seq,
    sentences: Sequence[Row],
    settings: SearchSettings,
    batch_tokens: int,
    further: Sequence[Sequence[Row]] = (),
) -> list[list[Hypothesis]]:
    """The n-best list of each sentence of token ids (without start and end symbols), in the order of the sentences.

    Rows of frames (S, F) are read as sentences are. `further` sources have a sentence for each of the first, whose length is what
    the longest output is reckoned from. `batch_tokens`, the most source tokens in a batch (padding counted), changes no result.
    The model's mode is kept.
    """
    device = next(model.parameters()).device
    lists: list[list[Hypothesis]] = [[] for _ in sentences]
    was_training = model.training
    model.eval()
    try:
        steps = model.stepper()
        for batch in source_batches(sentences, batch_tokens, further):
            moved = batch.to(device)
            lengths = moved.source_valid.sum(dim=1) - 1  # without the end symbol
            found = search(steps, model.encode(moved.source, moved.source_valid, moved.further), settings, lengths)
            for row, hypotheses in zip(batch.rows.tolist(), found, strict=True):
                lists[row] = hypotheses
    finally:
        model.train(was_training)
    return lists
