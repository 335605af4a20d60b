"""The report as a compact summary in Markdown that reads well in a terminal. Draws nothing, so it loads no Jinja2."""

from embedseq.report import fact_tables, numbers
from embedseq.report.content import Report
from embedseq.report.findings import MEANING, headlines, seed_caution
from embedseq.report.problems import problems, status_line
from embedseq.report.score_tables import drift_table, score_table
from embedseq.report.side_by_side import side_by_side_tables
from embedseq.report.tables import Table, markdown


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
        ("Word vectors", [score_table(table) for table in report.similarity]),
        ("Scores", [*side_by_side_tables(report), *(score_table(table) for table in report.scores)]),
        ("Drift", [drift_table(drift)] if drift else []),
        ("Probes", [score_table(table) for table in report.probes]),
        ("What was expected", list(fact_tables.expectation_tables(report.expectations))),
    ]


def _part(table: Table) -> str:
    notes = "".join(f"\n{note}" for note in table.notes)
    return f"### {table.title}\n\n{markdown(table)}\n\n{table.how_to_read}{notes}"
