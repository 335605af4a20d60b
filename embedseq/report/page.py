"""The report as one HTML page: no scripts, no network, every text escaped, the same bytes for the same content."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import jinja2
from markupsafe import Markup

from embedseq.report import fact_tables, numbers
from embedseq.report.also_found import also_found_table, matrix_tables
from embedseq.report.claim_tables import Reason, claim_reasons, claim_tables
from embedseq.report.compiled import CompiledTemplates
from embedseq.report.content import CorpusFacts, Level, ProbeFacts, Report, ScoreTable
from embedseq.report.corpus_tables import corpus_table
from embedseq.report.examples import Example, TokenExample
from embedseq.report.figures.curves import curve_figures
from embedseq.report.figures.drawing import Figure, Panels
from embedseq.report.figures.drawn import Drawn
from embedseq.report.figures.effects import effect_figures
from embedseq.report.figures.intervals import drift_figure, score_figure
from embedseq.report.figures.pictures import picture_alt, picture_svg
from embedseq.report.figures.score_curves import key_svg, score_curves
from embedseq.report.findings import MEANING, headlines, seed_caution
from embedseq.report.probe_tables import LEVELS, glance_table, of_level
from embedseq.report.problems import problems, status_line
from embedseq.report.score_tables import drift_table, score_table
from embedseq.report.side_by_side import side_by_side_tables
from embedseq.report.tables import Table
from embedseq.report.times import times_table, trace_table
from embedseq.report.tuning_tables import tuning_tables
from embedseq.text.pieces import CONTINUES
from embedseq.text.words import JOINER, WORD_MARK

TEMPLATES = Path(__file__).parent / "templates"
FOLDED_ROWS = 25
"""A longer table opens at a click, below its figure."""
SPECIAL_TOKENS = frozenset({"<pad>", "<unk>", "<s>", "</s>"})
TIE = "‿"
MARKS = {
    TIE: "is where no space stands",
    CONTINUES: "goes on with the word before",
    WORD_MARK: "is a space, or begins a word",
    "<unk>": "is outside the vocabulary",
    "</s>": "ends a sentence",
}
"""What tokens are marked with."""


@dataclass(frozen=True)
class TokenExamples:
    """Texts of a corpus, token by token."""

    title: str
    how_to_read: str
    examples: tuple[TokenExample, ...]
    kind: Literal["tokens"] = "tokens"


@dataclass(frozen=True)
class OutputExamples:
    """Items of the test split, what they should be answered with, and what the arms said."""

    title: str
    examples: tuple[Example, ...]
    kind: Literal["outputs"] = "outputs"


@dataclass(frozen=True)
class Prose:
    """Paragraphs."""

    paragraphs: tuple[str, ...]
    kind: Literal["prose"] = "prose"


@dataclass(frozen=True)
class Listing:
    """A text as it is, letter by letter; `folded` listings open at a click."""

    title: str
    text: str
    folded: bool
    kind: Literal["listing"] = "listing"


@dataclass(frozen=True)
class Facts:
    """Names and their values."""

    items: tuple[tuple[str, str], ...]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True)
class Side:
    """Small tables side by side; those under a title of their own open at a click."""

    tables: tuple[Table, ...]
    title: str = ""
    kind: Literal["side"] = "side"


@dataclass(frozen=True)
class Reasons:
    """Why each claim has its verdict."""

    title: str
    reasons: tuple[Reason, ...]
    kind: Literal["reasons"] = "reasons"


@dataclass(frozen=True)
class Probing:
    """What a probe asks and how, and what it found."""

    probe: ProbeFacts
    question: str
    blocks: tuple[Table | Figure | Panels | Side, ...]
    kind: Literal["probing"] = "probing"


Block = Table | Figure | Panels | TokenExamples | OutputExamples | Prose | Listing | Facts | Side | Reasons | Probing


@dataclass(frozen=True)
class Section:
    """One entry of the table of contents."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


