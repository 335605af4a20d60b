"""The fixed-length context of the first encoder-decoders, in place of attention."""

from torch import Tensor, nn

from embedseq.models.attention.look import Look, Prepared, Seen
from embedseq.models.memory import Memory


class FixedContext(Look):
    """No attention: every query sees the memory's summary and nothing else (Cho et al. 2014).

    It is attention to a memory of one slot, so that nothing the decoder gets grows with the source.
    """

    asks = False

    def __init__(self, projection: nn.Module) -> None:
        super().__init__()
        self.projection = projection

    def read(self, memory: Memory) -> Prepared:
        context = self.projection(memory.summary).unsqueeze(1)
        return Prepared(context, context, context.new_ones(context.shape[:2]).bool())

    def forward(self, query: Tensor, prepared: Prepared, span: Tensor | None = None, weights: bool = False) -> Seen:
        return Seen(prepared.values.expand(-1, query.shape[1], -1), None)
