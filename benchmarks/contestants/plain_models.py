"""Translation models as a careful person writes them by hand in plain torch, for one purpose and with no options to spare.

B sentences, S source and T target positions, D the width. Only target positions that are no padding get logits.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Translator(nn.Module):
    """Embeddings of both sides, an output layer, and what a subclass makes of the one for the other in `states`."""

    def __init__(self, shape: dict[str, Any], tokens: int, padding: int, dropout: float) -> None:
        super().__init__()
        self.source = nn.Embedding(tokens, shape["embedding_dim"], padding_idx=padding)
        self.target = nn.Embedding(tokens, shape["embedding_dim"], padding_idx=padding)
        self.output = nn.Linear(shape["dim"], tokens)
        self.dropout = nn.Dropout(dropout)
        self.padding = padding

    def states(self, source: Tensor, valid: Tensor, target: Tensor) -> Tensor:
        """Source (B, S), valid (B, S), target (B, T) as it is read; (B, T, D)."""
        raise NotImplementedError

    def loss(self, source: Tensor, target_in: Tensor, target_out: Tensor, smoothing: float) -> Tensor:
        """The smoothed loss per token, a scalar."""
        states = self.states(source, source != self.padding, target_in)
        wanted = target_out != self.padding
        logits = self.output(self.dropout(states[wanted]))
        return F.cross_entropy(logits, target_out[wanted], label_smoothing=smoothing)


class Attention(nn.Module):
    """Scaled dot products in several heads; what is projected from one input is projected in one product."""

    def __init__(self, dim: int, heads: int, across: bool) -> None:
        super().__init__()
        self.heads, self.across = heads, across
        self.asked = nn.Linear(dim, dim if across else 3 * dim)
        self.kept = nn.Linear(dim, 2 * dim) if across else None
        self.out = nn.Linear(dim, dim)

    def forward(self, states: Tensor, memory: Tensor | None = None, mask: Tensor | None = None, causal: bool = False) -> Tensor:
        parts = self.asked(states)
        if self.kept is None:
            query, key, value = self._split(parts, 3)
        else:
            (query,), (key, value) = self._split(parts, 1), self._split(self.kept(memory), 2)
        seen = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=causal)
        mapped: Tensor = self.out(seen.transpose(1, 2).flatten(2))
        return mapped

    def _split(self, states: Tensor, parts: int) -> tuple[Tensor, ...]:
        """(B, T, parts D) to as many tensors (B, H, T, D / H)."""
        return states.unflatten(2, (parts, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)


class Block(nn.Module):
    """A layer with norms before its sub-layers; in the decoder it looks at a memory."""

    def __init__(self, shape: dict[str, Any], dropout: float, decodes: bool) -> None:
        super().__init__()
        dim = shape["dim"]
        self.attention = Attention(dim, shape["heads"], across=False)
        self.look = Attention(dim, shape["heads"], across=True) if decodes else None
        self.inner, self.outer = nn.Linear(dim, shape["feed_forward"]), nn.Linear(shape["feed_forward"], dim)
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(3 if decodes else 2))
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, mask: Tensor, memory: Tensor | None = None) -> Tensor:
        """States (B, T, D); mask (B, 1, 1, S), where the source is no padding."""
        first, *middle, last = self.norms
        own = self.attention(first(states), causal=True) if self.look else self.attention(first(states), mask=mask)
        states = states + self.dropout(own)
        if self.look is not None:
            states = states + self.dropout(self.look(middle[0](states), memory, mask))
        return states + self.dropout(self.outer(F.relu(self.inner(last(states)))))


class Transformer(Translator):
    """Vaswani et al. 2017, with norms before the sub-layers; padding follows each target, so a causal mask is enough there."""

    positions: Tensor

    def __init__(self, shape: dict[str, Any], tokens: int, padding: int, dropout: float) -> None:
        super().__init__(shape, tokens, padding, dropout)
        self.encoder = nn.ModuleList(Block(shape, dropout, decodes=False) for _ in range(shape["layers"]))
        self.decoder = nn.ModuleList(Block(shape, dropout, decodes=True) for _ in range(shape["layers"]))
        self.encoder_norm, self.decoder_norm = nn.LayerNorm(shape["dim"]), nn.LayerNorm(shape["dim"])
        self.register_buffer("positions", sinusoids(512, shape["dim"]))

    def states(self, source: Tensor, valid: Tensor, target: Tensor) -> Tensor:
        mask = valid[:, None, None, :]
        memory = self._embed(self.source, source)
        for block in self.encoder:
            memory = block(memory, mask)
        memory, states = self.encoder_norm(memory), self._embed(self.target, target)
        for block in self.decoder:
            states = block(states, mask, memory)
        normed: Tensor = self.decoder_norm(states)
        return normed

    def _embed(self, table: nn.Embedding, tokens: Tensor) -> Tensor:
        scaled = table(tokens) * math.sqrt(table.embedding_dim)
        dropped: Tensor = self.dropout(scaled + self.positions[: tokens.shape[1]])
        return dropped


class Recurrent(Translator):
    """A bidirectional encoder and a decoder of one layer each, which attends after each step (Luong et al. 2015)."""

    def __init__(self, shape: dict[str, Any], tokens: int, padding: int, dropout: float) -> None:
        super().__init__(shape, tokens, padding, dropout)
        width, dim, kind = shape["embedding_dim"], shape["dim"], shape["architecture"].upper()
        self.rightward, self.leftward = (getattr(nn, kind)(width, dim // 2, batch_first=True) for _ in range(2))
        self.feeds = shape["feeding"]
        self.has_cell = kind == "LSTM"
        if self.feeds:
            self.step = getattr(nn, f"{kind}Cell")(width + dim, dim)
        else:
            self.steps = getattr(nn, kind)(width, dim, batch_first=True)
        self.bridge = nn.Linear(dim, dim)
        self.keys = nn.Linear(dim, dim, bias=False)
        additive = shape["attention"] == "additive"
        self.query, self.energy = (nn.Linear(dim, size, bias=False) if additive else None for size in (dim, 1))
        self.combine = nn.Linear(2 * dim, dim)

    def states(self, source: Tensor, valid: Tensor, target: Tensor) -> Tensor:
        memory, first = self._encode(source, valid)
        keys = self.keys(memory)  # once a sentence
        bias = torch.zeros_like(valid, dtype=memory.dtype).masked_fill(~valid, -math.inf)[:, None, :]
        embedded = self.dropout(self.target(target))
        if not self.feeds:
            start = first[None]
            states, _ = self.steps(embedded, (start, torch.zeros_like(start)) if self.has_cell else start)
            return self._attend(states, keys, memory, bias)
        hidden: Any = (first, torch.zeros_like(first)) if self.has_cell else first
        fed, found = torch.zeros_like(first), []
        for token in embedded.unbind(1):
            hidden = self.step(torch.cat((token, fed), dim=1), hidden)
            state = hidden[0] if self.has_cell else hidden
            fed = self._attend(state[:, None], keys, memory, bias)[:, 0]
            found.append(fed)
        return torch.stack(found, dim=1)

    def _encode(self, source: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """The memory (B, S, D), and what the decoder starts from, (B, D). The other direction reads each sentence turned by
        index, so that padding comes last there, too."""
        embedded = self.dropout(self.source(source))
        lengths = valid.sum(dim=1)
        place = torch.arange(source.shape[1]).expand_as(source)
        turned = torch.where(valid, lengths[:, None] - 1 - place, place)[:, :, None]
        right, _ = self.rightward(embedded)
        left, _ = self.leftward(embedded.gather(1, turned.expand_as(embedded)))
        rows, last = torch.arange(len(source)), lengths - 1
        first = torch.tanh(self.bridge(torch.cat((right[rows, last], left[rows, last]), dim=1)))
        return torch.cat((right, left.gather(1, turned.expand_as(left))), dim=2), first

    def _attend(self, states: Tensor, keys: Tensor, memory: Tensor, bias: Tensor) -> Tensor:
        """tanh(W [c; s]) of states (B, T, D), all T at once."""
        if self.query is None or self.energy is None:
            scores = torch.baddbmm(bias, states, keys.transpose(1, 2))
        else:
            pairs = torch.tanh(self.query(states)[:, :, None] + keys[:, None])  # (B, T, S, D)
            scores = self.energy(pairs).squeeze(3) + bias
        context = torch.bmm(scores.softmax(dim=2), memory)
        return torch.tanh(self.combine(torch.cat((context, states), dim=2)))


def sinusoids(length: int, dim: int) -> Tensor:
    """(length, dim), Vaswani et al. 2017, section 3.5."""
    rates = torch.exp(torch.arange(0, dim, 2) * (-math.log(10_000) / dim))
    angles = torch.arange(length)[:, None] * rates
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)
