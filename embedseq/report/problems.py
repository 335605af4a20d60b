"""What did not work, for the top of the page and of the summary: failures first, in plain words."""

from dataclasses import dataclass

from embedseq.report import numbers
from embedseq.report.content import Failure, Report


@dataclass(frozen=True)
class Problems:
    """Everything a reader must know before believing a number."""

    failures: tuple[Failure, ...]
    warnings: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.failures or self.warnings)


def problems(report: Report) -> Problems:
    """The run's failures, failed arms, changed frozen rows and failed expectations, each once; then the warnings."""
    failures = list(report.failures)
    named = " ".join(failure.what for failure in failures)
    for arm in report.arms:
        if arm.failure and arm.label not in named:
            failures.append(Failure(arm.label, arm.failure))
        if arm.frozen_unchanged is False:
            failures.append(
                Failure(
                    arm.label,
                    "Rows that should be frozen changed during training, so its scores are not those of frozen vectors.",
                )
            )
    failures += [
        Failure(f"Not as expected: {each.sentence}", f"Found: {each.found}") for each in report.expectations if not each.ok
    ]
    return Problems(tuple(failures), report.warnings)


def status_line(report: Report) -> str:
    """One sentence on how the run went."""
    parts = []
    if report.costs:
        failed = sum(row.status == "failed" for row in report.costs)
        stages = numbers.counted(len(report.costs), "stages")
        parts.append(f"{failed} of {stages} failed" if failed else f"{stages}, none failed")
    if report.arms:
        failed = sum(arm.failure is not None for arm in report.arms)
        models = numbers.counted(len(report.arms), "models")
        parts.append(f"{len(report.arms) - failed} of {models} trained" if failed else f"{models} trained")
    if report.expectations:
        held = sum(each.ok for each in report.expectations)
        parts.append(f"{held} of {numbers.counted(len(report.expectations), 'expectations')} hold")
    return "; ".join(parts)
