"""What a probe found, as an artifact."""

from pathlib import Path
from typing import Any

from embedseq.pipeline.stage import StageContext
from embedseq.pipeline.stages.records import read_record, write_record
from embedseq.probes.probe import ProbeSettings
from embedseq.probes.registry import probes
from embedseq.statistics.measurement import save_measurements

DETAILS = "details.json"


def settings_of(context: StageContext) -> ProbeSettings:
    """The settings as they stand in the pipeline file. What of them decides the output is in the spec, too."""
    return probes()[context.spec["probe"]].settings.from_record(context.execution["settings"])


def measure(context: StageContext, material: Any) -> None:
    """Write `measurements/` and `details.json`."""
    found = probes()[context.spec["probe"]].measure(material, settings_of(context))
    save_measurements(context.output / "measurements", found.measurements)
    write_record(context.output / DETAILS, dict(found.details))


def details_of(folder: Path) -> Any:
    """The further facts that a probe found."""
    return read_record(folder / DETAILS)
