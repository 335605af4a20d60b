"""What a scorer promises, and what it says about itself."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor, nn

Trait = Literal["equal-widths", "hidden", "fixed-length", "joined-query", "combines"]
"""`equal-widths`: query and key must be as wide as each other. `hidden`: the scorer has an inner width that may be chosen.
`fixed-length`: the scorer weighs a fixed number of numbered positions. `joined-query`: what asks must be the last token's
embedding and the state, joined. `combines`: a layer after the attention combines the query and its context."""


@dataclass(frozen=True)
class About:
    """What lists, documentation, legality and tests need to know of a member."""

    name: str
    equation: str
    paper: str
    traits: frozenset[Trait] = frozenset()
    also: tuple[str, ...] = ()
    """Other names of the same member, counted once."""


class Scorer(nn.Module):
    """How well each query matches each key. A subclass in a module of `scorers/` is found there by its `about.name`.

    All scorers are made alike, so that a name and three widths are enough to make one.
    """

    about: ClassVar[About]
    dot_scale: float | None = None
    """What a plain dot product of query and key is multiplied by, where that is the whole score; None for all other scorers."""

    def __init__(self, query_dim: int, key_dim: int, hidden_dim: int) -> None:
        super().__init__()

    def prepare(self, keys: Tensor) -> Tensor:
        """What can be computed once for keys (…, S, key_dim): (…, S, P)."""
        return keys

    @abstractmethod
    def forward(self, query: Tensor, prepared: Tensor) -> Tensor:
        """Scores (…, T, S) of query (…, T, query_dim) against the prepared keys (…, S, P)."""
