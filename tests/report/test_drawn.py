from pathlib import Path

import pytest

from embedseq.report.content import Report
from embedseq.report.figures.drawing import INK, Drawing, Padding, drawing_of, layer, position
from embedseq.report.figures.drawn import Drawn
from embedseq.report.page import render


def dots(*values: float) -> Drawing:
    x, y = position("x", (0, 1), None), position("y", (0, 1), None)
    mark = layer([{"x": value, "y": 0.5} for value in values], {"type": "point", "color": INK}, x=x, y=y)
    return drawing_of([mark], 100, 40, Padding(0, 0, 0, 0))


def only_from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Drawing) -> str:
        raise AssertionError("drawn again")

    monkeypatch.setattr(Drawing, "svg", refuse)


def test_what_was_drawn_before_is_not_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Drawn.load(tmp_path / "page.json")
    svg = first.svg(dots(0.1, 0.7))
    assert svg == dots(0.1, 0.7).svg()
    first.save(tmp_path / "page.json")
    again = Drawn.load(tmp_path / "page.json")
    only_from_memory(monkeypatch)
    assert again.svg(dots(0.1, 0.7)) == svg
    with pytest.raises(AssertionError, match="drawn again"):
        again.svg(dots(0.1, 0.8))


def test_only_the_last_page_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    for values in ((0.1,), (0.2,)):
        drawn = Drawn.load(path)
        drawn.svg(dots(*values))
        drawn.save(path)
    assert len(Drawn.load(path).known) == 1


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"a": 1}'])
def test_a_broken_memory_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "page.json"
    path.write_text(content)
    assert Drawn.load(path).known == {}


def test_a_page_from_memory_has_the_same_bytes(one_seed: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = Drawn()
    page = render(one_seed, drawn)
    only_from_memory(monkeypatch)
    assert render(one_seed, Drawn(drawn.asked)) == page
