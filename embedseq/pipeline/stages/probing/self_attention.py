"""A model and sentences with trees -> what their words look at in their own sentence; and what a probe finds in that."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.probing.capture import READS, model_of, readings_of
from embedseq.pipeline.stages.probing.found import measure
from embedseq.pipeline.stages.text import trees_of
from embedseq.text.trees import TREES

if TYPE_CHECKING:
    from embedseq.probes.attention_maps import AttentionMaps
    from embedseq.probes.capturing import Readings
    from embedseq.probes.material import Split

SPLITS: "tuple[Split, Split]" = ("valid", "test")
"""The best head is picked on the one and scored on the other."""


def run_capture(context: StageContext) -> None:
    """Write `<split>.maps.safetensors`."""
    from embedseq.probes.self_attention_capture import capture_self_attention

    model = model_of(context)
    for split in SPLITS:
        readings = _first(readings_of(context, split), context.spec["sentences"])
        capture_self_attention(model, readings).save(_path(context.output, split))


def run(context: StageContext) -> None:
    """Write `measurements/` and `details.json`."""
    from embedseq.probes.material import SelfAttentionMaterial

    maps, untrained = (_maps(context.inputs[role]) for role in ("maps", "untrained"))
    side, text = context.spec["side"], context.inputs["trees"]
    trees = {split: tuple(trees_of(text, split, side))[: len(maps[split])] for split in SPLITS}
    measure(context, SelfAttentionMaterial(maps, untrained, trees, context.spec["causal"]))


def _first(readings: "Readings", count: int) -> "Readings":
    sources = None if readings.sources is None else readings.sources[:count]
    return replace(readings, cuts=readings.cuts[:count], sources=sources)


def _maps(folder: Path) -> "dict[Split, AttentionMaps]":
    from embedseq.probes.attention_maps import AttentionMaps

    return {split: AttentionMaps.load(_path(folder, split)) for split in SPLITS}


def _path(folder: Path, split: str) -> Path:
    return folder / f"{split}.maps.safetensors"


_TREES = tuple(f"{split}.*.{TREES}" for split in SPLITS)
MAPS = StageKind(name="self-attention-maps", version=1, run=run_capture, needs_torch=True, reads={**READS, "trees": _TREES})
STAGE = StageKind(name="self-attention-probe", version=1, run=run, reads={"trees": _TREES})
