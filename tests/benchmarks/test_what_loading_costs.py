"""`benchmarks/loading.py` runs what it measures: the rows that need no torch, which take the least time."""

import sys
from pathlib import Path

import pytest

from embedseq.report.figures.drawn import Drawn
from embedseq.report.page import page_templates

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize("file", ["settings.py", "report/compiled.py"])
def test_what_is_gone_round_can_be_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import loading

    monkeypatch.setattr(loading, "REPEATS", 1)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    page_templates(Drawn()).get_template("page.css")  # what is compiled lies beside the templates, as after any report
    ((before, what),) = [row for name, row in loading.ROWS.items() if file in name]
    seconds, grown = loading.measured(before, what, tmp_path)
    assert seconds > 0
    assert grown >= 0
