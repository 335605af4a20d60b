"""Sentences to n-best lists: batches of like length go through the encoder and the search, and come back in the order given."""

from collections.abc import Sequence

import torch

from embedseq.decoding.hypothesis import Hypothesis
from embedseq.decoding.search import search
from embedseq.decoding.settings import SearchSettings
from embedseq.models.seq2seq import Seq2Seq
from embedseq.text.batches import source_batches


@torch.inference_mode()
def translate(
    model: Seq2Seq, sentences: Sequence[Sequence[int]], settings: SearchSettings, batch_tokens: int
) -> list[list[Hypothesis]]:
    """The n-best list of each sentence of token ids (without start and end symbols), in the order of the sentences.

    `batch_tokens`, the most source tokens in a batch (padding counted), changes no result. The model's mode is kept.
    """
    device = next(model.parameters()).device
    lists: list[list[Hypothesis]] = [[] for _ in sentences]
    was_training = model.training
    model.eval()
    try:
        for batch in source_batches(sentences, batch_tokens):
            source, valid = batch.source.to(device), batch.source_valid.to(device)
            lengths = valid.sum(dim=1) - 1  # without the end symbol
            found = search(model, model.encode(source, valid), settings, lengths)
            for row, hypotheses in zip(batch.rows.tolist(), found, strict=True):
                lists[row] = hypotheses
    finally:
        model.train(was_training)
    return lists
