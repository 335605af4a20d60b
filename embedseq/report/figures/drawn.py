"""Drawings that were made before: a page that is written anew draws only what has changed."""

import hashlib
import json
import os
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

from embedseq.report.figures import drawing as module
from embedseq.report.figures.drawing import Drawing


class Drawn:
    """The drawings of a page. What was asked for is remembered, what was not is forgotten when it is saved."""

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        """known: digest of a description and of what draws it -> the drawing."""
        self.known = dict(known or {})
        self.asked: dict[str, str] = {}

    def svg(self, drawing: Drawing) -> str:
        """The drawing as an `<svg>` element."""
        name = _digest(drawing)
        self.asked[name] = self.asked.get(name) or self.known.get(name) or drawing.svg()
        return self.asked[name]

    @staticmethod
    def load(path: Path) -> "Drawn":
        """What `save` wrote; nothing where the file is missing or broken, for all can be drawn again."""
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return Drawn()
        sound = isinstance(known, dict) and all(isinstance(svg, str) for svg in known.values())
        return Drawn(known if sound else None)

    def save(self, path: Path) -> None:
        """Writes what was asked for, all at once, unless the file holds just that."""
        if self.asked.keys() != self.known.keys():
            temporary = path.with_name(f".{path.name}.{os.getpid()}")
            temporary.write_text(json.dumps(self.asked, ensure_ascii=False, sort_keys=True), encoding="utf-8")
            temporary.replace(path)


def _digest(drawing: Drawing) -> str:
    described = json.dumps(drawing.description, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{_drawn_by()}\n{described}".encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _drawn_by() -> str:
    """Changes with Vega, and with the code that takes its drawings apart."""
    code = hashlib.sha256(Path(module.__file__).read_bytes()).hexdigest()
    return f"{version('vl-convert-python')} {code}"
