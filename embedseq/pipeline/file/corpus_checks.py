"""What must hang together within one corpus: a dataset or files, what its task needs of them, and whose vocabulary it has."""

from collections.abc import Iterator, Mapping, Sequence

from embedseq.embeddings.settings import Word2VecSettings
from embedseq.pipeline.file.draft import Draft, all_arms
from embedseq.pipeline.file.nodes import Fields, Scalar, find
from embedseq.pipeline.file.problems import advice, in_words
from embedseq.pipeline.file.spec import SIDES, text_of
from embedseq.pipeline.file.token_origin import token_origin
from embedseq.text.complaints import SPLITS, Complaint, complaints, source_count
from embedseq.text.corpora import token_settings
from embedseq.text.settings import DataSettings, Files

__all__ = ["SPLITS", "Datasets", "check_data"]

Datasets = Mapping[str, Sequence[str]]
"""The languages of each known dataset."""


def check_data(draft: Draft, node: Fields, data: DataSettings, datasets: Datasets) -> None:
    """A corpus has a dataset, files or what is generated, and the languages and forms of file that its task needs."""
    if draft.sound(node, "task"):
        _check_readers(draft, node.path[-1], data)
    if not draft.sound(node, "dataset", "generated", "task", *SPLITS):
        return
    given = [split for split in SPLITS if getattr(data, split) is not None]
    if not data.datasets and not given and data.generated is None:
        message = "expected 'dataset' (a known one), 'generated', or the files 'train', 'valid' and 'test'; found none of them"
        draft.findings.add(node.owner, node.path, message)
        return
    if data.generated is not None and (others := [*(["dataset"] if data.datasets else []), *given]):
        message = f"what is generated needs no other text: remove 'generated', or {in_words(others, 'and')}"
        draft.complain(node, ("generated",), message, on_key=True)
        return
    if data.datasets and given:
        message = f"a known dataset brings its files: remove 'dataset', or {in_words(given, 'and')}"
        draft.complain(node, ("dataset",), message, on_key=True)
    several = isinstance(data.dataset, tuple)
    for row, name in enumerate(data.datasets):
        if name not in datasets:
            keys = ("dataset", str(row)) if several else ("dataset",)
            _tell(draft, node, Complaint(keys, f"no dataset is called '{name}'", word=name, choices=tuple(datasets)))
    for complaint in complaints(data):
        if draft.sound(node, ".".join(complaint.keys)):
            _tell(draft, node, complaint)
    if not data.datasets and data.generated is None:
        _check_files(draft, node, data)
    _check_vocabulary(draft, node, data)


def _tell(draft: Draft, node: Fields, complaint: Complaint) -> None:
    """Report a complaint where its field is written."""
    message = complaint.message + advice(complaint.word, complaint.choices)
    item = find(node, complaint.keys)
    if isinstance(item, Scalar) and len(complaint.keys) > 1:
        draft.findings.add(item.position, item.path, message)
    else:
        draft.complain(node, complaint.keys, message, on_key=complaint.superfluous)


def _check_files(draft: Draft, node: Fields, data: DataSettings) -> None:
    """All splits that the task needs are there, and what needs one text does not get pairs."""
    needed = ("train",) if data.task == "text" else SPLITS
    missing = [split for split in needed if getattr(data, split) is None]
    if missing:
        quoted = [f"'{split}'" for split in missing]
        are = "is" if len(missing) == 1 else "are"
        draft.findings.add(
            node.owner, node.path, f"{in_words(quoted, 'and')} {are} missing: 'task: {data.task}' needs {in_words(needed, 'and')}"
        )
    for split in SPLITS:
        files: Files | None = getattr(data, split)
        paired = files is not None and not isinstance(files, str) and source_count(files) == 1
        if paired and data.task in ("restoration", "text"):
            draft.complain(node, (split,), f"'task: {data.task}' reads a single text file; found pairs")


def _check_readers(draft: Draft, name: str, data: DataSettings) -> None:
    """Trees are for probes: no model learns from such a corpus, and no embedding is trained on it."""
    if data.task != "trees":
        return
    others = [other for other, each in draft.data.items() if each.task != "trees"]
    told = f"'{name}' has 'task: trees', which probes read and no {{}}; name another corpus{advice(name, others)}"
    for arm in all_arms(draft):
        if arm.settings.data == name and draft.sound(arm.node, "data"):
            draft.complain(arm.node, ("data",), told.format("model learns"))
    for called, embedding in draft.embeddings.items():
        node = draft.entry("embeddings", called)
        if isinstance(embedding, Word2VecSettings) and draft.sound(node, "text") and text_of(embedding)[0] == name:
            draft.complain(node, ("text",), told.format("embedding is trained on"))


def _check_vocabulary(draft: Draft, node: Fields, data: DataSettings) -> None:
    """The vocabulary is that of words of another corpus, and not by some way its own."""
    if data.vocabulary is not None and draft.sound(node, "vocabulary"):
        for message in _faults_of_vocabulary(draft, node.path[-1], data, data.vocabulary):
            draft.complain(node, ("vocabulary",), message)


def _faults_of_vocabulary(draft: Draft, name: str, data: DataSettings, wanted: str) -> Iterator[str]:
    corpora = draft.names("data")
    corpus, _, side = wanted.rpartition(".")
    if wanted in corpora and corpus not in corpora:
        yield f"which side of '{wanted}'? Write {wanted}.source or {wanted}.target"
    elif not corpus:
        yield f"expected CORPUS.source or CORPUS.target; found '{wanted}'{advice(wanted, corpora)}"
    elif corpus not in corpora:
        yield f"no corpus is called '{corpus}'{advice(corpus, corpora)}"
    elif corpus == name:
        yield f"'{name}' cannot have its own vocabulary from elsewhere; name another corpus, or remove 'vocabulary'"
    elif corpus in draft.data and draft.sound(draft.entry("data", corpus), "task", "source", *SPLITS):
        other = draft.data[corpus]
        if other.task == "trees":
            yield f"{corpus} has 'task: trees' and no tokens of its own; name another corpus"
        elif side not in (*SIDES, *other.word_sides):
            yield f"'{side}' is not a side{advice(side, other.word_sides)}"
        elif side not in other.word_sides:
            why = "it has images there" if other.reads_images else f"its task is {other.task}"
            yield f"{corpus} has no words on its {side} side, since {why}"
        else:
            yield from _faults_of_origin(draft, name, data, corpus, side)


def _faults_of_origin(draft: Draft, name: str, data: DataSettings, corpus: str, side: str) -> Iterator[str]:
    """The corpus where the tokens were learned is another one, and its tokens are what the task labels."""
    circle = [name]
    while corpus in draft.data and corpus not in circle:
        circle.append(corpus)
        corpus = (draft.data[corpus].vocabulary or "").rpartition(".")[0]
    if corpus == name:
        # It is one mistake: the first corpus of the circle tells it.
        if min(circle, key=draft.names("data").index) == name:
            yield f"a circle, in which no tokens are learned: {', '.join(circle)} and {name} again"
        return
    learned, there = token_origin(draft.data, circle[1], side)
    if data.task == "restoration" and learned in draft.data:
        source, target = token_settings(draft.data[learned])
        kind = (target if there == "target" and target is not None else source).kind
        if kind != "word":
            yield f"'task: restoration' labels words, so that they must be tokens; those of {learned} are {kind}"
