"""Tables of facts as text: embeddings, arms, neighbours, moved words, expectations and costs."""

from embedseq.report import numbers
from embedseq.report.content import (
    ArmFacts,
    CostRow,
    DriftFacts,
    EmbeddingFacts,
    Expectation,
    HandOffFacts,
    NeighbourTable,
    SeedFacts,
)
from embedseq.report.tables import Cell, Column, Table, Tone, cells, without_empty_columns

SIDES = ("source", "target")
WELL_COVERED = 0.9
"""Below this share of running words the report names words that have no vector."""
NAMED_MISSING = 10
FEW = 0.5
"""An expert with less than this much of an even share of the tokens has little to do."""


def embedding_table(embeddings: tuple[EmbeddingFacts, ...]) -> Table:
    """What the embeddings turned out to be, side by side."""
    columns = (
        Column("embedding"),
        Column("words", numeric=True),
        Column("coverage of running words", numeric=True),
        Column("coverage of the vocabulary", numeric=True),
        Column("mean cosine", numeric=True),
        Column("held-out AUC", numeric=True),
        Column("words per second", numeric=True),
    )
    rows = tuple(
        cells(
            embedding.name,
            numbers.spread(embedding.words, lambda words: numbers.count(round(words))),
            numbers.share(embedding.coverage),
            numbers.share(embedding.coverage_types),
            numbers.spread(embedding.mean_cosine, _two_decimals),
            numbers.spread(embedding.held_out, _two_decimals),
            numbers.spread(embedding.words_per_second, numbers.rate),
        )
        for embedding in embeddings
    )
    how = []
    if any(each.coverage is not None for each in embeddings):
        how.append("Coverage is the share of words that got a vector.")
    how.append("The mean cosine is that of random pairs of words: near 1 the vectors have collapsed into one direction.")
    if any(auc is not None for each in embeddings for auc in each.held_out):
        how.append(
            "Held-out AUC is how often a pair of words from one window of the validation split has a higher cosine than the same "
            "words put together at random: 0.5 would be chance."
        )
    if any(len(each.words) > 1 for each in embeddings):
        how.append("Where seeds differ, the range over them is given.")
    return without_empty_columns(Table("Embeddings", " ".join(how), columns, rows), numbers.NONE)


def embedding_settings_table(embeddings: tuple[EmbeddingFacts, ...]) -> Table:
    """Where the embeddings come from: how they were trained, or which file they were read from."""
    columns = (Column("embedding"), Column("algorithm"), Column("settings", wrap=True), Column("repeatable", wrap=True))
    rows = tuple(cells(each.name, each.algorithm, each.settings, each.workers_note or numbers.NONE) for each in embeddings)
    how = "Settings that are not named are as they are unless a pipeline says otherwise."
    return without_empty_columns(Table("How they were made", how, columns, rows), numbers.NONE)


def _two_decimals(number: float) -> str:
    return numbers.fixed(number, 2)


def arm_table(arms: tuple[ArmFacts, ...]) -> Table:
    """The arms side by side, with what their training took."""
    columns = (
        Column("model"),
        Column("corpus"),
        Column("kind", wrap=True),
        Column("architecture", wrap=True),
        Column("embedding", wrap=True),
        Column("hand-off", wrap=True),
        Column("attention", wrap=True),
        Column("parameters", numeric=True),
        Column("trainable", numeric=True),
        *(Column(f"coverage, {side}", numeric=True) for side in SIDES),
        Column("frozen rows", numeric=True),
    )
    how = ""
    if any(arm.handoffs for arm in arms):
        how = "Coverage is the share of a side's running words whose row began as a trained vector; the other rows began random. "
    if any(arm.frozen_rows is not None or arm.hand_off == "frozen" for arm in arms):
        how += "What is frozen was the same, byte for byte, after training as before: a training that changes it fails."
    several = len({arm.corpus for arm in arms}) > 1
    rows = tuple(_arm_cells(arm, several) for arm in arms)
    notes = (*_missing_words(arms), *(_expert_load(arm) for arm in arms if arm.expert_loads))
    return without_empty_columns(Table("Models", how.strip(), columns, rows, notes), numbers.NONE)


def _missing_words(arms: tuple[ArmFacts, ...]) -> tuple[str, ...]:
    """For every embedding that lacks many of a side's words: which are the commonest."""
    users: dict[HandOffFacts, list[str]] = {}
    for arm in arms:
        for handoff in arm.handoffs:
            if handoff.coverage < WELL_COVERED:
                users.setdefault(handoff, []).append(arm.label)
    return tuple(_lacking(handoff, labels) for handoff, labels in users.items())


