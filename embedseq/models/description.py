"""How large a model is."""

from dataclasses import dataclass

from torch import nn

from embedseq.models.embedding import EmbeddingTable


@dataclass(frozen=True)
class Description:
    """trainable: numbers that training changes now; total: all numbers of the model, frozen vectors included."""

    trainable: int
    total: int


def describe(model: nn.Module) -> Description:
    """Count a model's numbers. The zero rows in front of the blocks of an embedding table are no numbers of the model."""
    parameters = list(model.parameters())
    trainable = sum(weight.numel() for weight in parameters if weight.requires_grad)
    total = sum(weight.numel() for weight in parameters)
    for table in (module for module in model.modules() if isinstance(module, EmbeddingTable)):
        trainable -= table.width * (int(table.trained.requires_grad) + int(table.vectors.requires_grad))
        total += table.width * (-1 if table.as_ in ("tuned", "gradual") else 0) - table.width
        if table.as_ == "frozen":
            total += table.vectors[1:].numel()
    return Description(trainable, total)
