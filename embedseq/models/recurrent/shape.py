"""What the layers of one recurrent side have in common."""

from dataclasses import dataclass

from embedseq.models.recurrent.cells import Cell


@dataclass(frozen=True)
class RecurrentShape:
    """The cell, the width D of the states, L layers; the share of values dropped between layers; and whether a layer's input is
    added to its output, from the second layer on (Wu et al. 2016, section 3.1)."""

    cell: Cell
    dim: int
    layers: int
    dropout: float = 0.0
    residual: bool = False
