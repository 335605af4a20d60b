"""States in which there is nothing to be found, as wide as real ones: what a probe makes of width and number alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from embedseq.probes.material import Floats32, Split, States, Summary
from embedseq.seeds import stream


@dataclass(frozen=True, eq=False)
class PermutedStates:
    """The states of a model, dealt out to the words of each split at random: those of every layer alike."""

    own: States
    label: ClassVar[str] = "states permuted across words"

    @property
    def layers(self) -> tuple[str, ...]:
        """Those of the model."""
        return self.own.layers

    def words(self, split: Split, layer: str) -> Floats32:
        """(N, D)"""
        return self._dealt(self.own.words(split, layer), split, "words")

    def sentences(self, split: Split, layer: str, summary: Summary) -> Floats32 | None:
        """(S, D)"""
        found = self.own.sentences(split, layer, summary)
        return None if found is None else self._dealt(found, split, "sentences")

    def _dealt(self, rows: Floats32, split: Split, what: str) -> Floats32:
        dealt: Floats32 = rows[np.random.default_rng(stream(0, "null-states", "permuted", split, what)).permutation(len(rows))]
        return dealt


@dataclass(frozen=True, eq=False)
class RandomStates:
    """Gaussian vectors, one for each word of each split, as long as the model's states are."""

    own: States
    label: ClassVar[str] = "random states of the same norms"

    @property
    def layers(self) -> tuple[str, ...]:
        """Those of the model."""
        return self.own.layers

    def words(self, split: Split, layer: str) -> Floats32:
        """(N, D)"""
        return self._as_long_as(self.own.words(split, layer), split, layer)

    def sentences(self, split: Split, layer: str, summary: Summary) -> Floats32 | None:
        """(S, D)"""
        found = self.own.sentences(split, layer, summary)
        return None if found is None else self._as_long_as(found, split, f"{layer} {summary}")

    def _as_long_as(self, rows: Floats32, split: Split, what: str) -> Floats32:
        draws = np.random.default_rng(stream(0, "null-states", "random", split, what))
        drawn: NDArray[np.float32] = draws.standard_normal(rows.shape, dtype=np.float32)
        lengths = np.linalg.norm(drawn, axis=1, keepdims=True)
        matched: Floats32 = drawn / lengths * np.linalg.norm(rows, axis=1, keepdims=True)
        return matched


NULLS: Mapping[str, type[PermutedStates] | type[RandomStates]] = {"permuted": PermutedStates, "random": RandomStates}
"""As the settings call them."""
