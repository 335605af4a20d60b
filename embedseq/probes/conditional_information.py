"""What a layer tells about labels beyond the embedded words, by classifiers of both and of the embedded words alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedseq.probes.classification import PENALTIES, Chosen, Coded, bits, features_of, readers
from embedseq.probes.classifier_settings import Classifier
from embedseq.probes.label_task import LabelTask
from embedseq.probes.material import Split, States
from embedseq.seeds import stream
from embedseq.statistics.bootstrap import Floats

Floats32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Baseline:
    """What the embedded words alone tell: the first layer of some states."""

    states: States
    task: LabelTask
    classifier: Classifier
    chosen: Chosen

    @classmethod
    def fitted(cls, states: States, task: LabelTask, classifier: Classifier) -> "Baseline":
        """The classifier of H_V(Y | B)."""
        train, valid = (features_of(states, split, states.layers[0], task) for split in ("train", "valid"))
        return cls(states, task, classifier, readers(train, valid, [_coded(task)], classifier)[0])

    def gain(self, layer: str, permuted: bool = False) -> Floats:
        """(N,): log2 p(y | b, r) - log2 p(y | b) of the test words whose label is a class, in bits; with `permuted`, the states r
        of the layer are dealt out to the words at random.

        How strong the penalty on r is, is chosen on the validation words. That r may be left out of account altogether, the
        optional ignorance of Xu et al. 2020, is not: a gain that is 0 by choice would have no interval. States that tell nothing
        gain a little less than 0 instead, as the permuted ones show.
        """
        train, valid, test = (self._both(split, layer, permuted) for split in ("train", "valid", "test"))
        chosen = readers(train, valid, [_coded(self.task)], self.classifier, self._penalties(train.shape[1]))[0]
        test_words = self.task.splits["test"]
        known, codes = test_words.known, test_words.codes[test_words.known]
        alone = features_of(self.states, "test", self.states.layers[0], self.task)
        return bits(self.chosen.reader, alone[known], codes) - bits(chosen.reader, test[known], codes)

    def _both(self, split: Split, layer: str, permuted: bool) -> Floats32:
        """(N, 2 D): [b; r]"""
        first, second = (features_of(self.states, split, name, self.task) for name in (self.states.layers[0], layer))
        if permuted:
            second = second[np.random.default_rng(stream(0, "v-information", "permuted", split)).permutation(len(second))]
        return np.concatenate([first, second], axis=1)

    def _penalties(self, width: int) -> list[float | Floats]:
        """Of b as it was for b alone; of r each in turn."""
        first = self.states.words("train", self.states.layers[0]).shape[1]
        of_first = PENALTIES[self.chosen.choice]
        return [np.where(np.arange(width) < first, of_first, penalty) for penalty in PENALTIES]


def _coded(task: LabelTask) -> Coded:
    return Coded(task.splits["train"].codes, task.splits["valid"].codes, len(task.classes))