def render(report: Report, drawn: Drawn | None = None) -> str:
    """The whole page. Takes a second or two, most of it spent in Vega unless the figures were `drawn` before."""
    template = page_templates(drawn or Drawn()).get_template("page.html")
    return template.render(
        report=report,
        paragraphs=_paragraphs(report.introduction),
        status=status_line(report),
        problems=problems(report),
        findings=headlines(report),
        meaning=MEANING if report.findings is None else "",
        caution=seed_caution(report),
        sections=[section for section in _sections(report) if section.blocks],
    )


def page_templates(drawings: Drawn) -> jinja2.Environment:
    """The templates of a page, with what they call; figures come from the drawings."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        bytecode_cache=CompiledTemplates(TEMPLATES),
        optimized=False,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["svg"] = Markup  # drawn by us; the texts in it were escaped when it was written
    environment.filters["drawn"] = lambda drawing: Markup(drawings.svg(drawing))
    environment.filters["picture"] = picture_svg
    environment.filters["picture_alt"] = picture_alt
    environment.filters["breakable"] = _breakable
    environment.filters["tied"] = tied
    environment.filters["duration"] = numbers.duration
    environment.filters["key_svg"] = key_svg
    environment.globals["special_tokens"] = SPECIAL_TOKENS
    environment.globals["folded_rows"] = FOLDED_ROWS
    return environment


def _breakable(label: str) -> Markup:
    """The label escaped, with places where a narrow column may break a selector."""
    return Markup(",<wbr>").join(label.split(","))


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(paragraph.strip() for paragraph in text.split("\n\n") if paragraph.strip())


def _sections(report: Report) -> list[Section]:
    """All sections along the path of the data; those without blocks are to be left out."""
    return [
        Section("text", "The text", tuple(_corpus_blocks(report.corpora))),
        Section("vectors", "The word vectors", tuple(_vector_blocks(report))),
        _probe_section(report, "word"),
        Section("models", "The models", tuple(_model_blocks(report))),
        Section("scores", "What the models score", (*side_by_side_tables(report), *_score_blocks(report.scores, report))),
        Section("examples", "What the models say", tuple(_example_blocks(report))),
        Section("drift", "What tuning did to the vectors", tuple(_drift_blocks(report))),
        *(_probe_section(report, level) for level in LEVELS if level != "word"),
        Section("claims", "What was claimed", tuple(_claim_blocks(report))),
        Section("expectations", "What was expected", fact_tables.expectation_tables(report.expectations)),
        Section("cost", "What it cost", tuple(_cost_blocks(report))),
        Section("again", "How to do it again", tuple(_again_blocks(report))),
    ]


def _corpus_blocks(corpora: tuple[CorpusFacts, ...]) -> Iterable[Block]:
    told: set[str] = set()
    for corpus in corpora:
        if corpus.text and corpus.text not in told:
            yield Prose(_paragraphs(corpus.text))
        told.add(corpus.text)
        yield corpus_table(corpus)
        if corpus.examples:
            title = f"{corpus.items.capitalize()} of {corpus.name}, token by token"
            yield TokenExamples(title, _marks(corpus.examples), corpus.examples)


def _marks(examples: tuple[TokenExample, ...]) -> str:
    """What the marks say that occur in the tokens."""
    tokens = [tied(token) for example in examples for line in example.lines for token in line.tokens]
    return " ".join(f"{mark} {said}." for mark, said in MARKS.items() if any(mark in token for token in tokens))


def tied(token: str) -> str:
    """The token with a mark that common fonts have where it is written without a space."""
    return token.replace(JOINER, TIE)


def _vector_blocks(report: Report) -> Iterable[Block]:
    if report.embeddings:
        yield fact_tables.embedding_table(report.embeddings)
        yield fact_tables.embedding_settings_table(report.embeddings)
    if report.neighbours:
        seeds = len(report.run.seeds)
        yield Side(tuple(fact_tables.neighbour_table(table, seeds) for table in report.neighbours))


def _model_blocks(report: Report) -> Iterable[Block]:
    if report.arms:
        yield fact_tables.arm_table(report.arms)
        training = fact_tables.training_table(report.arms)
        if training.rows:
            yield training
        yield from tuning_tables(report.arms)
        yield from curve_figures(report.arms)


def _score_blocks(tables: tuple[ScoreTable, ...], report: Report) -> Iterable[Table | Figure | Panels]:
    """Each table with its figures: below it, or before it where it is long and folded."""
    for table in tables:
        absent = set(table.expected) - {row.subject for row in table.rows}
        missing = tuple(arm.label for arm in report.arms if arm.failure and arm.label in absent)
        figures = score_curves(table) or tuple(filter(None, [score_figure(table)]))
        text = score_table(table, missing)
        yield from (*figures, text) if len(table.rows) > FOLDED_ROWS else (text, *figures)


def _probe_section(report: Report, level: Level) -> Section:
    """The probes of a level: all scores at a glance where there are several, then each probe."""
    probes = of_level(report.probes, level)
    several = sum(len(probe.tables) for probe in probes) > 1
    blocks = (Probing(probe, _question(probe), tuple(_found_blocks(probe, report))) for probe in probes)
    return Section(f"probes-{level}", LEVELS[level], (*([glance_table(probes, level)] if several else []), *blocks))


def _found_blocks(probe: ProbeFacts, report: Report) -> Iterable[Table | Figure | Panels | Side]:
    """The scores of a probe, then what it found beside them."""
    yield from _score_blocks(_own(probe), report)
    also, matrices = also_found_table(probe, len(report.run.seeds)), matrix_tables(probe)
    if also:
        yield also
    if matrices:
        yield Side(matrices, title=f"Also found: {'1 matrix' if len(matrices) == 1 else f'{len(matrices)} matrices'}")


def _own(probe: ProbeFacts) -> tuple[ScoreTable, ...]:
    """The tables of a probe under titles that leave its name out, since they stand below it."""
    return tuple(replace(table, title=table.title.replace(f" of the probe {probe.name}", "")) for table in probe.tables)


def _question(probe: ProbeFacts) -> str:
    return f"{probe.question[:1].upper()}{probe.question[1:]}?"


def _claim_blocks(report: Report) -> Iterable[Block]:
    yield from claim_tables(report.claims)
    yield from effect_figures(report.claims)
    reasons = claim_reasons(report.claims)
    if reasons:
        yield Reasons("Why each came out so", reasons)


def _example_blocks(report: Report) -> Iterable[Block]:
    if report.examples:
        seeds = fact_tables.of_first_seed(len(report.run.seeds))
        yield Prose((f"From the test split, with what each model says{seeds}. These are examples, not evidence.",))
    for each in report.examples:
        yield OutputExamples(f"Examples of {each.corpus}", each.examples)


def _drift_blocks(report: Report) -> Iterable[Block]:
    arms = tuple(arm for arm in report.drift if arm.bands)
    if arms:
        yield drift_table(arms)
        panels = drift_figure(arms)
        if panels:
            yield panels
    if any(arm.moved for arm in report.drift):
        yield fact_tables.moved_table(report.drift)


def _cost_blocks(report: Report) -> Iterable[Block]:
    if report.costs:
        yield fact_tables.cost_table(report.costs)
    if report.times:
        yield times_table(report.times)
    yield from (trace_table(trace) for trace in report.traces)


def _again_blocks(report: Report) -> Iterable[Block]:
    run = report.run
    yield Facts(
        (
            ("Run", run.name),
            ("Pipeline", run.pipeline_file),
            ("Started", run.started),
            ("Took", numbers.duration(run.seconds)),
            ("Seeds", ", ".join(map(str, run.seeds))),
            ("Machine", run.machine),
            ("Versions", ", ".join(f"{name} {version}" for name, version in sorted(run.versions.items()))),
        )
    )
    yield Listing("Command", run.command, folded=False)
    if report.pipeline_text:
        yield Listing(f"The pipeline file, {run.pipeline_file}", report.pipeline_text, folded=True)
    if report.citation:
        yield Listing("How to cite", report.citation, folded=False)
