"""A model that starts from the encoder of another one."""

import hashlib

import torch
from torch import nn

from embedseq.errors import WorkError
from embedseq.models.embedding import EmbeddingTable
from embedseq.models.interfaces import Encoder, Model


def start_from(model: Model, pretrained: Model, frozen: bool) -> None:
    """Put the source vectors and the encoder of a trained model into another one, in place; frozen ones are never trained.

    Both must have the same source vocabulary, and encoders of the same shape. Raises WorkError where they have not.
    """
    source, encoder = _reading_parts(model)
    their_source, their_encoder = _reading_parts(pretrained)
    with torch.no_grad():
        rows = their_source.table()
        if rows.shape != (len(source.trained_slot), source.width):
            raise WorkError(
                f"the pre-trained model has {rows.shape[0]:,} word vectors of {rows.shape[1]}, but this one wants "
                f"{len(source.trained_slot):,} of {source.width}: give both the same `vocabulary`, and vectors of one width"
            )
        source.trained[1:] = rows[source.trained_slot > 0]
    _copy(source.projection, their_source.projection)
    _copy(encoder, their_encoder)
    if frozen:
        source.requires_grad_(False)
        encoder.requires_grad_(False)


def encoder_digest(model: Model) -> str:
    """SHA-256 of all that `start_from` puts into a model, to show that it stayed as it was."""
    source, encoder = _reading_parts(model)
    digest = hashlib.sha256()
    for part in (source, encoder):
        for name, weight in sorted(part.state_dict().items()):
            digest.update(name.encode())
            digest.update(weight.numpy(force=True).tobytes())
    return digest.hexdigest()


def _reading_parts(model: Model) -> tuple[EmbeddingTable, Encoder]:
    """The source table and the encoder of a model; those that have none are refused before anything is built."""
    encoder = model.get_submodule("encoder")
    assert isinstance(encoder, Encoder)
    return model.tables()["source"], encoder


def _copy(into: nn.Module | None, from_: nn.Module | None) -> None:
    ours = {} if into is None else into.state_dict()
    theirs = {} if from_ is None else from_.state_dict()
    differing = [
        name for name in {**ours, **theirs} if name not in ours or name not in theirs or ours[name].shape != theirs[name].shape
    ]
    if differing:
        raise WorkError(
            f"the pre-trained encoder is of another shape: {', '.join(sorted(differing)[:5])}. Give both models the same "
            "`architecture`, `dim`, `layers` and all else that shapes the encoder"
        )
    if into is not None:
        into.load_state_dict(theirs)
