"""Small models that have learnt to copy a sentence, or to write it backwards, and maps of what they look at."""

from functools import cache

import numpy as np
import torch

from embedseq.models.build import HandedOver, Sizes, build_model
from embedseq.models.interfaces import Model
from embedseq.models.settings import ModelShape
from embedseq.probes.attention_capture import capture_attention
from embedseq.probes.material import AttentionMaterial
from embedseq.text.batches import TokenBatches, held
from embedseq.training.loss import batch_loss

WORDS = 14
UPDATES = 250
SENTENCES = 80
Texts = list[list[int]]


def untrained(**fields: object) -> Model:
    shape = ModelShape.model_validate({"architecture": "gru", "dim": 32, "dropout": 0.0, "attention": "general", **fields})
    return build_model(shape, Sizes(WORDS, WORDS), HandedOver(), 1).eval()


def texts(count: int, seed: int) -> Texts:
    """Sentences of 3 to 7 different words."""
    random = np.random.default_rng(seed)
    return [random.permutation(np.arange(4, WORDS))[:length].tolist() for length in random.integers(3, 8, size=count)]


def batches(sources: Texts, backwards: bool) -> TokenBatches:
    targets = [source[::-1] if backwards else source for source in sources]
    return TokenBatches(held(sources), held(targets), 500)  # type: ignore[arg-type]


def trained(backwards: bool) -> Model:
    model = untrained().train()
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    read = batches(texts(1000, 5), backwards)
    updates = 0
    while updates < UPDATES:
        for batch in read.epoch(updates):
            optimiser.zero_grad()
            decoded = model.predict(batch)
            loss = batch_loss(decoded.predicted, batch.target_out, batch.target_valid)
            loss.objective(decoded.penalty).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            updates += 1
    return model.eval()


@cache
def material(backwards: bool) -> AttentionMaterial:
    """What a model that has learnt its task looks at in sentences that it has not seen, with the gold links."""
    sources = texts(SENTENCES, 9)
    read = batches(sources, backwards)
    maps, before = (capture_attention(model, read.epoch(), erasure=True) for model in (trained(backwards), untrained()))
    gold = [frozenset((place, len(each) - 1 - place if backwards else place) for place in range(len(each))) for each in sources]
    return AttentionMaterial(maps, before, gold)
