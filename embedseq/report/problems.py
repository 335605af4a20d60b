"""What did not work, for the top of the page and of the summary: failures first, in plain words."""

from dataclasses import dataclass

from embedseq.report import numbers
from embedseq.report.content import ArmFacts, CostRow, Expectation, Failure, Report


@dataclass(frozen=True)
class Part:
    """Problems of one kind: what went wrong with the reason why, or plain lines."""

    anchor: str
    title: str
    entries: tuple[Failure, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def mild(self) -> bool:
        """Whether numbers may be believed all the same."""
        return not self.entries


@dataclass(frozen=True)
class Problems:
    """Everything a reader must know before believing a number."""

    failures: tuple[Failure, ...]
    unmet: tuple[Failure, ...]
    """Expectations that do not hold."""
    warnings: tuple[str, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """What there is of it, the worst first."""
        everything = (
            Part("problems", "What went wrong", entries=self.failures),
            Part("unmet", "What was expected and is not so", entries=self.unmet),
            Part("warnings", "Warnings", lines=self.warnings),
        )
        return tuple(part for part in everything if part.entries or part.lines)


def problems(report: Report) -> Problems:
    """The run's failures and failed arms, each once; then the expectations that do not hold; then the warnings."""
    failures = list(report.failures)
    named = " ".join(failure.what for failure in failures)
    failures += [Failure(arm.label, arm.failure) for arm in report.arms if arm.failure and arm.label not in named]
    unmet = [Failure(each.sentence, f"Found: {each.found}") for each in report.expectations if each.ran and not each.ok]
    return Problems(tuple(failures), tuple(unmet), report.warnings)


def status_line(report: Report) -> str:
    """One sentence on how the run went."""
    parts = [*_stages(report), *_models(report.arms), *_expectations(report.expectations)]
    return "; ".join(parts)


def _stages(report: Report) -> list[str]:
    """How many stages are left, failed, or were skipped because of a failure."""
    stages = numbers.counted(len(report.costs), "stages")
    failed, skipped, left = (_with_status(report.costs, status) for status in ("failed", "skipped", "left"))
    parts = []
    if report.run.state == "interrupted":
        parts.append(f"interrupted: {left} of {stages} left; run the same command to go on")
    elif report.run.state == "running":
        parts.append(f"still running: {left} of {stages} left")
    if failed:
        parts.append(f"{failed} of {stages} failed" + (f", {skipped} skipped" if skipped else ""))
    elif report.costs and report.run.state == "ended":
        parts.append(f"{stages}, none failed")
    return parts


def _with_status(costs: tuple[CostRow, ...], status: str) -> int:
    return sum(row.status == status for row in costs)


def _models(arms: tuple[ArmFacts, ...]) -> list[str]:
    """How many models were trained: with every seed, or with some of them only."""
    if not arms:
        return []
    models = numbers.counted(len(arms), "models")
    whole = sum(bool(arm.seeds) and not arm.failure for arm in arms)
    some = sum(bool(arm.seeds and arm.failure) for arm in arms)
    trained = f"{models} trained" if whole == len(arms) else f"{whole} of {models} trained"
    return [trained + (f", {some} in part" if some else "")]


def _expectations(expectations: tuple[Expectation, ...]) -> list[str]:
    """How many of those hold that could be judged, and how many could not."""
    judged = [each for each in expectations if each.ran]
    unjudged = len(expectations) - len(judged)
    parts = [numbers.some_of(sum(each.ok for each in judged), len(judged), "expectations", "hold")] if judged else []
    if unjudged:
        of_them = f"{unjudged} more" if judged else numbers.counted(unjudged, "expectations")
        parts.append(f"{of_them} not judged, as their stages did not run")
    return [", ".join(parts)] if parts else []
