"""Small JSON files inside artifacts, byte for byte the same for the same content."""

import json
from pathlib import Path
from typing import Any


def write_record(path: Path, content: Any) -> None:
    """Write `content` as canonical JSON: sorted keys, no NaN, UTF-8, one line end."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, allow_nan=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def read_record(path: Path) -> Any:
    """What `write_record` wrote."""
    return json.loads(path.read_text(encoding="utf-8"))
