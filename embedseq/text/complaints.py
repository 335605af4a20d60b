"""What does not fit together in the settings of one corpus. Nothing is opened; that files exist is looked at elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from embedseq.text.datasets import DATASETS, Dataset
from embedseq.text.generated import NOT_FOR
from embedseq.text.generated_tasks import keys_needed
from embedseq.text.labelled import is_treebank
from embedseq.text.lexicon import SMALLEST_VOCABULARY
from embedseq.text.settings import DataSettings, Files, GeneratedSettings, PairFiles, TokenSettings

SPLITS: tuple[Literal["train", "valid", "test"], ...] = ("train", "valid", "test")
TREEBANKS = tuple(name for name, dataset in DATASETS.items() if dataset.form == "conllu")
LABELS_OF: dict[str, tuple[str, ...]] = {"tagging": ("upos", "deprel"), "classification": ("genre",)}
"""The labels that a treebank has for a task."""


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong with the settings of a corpus."""

    keys: tuple[str, ...]
    """The field, and within it the number of the item or the name of the inner field."""
    message: str
    superfluous: bool = False
    """Whether the field should not be there at all, whatever its value."""
    word: str = ""
    """What was written in the place of one of `choices`."""
    choices: tuple[str, ...] = ()

    def __str__(self) -> str:
        listed = f" ({', '.join(self.choices)})" if self.choices else ""
        return f"{'.'.join(self.keys)}: {self.message}{listed}"


def complaints(settings: DataSettings) -> Iterator[Complaint]:
    """All that can be said without opening a file. A dataset that is not known is taken for files."""
    datasets = [DATASETS[name] for name in settings.datasets if name in DATASETS]
    yield from _of_sides(settings)
    yield from _of_tokens(settings)
    yield from _of_labels(settings)
    if settings.generated is not None:
        yield from _of_generated(settings, settings.generated)
    elif settings.dataset is None:
        yield from _of_files(settings)
    for dataset in datasets:
        yield from _of_languages(settings, dataset)
        yield from _of_sections(settings, dataset)
    yield from _of_images(settings, datasets)
    yield from _of_several(settings)


def source_count(files: Files | None) -> int:
    """How many sources the files of a split have."""
    return len(files.sources) if isinstance(files, PairFiles) else 1


def _of_sides(settings: DataSettings) -> Iterator[Complaint]:
    """Nothing is said about what the task has not."""
    task = f"'task: {settings.task}'"
    if settings.task != "pairs":
        for field in ("target", "target_tokens", "joint"):
            if getattr(settings, field):
                yield Complaint((field,), f"{task} has no text on the target side; remove '{field}'", superfluous=True)
        if settings.sections:
            message = f"{task} reads texts as a whole; sections are for 'task: pairs': remove 'sections'"
            yield Complaint(("sections",), message, superfluous=True)
    elif settings.joint and settings.target_tokens is not None:
        yield Complaint(("target_tokens",), "with 'joint: true' both sides have the same tokens; remove it", superfluous=True)
    if settings.task == "restoration" and settings.lowercase:
        message = f"{task} restores case, so the text must have it; remove 'lowercase'"
        yield Complaint(("lowercase",), message, superfluous=True)
    if settings.task != "restoration" and settings.stretch is not None:
        message = "only 'task: restoration' cuts sentences into stretches, since its sides pair word by word; remove 'stretch'"
        yield Complaint(("stretch",), message, superfluous=True)


def _of_tokens(settings: DataSettings) -> Iterator[Complaint]:
    """Tokens are what the task labels, and they are named once."""
    kind = settings.tokens.kind
    if settings.task == "trees":
        yield from _of_tokens_of_trees(settings)
        return
    if settings.task == "restoration" and kind != "word":
        yield Complaint(("tokens", "kind"), f"'task: restoration' labels words, so that they must be tokens; {kind} is none")
    if settings.vocabulary is None:
        return
    if settings.tokens != TokenSettings():
        yield Complaint(("tokens",), "the tokens are those of 'vocabulary'; remove 'tokens'", superfluous=True)
    if settings.joint and settings.task == "pairs":
        message = "with 'vocabulary' the source side has the tokens of another corpus; remove 'joint'"
        yield Complaint(("joint",), message, superfluous=True)
    if len(settings.source_sides) > 1:
        yield Complaint(("vocabulary",), "is for one source; this corpus has several: remove it", superfluous=True)


def _of_tokens_of_trees(settings: DataSettings) -> Iterator[Complaint]:
    """The sentences are cut anew for each model that reads them."""
    for field, default in (("tokens", TokenSettings()), ("vocabulary", None), ("max_length", None)):
        if getattr(settings, field) != default:
            message = f"'task: trees' is read with the tokens of each model that is probed; remove '{field}'"
            yield Complaint((field,), message, superfluous=True)


