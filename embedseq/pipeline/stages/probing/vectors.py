"""Vectors -> what a probe of tables of vectors finds in them."""

import json
from collections import Counter
from pathlib import Path

from embedseq.embeddings.vectors import Vectors
from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.probing.found import measure
from embedseq.pipeline.stages.records import read_record, write_record
from embedseq.pipeline.stages.text import trees_of
from embedseq.pipeline.stages.tokens import vocabulary_of
from embedseq.text.trees import TREES

SHARED = "words.json"


def run(context: StageContext) -> None:
    """Write `measurements/` and `details.json`."""
    from embedseq.probes.material import TableMaterial
    from embedseq.probes.random_vectors import norm_matched

    inputs = context.inputs
    vectors = Vectors.load(inputs["vectors"] / context.spec["prefix"])
    vocabulary = vocabulary_of(inputs["tokens"], context.spec["side"]) if "tokens" in inputs else None
    material = TableMaterial(
        vectors=vectors,
        counts={} if vocabulary is None else dict(zip(vocabulary.tokens, vocabulary.counts, strict=True)),
        shared=frozenset(read_record(inputs["shared"] / SHARED)) if "shared" in inputs else None,
        trees=tuple(trees_of(inputs["trees"], "train", "source")) if "trees" in inputs else (),
        base=Path(context.execution["base"]),
        random=norm_matched(vectors, seed=0),
        before=Vectors.load(inputs["before"] / "vectors") if "before" in inputs else None,
        vocabulary=vocabulary,
    )
    measure(context, material)


def share(context: StageContext) -> None:
    """Write `words.json`: the words that all tables have, sorted. The roles are the tables; the spec names the file of each."""
    found: Counter[str] = Counter()
    for role, name in context.spec["words"].items():
        found.update(set(json.loads((context.inputs[role] / name).read_text(encoding="ascii"))))
    write_record(context.output / SHARED, sorted(word for word, tables in found.items() if tables == len(context.inputs)))


STAGE = StageKind(
    name="vector-probe",
    version=2,
    run=run,
    reads={
        "vectors": ("{prefix}.*",),
        "tokens": ("{side}.vocabulary.json",),
        "trees": (f"train.source.{TREES}",),
        "before": ("vectors.*",),
    },
)
SHARED_WORDS = StageKind(name="shared-words", version=1, run=share, reads={"*": ("*.words.json",)})
