"""The equations of the recurrent layers, one vector at a time: what the fast code is compared with."""

from collections.abc import Mapping

import torch
from torch import Tensor

GATES = {"rnn": 1, "rnn-relu": 1, "lstm": 4, "gru": 3}
Hidden = tuple[Tensor, ...]


def cell_by_equation(cell: str, weights: Mapping[str, Tensor], x: Tensor, hidden: Hidden) -> Hidden:
    """One step of Elman (1990), Hochreiter and Schmidhuber (1997) with forget gate, or Cho et al. (2014), gate by gate.

    x (I,) and hidden (D,) each to what is kept; the weights have torch's names.
    """
    inner = (weights["weight_ih_l0"] @ x + weights["bias_ih_l0"]).chunk(GATES[cell])
    outer = (weights["weight_hh_l0"] @ hidden[0] + weights["bias_hh_l0"]).chunk(GATES[cell])
    if cell == "rnn":
        return (torch.tanh(inner[0] + outer[0]),)
    if cell == "rnn-relu":
        return ((inner[0] + outer[0]).clamp(min=0.0),)
    if cell == "lstm":
        enter, forget, new, leave = (a + b for a, b in zip(inner, outer, strict=True))
        c = torch.sigmoid(forget) * hidden[1] + torch.sigmoid(enter) * torch.tanh(new)
        return torch.sigmoid(leave) * torch.tanh(c), c
    reset, update = torch.sigmoid(inner[0] + outer[0]), torch.sigmoid(inner[1] + outer[1])
    new = torch.tanh(inner[2] + reset * outer[2])
    return ((1 - update) * new + update * hidden[0],)


def zeros(cell: str, dim: int) -> Hidden:
    """What a cell starts from where nothing is known."""
    return tuple(torch.zeros(dim, dtype=torch.float64) for _ in range(2 if cell == "lstm" else 1))


def softmax_by_hand(scores: list[Tensor]) -> Tensor:
    """Scores to weights that sum to one, of which the largest score decides no more than the scale."""
    largest = max(score.item() for score in scores)
    powers = torch.stack([(score - largest).exp() for score in scores])
    return powers / powers.sum()
