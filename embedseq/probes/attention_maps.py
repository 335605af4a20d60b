"""What a model looked at while it wrote, word by word, and its file. No torch here; `attention_capture` fills the maps, and
`self_attention_capture` where words look at words of their own sentence.

For a source of S - 1 words and a target of T - 1 words, a map has T rows and S columns: the last row is that of the end symbol
of the target, the last column that of the end symbol of the source. `words_only` cuts both off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import InputError
from embedseq.probes.tensor_files import mapped

Floats32 = NDArray[np.float32]
Ints = NDArray[np.int64]
Kind = Literal["weights", "norms", "gradients", "erasure"]

_BY_HEAD: tuple[Kind, ...] = ("weights", "norms")
_OF_WORDS: tuple[Kind, ...] = ("gradients", "erasure")


@dataclass(frozen=True, eq=False)
class SentenceMaps:
    """The maps of one sentence; see `AttentionMaps`."""

    gradients: Floats32 | None = None
    """(T, S)"""
    weights: Floats32 | None = None
    """(T, H, S)"""
    norms: Floats32 | None = None
    """(T, H, S)"""
    erasure: Floats32 | None = None
    """(T, S)"""

    @property
    def size(self) -> tuple[int, int]:
        """(T, S). Raises ValueError where there is no map at all."""
        for each in (self.gradients, self.erasure, self.weights):
            if each is not None:
                return each.shape[0], each.shape[-1]
        raise ValueError("a sentence has gradients or weights, and here are neither")


@dataclass(frozen=True, eq=False)
class AttentionMaps:
    """Maps of N sentences, end to end in flat arrays, perhaps memory-mapped. Raises ValueError where sizes do not fit."""

    source_lengths: Ints
    """(N,): words of each source, the end symbol counted: S."""
    target_lengths: Ints
    """(N,): words of each target, the end symbol counted: T."""
    gradients: Floats32 | None = None
    """Σ T S numbers: |Σ_d (∂ log p(y_t) / ∂ x_sd) x_sd|, x_s being an embedded source token; None where words look at words of
    their own sentence (`self_attention_capture`)."""
    weights: Floats32 | None = None
    """Σ T H S numbers: the attention's weights under teacher forcing; None in a model without attention."""
    norms: Floats32 | None = None
    """Σ T H S numbers: ||α f(x)||, the weights times how long each value is (Kobayashi et al. 2020); None where undefined."""
    erasure: Floats32 | None = None
    """Σ T S numbers: how far the distribution of target word t moves, 0 to 1, when source word s is made unknown; 0 for the end
    symbol, which is never erased. None where it was not asked for."""
    layers: int = 0
    """Layers of attention, which share the H heads evenly; 0 where there is none."""

    def __post_init__(self) -> None:
        cells = int(self._cells[-1])
        for name in (*_BY_HEAD, *_OF_WORDS):
            numbers = getattr(self, name)
            if numbers is not None and len(numbers) != cells * (self.heads if name in _BY_HEAD else 1):
                raise ValueError(f"{len(numbers):,} {name} do not fit maps of {cells:,} cells and {self.heads} heads")
        if (self.weights is None) != (self.layers == 0):
            raise ValueError("a model has layers of attention exactly if it has weights")

    @classmethod
    def of(cls, sentences: Sequence[SentenceMaps], layers: int = 0) -> "AttentionMaps":
        """The maps of some sentences, one after the other.

        Raises ValueError where there are none, or where they do not all have the same kinds of maps.
        """
        if not sentences:
            raise ValueError("there are no sentences to make maps of")
        sizes = np.array([maps.size for maps in sentences], dtype=np.int64).reshape(-1, 2)
        flat: dict[str, Floats32 | None] = {}
        for name in (*_BY_HEAD, *_OF_WORDS):
            parts = [getattr(maps, name) for maps in sentences]
            there = [np.asarray(part, dtype=np.float32).ravel() for part in parts if part is not None]
            if there and len(there) < len(parts):
                raise ValueError(f"only some sentences have {name}")
            flat[name] = np.concatenate(there) if there else None
        return cls(sizes[:, 1].copy(), sizes[:, 0].copy(), **flat, layers=layers)

    def __len__(self) -> int:
        return len(self.source_lengths)

    @cached_property
    def _cells(self) -> Ints:
        """(N + 1,): where each sentence begins, in cells of T S."""
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(self.source_lengths * self.target_lengths)])

    @property
    def heads(self) -> int:
        """H, of all layers together; 0 without attention."""
        cells = int(self._cells[-1])
        return 0 if self.weights is None or cells == 0 else len(self.weights) // cells

    @property
    def head_names(self) -> tuple[str, ...]:
        """What the heads are called: `head 2`, or `layer 1, head 2` where there are several layers."""
        each = self.heads // max(1, self.layers)
        layered = "layer {}, head {}" if self.layers > 1 else "head {1}"
        return tuple(layered.format(head // each + 1, head % each + 1) for head in range(self.heads))

    def get(self, kind: Kind, sentence: int) -> Floats32 | None:
        """The map of a sentence: (T, H, S) of `weights` and `norms`, (T, S) of `gradients` and `erasure`; None where there is
        none."""
        numbers: Floats32 | None = getattr(self, kind)
        if numbers is None:
            return None
        heads = self.heads if kind in _BY_HEAD else 1
        cells = numbers[int(self._cells[sentence]) * heads : int(self._cells[sentence + 1]) * heads]
        rows, columns = int(self.target_lengths[sentence]), int(self.source_lengths[sentence])
        return cells.reshape(rows, heads, columns) if kind in _BY_HEAD else cells.reshape(rows, columns)

    def save(self, path: Path) -> None:
        """Write one safetensors file; equal maps give equal bytes."""
        from safetensors.numpy import save_file

        held: dict[str, NDArray[Any] | None] = {name: getattr(self, name) for name in (*_BY_HEAD, *_OF_WORDS)}
        tensors = {name: np.ascontiguousarray(numbers) for name, numbers in held.items() if numbers is not None}
        tensors |= {"source_lengths": self.source_lengths, "target_lengths": self.target_lengths}
        save_file(tensors | {"layers": np.array([self.layers], dtype=np.int64)}, path)

    @classmethod
    def load(cls, path: Path) -> "AttentionMaps":
        """The maps that `save` wrote, memory-mapped. Raises InputError for another file."""
        try:
            held = mapped(path)
            return cls(layers=int(held.pop("layers")[0]), **held)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: expected attention maps that embedseq saved, found something else ({error})") from error


def words_only(maps: Floats32) -> Floats32:
    """A map (T, …, S) without the end symbols: (T - 1, …, S - 1)."""
    return maps[:-1, ..., :-1]