def _of_labels(settings: DataSettings) -> Iterator[Complaint]:
    """Labels come from a treebank, where it must be said which, or with the texts of a classification."""
    task, label = f"'task: {settings.task}'", settings.label
    choices = LABELS_OF.get(settings.task, ())
    if not choices:
        if label is not None:
            yield Complaint(("label",), f"{task} has no labels; remove 'label'", superfluous=True)
    elif not _has_treebank(settings):
        if label is not None and settings.dataset is None and settings.task == "classification":
            yield Complaint(("label",), "the files bring their labels; remove 'label'", superfluous=True)
    elif label is None:
        yield Complaint(("label",), f"is missing: {task} of a treebank needs it", choices=choices)
    elif label not in choices:
        labelled = {"tagging": "words", "classification": "whole sentences"}
        of_this, of_that = labelled[settings.task], labelled["classification" if settings.task == "tagging" else "tagging"]
        message = f"'{label}' is a label of {of_that}; {task} labels {of_this}"
        yield Complaint(("label",), message, word=label, choices=choices)


def _has_treebank(settings: DataSettings) -> bool:
    """Whether the sentences are those of a treebank."""
    if settings.datasets:
        return any(name in TREEBANKS for name in settings.datasets)
    return any(is_treebank(getattr(settings, split)) for split in SPLITS)


def _of_generated(settings: DataSettings, generated: GeneratedSettings) -> Iterator[Complaint]:
    """Only what the kind has a use for is said, and it is possible."""
    kind = generated.kind
    tasks = ("pairs", "text", "trees") if kind == "language" else ("pairs", "text")
    if settings.task not in tasks:
        what = "a generated language has" if kind == "language" else f"'{kind}' has"
        yield Complaint(("task",), f"{what} no '{settings.task}'", choices=tasks)
    for field in ("source", "target") if settings.task == "pairs" else ("source",):
        if getattr(settings, field) is not None:
            message = f"names a language of a known dataset; what is generated has one on each side: remove '{field}'"
            yield Complaint((field,), message, superfluous=True)
    for field, what in (("lowercase", "in lower case already"), ("sections", "single sentences")):
        if getattr(settings, field) and (field == "lowercase" or settings.task == "pairs"):
            yield Complaint((field,), f"what is generated is {what}; remove '{field}'", superfluous=True)
    for field in NOT_FOR[kind]:
        if getattr(generated, field) != GeneratedSettings.model_fields[field].default:
            kinds = ", ".join(f"'{other}'" for other, fields in NOT_FOR.items() if field not in fields)
            yield Complaint(("generated", field), f"is not for '{kind}', but for {kinds}; remove it", superfluous=True)
    needed = SMALLEST_VOCABULARY if kind == "language" else 0
    if kind == "key-value":
        needed = keys_needed(generated.longest, generated.test_factor)
    if generated.vocabulary < needed:
        why = "a language has words of six classes" if kind == "language" else "no key stands twice in a source"
        message = f"expected {needed} or more, since {why}; found {generated.vocabulary}"
        yield Complaint(("generated", "vocabulary"), message)


def _of_files(settings: DataSettings) -> Iterator[Complaint]:
    """Files have the form that the task needs."""
    for side in ("source", "target") if settings.task == "pairs" else ("source",):
        if getattr(settings, side) is not None:
            message = f"names a language of a known dataset; this corpus has files: remove '{side}'"
            yield Complaint((side,), message, superfluous=True)
    if settings.sections and settings.task == "pairs":
        message = "the texts of files are lines without sections, unlike those of some known datasets; remove 'sections'"
        yield Complaint(("sections",), message, superfluous=True)
    given = {split: files for split in SPLITS if (files := getattr(settings, split)) is not None}
    treebanks = [split for split, files in given.items() if is_treebank(files)]
    for split, files in given.items():
        single = isinstance(files, str)
        if settings.task == "pairs" and single:
            yield Complaint((split,), "pairs need {source: FILE, target: FILE} or {pairs: FILE}; found a single file")
        elif settings.task in ("tagging", "trees") and split not in treebanks:
            found = f"'{files}'" if single else "pairs"
            message = f"'task: {settings.task}' reads a treebank, a file in .conllu or .conllu.gz; found {found}"
            yield Complaint((split,), message)
        elif settings.task == "classification" and single and split not in treebanks:
            wanted = "{pairs: FILE} (text, tab, label), {source: FILE, target: FILE} or a treebank in .conllu"
            yield Complaint((split,), f"'task: classification' needs {wanted}; found '{files}'")
        elif settings.task == "classification" and treebanks and not single:
            yield Complaint((split,), f"brings its labels, but {treebanks[0]} is a treebank: all splits need the same labels")
        first = next(iter(given))
        here, there = source_count(files), source_count(given[first])
        if here != there:
            count = f"{here} source{'s' * (here != 1)}"
            yield Complaint((split,), f"has {count}, but {first} has {there}: all splits are read alike")


