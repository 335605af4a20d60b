"""`benchmarks/loading.py` runs what it measures: the rows that need no torch, which take the least time."""

import sys
from pathlib import Path

import jinja2
import pytest

from embedseq.report.compiled import CompiledTemplates
from embedseq.report.page import TEMPLATES

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize("file", ["settings.py", "report/compiled.py"])
def test_what_is_gone_round_can_be_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import loading

    monkeypatch.setattr(loading, "REPEATS", 1)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    kept = CompiledTemplates(TEMPLATES)  # lies beside the templates after any report, which compiles them with these options:
    options = {"optimized": False, "autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), bytecode_cache=kept, **options).get_template("page.css")
    ((before, what),) = [row for name, row in loading.ROWS.items() if file in name]
    seconds, grown = loading.measured(before, what, tmp_path)
    assert seconds > 0
    assert grown >= 0
