"""The state where reading ends."""

from torch import Tensor

from embedseq.models.interfaces import Encoded
from embedseq.models.pool import Pool, PoolAbout, Pooled


class Last(Pool):
    """v = h_n, where reading ends   (Conneau et al. 2017, section 3.2.1), a state of the last layer.

    In a recurrent encoder of two directions these are both ends joined, which are not at the same token. The state at the last
    token alone would leave half of it to a direction that has read one token there. A Transformer has read the whole sentence at
    every token; its is the state at the last one, which is the end symbol's.
    """

    about = PoolAbout("last", "v = h_n, where reading ends", "Conneau et al. 2017, section 3.2.1", ordered=True)

    def forward(self, encoded: Encoded, valid: Tensor) -> Pooled:
        if encoded.ends is not None:
            return Pooled(encoded.ends)
        after = valid.flip(1).cumsum(dim=1).flip(1)  # (B, S): how many real tokens stand here or further on
        last = valid & (after == 1)
        return Pooled(encoded.layers[-1].masked_fill(~last.unsqueeze(-1), 0.0).sum(dim=1))
