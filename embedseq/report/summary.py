"""The report as a compact summary in Markdown that reads well in a terminal. Draws nothing, so it loads no Jinja2."""

from collections.abc import Sequence
from dataclasses import replace

from embedseq.report import fact_tables, numbers
from embedseq.report.claim_tables import Reason, claim_reasons, claim_tables
from embedseq.report.content import Level, ProbeFacts, Report
from embedseq.report.findings import MEANING, headlines, seed_caution
from embedseq.report.probe_tables import LEVELS, glance_table, of_level, rows_of
from embedseq.report.problems import problems, status_line
from embedseq.report.score_tables import drift_table, score_table
from embedseq.report.side_by_side import side_by_side_tables
from embedseq.report.tables import Table, markdown
from embedseq.report.tuning_tables import tuning_tables

MOST_ROWS = 12
"""Probes of a level that have more rows are told at a glance: the rows are on the page."""


def render_text(report: Report) -> str:
    """Title, problems, findings and all tables of scores, ending in one newline."""
    run = report.run
    seeds = f"{'seed' if len(run.seeds) == 1 else 'seeds'} {', '.join(map(str, run.seeds))}"
    facts = f"{run.pipeline_file}, {seeds}, started {run.started}, took {numbers.duration(run.seconds)} on {run.machine}."
    parts = [f"# {report.title}", facts]
    status = status_line(report)
    if status:
        parts.append(f"{status[0].upper()}{status[1:]}.")
    parts += _problem_parts(report)
    findings = headlines(report)
    if findings:
        parts += ["## Findings", "\n".join(f"- {finding}" for finding in findings), MEANING]
    caution = seed_caution(report)
    if caution:
        parts.append(caution)
    for heading, tables in _tables(report):
        if tables:
            parts += [f"## {heading}", *map(_part, tables)]
    reasons = claim_reasons(report.claims)
    if reasons:
        parts.append("\n".join(_reason(reason) for reason in reasons))
    parts.append(f"Command: `{run.command}`")
    return "\n\n".join(parts) + "\n"


def _problem_parts(report: Report) -> list[str]:
    parts = []
    for part in problems(report).parts:
        lines = [*(f"{entry.what} – {entry.message}" for entry in part.entries), *part.lines]
        parts += [f"## {part.title}", "\n".join(f"- {line}" for line in lines)]
    return parts


def _tables(report: Report) -> list[tuple[str, list[Table]]]:
    drift = tuple(arm for arm in report.drift if arm.bands)
    return [
        (LEVELS["word"], _probe_tables(report, "word")),
        ("Tuning", list(tuning_tables(report.arms)[:1])),
        ("Scores", [*side_by_side_tables(report), *(score_table(table) for table in report.scores)]),
        ("Drift", [drift_table(drift)] if drift else []),
        *((title, _probe_tables(report, level)) for level, title in LEVELS.items() if level != "word"),
        ("What was expected", list(fact_tables.expectation_tables(report.expectations))),
        ("What was claimed", list(claim_tables(report.claims))),
    ]


def _probe_tables(report: Report, level: Level) -> list[Table]:
    """All tables of a level's probes; one that tells them at a glance where they are long."""
    probes = of_level(report.probes, level)
    if rows_of(probes) <= MOST_ROWS:
        named = ((probe.name, score_table(table)) for probe in probes for table in probe.tables)
        titled = [table if name in table.title else replace(table, title=f"{name}: {table.title}") for name, table in named]
        return _noted(titled, probes)
    glance = glance_table(probes, level)
    glance = replace(
        glance, notes=(*glance.notes, f"All {rows_of(probes):,} rows, with intervals and controls, are on the page.")
    )
    return _noted([glance], probes)


def _noted(tables: list[Table], probes: Sequence[ProbeFacts]) -> list[Table]:
    """The tables, the last with what must be known of the probes."""
    notes = [f"{probe.name}: {note}" for probe in probes for note in probe.notes]
    return [*tables[:-1], *(replace(table, notes=(*table.notes, *notes)) for table in tables[-1:])]


def _reason(reason: Reason) -> str:
    late = ["It was added to the file after results existed."] if reason.late else []
    return f"- {reason.name}: {' '.join([reason.compared, reason.reason, *late, *reason.notes])}"


def _part(table: Table) -> str:
    notes = "".join(f"\n{note}" for note in table.notes)
    return f"### {table.title}\n\n{markdown(table)}\n\n{table.how_to_read}{notes}"