def _of_languages(settings: DataSettings, dataset: Dataset) -> Iterator[Complaint]:
    """The languages are the dataset's, and those that the task needs are named."""
    several = isinstance(settings.source, tuple)
    languages, pairs = dataset.languages, settings.task == "pairs"
    if pairs and len(languages) == 1:
        tasks = ("restoration", "text", *((*LABELS_OF, "trees") if dataset.name in TREEBANKS else ()))
        listed = " or ".join(f"'task: {task}'" for task in tasks)
        yield Complaint(("dataset",), f"{dataset.name} has one side only ({languages[0]}); set {listed}")
        return
    if settings.task in (*LABELS_OF, "trees") and dataset.name not in TREEBANKS:
        what = "trees" if settings.task == "trees" else "labels"
        message = f"{dataset.name} has no {what}; 'task: {settings.task}' needs a treebank, or files"
        yield Complaint(("dataset",), message, choices=TREEBANKS)
        return
    given = {("source", str(row)) if several else ("source",): each for row, each in enumerate(settings.sources)}
    if settings.target is not None and pairs:
        given["target",] = settings.target
    for keys, language in given.items():
        if language not in languages:
            yield Complaint(keys, f"{dataset.name} has no '{language}'", word=language, choices=languages)
    wanted = "pairs need the language of each side" if pairs else "say which language is read"
    for side in ("source", "target") if pairs else ("source",) if len(languages) > 1 else ():
        if getattr(settings, side) is None:
            yield Complaint((side,), f"is missing: {wanted}", choices=languages)
    for row, (keys, language) in enumerate(given.items()):
        if language in list(given.values())[:row]:
            message = f"'{language}' is read already" if several else f"both sides are '{language}'"
            yield Complaint(keys, message)


def _of_sections(settings: DataSettings, dataset: Dataset) -> Iterator[Complaint]:
    """Only lists of sentences have bounds that could be kept."""
    if not settings.sections or settings.task != "pairs":
        return
    if not any(dataset.has_sections(language) for language in settings.sources if language in dataset.languages):
        message = f"the texts of {dataset.name} are no lists of sentences here; remove 'sections'"
        yield Complaint(("sections",), message, superfluous=True)


def _of_images(settings: DataSettings, datasets: Sequence[Dataset]) -> Iterator[Complaint]:
    """Images are read, by themselves, where there is something to write; they have no words."""
    frames = {language for dataset in datasets for language in dataset.languages if dataset.modality(language) == "frames"}
    if settings.target in frames:
        yield Complaint(("target",), f"'{settings.target}' are no text: they can be read, not written")
    if frames.isdisjoint(settings.sources):
        return
    if settings.task != "pairs":
        message = f"'{settings.source}' are no text, which 'task: {settings.task}' reads; with 'task: pairs' they are read"
        yield Complaint(("source",), message)
        return
    if len(settings.sources) > 1:
        yield Complaint(("source",), "images are read by themselves; name one source")
    for field, message in (
        ("joint", "images have no words to share a vocabulary with; remove 'joint'"),
        ("target_tokens", "images have no tokens, so that 'tokens' are those of the target; remove 'target_tokens'"),
        ("vocabulary", "images have no words to number; remove it"),
    ):
        if getattr(settings, field):
            yield Complaint((field,), message, superfluous=True)


def _of_several(settings: DataSettings) -> Iterator[Complaint]:
    """Several datasets are for text alone, several sources for pairs alone."""
    if len(settings.datasets) > 1 and settings.task != "text":
        message = f"'task: {settings.task}' reads one dataset; several, one after the other, are for 'task: text'"
        yield Complaint(("dataset",), message)
    for row, name in enumerate(settings.datasets):
        if name in settings.datasets[:row]:
            yield Complaint(("dataset", str(row)), f"'{name}' is given twice")
    if settings.task != "pairs":
        one = f"'task: {settings.task}' reads one source; several, side by side, are for 'task: pairs'"
        if len(settings.sources) > 1:
            yield Complaint(("source",), one)
        for split in SPLITS:
            if source_count(getattr(settings, split)) > 1:
                yield Complaint((split,), one)
