"""Tables of facts as text: corpora, embeddings, arms, neighbours, moved words, expectations and costs."""

from embedseq.report import numbers
from embedseq.report.content import ArmFacts, CorpusFacts, CostRow, DriftFacts, EmbeddingFacts, Expectation, NeighbourTable
from embedseq.report.tables import Cell, Column, Table, Tone, cells, without_empty_columns


def corpus_table(corpus: CorpusFacts) -> Table:
    """Sentences and tokens of each split."""
    columns = (
        Column("split"),
        Column("sentences", numeric=True),
        Column("source tokens", numeric=True),
        Column("unknown", numeric=True),
        Column("target tokens", numeric=True),
        Column("unknown", numeric=True),
        Column("left out", numeric=True),
    )
    rows = tuple(
        cells(
            split.split,
            numbers.count(split.sentences),
            numbers.count(split.source_tokens),
            numbers.share(split.source_unknown),
            numbers.count(split.target_tokens),
            numbers.share(split.target_unknown),
            numbers.count(split.left_out),
        )
        for split in corpus.splits
    )
    vocabulary = f"Vocabulary: {numbers.count(corpus.source_vocabulary)} source tokens"
    if corpus.target_vocabulary is not None:
        vocabulary += f", {numbers.count(corpus.target_vocabulary)} target tokens"
    kind = f" ({corpus.tokens})" if corpus.tokens else ""
    how = f"{vocabulary}{kind}. Unknown is the share of running tokens outside it; left out are pairs over the length limit."
    return without_empty_columns(Table(f"Corpus {corpus.name}", how, columns, rows), numbers.NONE)


def embedding_table(embeddings: tuple[EmbeddingFacts, ...]) -> Table:
    """The embeddings side by side."""
    columns = (
        Column("embedding"),
        Column("algorithm"),
        Column("settings", wrap=True),
        Column("words", numeric=True),
        Column("coverage of running words", numeric=True),
        Column("coverage of the vocabulary", numeric=True),
        Column("mean cosine", numeric=True),
        Column("held-out AUC", numeric=True),
        Column("words per second", numeric=True),
        Column("repeatable", wrap=True),
    )
    rows = tuple(
        cells(
            embedding.name,
            embedding.algorithm,
            embedding.settings,
            numbers.count(embedding.words),
            numbers.share(embedding.coverage),
            numbers.share(embedding.coverage_types),
            numbers.fixed(embedding.mean_cosine, 2),
            numbers.fixed(embedding.held_out, 2),
            numbers.rate(embedding.words_per_second),
            embedding.workers_note or numbers.NONE,
        )
        for embedding in embeddings
    )
    how = (
        "Coverage is the share of words that got a vector. The mean cosine is that of random pairs of words: "
        "near 1 the vectors have collapsed into one direction. Held-out AUC is how often a pair of words from one window of the "
        "validation split has a higher cosine than the same words put together at random: 0.5 would be chance."
    )
    return without_empty_columns(Table("Embeddings", how, columns, rows), numbers.NONE)


def arm_table(arms: tuple[ArmFacts, ...]) -> Table:
    """The arms side by side, with what their training took."""
    columns = (
        Column("model"),
        Column("architecture"),
        Column("embedding"),
        Column("hand-off"),
        Column("attention"),
        Column("parameters", numeric=True),
        Column("trainable", numeric=True),
        Column("coverage", numeric=True),
        Column("frozen rows", numeric=True),
    )
    how = (
        "Coverage is the share of running words that entered with a trained vector. "
        "Frozen rows are compared bit for bit before and after training."
    )
    return without_empty_columns(Table("Models", how, columns, tuple(map(_arm_cells, arms))), numbers.NONE)


def _arm_cells(arm: ArmFacts) -> tuple[Cell, ...]:
    return cells(
        _label_cell(arm),
        arm.architecture,
        arm.embedding,
        arm.hand_off,
        arm.attention,
        numbers.count(arm.parameters or None),
        numbers.count(arm.trainable if arm.parameters else None),
        numbers.share(arm.coverage),
        _frozen_cell(arm),
    )


