"""How a recurrent decoder and its memory are joined."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import add
from typing import Any, Literal

import torch
from torch import Tensor

from embedseq.models.attention.look import MemoryLook
from embedseq.models.recurrent.bridge import BridgeName

Query = Literal["state", "token", "joined", "sum"]
When = Literal["before", "after"]
QUERIES: dict[Query, Callable[[Tensor, Tensor], Tensor]] = {
    "state": lambda token, state: state,
    "token": lambda token, state: token,
    "joined": lambda token, state: torch.cat((token, state), dim=-1),
    "sum": add,
}
"""What asks, of the embedded last token (B, T, D) and the decoder's state (B, T, D)."""


@dataclass(frozen=True)
class Joining:
    """bridge: what the decoder's layers start from. query: what asks the memory. when: before the recurrent step, which then
    reads the context, or after it. feeds: the step reads the attentional state of the step before, too. combines: token and
    context go through a layer of their own before the step reads them. coverage: the weight of its loss, None without it. copies:
    source tokens may be copied."""

    bridge: BridgeName = "learned"
    query: Query = "state"
    when: When = "after"
    feeds: bool = False
    combines: bool = False
    coverage: float | None = None
    copies: bool = False

    @property
    def waits(self) -> bool:
        """Whether a step waits for the attention of the step before, so that a known target cannot be read in one call."""
        return self.feeds or self.coverage is not None or (self.when == "before" and self.query != "token")

    def check(self, look: MemoryLook[Any] | None) -> None:
        """Raise ValueError where the look cannot do what is asked of it here."""
        if look is None and self != ALONE:
            raise ValueError("without a look there is no memory to join a decoder with")
        if self.coverage is not None and look is not None and not look.asks:
            raise ValueError("coverage needs an attention: a fixed-length context has no weights to sum")
        if self.copies and look is not None and not look.asks:
            raise ValueError("copying needs an attention: a fixed-length context points to no token")

    def ask(self, token: Tensor, state: Tensor) -> Tensor:
        """The query (B, T, D), or (B, T, 2 D) where both are joined."""
        return QUERIES[self.query](token, state)


ALONE = Joining(bridge="none")
"""For a decoder without a memory: it starts from zeros, and nothing more is said."""


def query_width(query: Query, dim: int) -> int:
    """How wide a query is in a decoder of width `dim`."""
    return 2 * dim if query == "joined" else dim
