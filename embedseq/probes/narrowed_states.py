"""States of one width for all models and layers, so that what is fitted on them has as many weights everywhere."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from embedseq.errors import RequestError
from embedseq.probes.material import Floats32, Split, States, Summary


class NarrowedStates:
    """The first `width` principal components of some states, which keep most of their variance; a `States`.

    The components of a layer's words, and of each of its summaries of sentences, are those of the training split; the others are
    shifted and turned likewise. A classifier of a wider representation has more weights to learn a task with, whatever the
    representation knows (Hewitt and Liang 2019, section 3.3); at one width only what is known differs. Raises RequestError for a
    layer that is narrower, and where there are fewer training rows than components.
    """

    def __init__(self, own: States, width: int) -> None:
        self.own, self.width = own, width
        self._fitted: dict[str, Any] = {}

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """Those of the model."""
        return self.own.layers

    def words(self, split: Split, layer: str) -> Floats32:
        """(N, width)"""
        if layer not in self._fitted:
            self._fitted[layer] = self._components(self.own.words("train", layer), layer)
        return self._narrowed(layer, self.own.words(split, layer))

    def sentences(self, split: Split, layer: str, summary: Summary) -> Floats32 | None:
        """(S, width)"""
        rows, name = self.own.sentences(split, layer, summary), f"{layer}, {summary}"
        if rows is None:
            return None
        if name not in self._fitted:
            train = self.own.sentences("train", layer, summary)
            assert train is not None, "a summary that one split has all splits have"
            self._fitted[name] = self._components(train, name)
        return self._narrowed(name, rows)

    def _components(self, rows: Floats32, name: str) -> Any:
        from sklearn.decomposition import PCA

        count, wide = rows.shape
        if self.width > wide:
            raise RequestError(
                f"width: {name} is {wide} wide, expected {self.width} or more: lower 'width' to the narrowest model's"
            )
        if self.width > count:
            raise RequestError(f"width: there are {count} training rows of {name}, fewer than {self.width}: lower 'width'")
        return PCA(self.width, svd_solver="covariance_eigh").fit(rows)

    def _narrowed(self, name: str, rows: Floats32) -> Floats32:
        found: Floats32 = self._fitted[name].transform(rows).astype(np.float32)
        return found


def narrowed(states: Mapping[str, States], width: int | None) -> dict[str, States]:
    """Each of some states at that width; None leaves them as they are."""
    return {name: each if width is None else NarrowedStates(each, width) for name, each in states.items()}
