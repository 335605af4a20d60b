"""Words with labels, as classifiers are trained and tested on them: true labels, those of the control task, and word types."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import RequestError
from embedseq.probes.classifier_settings import Label
from embedseq.probes.control import control_codes
from embedseq.probes.material import Split, StatesMaterial
from embedseq.seeds import stream
from embedseq.text.trees import Tree

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SPLITS: tuple[Split, ...] = get_args(Split)
UNKNOWN = -1
"""The code of a label that no training word has."""

LABELS: Mapping[str, Callable[[Tree], Sequence[str | None]]] = {
    "upos": lambda tree: tree.upos,
    "number": lambda tree: [feats.get("Number") for feats in tree.feats],
    "tense": lambda tree: [feats.get("Tense") for feats in tree.feats],
    "relation": lambda tree: [deprel.partition(":")[0] for deprel in tree.deprels],
}
"""The label of each word of a tree, None where it has none. Relations are without their subtypes: `nsubj` for `nsubj:pass`."""


@dataclass(frozen=True, eq=False)
class LabelledWords:
    """The N words of a split that have a label."""

    rows: Ints
    """(N,): their rows in the states of the split."""
    codes: Ints
    """(N,): classes, or `UNKNOWN`."""
    control: Ints
    """(N,): classes in the control task."""
    types: Ints
    """(N,): numbers of their forms, the same in all splits."""
    sentences: Ints
    """(N,)"""
    seen: Bools
    """(N,): whether the form stands in a training sentence."""

    @property
    def known(self) -> Ints:
        """The places of words whose label is a class."""
        return np.flatnonzero(self.codes != UNKNOWN)


@dataclass(frozen=True, eq=False)
class LabelTask:
    """What a classifier is to tell. Depends on the trees alone, so that it is the same for all models and seeds."""

    classes: tuple[str, ...]
    """The labels of training words, in order of the alphabet."""
    splits: Mapping[Split, LabelledWords]

    @property
    def details(self) -> dict[str, Any]:
        """For the report."""
        test = self.splits["test"]
        return {
            "classes": list(self.classes),
            "training words": len(self.splits["train"].rows),
            "test words": len(test.rows),
            "test words of forms not in training": int((~test.seen).sum()),
        }


def label_task(probe: str, material: StatesMaterial, label: Label, training_words: int) -> LabelTask:
    """The words that have the label. At most `training_words` words train, in whole sentences that are drawn once for all.

    RequestError, in the name of `probe`, where a split has no such word or training has one class.
    """
    kept = {split: np.arange(len(material.trees.get(split, ()))) for split in SPLITS}
    kept["train"] = training_sentences(material.trees.get("train", ()), training_words)
    names = {split: _labels(material.trees.get(split, ()), kept[split], LABELS[label]) for split in SPLITS}
    classes = tuple(sorted({name for name in names["train"] if name is not None}))
    _check(probe, label, {split: sum(name is not None for name in names[split]) for split in SPLITS}, classes)
    in_training = np.isin(material.sentence_of_words("train"), kept["train"])
    seen = {form for form, inside in zip(material.forms("train"), in_training, strict=True) if inside}
    type_of = {form: number for number, form in enumerate(sorted({form for split in SPLITS for form in material.forms(split)}))}
    of_training = _codes([name for name in names["train"] if name is not None], classes)

    def words(split: Split) -> LabelledWords:
        rows = np.flatnonzero([name is not None for name in names[split]])
        written = material.forms(split)
        forms = [written[row] for row in rows]
        return LabelledWords(
            rows,
            _codes([names[split][row] for row in rows], classes),
            control_codes(forms, of_training, len(classes)),
            np.array([type_of[form] for form in forms], dtype=np.int64),
            material.sentence_of_words(split)[rows],
            np.array([form in seen for form in forms], dtype=np.bool_),
        )

    return LabelTask(classes, {split: words(split) for split in SPLITS})


def _check(probe: str, label: Label, counts: Mapping[Split, int], classes: Sequence[str]) -> None:
    if 0 in counts.values() or len(classes) < 2:
        raise RequestError(
            f"probe {probe}: expected words with the label '{label}' in each split and two classes or more to tell apart, found "
            f"{', '.join(f'{count} in {split}' for split, count in counts.items())}, and {len(classes)} classes. Read more "
            "sentences, or choose another label."
        )


def _codes(names: Sequence[str | None], classes: Sequence[str]) -> Ints:
    """The number of each name among the classes, or `UNKNOWN`."""
    code_of: dict[str | None, int] = {name: code for code, name in enumerate(classes)}
    return np.array([code_of.get(name, UNKNOWN) for name in names], dtype=np.int64)


def training_sentences(trees: Sequence[Tree], words: int) -> Ints:
    """The numbers of the sentences, ascending, drawn once for all, that have at most so many words together; one at least."""
    order = np.random.default_rng(stream(0, "probes", "training sentences")).permutation(len(trees))
    total = np.cumsum([len(trees[number]) for number in order])
    return np.sort(order[: max(1, int((total <= words).sum()))])


def _labels(trees: Sequence[Tree], kept: Ints, label_of: Callable[[Tree], Sequence[str | None]]) -> list[str | None]:
    """Of each word of a split; None also in sentences that are not kept."""
    chosen = set(kept.tolist())
    return [label for number, tree in enumerate(trees) for label in (label_of(tree) if number in chosen else [None] * len(tree))]
