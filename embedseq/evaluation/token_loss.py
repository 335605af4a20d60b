"""How well a model predicts the true targets, token by token, without search."""

import numpy as np
import torch

from embedseq.models.seq2seq import Seq2Seq
from embedseq.statistics.measurement import Measurement
from embedseq.text.batches import TokenBatches
from embedseq.training.loss import token_losses


@torch.inference_mode()
def measure_loss(subject: str, model: Seq2Seq, batches: TokenBatches) -> Measurement:
    """The teacher-forced cross-entropy `loss` in nats per target token, end symbols counted; its exponential is the perplexity.

    Items (N, 2) are each pair's sum of losses and number of tokens, in the order of the corpus; pairs that the batches leave out
    (too long) have no item and lower the coverage. The model's mode is kept.
    """
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    by_row: dict[int, tuple[float, int]] = {}
    try:
        for batch in batches.epoch(None):
            moved = batch.to(device)
            logits = model(moved.source, moved.source_valid, moved.target_in).logits
            sums = token_losses(logits, moved.target_out, moved.target_valid).double().sum(dim=1).tolist()
            counts = batch.target_valid.sum(dim=1).tolist()
            by_row |= dict(zip(batch.rows.tolist(), zip(sums, counts, strict=True), strict=True))
    finally:
        model.train(was_training)
    items = np.array([by_row[row] for row in sorted(by_row)], dtype=np.float64).reshape(-1, 2)
    return Measurement(
        subject=subject,
        score="loss",
        role="score",
        label="",
        value=float(items[:, 0].sum() / items[:, 1].sum()),
        statistic="ratio",
        items=items,
        coverage=len(items) / (len(items) + batches.left_out),
        better="lower",
        signature="nats per target token, teacher-forced",
    )
