"""Vectors -> how their cosines rank word pairs, against people's judgements."""

from pathlib import Path

from embedseq.embeddings.vectors import Vectors
from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.statistics.measurement import save_measurements


def run(context: StageContext) -> None:
    """Write `measurements/`: rho on each set, with the permuted baseline."""
    from embedseq.probes.word_similarity import load_word_pairs, word_similarity

    vectors = Vectors.load(context.inputs["vectors"] / context.spec["prefix"])
    base = Path(context.execution["base"])
    sets = [load_word_pairs(name, base) for name in context.execution["sets"]]
    save_measurements(
        context.output / "measurements", [each for pairs in sets for each in word_similarity(vectors, pairs, subject="")]
    )


STAGE = StageKind(name="word-similarity", version=1, run=run, reads={"vectors": ("{prefix}.*",)})
