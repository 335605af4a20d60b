"""What an evaluation measured -> what a probe finds when it looks at parts of it."""

from pathlib import Path

from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.probing.found import measure
from embedseq.pipeline.stages.tokens import encoded_of, frames_of
from embedseq.statistics.measurement import load_measurements


def run(context: StageContext) -> None:
    """Write `measurements/` and `details.json`."""
    import numpy as np

    from embedseq.probes.material import ScoresMaterial

    tokens: Path = context.inputs["tokens"]
    source = frames_of(tokens, "test") if context.spec["images"] else encoded_of(tokens, "test", "source")
    target = encoded_of(tokens, "test", "target").lengths if context.spec["has_target"] else np.zeros(len(source), dtype=np.int64)
    measure(context, ScoresMaterial(load_measurements(context.inputs["scores"] / "measurements"), source.lengths, target))


STAGE = StageKind(
    name="scores-probe", version=1, run=run, reads={"scores": ("measurements/*",), "tokens": ("test.source.*", "test.target.*")}
)
