"""Compiled templates are kept where that is possible, and nothing depends on it."""

import sys
from pathlib import Path
from typing import Any

import jinja2
import pytest

from embedseq.report.compiled import CompiledTemplates


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "kept"))
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "page.html").write_text("a {{ name }}")
    return folder


def rendered(templates: Path, name: str = "page", **options: Any) -> str:
    kept = CompiledTemplates(templates)
    loader = jinja2.FileSystemLoader(templates)
    environment = jinja2.Environment(loader=loader, bytecode_cache=kept, optimized=False, **options)
    return environment.get_template("page.html").render(name=name)


def kept(templates: Path) -> list[Path]:
    return list((templates.parent / "kept").rglob("*.jinja-*"))


def test_a_template_is_compiled_once(templates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rendered(templates) == "a page"
    assert len(kept(templates)) == 1
    monkeypatch.setattr(jinja2.Environment, "compile", None)
    assert rendered(templates) == "a page"


def test_a_template_that_changed_is_compiled_again(templates: Path) -> None:
    rendered(templates)
    (templates / "page.html").write_text("the {{ name }}")
    assert rendered(templates) == "the page"


def test_with_other_options_it_is_another_template(templates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rendered(templates, "<b>") == "a <b>"
    assert rendered(templates, "<b>", autoescape=True) == "a &lt;b&gt;"
    assert rendered(templates, "<b>") == "a <b>"
    monkeypatch.setattr(jinja2, "__version__", "0")
    compiled = list[str]()
    monkeypatch.setattr(jinja2.Environment, "compile", lambda *given: compiled.append(given[1]))
    with pytest.raises(TypeError):  # nothing was made that could be kept
        rendered(templates)
    assert compiled == ["a {{ name }}"]


@pytest.mark.parametrize("size", [0, 5, 25, 60, 200])
def test_what_was_kept_half_is_compiled_again(templates: Path, size: int) -> None:
    rendered(templates)
    (path,) = kept(templates)
    path.write_bytes(path.read_bytes()[:size])
    assert rendered(templates) == "a page"


def test_without_a_place_or_leave_nothing_is_kept(templates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (templates.parent / "kept").write_text("no folder")
    assert rendered(templates) == "a page"
    (templates.parent / "kept").unlink()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(templates) == "a page"
    assert kept(templates) == []