def _lacking(handoff: HandOffFacts, labels: list[str]) -> str:
    has = f"{handoff.embedding} has vectors for {numbers.share(handoff.coverage)} of the {handoff.side}'s running words"
    who = numbers.listed(labels) if len(labels) <= 3 else f"{len(labels)} models"
    if not handoff.missing:
        return f"{has} ({who}); the others are outside the vocabulary."
    missing = ", ".join(f"“{word}”" for word in handoff.missing[:NAMED_MISSING])
    return f"{has} ({who}). The commonest words without one: {missing}."


def _expert_load(arm: ArmFacts) -> str:
    """How busy an arm's attention experts are: mixtures of different sizes together, each expert against its own even share."""
    busy = [share * len(shares) / (sum(shares) or 1.0) for shares in arm.expert_loads for share in shares]
    idle = f"{numbers.count(sum(each < FEW for each in busy))} of {numbers.counted(len(busy), 'experts')}"
    times = f"{numbers.fixed(min(busy), 2)} to {numbers.fixed(max(busy), 2)}"
    whose = f"Attention experts of {arm.label}{of_first_seed(len(arm.seeds))}"
    return f"{whose}: {times} times an even share of the validation tokens; {idle} got less than half of one."


def _arm_cells(arm: ArmFacts, several_corpora: bool) -> tuple[Cell, ...]:
    return cells(
        label_cell(arm),
        arm.corpus if several_corpora else numbers.NONE,
        arm.kind or numbers.NONE,
        arm.architecture,
        arm.embedding,
        arm.hand_off,
        arm.attention or numbers.NONE,
        numbers.count(arm.parameters or None),
        numbers.count(arm.trainable if arm.parameters else None),
        *(numbers.share(_coverage(arm, side)) for side in SIDES),
        numbers.count(arm.frozen_rows),
    )


def _coverage(arm: ArmFacts, side: str) -> float | None:
    return next((handoff.coverage for handoff in arm.handoffs if handoff.side == side), None)


def training_table(arms: tuple[ArmFacts, ...]) -> Table:
    """What the training of each arm took; arms that were not trained are left out."""
    kinds = list(dict.fromkeys(arm.answers for arm in arms)) or ["tokens"]
    columns = (
        Column("model"),
        Column("epochs", numeric=True),
        Column("best epoch", numeric=True),
        Column("best by", wrap=True),
        Column("time", numeric=True),
        Column("answers"),
        Column(f"{kinds[0]} per second" if len(kinds) == 1 else "answers per second", numeric=True),
        Column("memory", numeric=True),
    )
    rows = tuple(
        cells(
            label_cell(arm),
            numbers.several([numbers.count(seed.epochs) for seed in arm.seeds]),
            numbers.several([numbers.count(seed.best_epoch) for seed in arm.seeds]),
            numbers.several([_best_score(seed) for seed in arm.seeds]),
            numbers.several([numbers.duration(seed.seconds) for seed in arm.seeds]),
            arm.answers if len(kinds) > 1 else numbers.NONE,
            numbers.several([numbers.rate(seed.tokens_per_second) for seed in arm.seeds]),
            numbers.several([numbers.memory(seed.peak_memory) for seed in arm.seeds]),
        )
        for arm in arms
        if arm.seeds or arm.failure
    )
    answers = " Answers are what a model predicts; its loss is the mean over them." if len(kinds) > 1 else ""
    seeds = max((len(arm.seeds) for arm in arms), default=0)
    each = " Where seeds differ, their values stand in the order of the seeds." if seeds > 1 else ""
    by_score = any(seed.best_by for arm in arms for seed in arm.seeds)
    judged = ", or where a score is named the best one of the validation split" if by_score else ""
    parts = any(seed.interrupted for arm in arms for seed in arm.seeds)
    time = " The time of a training that was interrupted is that of all its parts, up to the checkpoints." if parts else ""
    how = (
        f"The best epoch has the lowest validation loss{judged}; its weights are the ones that were tested, unless `average` "
        f"joins the last ones. Memory is the most that the process had.{time}{answers}{each}"
    )
    return without_empty_columns(Table("Training", how, columns, rows), numbers.NONE)


def _best_score(seed: SeedFacts) -> str:
    """The score that the best epoch is best by, and what it was."""
    best = next((point.score for point in seed.curve if point.epoch == seed.best_epoch), None)
    return numbers.NONE if not seed.best_by or best is None else f"{seed.best_by} {numbers.fixed(best, 2)}"


