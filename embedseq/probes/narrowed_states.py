"""States of one width for all models and layers, so that what is fitted on them has as many weights everywhere."""

import numpy as np

from embedseq.errors import RequestError
from embedseq.probes.material import Floats32, Split, States, Summary


class NarrowedStates:
    """Some states along their first `width` principal components, which keep most of their variance; a `States`.

    The components of a layer's words, and of each of its summaries of sentences, are those of the training split. States are
    turned and cut, not shifted: what is near the origin stays there. A classifier of a wider representation has more weights to
    learn a task with, whatever the representation knows (Hewitt and Liang 2019, section 3.3); at one width only what is known
    differs. Raises RequestError for a layer that is narrower, and where there are fewer training rows than components.
    """

    def __init__(self, own: States, width: int) -> None:
        self.own, self.width = own, width
        self._components: dict[str, Floats32] = {}

    @property
    def layers(self) -> tuple[str, ...]:
        """Those of the model."""
        return self.own.layers

    def words(self, split: Split, layer: str) -> Floats32:
        """(N, width)"""
        if layer not in self._components:
            self._components[layer] = self._fitted(self.own.words("train", layer), layer)
        return self._narrowed(layer, self.own.words(split, layer))

    def sentences(self, split: Split, layer: str, summary: Summary) -> Floats32 | None:
        """(S, width)"""
        rows, name = self.own.sentences(split, layer, summary), f"{layer}, {summary}"
        if rows is None:
            return None
        if name not in self._components:
            train = self.own.sentences("train", layer, summary)
            assert train is not None, "a summary that one split has all splits have"
            self._components[name] = self._fitted(train, name)
        return self._narrowed(name, rows)

    def _fitted(self, rows: Floats32, name: str) -> Floats32:
        """(width, D)"""
        from sklearn.decomposition import PCA

        count, wide = rows.shape
        if self.width > wide:
            raise RequestError(
                f"width: expected states of {self.width} numbers or more, found {wide} in '{name}', which is looked at or "
                f"compared with: set 'width' to {wide} or less"
            )
        if self.width > count:
            raise RequestError(f"width: there are {count} training rows of {name}, fewer than {self.width}: lower 'width'")
        components: Floats32 = PCA(self.width, svd_solver="covariance_eigh").fit(rows).components_.astype(np.float32)
        return components

    def _narrowed(self, name: str, rows: Floats32) -> Floats32:
        return rows @ self._components[name].T


def narrowed(states: States, width: int | None) -> States:
    """States at that width; None leaves them as they are."""
    return states if width is None else NarrowedStates(states, width)
