"""An embedding and a model that tuned it -> how far each word's vector moved."""

from dataclasses import asdict

from embedseq.embeddings.handoff import align
from embedseq.embeddings.vectors import Vectors
from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.records import write_record
from embedseq.pipeline.stages.tokens import vocabulary_of
from embedseq.statistics.measurement import save_measurements


def run(context: StageContext) -> None:
    """Write `measurements/` (drift of all words and of each band) and `drift.json` (what the bands are, the most moved words)."""
    from embedseq.probes.drift import drift

    vocabulary = vocabulary_of(context.inputs["tokens"], "source")
    before = align(Vectors.load(context.inputs["embedding"] / "vectors"), vocabulary)
    after = align(Vectors.load(context.inputs["model"] / "source.vectors"), vocabulary)
    found = drift(before, after.matrix, vocabulary, context.spec["bands"], subject="")
    save_measurements(context.output / "measurements", found.measurements)
    described = {"bands": [asdict(band) for band in found.bands], "most_moved": [asdict(word) for word in found.most_moved]}
    write_record(context.output / "drift.json", described)


STAGE = StageKind(
    name="drift",
    version=1,
    run=run,
    reads={"tokens": ("source.vocabulary.json",), "embedding": ("vectors.*",), "model": ("source.vectors.*",)},
)