def training_table(arms: tuple[ArmFacts, ...]) -> Table:
    """What the training of each arm took."""
    columns = (
        Column("model"),
        Column("epochs", numeric=True),
        Column("best epoch", numeric=True),
        Column("time", numeric=True),
        Column("tokens per second", numeric=True),
    )
    rows = tuple(
        cells(
            _label_cell(arm),
            numbers.several([numbers.count(seed.epochs) for seed in arm.seeds]),
            numbers.several([numbers.count(seed.best_epoch) for seed in arm.seeds]),
            numbers.several([numbers.duration(seed.seconds) for seed in arm.seeds]),
            numbers.several([numbers.rate(seed.tokens_per_second) for seed in arm.seeds]),
        )
        for arm in arms
    )
    seeds = max((len(arm.seeds) for arm in arms), default=0)
    each = " Where seeds differ, their values stand in the order of the seeds." if seeds > 1 else ""
    how = f"The best epoch has the lowest validation loss; its weights are the ones that were tested.{each}"
    return without_empty_columns(Table("Training", how, columns, rows), numbers.NONE)


def _label_cell(arm: ArmFacts) -> Cell:
    return Cell(arm.label, small="failed", tone="bad") if arm.failure else Cell(arm.label)


def _frozen_cell(arm: ArmFacts) -> Cell:
    if arm.frozen_unchanged is None:
        return Cell(numbers.NONE)
    rows = numbers.count(arm.frozen_rows)
    return Cell(rows, small="unchanged", tone="good") if arm.frozen_unchanged else Cell(rows, small="CHANGED", tone="bad")


def neighbour_table(table: NeighbourTable) -> Table:
    """The nearest words, one column a set of vectors."""
    depth = max((len(column.neighbours) for column in table.columns), default=0)
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
    return Table(f"“{table.word}”", "The nearest words with their cosine to it, nearest first.", columns, rows)


def moved_table(drift: tuple[DriftFacts, ...]) -> Table:
    """The words that tuning moved furthest, one column an arm."""
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
    return Table(
        "Words that moved furthest", "Each word with 1 − cosine between its vectors before and after tuning.", columns, rows
    )


def expectation_table(expectations: tuple[Expectation, ...]) -> Table:
    """What the pipeline file expects, and what was found."""
    columns = (Column("expected", wrap=True), Column("found", wrap=True), Column("verdict"))
    rows = tuple(
        cells(each.sentence, each.found, Cell("✓ holds", tone="good") if each.ok else Cell("✗ fails", tone="bad"))
        for each in expectations
    )
    held = sum(each.ok for each in expectations)
    how = f"{held} of {numbers.counted(len(rows), 'expectations')} of the pipeline file hold."
    return Table("Expectations", how, columns, rows)


def cost_table(costs: tuple[CostRow, ...]) -> Table:
    """The stages with the time each took; the bar is a stage's share of the longest."""
    longest = max((row.seconds or 0.0 for row in costs), default=0.0)
    tones: dict[str, Tone] = {"failed": "bad", "cached": "muted", "skipped": "muted"}
    rows = tuple(
        cells(
            row.stage,
            Cell(row.status, tone=tones.get(row.status, "")),
            Cell(numbers.duration(row.seconds), bar=(row.seconds or 0.0) / longest if longest else None),
        )
        for row in costs
    )
    total = numbers.duration(sum(row.seconds or 0.0 for row in costs))
    how = f"{cost_words(costs)} Together {total} of work; stages side by side take less of the clock. Bars show the time."
    return Table("Stages", how, (Column("stage"), Column("status"), Column("time", numeric=True)), rows)


def cost_words(costs: tuple[CostRow, ...]) -> str:
    """How many stages were computed, taken from the store, failed or skipped."""
    names = {"done": "computed", "cached": "taken from the store", "failed": "failed", "skipped": "skipped"}
    counts = {name: sum(row.status == status for row in costs) for status, name in names.items()}
    said = numbers.listed([f"{number} {name}" for name, number in counts.items() if number])
    return f"{numbers.counted(len(costs), 'stages')}: {said}."
