"""Sources to n-best lists: batches of like length go through the encoder and the search, and come back in the order given."""

from collections.abc import Sequence

import torch

from embedseq.decoding.hypothesis import Hypothesis
from embedseq.decoding.processes import in_processes
from embedseq.decoding.search import Steps, search
from embedseq.decoding.settings import SearchSettings
from embedseq.models.device import refuse_replicas
from embedseq.models.seq2seq import Seq2Seq
from embedseq.text.batches import Row, source_batches


def translate(
    model: Seq2Seq,
    sentences: Sequence[Row],
    settings: SearchSettings,
    batch_tokens: int,
    further: Sequence[Sequence[Row]] = (),
    replicas: int = 1,
) -> list[list[Hypothesis]]:
    """The n-best list of each sentence of token ids (without start and end symbols), in the order of the sentences.

    Rows of frames (S, F) are read as sentences are. `further` sources have a sentence for each of the first, whose length is what
    the longest output is reckoned from. `batch_tokens`, the most source tokens in a batch (padding counted), changes no result,
    nor does the number of processes of one thread that share the sentences, `replicas`, but for the last digits of float32 sums.
    The model's mode is kept.
    Raises RequestError for less than one of them, and where several are to share a model that is not on a CPU.
    """
    refuse_replicas(replicas, next(model.parameters()).device)
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            steps = model.stepper()  # processes share what it prepares
        if replicas == 1 or len(sentences) < 2:
            return _in_batches(model, steps, sentences, settings, batch_tokens, further)
        shares = _shares(sentences, replicas)

        def work(number: int) -> list[list[Hypothesis]]:
            own, *others = [[side[row] for row in shares[number - 1]] for side in (sentences, *further)]
            return _in_batches(model, steps, own, settings, batch_tokens, others)

        lists: list[list[Hypothesis]] = [[] for _ in sentences]
        for share, found in zip(shares, in_processes(len(shares), work), strict=True):
            for row, hypotheses in zip(share, found, strict=True):
                lists[row] = hypotheses
        return lists
    finally:
        model.train(was_training)


def _shares(sentences: Sequence[Row], replicas: int) -> list[list[int]]:
    """The rows of each process, and no process without any: all lengths for each, so that they end at about the same time."""
    order = sorted(range(len(sentences)), key=lambda row: len(sentences[row]))
    return [order[number::replicas] for number in range(min(replicas, len(sentences)))]


@torch.inference_mode()
def _in_batches(
    model: Seq2Seq,
    steps: Steps,
    sentences: Sequence[Row],
    settings: SearchSettings,
    batch_tokens: int,
    further: Sequence[Sequence[Row]],
) -> list[list[Hypothesis]]:
    device = next(model.parameters()).device
    lists: list[list[Hypothesis]] = [[] for _ in sentences]
    for batch in source_batches(sentences, batch_tokens, further):
        moved = batch.to(device)
        lengths = moved.source_valid.sum(dim=1) - 1  # without the end symbol
        found = search(steps, model.encode(moved.source, moved.source_valid, moved.further), settings, lengths)
        for row, hypotheses in zip(batch.rows.tolist(), found, strict=True):
            lists[row] = hypotheses
    return lists
