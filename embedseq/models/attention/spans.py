"""Which keys a query may look at, beyond padding: all, or those near a centre."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

SpanTrait = Literal["within", "across", "hard", "width", "diagonal", "needs-length", "learned"]
"""`within`: for a sequence that looks at itself. `across`: for a decoder that looks at an encoder. `hard`: a key is reached or
not, so that a window over everything is the same as none. `width`: how far it reaches may be chosen. `diagonal`: it supposes that
both sequences run alongside each other. `needs-length`: it depends on how many keys a sentence has. `learned`: it has weights."""


@dataclass(frozen=True)
class SpanAbout:
    """What lists, documentation, legality and tests need to know of a span; the name is that of the pipeline file."""

    name: str
    equation: str
    paper: str
    traits: frozenset[SpanTrait]


@dataclass(frozen=True)
class Reach:
    """allowed: bool, broadcastable to (B, H, T, S), which keys are within reach; None means all. factor: likewise, what the
    weights are multiplied by after the softmax; None means one."""

    allowed: Tensor | None = None
    factor: Tensor | None = None


class Span(nn.Module):
    """How far each query reaches. It never sees the keys, only which of them are real.

    All spans are made alike, of a width and of the queries' width Q; those that need neither ignore them.
    """

    about: ClassVar[SpanAbout]
    band: int | None = None
    """How far a query reaches on either side of its own position, where that says everything; None for all other spans."""

    def __init__(self, width: int = 0, query_dim: int = 0) -> None:
        super().__init__()
        self.width = width

    @abstractmethod
    def forward(self, query: Tensor, valid: Tensor, first: int) -> Reach:
        """The reach of query (B, T, Q), of which the first stands at position `first`, among keys valid (B, S)."""


class Everywhere(Span):
    """t reaches every s   (Bahdanau et al. 2015, equation 5)."""

    about = SpanAbout("all", "every s", "Bahdanau et al. 2015, equation 5", frozenset({"within", "across", "hard"}))

    def forward(self, query: Tensor, valid: Tensor, first: int) -> Reach:
        return Reach()


class Window(Span):
    """t reaches s where |s - t| ≤ D, D being the width   (Vaswani et al. 2017, section 4: restricted self-attention)."""

    about = SpanAbout("window", "|s - t| ≤ D", "Vaswani et al. 2017, section 4", frozenset({"within", "hard", "width"}))

    def __init__(self, width: int, query_dim: int = 0) -> None:
        super().__init__(width, query_dim)
        self.band = width

    def forward(self, query: Tensor, valid: Tensor, first: int) -> Reach:
        slots = torch.arange(valid.shape[1], device=valid.device)
        return Reach(_near(_positions(query, first), slots, self.width))  # (T, S)


class LocalMonotonic(Span):
    """t reaches s where |s - p| ≤ D, p = min(t, S - 1)   (Luong et al. 2015, section 3.2, local-m).

    In the paper p = t, and the window is cut off at the end of the source, so that nothing is left of it for a target that is
    longer than its source by more than D. Here the centre stays at the last key then, and such a target sees the source's end.
    Positions count the valid keys from zero, so that padding moves nothing, wherever it stands.
    """

    about = SpanAbout(
        "local-m",
        "|s - p| ≤ D, p = min(t, S - 1)",
        "Luong et al. 2015, section 3.2",
        frozenset({"across", "hard", "width", "diagonal", "needs-length"}),
    )

    def forward(self, query: Tensor, valid: Tensor, first: int) -> Reach:
        centre = torch.minimum(_positions(query, first), valid.sum(dim=-1, keepdim=True) - 1)  # (B, T)
        return Reach(_near(centre, _places(valid), self.width).unsqueeze(1))  # (B, 1, T, S)


class LocalPredictive(Span):
    """p = S · sigmoid(v · tanh(W h)), weights · exp(-(s - p)² / 2σ²), σ = D/2   (Luong et al. 2015, equations 9 and 10, local-p).

    Only the keys with |s - p| ≤ D are looked at, and the Gaussian comes after the softmax over these: the weights of a query sum
    to one or less. S is the number of the sentence's own valid keys, which stand at 0 … S - 1, in whatever slots, so that padding
    moves nothing. p lies between 0 and S: at least one key is always within reach, all but the first can be hit exactly, and the
    first as closely as one likes. Gradients reach W and v through the Gaussian alone.
    """

    about = SpanAbout(
        "local-p",
        "p = S · sigmoid(v · tanh(W h)), weights · exp(-(s - p)² / 2σ²), σ = D/2",
        "Luong et al. 2015, equations 9 and 10",
        frozenset({"across", "width", "needs-length", "learned"}),
    )

    def __init__(self, width: int, query_dim: int) -> None:
        super().__init__(width, query_dim)
        self.hidden = nn.Linear(query_dim, query_dim, bias=False)
        self.position = nn.Linear(query_dim, 1, bias=False)

    def forward(self, query: Tensor, valid: Tensor, first: int) -> Reach:
        logit: Tensor = self.position(torch.tanh(self.hidden(query)))  # (B, T, 1)
        # Half precision would round a position in a long sentence by more than a key.
        share = torch.sigmoid(logit.to(torch.promote_types(logit.dtype, torch.float32))).squeeze(-1)
        centre = share * valid.sum(dim=-1, keepdim=True)  # (B, T)
        places = _places(valid)
        factor = torch.exp(-2.0 * ((places.unsqueeze(-2) - centre.unsqueeze(-1)) / self.width) ** 2)
        return Reach(_near(centre, places, self.width).unsqueeze(1), factor.unsqueeze(1))  # (B, 1, T, S) both


def spans() -> dict[str, type[Span]]:
    """Every span by the name that it has in a pipeline file."""
    return {member.about.name: member for member in (Everywhere, Window, LocalMonotonic, LocalPredictive)}


def causal(length: int, device: torch.device, first: int = 0) -> Tensor:
    """(T, first + T) bool: position first + t may look at positions up to its own, itself included."""
    return torch.ones(length, first + length, dtype=torch.bool, device=device).tril(first)


def _positions(query: Tensor, first: int) -> Tensor:
    """(T,): where the queries stand."""
    return torch.arange(first, first + query.shape[1], device=query.device)


def _places(valid: Tensor) -> Tensor:
    """(B, S): how many valid keys stand before each valid one."""
    return valid.cumsum(dim=-1) - 1


def _near(centre: Tensor, places: Tensor, width: int) -> Tensor:
    """Which places (…, S) are at most `width` away from the centres (…, T): (…, T, S) bool."""
    return (places.unsqueeze(-2) - centre.unsqueeze(-1)).abs() <= width
