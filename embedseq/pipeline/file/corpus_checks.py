"""What must hang together within one corpus: a dataset or files, and what its task needs of them."""

from collections.abc import Mapping, Sequence

from embedseq.pipeline.file.draft import Draft
from embedseq.pipeline.file.nodes import Fields
from embedseq.pipeline.file.problems import advice, in_words
from embedseq.pipeline.file.spec import SIDES
from embedseq.text.settings import DataSettings, Files, PairFiles, TabFile

Datasets = Mapping[str, Sequence[str]]
"""The languages of each known dataset."""
SPLITS = ("train", "valid", "test")


def check_data(draft: Draft, node: Fields, data: DataSettings, datasets: Datasets) -> None:
    """A corpus has a dataset or files, and the languages and forms of file that its task needs."""
    given = [split for split in SPLITS if node.get(split) is not None and getattr(data, split) is not None]
    if not draft.sound(node, "dataset", "task", *SPLITS):
        return
    _check_sides(draft, node, data)
    if data.dataset is not None and given:
        draft.complain(
            node, ("dataset",), f"a known dataset brings its files: remove 'dataset', or {in_words(given, 'and')}", on_key=True
        )
    elif data.dataset is None and not given:
        draft.findings.add(
            node.owner, node.path, "expected 'dataset' (a known one), or the files 'train', 'valid' and 'test'; found neither"
        )
    elif data.dataset is not None:
        _check_dataset(draft, node, data, datasets)
    else:
        _check_files(draft, node, data)


def _check_dataset(draft: Draft, node: Fields, data: DataSettings, datasets: Datasets) -> None:
    assert data.dataset is not None
    if data.dataset not in datasets:
        draft.complain(node, ("dataset",), f"no dataset is called '{data.dataset}'{advice(data.dataset, list(datasets))}")
        return
    languages = list(datasets[data.dataset])
    listed = ", ".join(languages)
    given = {side: language for side in SIDES if (language := getattr(data, side)) is not None and draft.sound(node, side)}
    for side, language in given.items():
        if language not in languages:
            draft.complain(node, (side,), f"{data.dataset} has no '{language}'{advice(language, languages)}")
    if data.task == "pairs" and len(languages) == 1:
        message = f"{data.dataset} has one side only ({listed}); set 'task: restoration' or 'task: text'"
        draft.complain(node, ("dataset",), message)
        return
    needed = SIDES if data.task == "pairs" else SIDES[:1] if len(languages) > 1 else ()
    for side in needed:
        if getattr(data, side) is None and draft.sound(node, side):
            wanted = "pairs need the language of each side" if data.task == "pairs" else "say which language is read"
            draft.complain(node, (side,), f"is missing: {wanted} ({listed})")
    if data.task == "pairs" and len(set(given.values())) < len(given):
        draft.complain(node, ("target",), f"both sides are '{data.source}'")


def _check_sides(draft: Draft, node: Fields, data: DataSettings) -> None:
    """Nothing is said about a side that the task has not, or about tokens that are shared."""
    if data.task != "pairs":
        for field in ("target", "target_tokens", "joint"):
            if getattr(data, field):
                draft.complain(
                    node, (field,), f"'task: {data.task}' has no text on the target side; remove '{field}'", on_key=True
                )
    elif data.joint and data.target_tokens is not None:
        draft.complain(node, ("target_tokens",), "with 'joint: true' both sides have the same tokens; remove it", on_key=True)
    if data.task == "restoration" and data.lowercase:
        draft.complain(
            node, ("lowercase",), "'task: restoration' restores case, so the text must have it; remove 'lowercase'", on_key=True
        )


def _check_files(draft: Draft, node: Fields, data: DataSettings) -> None:
    for side in SIDES if data.task == "pairs" else SIDES[:1]:
        if getattr(data, side) is not None:
            message = f"names a language of a known dataset; this corpus has files: remove '{side}'"
            draft.complain(node, (side,), message, on_key=True)
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
        if isinstance(files, str) and data.task == "pairs":
            draft.complain(node, (split,), "pairs need {source: FILE, target: FILE} or {pairs: FILE}; found a single file")
        elif isinstance(files, PairFiles | TabFile) and data.task != "pairs":
            draft.complain(node, (split,), f"'task: {data.task}' reads a single text file; found pairs")
