"""Captured states -> what a probe of one model's states, or of two models', finds in them."""

from pathlib import Path
from typing import TYPE_CHECKING

from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.probing.found import measure
from embedseq.pipeline.stages.text import trees_of
from embedseq.probes.probe import UNTRAINED
from embedseq.text.trees import TREES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedseq.probes.captured import CapturedStates
    from embedseq.probes.material import Split, States
    from embedseq.text.trees import Tree


def run(context: StageContext) -> None:
    """Write `measurements/` and `details.json`."""
    from embedseq.probes.captured import CapturedStates
    from embedseq.probes.material import StatesMaterial
    from embedseq.probes.narrowed_states import narrowed
    from embedseq.probes.null_states import NULLS

    inputs = context.inputs
    settings, captured = context.spec["settings"], CapturedStates(inputs["own"])
    own = narrowed(captured, settings.get("width"))
    beside: dict[str, States] = {}
    if "untrained" in inputs:
        beside[UNTRAINED] = narrowed(CapturedStates(inputs["untrained"]), settings.get("width"))
    for null in (NULLS[name](own) for name in settings["nulls"]):
        beside[null.label] = null
    layers = own.layers if context.spec["layers"] == "all" else own.layers[-1:]
    measure(context, StatesMaterial(_trees(context, captured), own, beside, layers))


def run_pair(context: StageContext) -> None:
    """Write `measurements/` and `details.json`."""
    from embedseq.probes.captured import CapturedStates
    from embedseq.probes.material import PairMaterial

    own, reference = (CapturedStates(context.inputs[role]) for role in ("own", "reference"))
    other = CapturedStates(context.inputs["other"]) if "other" in context.inputs else None
    measure(context, PairMaterial(_trees(context, own), own, reference, other))


def _trees(context: StageContext, own: "CapturedStates") -> "Mapping[Split, Sequence[Tree]]":
    text: Path = context.inputs["trees"]
    return {split: tuple(trees_of(text, split, context.spec["side"])) for split in own.splits}  # type: ignore[misc]


_TREES = {"trees": (f"*.{TREES}",)}
STAGE = StageKind(name="states-probe", version=1, run=run, needs_torch=True, preload=("sklearn.base",), reads=_TREES)
PAIR = StageKind(name="pair-probe", version=1, run=run_pair, reads=_TREES)
