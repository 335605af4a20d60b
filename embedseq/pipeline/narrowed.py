"""Whether states are as wide as the probes say that look at them in a width of their own: known before models are trained."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from embedseq.errors import RequestError
from embedseq.pipeline.file import Arm, Pipeline
from embedseq.probes.probe import FittedProbeSettings
from embedseq.probes.registry import probe_of
from embedseq.text.settings import DataSettings

if TYPE_CHECKING:
    from embedseq.models.resolved import Widths
    from embedseq.models.states import SideStates


def problems_of_narrowed(
    pipeline: Pipeline, probes: Mapping[str, FittedProbeSettings], handed: "Callable[[Arm], Widths]"
) -> list[str]:
    """What is wrong with the widths of probes, each with its place in the file; one problem a probe.

    handed: how wide the vectors are that an arm is handed. Models that cannot be built are told elsewhere.
    """
    found: dict[str, str] = {}
    for name, probe in probes.items():
        for message in (*_of_few_sentences(pipeline, probe), *_of_narrow_layers(pipeline, probe, handed)):
            found.setdefault(name, f"{pipeline.location(f'probes.{name}.width')}: {message}")
    return list(found.values())


def _of_narrow_layers(pipeline: Pipeline, probe: FittedProbeSettings, handed: "Callable[[Arm], Widths]") -> Iterator[str]:
    from embedseq.models.rehearsal import rehearsed_states

    for arm in pipeline.select(probe.of):
        assert isinstance(arm, Arm), "probes of states look into models"
        try:
            widths = _widths_looked_at(probe, rehearsed_states(arm.settings, handed(arm), probe.side))
        except RequestError:
            continue
        layer = min(widths, key=lambda each: widths[each])
        if probe.width is not None and probe.width > widths[layer]:
            yield (
                f"expected states of {probe.width} numbers or more, found {widths[layer]} in '{layer}' of {arm.label}, which is "
                f"looked at or compared with: set 'width' to {widths[layer]} or less"
            )


def _widths_looked_at(probe: FittedProbeSettings, states: "SideStates") -> dict[str, int]:
    """Layer, or layer and summary of sentences, -> how many numbers it has."""
    layers, about = list(states.layers), probe_of(probe).about
    summary = getattr(probe, "summary", None)
    chosen = layers[-1:] if probe.layers == "last" else layers
    if about.beside_embedding:
        chosen = list(dict.fromkeys([layers[0], *chosen]))
    if summary == "last":
        return {layers[0]: states.layers[layers[0]].shape[-1]} | {
            f"{layer}, last": states.ends[layer].shape[-1] for layer in chosen if layer in states.ends
        }
    if summary == "pooled" and states.pooled is not None:
        return {layers[0]: states.layers[layers[0]].shape[-1], f"{layers[-1]}, pooled": states.pooled.shape[-1]}
    return {layer: states.layers[layer].shape[-1] for layer in chosen}


def _of_few_sentences(pipeline: Pipeline, probe: FittedProbeSettings) -> Iterator[str]:
    """As many components need as many rows: of a probe of sentences these are no more than the file says."""
    most = None if not hasattr(probe, "summary") else _most_sentences(pipeline.spec.data[probe.data])
    if most is not None and probe.width is not None and probe.width > most:
        yield f"{probe.data} has {most} training sentences at most, fewer than {probe.width}: lower 'width', or read more of it"


def _most_sentences(data: DataSettings) -> int | None:
    """How many training sentences a corpus has at most; None where its files say that."""
    counts = (data.generated.train if data.generated is not None else None, data.limits.train)
    return min((count for count in counts if count is not None), default=None)
