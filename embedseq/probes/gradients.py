"""How long the gradients are that reach back from a position of a model to what was embedded before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from embedseq.errors import RequestError
from embedseq.models.encoder_model import EncoderModel
from embedseq.models.interfaces import Model
from embedseq.models.language_model import LanguageModel
from embedseq.models.seq2seq import Seq2Seq
from embedseq.probes.embedded_input import differentiable, followed
from embedseq.probes.places import chosen_places
from embedseq.probes.sent_back import SentBack, output_states
from embedseq.seeds import stream
from embedseq.text.batches import Batch, cut, pad
from embedseq.text.vocabulary import END, START

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_BATCH_TOKENS = 4096


@dataclass(frozen=True)
class Reach:
    """How far back is looked, and from how many positions of a sentence."""

    distance: int = 20
    positions: int = 20


def gradient_norms(model: Model, sentences: Sequence[Sequence[int]], reach: Reach) -> Floats:
    """(N, D + 1, 2): for each sentence and each distance d = 0, …, D the sum of ||∂ L_t / ∂ x_{t-d}|| over positions t with d
    others before them, and of ||∂ L_t / ∂ x_t|| over the same.

    x is what the model has embedded, before positions are added. In a language model L_t is the loss of the token after position
    t, and position 0 is the start symbol's. In a model with an encoder it is r · h_t, with h_t a state of its last layer and r
    one random direction, drawn once for all positions and models of a width: the norm of a state, in its place, would not move
    where a layer normalises it. Raises RequestError for a model that reads no words.
    """
    norms = np.zeros((len(sentences), reach.distance + 1, 2))
    starts = 1 if isinstance(model, LanguageModel) else 0
    places = [chosen_places(len(each) + starts, reach.positions, reach.distance) for each in sentences]
    with differentiable(model) as device:
        for rows in _batches(sentences):
            batch = _batch([sentences[row] for row in rows], device)
            embedded, shape, sent_back = _run(model, batch)
            for turn in range(max(len(places[row]) for row in rows)):
                asked = [(place, row, int(places[row][turn])) for place, row in enumerate(rows) if turn < len(places[row])]
                mask = torch.zeros(shape, dtype=torch.bool)
                for place, _, position in asked:
                    mask[place, position] = True
                lengths = sent_back.to(embedded, mask.to(device)).norm(dim=-1).double().numpy(force=True)
                for place, row, position in asked:
                    back = lengths[place, position::-1][: reach.distance + 1]
                    norms[row, : len(back), 0] += back
                    norms[row, : len(back), 1] += back[0]
    return norms


def _batches(sentences: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Rows of sentences with tokens, of like length together."""
    lengths = np.array([len(each) for each in sentences], dtype=np.int64)
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] > 0]
    bounds = cut(lengths[order] + 1, _BATCH_TOKENS)
    for first, last in pairwise(bounds):
        yield order[first:last].tolist()


def _batch(sentences: Sequence[Sequence[int]], device: torch.device) -> Batch:
    """The sentences as a language model reads and writes them, and as an encoder reads them."""
    source, source_valid = pad([[*each, END] for each in sentences])
    read, valid = pad([[START, *each] for each in sentences])
    return Batch(torch.arange(len(source)), source, source_valid, read, source, valid).to(device)


def _run(model: Model, batch: Batch) -> tuple[Tensor, torch.Size, SentBack]:
    """What was embedded, (B, S, D); the shape of what is looked at from there, (B, S); and what sends it back."""
    if isinstance(model, LanguageModel):
        with followed(model.decoder.embedding) as table:
            decoded = model.predict(batch)
        said = torch.log_softmax(decoded.logits, dim=-1).gather(-1, batch.target_out.unsqueeze(-1)).squeeze(-1)
        return table.embedded, said.shape, SentBack(-said, output_states(decoded))
    if isinstance(model, Seq2Seq | EncoderModel) and model.source.words is not None:
        source: nn.Module = model.source
        with followed(source) as table:
            states = model.encode_layers(batch.source, batch.source_valid).layers[-1]
        outcomes = states @ _direction(states)
        return table.embedded, outcomes.shape, SentBack(outcomes)
    raise RequestError("probe gradient-reach: expected a model that reads words, found one that reads frames: leave it out")


def _direction(states: Tensor) -> Tensor:
    """(D,): one random direction of length one, the same for all models of this width."""
    random = np.random.default_rng(stream(0, "gradient-reach", "direction"))
    direction = random.standard_normal(states.shape[-1])
    return torch.from_numpy(direction / np.linalg.norm(direction)).to(states)
