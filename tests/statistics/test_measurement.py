"""Measurements on disk: what comes back, the bytes, and refusals."""

import math
from pathlib import Path

import numpy as np
import pytest

from embedseq.errors import InputError
from embedseq.statistics.measurement import Measurement, load_measurements, save_measurements


def example(value: float = 0.5, subject: str = "skipgram") -> Measurement:
    items = np.array([[1.0, 2.0], [0.0, 2.0]])
    return Measurement(
        subject, "accuracy", "baseline", "majority label", value, "ratio", items, 0.75, "layer 1", "higher", "sig|日本"
    )


def test_measurements_come_back_as_they_were_saved(tmp_path: Path) -> None:
    save_measurements(tmp_path, [example(), example(math.nan, "translator[lstm,random]")])
    first, second = load_measurements(tmp_path)
    for name in ("subject", "score", "role", "label", "value", "statistic", "coverage", "part", "better", "signature"):
        assert getattr(first, name) == getattr(example(), name)
    np.testing.assert_array_equal(first.items, example().items)
    assert second.subject == "translator[lstm,random]"
    assert math.isnan(second.value)


def test_equal_measurements_give_equal_bytes(tmp_path: Path) -> None:
    save_measurements(tmp_path / "a", [example(), example()])
    save_measurements(tmp_path / "b", [example(), example()])
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["items-0000.npy", "items-0001.npy", "measurements.json"]
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)


@pytest.mark.parametrize("text", ["", "[{}]", "{", '[{"subject": "x"}]'])
def test_broken_index_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "measurements.json").write_text(text)
    with pytest.raises(InputError, match=r"measurements\.json"):
        load_measurements(tmp_path)


def test_missing_items_are_refused(tmp_path: Path) -> None:
    save_measurements(tmp_path, [example()])
    (tmp_path / "items-0000.npy").unlink()
    with pytest.raises(InputError, match=r"items-0000\.npy"):
        load_measurements(tmp_path)


@pytest.mark.parametrize("items", [np.ones(3), np.array([[math.nan, 1.0]])])
def test_items_that_are_no_finite_table_are_refused(items: np.ndarray) -> None:
    with pytest.raises(ValueError, match="Items must"):
        Measurement("s", "rho", "score", "", 0.0, "ratio", items, 1.0)
