"""The recurrent encoder."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from embedseq.models.attention.look import Asking, Look
from embedseq.models.dropout import Dropout
from embedseq.models.interfaces import Encoded, Encoder
from embedseq.models.positions import Positions
from embedseq.models.recurrent.cells import Cell, RecurrentLayer
from embedseq.models.recurrent.order import Order
from embedseq.models.recurrent.self_attention import SelfAttention
from embedseq.models.recurrent.shape import RecurrentShape


@dataclass(frozen=True)
class LayerEncoded:
    """states: (B, S, D); final: (B, D), the last state; cell: (B, D), an LSTM's last cell, where it is wanted. Each direction's
    last is where it ends, and both are joined."""

    states: Tensor
    final: Tensor
    cell: Tensor | None


class BothWays(nn.Module):
    """A layer from left to right, and, if asked, another from right to left; each is then half as wide, and they are joined.

    Turning the sentences by index is exact, as padding then comes last in both directions, and as fast as packing on a CPU.
    """

    def __init__(self, cell: Cell, input_dim: int, dim: int, bidirectional: bool) -> None:
        super().__init__()
        width = dim // 2 if bidirectional else dim
        self.rightward = RecurrentLayer(cell, input_dim, width)
        self.leftward = RecurrentLayer(cell, input_dim, width) if bidirectional else None

    def forward(self, inputs: Tensor, valid: Tensor, order: Order, wants_cell: bool = False) -> LayerEncoded:
        """Encode inputs (B, S, input_dim), of which valid (B, S) are real."""
        states, _ = self.rightward(inputs)
        final = order.final(states)
        cell = self.rightward.last_cell(inputs, states, valid) if wants_cell else None
        if self.leftward is None:
            return LayerEncoded(states, final, cell)
        turned_inputs = order.turn(inputs)
        turned, _ = self.leftward(turned_inputs)
        if cell is not None:
            cell = torch.cat((cell, self.leftward.last_cell(turned_inputs, turned, valid)), dim=-1)
        return LayerEncoded(
            torch.cat((states, order.turn(turned)), dim=-1), torch.cat((final, order.final(turned)), dim=-1), cell
        )


class RecurrentEncoder(Encoder):
    """L recurrent layers, in one direction or in both, over embeddings that may have positions, with dropout between the layers.

    With self-attention the states of the last layer are joined with what they see among themselves: in one direction their own
    past, in both directions all. A layer's final state is its cells' own, without a residual; with self-attention that of the
    last layer is its joined state, half of it from where the left-to-right direction ends and half from where the other does.
    What pooling gets of the ends has the residual, as all states of the last layer have.
    """

    def __init__(
        self,
        shape: RecurrentShape,
        bidirectional: bool,
        positions: Positions,
        self_attention: Look | None = None,
        gives_cells: bool = False,
    ) -> None:
        """`gives_cells`: an LSTM encoder gives its last cells, which few decoders want and which cost as much as a layer."""
        super().__init__()
        self.layers = nn.ModuleList(BothWays(shape.cell, shape.dim, shape.dim, bidirectional) for _ in range(shape.layers))
        self.positions = positions
        self.self_attention = None if self_attention is None else SelfAttention(self_attention, shape.dim)
        self.dropout = Dropout(shape.dropout)
        self.residual = shape.residual
        self.bidirectional = bidirectional
        self.gives_cells = gives_cells and shape.cell == "lstm"

    def forward(self, embedded: Tensor, valid: Tensor) -> Encoded:
        order = Order.of(valid)
        padding, empty = ~valid.unsqueeze(-1), ~valid.any(dim=1, keepdim=True)
        states = self.positions(embedded)
        layers: list[Tensor] = []
        finals: list[Tensor] = []
        cells: list[Tensor] = []
        for number, layer in enumerate(self.layers):
            encoded = layer(self.dropout(states) if number else states, valid, order, self.gives_cells)
            states = encoded.states + states if number and self.residual else encoded.states
            states = states.masked_fill(padding, 0.0)
            layers.append(states)
            finals.append(encoded.final.masked_fill(empty, 0.0))
            cells.extend(() if encoded.cell is None else (encoded.cell,))
        if self.self_attention is None:
            return Encoded(tuple(layers), tuple(finals), tuple(cells), ends=self._ends(states, order))
        recalled = self.self_attention(states, valid, None, Asking(causal=not self.bidirectional, real=valid))
        layers[-1] = recalled.states.masked_fill(padding, 0.0)
        finals[-1] = self._ends(layers[-1], order)
        return Encoded(tuple(layers), tuple(finals), tuple(cells), recalled.penalty, ends=finals[-1])

    def _ends(self, states: Tensor, order: Order) -> Tensor:
        """States (B, S, D) to (B, D): the last one, or half of the last and half of the first where both directions end there."""
        last = order.final(states)
        if not self.bidirectional:
            return last
        half = states.shape[-1] // 2
        return torch.cat((last[:, :half], states[:, 0, half:]), dim=-1)
