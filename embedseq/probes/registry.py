"""The probes by name. To add one, put a file into `kinds/`: the pipeline file, the lists, the documentation, the stages, the
report and the tests find it there. Light to import: no torch, SciPy or scikit-learn."""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from embedseq.probes import kinds
from embedseq.probes.probe import Found, ProbeAbout, ProbeSettings


@dataclass(frozen=True)
class ProbeKind:
    """A probe: what it says of itself, its settings, and what measures."""

    about: ProbeAbout
    settings: type[ProbeSettings]
    measure: Callable[[Any, Any], Found]
    check_files: Callable[[Any, Path], None] | None = None
    parts_of_maps: Callable[[Any], tuple[str, ...]] | None = None
    """Of a probe of attention: the parts that its scores have for a model with such maps (`AttentionMaps`)."""


@cache
def probes() -> dict[str, ProbeKind]:
    """Every probe, in the order of their names."""
    found = [_probe(module.name) for module in pkgutil.iter_modules(kinds.__path__, f"{kinds.__name__}.")]
    return {kind.about.name: kind for kind in sorted(found, key=lambda kind: kind.about.name)}


def probe_of(settings: ProbeSettings) -> ProbeKind:
    """The probe that the settings are of."""
    return probes()[settings.kind]  # type: ignore[attr-defined]


def _probe(name: str) -> ProbeKind:
    module = import_module(name)
    own = [
        member
        for member in vars(module).values()
        if isinstance(member, type) and issubclass(member, ProbeSettings) and member.__module__ == name
    ]
    settings = next(each for each in own if "kind" in each.model_fields)
    optional = {function: getattr(module, function, None) for function in ("check_files", "parts_of_maps")}
    return ProbeKind(module.ABOUT, settings, module.measure, **optional)
