"""A file of vectors that somebody else trained -> vectors."""

from pathlib import Path

from embedseq.embeddings.settings import VectorFileSettings
from embedseq.embeddings.vectors import rounded_mean_cosine
from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.records import write_record


def run(context: StageContext) -> None:
    """Write `vectors.*` and `facts.json`."""
    from embedseq.embeddings.files import load_vectors

    settings = VectorFileSettings.from_record(context.execution["settings"])
    vectors = load_vectors(settings, Path(context.execution["base"]) / settings.file)
    vectors.save(context.output / "vectors")
    write_record(context.output / "facts.json", {"words": len(vectors.words), "mean_cosine": rounded_mean_cosine(vectors)})


STAGE = StageKind(name="vector-file", version=1, run=run)
