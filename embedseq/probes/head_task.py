"""The heads that a scorer is to find, those of the control task, and what rules without states find."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import RequestError
from embedseq.probes.control import control_heads
from embedseq.probes.head_scorer import HeadSample, fit_heads, predicted_heads
from embedseq.probes.hits import Hits
from embedseq.probes.label_task import SPLITS, training_sentences
from embedseq.probes.material import Split, States, StatesMaterial
from embedseq.probes.offsets import OffsetFrequencies
from embedseq.text.trees import ROOT, Tree

Floats32 = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Offset = int | None
"""Where the head is from a word; None for the root."""


@dataclass(frozen=True, eq=False)
class HeadTask:
    """Sentences of each split with their heads. Depends on the trees alone."""

    trees: dict[Split, list[Tree]]
    numbers: dict[Split, Ints]
    """Which sentences of the split they are."""

    @property
    def unseen(self) -> Bools:
        """(N,): which test words have a form that stands in no training sentence."""
        seen = {form for tree in self.trees["train"] for form in tree.words.words}
        return np.array([form not in seen for tree in self.trees["test"] for form in tree.words.words], dtype=np.bool_)

    @property
    def sentences(self) -> Ints:
        """(N,): in which sentence each test word stands."""
        lengths = [len(tree) for tree in self.trees["test"]]
        return np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)

    def heads(self, split: Split, control: bool = False) -> list[Ints]:
        """Of each sentence (n,), counted from 1; 0 is the root."""
        if control:
            return [control_heads(tree.words.words) for tree in self.trees[split]]
        return [np.array(tree.heads, dtype=np.int64) for tree in self.trees[split]]

    @property
    def details(self) -> dict[str, Any]:
        """For the report."""
        return {
            "training words": sum(len(tree) for tree in self.trees["train"]),
            "test words": len(self.unseen),
            "test words of forms not in training": int(self.unseen.sum()),
        }


def head_task(material: StatesMaterial, training_words: int) -> HeadTask:
    """At most `training_words` words train, in whole sentences that are drawn once for all. RequestError for an empty split."""
    numbers = {split: np.arange(len(material.trees.get(split, ()))) for split in SPLITS}
    if empty := [split for split in SPLITS if len(numbers[split]) == 0]:
        raise RequestError(f"probe head: expected sentences in each split, found none in {', '.join(empty)}: read more.")
    numbers["train"] = training_sentences(material.trees["train"], training_words)
    return HeadTask({split: [material.trees[split][number] for number in numbers[split].tolist()] for split in SPLITS}, numbers)


def head_hits(states: States, layer: str, material: StatesMaterial, task: HeadTask) -> Hits:
    """Of the test words, with scorers of the true heads and of those of the control task."""
    by_sentence = {split: _by_sentence(states.words(split, layer), material, task, split) for split in SPLITS}

    def right(control: bool) -> Bools:
        train, valid = (HeadSample(by_sentence[split], task.heads(split, control)) for split in ("train", "valid"))
        return _right(predicted_heads(*fit_heads(train, valid), by_sentence["test"]), task.heads("test", control))

    return Hits(right(control=False), right(control=True))


def _by_sentence(words: Floats32, material: StatesMaterial, task: HeadTask, split: Split) -> list[Floats32]:
    """The states of each sentence of the task, (n, D)."""
    ends = np.cumsum([len(tree) for tree in material.trees[split]])
    return [words[ends[number] - len(material.trees[split][number]) : ends[number]] for number in task.numbers[split]]


def offset_baselines(task: HeadTask) -> dict[str, Hits]:
    """What needs no states: the word before (the root for the first word), the likeliest head by offset, and the commonest offset
    of each word type (of a type not seen, the likeliest head)."""
    lengths = [len(tree) for tree in task.trees["test"]]
    before = [np.arange(length) for length in lengths]
    likeliest = OffsetFrequencies.of(task.heads("train")).likeliest
    return {
        "word before": Hits(_right(before, task.heads("test"))),
        "likeliest offset": Hits(_right([likeliest(length) for length in lengths], task.heads("test"))),
        "commonest offset of the word type": Hits(_by_type(task, control=False), _by_type(task, control=True)),
    }


def _by_type(task: HeadTask, control: bool) -> Bools:
    """Whether the commonest offset of its type leads to the head of each test word."""
    train, test = task.heads("train", control), task.heads("test", control)
    counts: defaultdict[str, Counter[Offset]] = defaultdict(Counter)
    for tree, heads in zip(task.trees["train"], train, strict=True):
        for form, offset in zip(tree.words.words, _offsets(heads), strict=True):
            counts[form][offset] += 1
    commonest = {form: max(of_form, key=lambda each: (of_form[each], str(each))) for form, of_form in counts.items()}
    frequencies, right = OffsetFrequencies.of(train), []
    for tree, heads in zip(task.trees["test"], test, strict=True):
        otherwise = _offsets(frequencies.likeliest(len(heads)))
        for form, offset, fallback in zip(tree.words.words, _offsets(heads), otherwise, strict=True):
            right.append(offset == commonest.get(form, fallback))
    return np.array(right, dtype=np.bool_)


def _offsets(heads: Ints) -> list[Offset]:
    return [None if head == ROOT else int(head) - place for place, head in enumerate(heads, start=1)]


def _right(found: Sequence[Ints], gold: Sequence[Ints]) -> Bools:
    right: Bools = np.concatenate(found) == np.concatenate(gold)
    return right
