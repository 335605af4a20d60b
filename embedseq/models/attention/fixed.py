"""The fixed-length context of the first encoder-decoders, in place of attention."""

from torch import Tensor, nn

from embedseq.models.attention.look import Asking, MemoryLook, Prepared, Seen
from embedseq.models.memory import Memory


class FixedContext(MemoryLook[Prepared]):
    """No attention: every query sees the memory's summary and nothing else (Cho et al. 2014).

    It is attention to a memory of one slot, so that nothing the decoder gets grows with the source.
    """

    asks = False

    def __init__(self, projection: nn.Module) -> None:
        super().__init__()
        self.projection = projection

    def read(self, memory: Memory) -> Prepared:
        context = self.projection(memory.summary)[:, None, None]
        return Prepared(context, context, context.new_ones((len(context), 1)).bool())

    def forward(self, query: Tensor, prepared: Prepared, asking: Asking = Asking()) -> Seen:  # noqa: B008 - frozen
        return Seen(prepared.values.squeeze(1).expand(-1, query.shape[1], -1), None)
