"""Copying from the source: the decoder as a pointer-generator."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from embedseq.models.memory import Memory

_ROUNDING = 64
"""Weights that sum to one but for so many units of the last place do sum to one."""


@dataclass(frozen=True)
class Copyable:
    """What may be copied from a source.

    tokens: (B, S), in the vocabulary that the decoder writes. first: (B, S), where each token stands for the first time.
    """

    tokens: Tensor
    first: Tensor

    @staticmethod
    def of(memory: Memory) -> "Copyable":
        """The tokens of a memory, and of others beside it."""
        tokens = memory.joined_tokens
        if tokens is None:
            raise ValueError("copying needs the source's tokens, and this memory has none")
        same = tokens.unsqueeze(2) == tokens.unsqueeze(1)
        return Copyable(tokens, same.byte().argmax(dim=-1))

    def select(self, rows: Tensor) -> "Copyable":
        """The sentences `rows` (N,), repeated or reordered as asked."""
        return Copyable(self.tokens[rows], self.first[rows])

    def gather(self, weights: Tensor) -> Tensor:
        """Weights (B, T, S) with those of equal tokens added up where the token stands first, zero elsewhere."""
        return torch.zeros_like(weights).scatter_add(-1, self.first.unsqueeze(1).expand_as(weights), weights)


class Copying(nn.Module):
    """p(w) = p_gen softmax(logits)_w + (1 - p_gen) Σ_{s: x_s = w} a_s,  p_gen = σ(w · [c_t; s_t; y_t] + b)
    (See et al. 2017, equations 8 and 9).

    c_t is the context, s_t the decoder's state, y_t the embedded token that it has just read, and a_s the attention, of several
    heads the mean over those that look at anything. All that is real in a source may be copied, each END in it, too: to copy END
    is to end, so that a decoder which does nothing but copy ends where it looks at the end of the source, or of a sentence. (The
    paper's articles have no END. Nor is the vocabulary enlarged here by the words of an article: tokens are those of the shared
    vocabulary.)

    Attention that a Gaussian has thinned out, or that has nothing to look at, sums to less than one. What is missing goes to the
    generator, 1 - (1 - p_gen) Σ_s a_s in place of p_gen, so that p always sums to one.
    """

    def __init__(self, dim: int) -> None:
        """`dim` is the width D of contexts, states and embedded tokens."""
        super().__init__()
        self.gate = nn.Linear(3 * dim, 1)

    def forward(self, logits: Tensor, reading: Tensor, looked: Tensor, copyable: Copyable) -> Tensor:
        """log p (B, T, V), of which the softmax is p itself, of logits (B, T, V), reading (B, T, 3 D), which is [c_t; s_t; y_t],
        and the attention looked (B, T, S) over the copyable tokens.

        It is computed from logarithms, in float32 at least, and always finite: a token that the source lacks keeps the
        generator's share, however small.
        """
        kind = torch.promote_types(logits.dtype, torch.float32)
        gate = self.gate(reading).to(kind)  # (B, T, 1)
        gathered = copyable.gather(looked.to(kind))  # (B, T, S)
        there = gathered >= torch.finfo(kind).tiny
        copied = F.logsigmoid(-gate) + gathered.masked_fill(~there, 1.0).log()
        generated = F.log_softmax(logits.to(kind), dim=-1) + _log_share(gate, gathered)
        places = copyable.tokens.unsqueeze(1).expand_as(gathered)
        # log(g + c) = log g - log σ(log g - log c): only tokens of the source need it.
        gained = -F.logsigmoid(generated.gather(-1, places) - copied)
        return generated.scatter_add(-1, places, gained.masked_fill(~there, 0.0))


def _log_share(gate: Tensor, looked: Tensor) -> Tensor:
    """log(1 - (1 - p_gen) Σ_s a_s) (B, T, 1), p_gen = σ(gate), of gate (B, T, 1) and looked (B, T, S)."""
    missing = 1.0 - looked.sum(dim=-1, keepdim=True)
    # What rounding leaves has no meaning, and its logarithm too steep a gradient.
    whole = missing < _ROUNDING * torch.finfo(looked.dtype).eps
    returned = F.logsigmoid(-gate) + missing.masked_fill(whole, 1.0).log()
    own = F.logsigmoid(gate)
    return torch.where(whole, own, torch.logaddexp(own, returned))
