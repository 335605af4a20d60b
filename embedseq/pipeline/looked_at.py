"""Whether the heads and the ways to look that claims speak of are there: known before models are trained, by trying them out."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from embedseq.errors import RequestError
from embedseq.models.kinds import kind_of_shape, self_attending_side
from embedseq.pipeline.file import Arm, Pipeline
from embedseq.pipeline.file.claim_settings import ClaimArm, ClaimSettings
from embedseq.pipeline.file.problems import advice, several_parts
from embedseq.pipeline.file.selectors import select
from embedseq.probes.probe import ProbeSettings, SelfAttentionProbeSettings
from embedseq.probes.registry import probe_of

if TYPE_CHECKING:
    from embedseq.models.resolved import Widths
    from embedseq.probes.attention_maps import AttentionMaps

_TOKENS = [4, 5, 6]
"""A pretended sentence; a rehearsed model knows eleven words."""


def problems_of_looks(pipeline: Pipeline, probes: Mapping[str, ProbeSettings], handed: "Callable[[Arm], Widths]") -> list[str]:
    """What is wrong with the parts of these probes of attention that claims name, or do not, each with its place in the file.

    handed: how wide the vectors are that an arm is handed. Models that cannot be built are told elsewhere.
    """
    arms = {arm.label: arm for arm in pipeline.arms}

    @cache
    def parts(probe: str, label: str) -> tuple[str, ...]:
        of_maps = probe_of(probes[probe]).parts_of_maps
        assert of_maps is not None, "probes of attention say what their parts are"
        return of_maps(_maps(probes[probe], arms[label], handed(arms[label])))

    found = []
    for name, claim in pipeline.spec.claims.items():
        if claim.probe is None or claim.probe not in probes:
            continue
        for field, part, label in _named(pipeline, claim, probes[claim.probe]):
            try:
                there = parts(claim.probe, label)
            except RequestError:
                continue
            if part is None and len(there) > 1:
                told = several_parts(claim.probe, label, there)
            elif part is not None and part not in there:
                told = f"'{part}' is nothing that {claim.probe} measures of {label}{advice(part, there)}"
            else:
                continue
            found.append(f"{pipeline.location(f'claims.{name}.{field}')}: {told}")
    return found


def _named(pipeline: Pipeline, claim: ClaimSettings, probe: ProbeSettings) -> Iterator[tuple[str, str | None, str]]:
    """The part that each side of a claim is about, if it names one, with the field that says so and the label of the arm."""
    measured = set(pipeline.labels(probe.of))
    among = [each for each in pipeline.subjects if each.label in measured]
    if claim.trend is not None:
        if claim.trend.over != "part":
            yield from (
                ("metric" if claim.part is None else "part", claim.part, each.label) for each in select(claim.trend.of, among)
            )
        return
    for field, side in claim.sides.items():
        arm = side if isinstance(side, ClaimArm) else ClaimArm(of=str(side))
        (subject,) = select(arm.of, among)
        where = f"{field}.part" if arm.part is not None else field if claim.part is None else "part"
        yield where, claim.part_of(arm), subject.label


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
