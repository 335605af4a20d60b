"""Captured states on disk: safetensors, memory-mapped, so that many probes read one capture and none holds it all.

`states.json` names the layers; `<split>.<number>.safetensors` holds the words' states in one of them, `words` (N, D);
`<split>.sentences.safetensors` holds a vector a sentence for each layer and summary. Who fills them is in `capturing`.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from embedseq.errors import InputError
from embedseq.probes.material import Floats32, Split, Summary
from embedseq.probes.tensor_files import mapped

INDEX = "states.json"
WORDS = "words"


def words_path(folder: Path, split: str, number: int) -> Path:
    """The file of the layer with this number."""
    return folder / f"{split}.{number:02d}.safetensors"


def sentences_path(folder: Path, split: str) -> Path:
    """The file of the sentences' vectors."""
    return folder / f"{split}.sentences.safetensors"


@dataclass(frozen=True)
class CapturedStates:
    """The states of a folder that `capturing.capture` filled; a `States`."""

    folder: Path

    @cached_property
    def _index(self) -> dict[str, Any]:
        path = self.folder / INDEX
        try:
            record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return {"layers": tuple(record["layers"]), "splits": tuple(record["splits"])}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path}: expected captured states, found something else ({error}). Run the pipeline again."
            ) from error

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers' names, the first layer first."""
        layers: tuple[str, ...] = self._index["layers"]
        return layers

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that were read."""
        splits: tuple[str, ...] = self._index["splits"]
        return splits

    def words(self, split: Split, layer: str) -> Floats32:
        """(N, D), memory-mapped and read-only."""
        return mapped(words_path(self.folder, split, self.layers.index(layer)))[WORDS]

    def sentences(self, split: Split, layer: str, summary: Summary) -> Floats32 | None:
        """(S, D), memory-mapped and read-only; None where there is none."""
        return mapped(sentences_path(self.folder, split)).get(f"{layer} {summary}")
