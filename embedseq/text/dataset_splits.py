"""A known dataset as the settings want it -> its splits."""

from collections.abc import Sequence

from embedseq.text.datasets import Dataset
from embedseq.text.json_lines import JsonSplit
from embedseq.text.labelled import treebank_split
from embedseq.text.settings import DataSettings
from embedseq.text.splits import JoinedSplit, ParallelSplit, Split, TextSplit, WikipediaSplit


def dataset_splits(dataset: Dataset, settings: DataSettings) -> dict[str, Split]:
    """The splits of a dataset, as far as the task needs its sides. Raises RequestError where its files are not there."""
    return {split: _split(dataset, split, settings) for split in dataset.patterns}


def joined(parts: Sequence[dict[str, Split]]) -> dict[str, Split]:
    """The splits of several datasets, one after the other."""
    return {split: JoinedSplit(tuple(part[split] for part in parts)) for split in parts[0]}


def _split(dataset: Dataset, split: str, settings: DataSettings) -> Split:
    source, *further = settings.sources or dataset.languages[:1]
    target = settings.target if settings.task == "pairs" else None
    path = dataset.path(split, source)
    match dataset.form:
        case "wikipedia":
            # The training split is what embeddings learn from, too, and they want all the text there is.
            return WikipediaSplit(path, split, prose_only=settings.task != "text" and split != "train")
        case "conllu":
            return treebank_split(path, settings)
        case "json-lines":
            fields = dict(zip(dataset.languages, dataset.fields, strict=True))
            return JsonSplit(path, fields[source], fields[target] if target else None, settings.sections)
        case "digits":
            from embedseq.text.digits import DigitsSplit  # NumPy, which no other dataset needs yet

            return DigitsSplit(path, split, "images" if source == "images" else "words")
        case "lines" if target is not None:
            others = tuple(dataset.path(split, language) for language in further)
            return ParallelSplit(path, dataset.path(split, target), others)
        case _:
            return TextSplit(path)
