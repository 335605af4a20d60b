"""Whether a model can learn: it sees one batch again and again, until it knows it by heart."""

from collections.abc import Sequence

import torch

from embedseq.models.interfaces import Model
from embedseq.text.batches import Batch, Reading, Row, pad
from embedseq.text.vocabulary import END, START, Vocabulary
from embedseq.training.loss import batch_loss

UPDATES = 400
NEAR_ZERO = 0.1
"""Nats an answer."""


def vocabulary_of(sequences: Sequence[Sequence[str]]) -> Vocabulary:
    """All tokens of some sequences."""
    return Vocabulary.from_counts({token: 1 for sequence in sequences for token in sequence})


def pairs(sources: Sequence[Row], targets: Sequence[Sequence[int]], further: Sequence[Sequence[Row]] = ()) -> Batch:
    """A batch of pairs; the sources, and the further ones beside them, end with what stands for their end."""
    readings = [Reading(*pad(each)) for each in (sources, *further)]
    target_in, _ = pad([[START, *sentence] for sentence in targets])
    target_out, valid = pad([[*sentence, END] for sentence in targets])
    first, *others = readings
    return Batch(torch.arange(len(targets)), first.source, first.valid, target_in, target_out, valid, tuple(others))


def learnt(model: Model, batch: Batch) -> float:
    """The loss after the updates, nats an answer."""
    optimiser = torch.optim.Adam([weight for weight in model.parameters() if weight.requires_grad], lr=5e-3)
    model.train()
    for _ in range(UPDATES):
        optimiser.zero_grad()
        decoded = model.predict(batch)
        loss = batch_loss(decoded.predicted, batch.target_out, batch.target_valid)
        loss.objective(decoded.penalty).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if float(loss.plain) / loss.tokens < NEAR_ZERO / 2:
            break
    return loss_of(model, batch)


def loss_of(model: Model, batch: Batch) -> float:
    """The loss of a batch, nats an answer."""
    with torch.no_grad():
        loss = batch_loss(model.predict(batch).predicted, batch.target_out, batch.target_valid)
    return float(loss.plain) / loss.tokens
