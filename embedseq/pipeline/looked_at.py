"""Whether the heads and the ways to look that claims speak of are there: known before models are trained, by trying them out."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from embedseq.errors import RequestError
from embedseq.models.kinds import kind_of_shape, self_attending_side
from embedseq.pipeline.file import Arm, Pipeline
from embedseq.pipeline.file.claim_settings import ClaimArm, ClaimSettings
from embedseq.pipeline.file.problems import advice
from embedseq.probes.probe import ProbeSettings, SelfAttentionProbeSettings
from embedseq.probes.registry import probe_of

if TYPE_CHECKING:
    from embedseq.models.resolved import Widths
    from embedseq.probes.attention_maps import AttentionMaps

_TOKENS = [4, 5, 6]
"""A pretended sentence; a rehearsed model knows eleven words."""


def problems_of_looks(pipeline: Pipeline, handed: "Callable[[Arm], Widths]") -> list[str]:
    """Every part of a probe of attention that a claim names and that its arm does not have, with its place in the file.

    handed: how wide the vectors are that an arm is handed. Models that cannot be built are told elsewhere.
    """
    found = []
    for name, claim in pipeline.spec.claims.items():
        probe = None if claim.probe is None else pipeline.spec.probes[claim.probe]
        parts_of_maps = None if probe is None else probe_of(probe).parts_of_maps
        if probe is None or parts_of_maps is None:
            continue
        for field, part, arm in _named(pipeline, claim):
            try:
                there = parts_of_maps(_maps(probe, arm, handed(arm)))
            except RequestError:
                continue
            if part not in there:
                told = f"'{part}' is nothing that {claim.probe} measures of {arm.label}{advice(part, there)}"
                found.append(f"{pipeline.location(f'claims.{name}.{field}')}: {told}")
    return found


def _named(pipeline: Pipeline, claim: ClaimSettings) -> Iterator[tuple[str, str, Arm]]:
    """Each part that a claim names, with the field that names it and the arm whose part it is."""
    for field, side in claim.sides.items():
        own = side.part if isinstance(side, ClaimArm) else None
        part = own or claim.part
        if part is None or side is None:
            continue
        for arm in pipeline.select(side.of if isinstance(side, ClaimArm) else side):
            if isinstance(arm, Arm):
                yield ("part" if own is None else f"{field}.part"), part, arm
    if claim.trend is not None and claim.part is not None:
        yield from (("part", claim.part, arm) for arm in pipeline.select(claim.trend.of) if isinstance(arm, Arm))


def _maps(probe: ProbeSettings, arm: Arm, handed: "Widths") -> "AttentionMaps":
    """What the arm looks at in pretended sentences, before it has learned anything."""
    from embedseq.models.rehearsal import rehearsed_model
    from embedseq.probes.attention_capture import capture_attention
    from embedseq.probes.capturing import Cut, Readings
    from embedseq.probes.self_attention_capture import capture_self_attention

    model, batch = rehearsed_model(arm.settings, handed)
    if not isinstance(probe, SelfAttentionProbeSettings):
        return capture_attention(model, [batch])
    kind = kind_of_shape(arm.settings)
    written = self_attending_side(probe.side, kind) == "decoder"
    cuts = [Cut(_TOKENS, range(len(_TOKENS)))]
    return capture_self_attention(model, Readings(cuts, written, [_TOKENS] if written and kind == "encoder-decoder" else None))
