"""The layers of a model by the names that probes of states give them, known from its settings before it is built."""

from collections.abc import Sequence
from typing import Any

from embedseq.pipeline.file.draft import Draft, all_arms
from embedseq.pipeline.file.kinds import kind_of
from embedseq.pipeline.file.matrix import Arm
from embedseq.pipeline.file.probe_checks import sound_corpus
from embedseq.pipeline.file.selectors import SelectorError, Subject, select
from embedseq.probes.registry import probe_of
from embedseq.text.settings import DataSettings

OF_LAYERS = ("layer", "layer and distance")
"""What tells the parts apart of probes that measure layer by layer."""
OF_STATES = ("states", "pair")
"""What probes read whose layers have these names."""


def layers_of(arm: Arm, data: DataSettings, side: str = "source") -> tuple[str, ...]:
    """The layers of what a model reads, or of its target side.

    A recurrent decoder with an encoder has one more than its cells: what their states become with the context, be it that of an
    attention (the attentional states of Luong et al. 2015) or a fixed one.
    """
    shape, kind = arm.settings, kind_of(arm.settings, data)
    if kind != "language-model" and side == "source":
        return _named("encoder", shape.encoder.layers or shape.layers)
    number = shape.decoder.layers or shape.layers
    recurrent = (shape.decoder.architecture or shape.architecture) != "transformer"
    return _named("decoder", number + (recurrent and kind == "encoder-decoder"))


def layers_measured(draft: Draft, probe: Any, subjects: Sequence[Subject], subject: Subject) -> tuple[str, ...] | None:
    """The layers that a probe of states can measure in a model; None where its parts are of none, or that cannot be told."""
    about = probe_of(probe).about
    if about.part not in OF_LAYERS or about.reads not in OF_STATES:
        return None
    own = _layers(draft, subject.label, probe.side)
    if own is None:
        return None
    if about.above_embedding or getattr(probe, "summary", None) == "last":  # reading ends nowhere in single words
        own = own[1:]
    if about.reads == "pair":
        reference = _reference(probe, subjects)
        other = None if reference is None else _layers(draft, reference.label, probe.side)
        if other is None:
            return None
        own = tuple(layer for layer in own if layer in other)
    return own[-1:] if probe.layers == "last" or getattr(probe, "summary", None) == "pooled" else own


def _layers(draft: Draft, label: str, side: str) -> tuple[str, ...] | None:
    for arm in all_arms(draft):
        data = sound_corpus(draft, arm.settings.data)
        if arm.label == label and data is not None:
            return layers_of(arm, data, side)
    return None


def _reference(probe: Any, subjects: Sequence[Subject]) -> Subject | None:
    """What all others are compared with; None where it is not one model, which is told elsewhere."""
    try:
        found = select(probe.reference, subjects)
    except SelectorError:
        return None
    return found[0] if len(found) == 1 else None


def _named(stack: str, number: int) -> tuple[str, ...]:
    return ("embedding", *(f"{stack} {each}" for each in range(1, number + 1)))
