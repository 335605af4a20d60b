"""What a corpus consists of, as text."""

from collections.abc import Iterator

from embedseq.report import numbers
from embedseq.report.content import Amount, CorpusFacts, SideFacts
from embedseq.report.tables import Column, Table, cells, without_empty_columns


def corpus_table(corpus: CorpusFacts) -> Table:
    """How much each split has of each side."""
    columns = (
        Column("split"),
        Column(corpus.items, numeric=True),
        Column(f"sentences a {corpus.items.removesuffix('s')}", numeric=True),
        *(column for side in corpus.sides for column in _columns(corpus, side)),
        Column("left out", numeric=True),
    )
    rows = tuple(
        cells(
            split.split,
            numbers.count(split.items),
            numbers.fixed(split.sentences, 1),
            *(text for side, amount in zip(corpus.sides, split.sides, strict=True) for text in _texts(corpus, side, amount)),
            numbers.count(split.left_out or None),
        )
        for split in corpus.splits
    )
    how = " ".join(f"{sentence}." for sentence in _how_to_read(corpus))
    return without_empty_columns(Table(f"Corpus {corpus.name}", how, columns, rows), numbers.NONE)


def _columns(corpus: CorpusFacts, side: SideFacts) -> tuple[Column, Column]:
    unknown = "unknown labels" if side.pieces == "labels" else "unknown"
    return Column(_called(corpus, side), numeric=True), Column(unknown, numeric=True)


def _called(corpus: CorpusFacts, side: SideFacts) -> str:
    """`source tokens`; the unit alone where no other side has it."""
    alone = sum(other.pieces == side.pieces for other in corpus.sides) == 1
    return side.pieces if alone else f"{side.name} {side.pieces}"


def _texts(corpus: CorpusFacts, side: SideFacts, amount: Amount) -> tuple[str, str]:
    """The cells of a side; where each item has one label, and where no label is unknown, there is nothing to say."""
    if side.pieces != "labels":
        return numbers.count(amount.tokens), numbers.share(amount.unknown)
    count = numbers.NONE if _one_label_each(corpus) else numbers.count(amount.tokens)
    return count, numbers.share(amount.unknown or None)


def _one_label_each(corpus: CorpusFacts) -> bool:
    """Whether the labels are those of whole items."""
    return all(
        amount.tokens == split.items
        for split in corpus.splits
        for side, amount in zip(corpus.sides, split.sides, strict=True)
        if side.pieces == "labels"
    )


def _how_to_read(corpus: CorpusFacts) -> Iterator[str]:
    """Sentences without their full stops."""
    worded = [side for side in corpus.sides if side.pieces == "tokens"]
    if worded:
        if corpus.tokens:
            yield f"Tokens are {corpus.tokens}"
        yield f"Vocabulary: {_sizes(corpus, worded)}"
    for side in corpus.sides:
        if side.pieces == "labels":
            yield _labels(corpus, side)
        if side.column is not None:
            yield f"An image is read column by column, {numbers.counted(side.column, 'numbers')} each"
    if worded:
        yield "Unknown is the share of running tokens outside the vocabulary"
    if any(split.left_out for split in corpus.splits):
        yield f"Left out are {corpus.items} over the length limit"


def _sizes(corpus: CorpusFacts, worded: list[SideFacts]) -> str:
    """How many tokens the vocabularies of the sides have."""
    if corpus.joint:
        sides = numbers.listed([f"{side.name}{_language(side)}" for side in worded])
        return f"{numbers.count(worded[0].vocabulary)} tokens, the same ones for {sides}"
    return numbers.listed([f"{numbers.count(side.vocabulary)} {_called(corpus, side)}{_language(side)}" for side in worded])


def _language(side: SideFacts) -> str:
    return f" ({side.language})" if side.language else ""


def _labels(corpus: CorpusFacts, side: SideFacts) -> str:
    said = f"Labels: {numbers.count(side.vocabulary)}{_language(side)}"
    if side.commonest is None:
        return said
    label, share = side.commonest
    of = f"the training {corpus.items}" if _one_label_each(corpus) else "those in the training split"
    return f"{said}; the commonest is {label}, with {numbers.share(share)} of {of}"
