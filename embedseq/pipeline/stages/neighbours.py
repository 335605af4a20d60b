"""Vectors -> the nearest words of some words."""

from embedseq.embeddings.vectors import Vectors
from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.records import write_record


def run(context: StageContext) -> None:
    """Write `neighbours.json`: for each word its neighbours and their cosines, empty where it has no vector."""
    from embedseq.probes.neighbours import neighbour_table

    vectors = Vectors.load(context.inputs["vectors"] / context.spec["prefix"])
    table = neighbour_table({"": vectors}, context.spec["words"], context.spec["top"])
    lists = {found.word: [[near.word, near.similarity] for near in found.neighbours] for found in table.lists}
    write_record(context.output / "neighbours.json", lists)


STAGE = StageKind(name="neighbours", version=2, run=run, reads={"vectors": ("{prefix}.*",)})
