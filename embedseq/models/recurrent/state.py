"""What a recurrent decoder remembers between steps."""

from dataclasses import dataclass

from torch import Tensor

from embedseq.models.attention.look import Kept, Prepared
from embedseq.models.copying import Copyable
from embedseq.models.recurrent.cells import Hidden


@dataclass(frozen=True)
class RecurrentState:
    """hidden: for each layer what its cell keeps, (B, D) each. memory: what was prepared of it once a sentence; None in a decoder
    that looks at none.

    last: (B, D), the state that came out last, which is what asks before the next step. fed: (B, D), the last attentional state,
    where the next step reads it. coverage: (B, S), how much each source position was looked at so far, where scores know it.
    copyable: the source's tokens, where they may be copied. past: keys and values of the decoder's own states, where it looks
    back at them and there are any. length: tokens so far.
    """

    hidden: tuple[Hidden, ...]
    memory: Kept | None
    last: Tensor
    fed: Tensor | None = None
    coverage: Tensor | None = None
    copyable: Copyable | None = None
    past: Prepared | None = None
    length: int = 0

    def select(self, rows: Tensor) -> "RecurrentState":
        """The hypotheses `rows` (N,), repeated or reordered as asked."""
        return RecurrentState(
            tuple(tuple(kept[rows] for kept in layer) for layer in self.hidden),
            None if self.memory is None else self.memory.select(rows),
            self.last[rows],
            None if self.fed is None else self.fed[rows],
            None if self.coverage is None else self.coverage[rows],
            None if self.copyable is None else self.copyable.select(rows),
            None if self.past is None else self.past.select(rows),
            self.length,
        )