def label_cell(arm: ArmFacts) -> Cell:
    """The model's label, with what kept it from being trained."""
    if arm.failure:
        return Cell(arm.label, small="failed", tone="bad")
    return Cell(arm.label) if arm.seeds else Cell(arm.label, small="not trained", tone="muted")


def neighbour_table(table: NeighbourTable, seeds: int = 1) -> Table:
    """The nearest words, one column a set of vectors; of several seeds those of the first."""
    depth = max((1, *(len(column.neighbours) for column in table.columns)))
    columns = (Column("rank", numeric=True), *(Column(column.vectors) for column in table.columns))
    rows = tuple(
        (
            Cell(str(rank + 1)),
            *(
                Cell(column.neighbours[rank][0], small=numbers.fixed(column.neighbours[rank][1], 2))
                if rank < len(column.neighbours)
                else Cell(numbers.NONE if column.neighbours or rank else "no vector", tone="muted")
                for column in table.columns
            ),
        )
        for rank in range(depth)
    )
    how = f"The nearest words with their cosine to it, nearest first{of_first_seed(seeds)}."
    return Table(f"“{table.word}”", how, columns, rows)


def of_first_seed(seeds: int) -> str:
    """Said of what is shown of one seed alone, where there are several."""
    return ", of the first seed" if seeds > 1 else ""


def moved_table(drift: tuple[DriftFacts, ...]) -> Table:
    """The words that tuning moved furthest, one column an arm; of several seeds those of the first."""
    columns = (Column("rank", numeric=True), *(Column(arm.arm) for arm in drift))
    depth = max((len(arm.moved) for arm in drift), default=0)
    rows = tuple(
        (
            Cell(str(rank + 1)),
            *(
                Cell(arm.moved[rank][0], small=numbers.fixed(arm.moved[rank][1], 2))
                if rank < len(arm.moved)
                else Cell(numbers.NONE)
                for arm in drift
            ),
        )
        for rank in range(depth)
    )
    seeds = of_first_seed(max((arm.seeds for arm in drift), default=0))
    how = f"Each word with 1 − cosine between its vectors before and after tuning{seeds}."
    return Table("Words that moved furthest", how, columns, rows)


def expectation_tables(expectations: tuple[Expectation, ...]) -> tuple[Table, ...]:
    """What the pipeline file expects and what was found; apart from that, what could not be judged in this run."""
    judged = [each for each in expectations if each.ran]
    unjudged = [each for each in expectations if not each.ran]
    tables = []
    if judged:
        found = (Column("expected", wrap=True), Column("found", wrap=True), Column("verdict"))
        verdicts = {True: Cell("✓ holds", tone="good"), False: Cell("✗ is not so", tone="bad")}
        rows = tuple(cells(each.sentence, each.found, verdicts[each.ok]) for each in judged)
        held = numbers.some_of(sum(each.ok for each in judged), len(judged), "expectations", "hold")
        tables.append(Table("Expectations", f"{held}.", found, rows))
    if unjudged:
        why = (Column("expected", wrap=True), Column("why it was not judged", wrap=True))
        rows = tuple(cells(each.sentence, Cell(each.found, tone="muted")) for each in unjudged)
        how = "What would have shown these did not run, so that they neither hold nor fail."
        tables.append(Table("Expectations that were not judged", how, why, rows))
    return tuple(tables)


def cost_table(costs: tuple[CostRow, ...]) -> Table:
    """The stages with the time each took; the bar is a stage's share of the longest."""
    longest = max((row.seconds or 0.0 for row in costs), default=0.0)
    tones: dict[str, Tone] = {"failed": "bad", "cached": "muted", "skipped": "muted", "left": "muted"}
    rows = tuple(
        cells(
            row.stage,
            Cell(row.status, tone=tones.get(row.status, "")),
            Cell(numbers.duration(row.seconds), bar=(row.seconds or 0.0) / longest if longest else None),
        )
        for row in costs
    )
    total = numbers.duration(sum(row.seconds or 0.0 for row in costs))
    together = f"Together {total} of work in this run; stages side by side take less of the clock."
    how = f"{cost_words(costs)} {together} Bars show the time."
    return Table("Stages", how, (Column("stage"), Column("status"), Column("time", numeric=True)), rows)


def cost_words(costs: tuple[CostRow, ...]) -> str:
    """How many stages were computed, taken from the store, failed, skipped or left."""
    names = {"done": "computed", "cached": "taken from the store", "failed": "failed", "skipped": "skipped", "left": "left"}
    counts = {name: sum(row.status == status for row in costs) for status, name in names.items()}
    said = numbers.listed([f"{number} {name}" for name, number in counts.items() if number])
    return f"{numbers.counted(len(costs), 'stages')}: {said}."
