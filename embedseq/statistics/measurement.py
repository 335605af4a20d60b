"""A measured number together with the items it was computed from, and its two files on disk.

What a number is compared with (baselines, controls) are measurements too, told apart by `role`. Intervals are in `bootstrap`.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import InputError

Floats = NDArray[np.float64]
Role = Literal["score", "baseline", "control"]
Better = Literal["higher", "lower"]

_INDEX = "measurements.json"
_TEXT_FIELDS = ("subject", "score", "role", "label", "statistic", "part", "better", "signature")


@dataclass(frozen=True, eq=False)
class Measurement:
    """One score, baseline or control of one subject with one seed.

    `items` (N, K) holds sufficient statistics, the same items in the same order for every seed; `statistic` names how
    `value` follows from them: "ratio" is the sum of column 0 over the sum of column 1, "spearman" correlates the columns
    (prediction, gold), others are registered where a measurement is summarised. An undefined value is NaN.
    """

    subject: str
    """What was measured: `skipgram`, `translator[lstm,random]`."""
    score: str
    """The name of the number: `bleu`, `rho`, `accuracy`."""
    role: Role
    """A score of the subject itself, or what it is held against."""
    label: str
    """Which baseline or control; empty for a score."""
    value: float
    statistic: str
    items: Floats
    coverage: float
    """The share of all items that could be measured, 0 to 1."""
    part: str = ""
    """A layer, a set, a band: what distinguishes measurements of one score."""
    better: Better = "higher"
    signature: str = ""
    """How the number was computed, such as sacrebleu's signature."""

    def __post_init__(self) -> None:
        items = np.ascontiguousarray(self.items, dtype=np.float64)
        if items.ndim != 2:
            raise ValueError(f"Items must have the shape (N, K), not {items.shape}: {self.subject}, {self.score}.")
        if not np.isfinite(items).all():
            raise ValueError(f"Items must be finite numbers: {self.subject}, {self.score}.")
        object.__setattr__(self, "items", items)
        object.__setattr__(self, "value", float(self.value))
        object.__setattr__(self, "coverage", float(self.coverage))

    @property
    def n(self) -> int:
        """The number of items."""
        return len(self.items)


def save_measurements(folder: Path, measurements: Sequence[Measurement]) -> None:
    """Write `measurements.json` and one `items-NNNN.npy` a measurement; equal measurements give equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    records = []
    for number, measurement in enumerate(measurements):
        record: dict[str, Any] = {name: getattr(measurement, name) for name in _TEXT_FIELDS}
        record["value"] = _number(measurement.value)
        record["coverage"] = _number(measurement.coverage)
        record["items"] = f"items-{number:04d}.npy"
        np.save(folder / record["items"], measurement.items, allow_pickle=False)
        records.append(record)
    text = json.dumps(records, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    (folder / _INDEX).write_text(text + "\n", encoding="utf-8")


def load_measurements(folder: Path) -> list[Measurement]:
    """Read what `save_measurements` wrote; InputError where something is missing or is not what it should be."""
    index = folder / _INDEX
    try:
        records = json.loads(index.read_text(encoding="utf-8"))
        return [_measurement(folder, record) for record in records]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{index}: expected measurements as embedseq writes them, found: {error}. Run the probe again."
        ) from error


def _measurement(folder: Path, record: dict[str, Any]) -> Measurement:
    """One record of the index; JSON has no NaN, so an undefined number is null."""
    return Measurement(
        **{name: record[name] for name in _TEXT_FIELDS},
        value=math.nan if record["value"] is None else record["value"],
        coverage=math.nan if record["coverage"] is None else record["coverage"],
        items=np.load(folder / record["items"], allow_pickle=False),
    )


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
