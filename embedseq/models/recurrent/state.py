"""What a recurrent decoder remembers between steps."""

from dataclasses import dataclass, replace

from torch import Tensor

from embedseq.models.attention.look import Kept, Prepared
from embedseq.models.copying import Copyable
from embedseq.models.recurrent.cells import Hidden
from embedseq.models.sentences import Sentences


@dataclass(frozen=True)
class RecurrentState:
    """hidden: for each layer what its cell keeps, (B, D) each. memory: what was prepared of it once a sentence; None in a decoder
    that looks at none. sentences: whose memory that is.

    last: (B, D), the state that came out last, which is what asks before the next step. fed: (B, D), the last attentional state,
    where the next step reads it. coverage: (B, S), how much each source position was looked at so far, where scores know it.
    copyable: the source's tokens, where they may be copied. past: keys and values of the decoder's own states, where it looks
    back at them and there are any. length: tokens so far.
    """

    hidden: tuple[Hidden, ...]
    memory: Kept | None
    sentences: Sentences
    last: Tensor
    fed: Tensor | None = None
    coverage: Tensor | None = None
    copyable: Copyable | None = None
    past: Prepared | None = None
    length: int = 0

    def select(self, rows: Tensor) -> "RecurrentState":
        """The hypotheses `rows` (N,), repeated or reordered as asked."""
        sentences = self.sentences.select(rows)
        own = replace(
            self,
            hidden=tuple(tuple(kept.index_select(0, rows) for kept in layer) for layer in self.hidden),
            last=self.last.index_select(0, rows),
            fed=None if self.fed is None else self.fed.index_select(0, rows),
            coverage=None if self.coverage is None else self.coverage.index_select(0, rows),
            past=None if self.past is None else self.past.select(rows),
        )
        if sentences.same_as(self.sentences):
            return own
        return replace(
            own,
            memory=None if self.memory is None else self.memory.select(rows),
            sentences=sentences,
            copyable=None if self.copyable is None else self.copyable.select(rows),
        )
