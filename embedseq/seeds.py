"""Random numbers come from named streams, each derived from the run's seed and a name.

So the order of the data does not change when a model gets one more layer, and the arms of a comparison share what they can.
"""

import hashlib


def stream(seed: int, *names: str | int) -> int:
    """A seed below 2**32 (gensim's and NumPy's limit) for the stream called `names` of the run with `seed`."""
    record = "\x1f".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(record.encode()).digest()[:4], "big")
