"""Warnings of a stage: told while it runs, and kept in its artifact, where the report finds them in every run that uses it.

They follow from what the stage computes, so that the artifact's bytes stay what they are; without any there is no file.
"""

from collections.abc import Sequence
from pathlib import Path

from embedseq.caution import Caution
from embedseq.pipeline.stage import StageContext
from embedseq.pipeline.stages.records import read_record, write_record

CAUTIONS = "cautions.json"


class Telling:
    """A line of the log for each warning, once."""

    def __init__(self, context: StageContext) -> None:
        self._context = context
        self._told: set[str] = set()

    def tell(self, cautions: Sequence[Caution]) -> None:
        """Those that were not told before."""
        for caution in cautions:
            if caution.sign not in self._told:
                self._told.add(caution.sign)
                self._context.log(f"warning: {caution.text}", caution=caution.sign)


def tell_and_keep(context: StageContext, cautions: Sequence[Caution]) -> None:
    """What a stage does with warnings that come all at once."""
    Telling(context).tell(cautions)
    keep(context.output, cautions)


def keep(folder: Path, cautions: Sequence[Caution]) -> None:
    """Write them into the artifact."""
    if cautions:
        write_record(folder / CAUTIONS, [caution.record() for caution in cautions])


def kept_in(folder: Path) -> list[Caution]:
    """The warnings of an artifact."""
    path = folder / CAUTIONS
    return [Caution.from_record(each) for each in read_record(path)] if path.exists() else []
