"""Times as people write them in a pipeline file. Light to import: no torch."""

import re

UNITS = {"s": 1.0 / 60.0, "min": 1.0, "h": 60.0}
"""In minutes."""
PATTERN = r"^\s*(\d+(?:\.\d*)?|\.\d+)\s*(s|min|h)\s*$"
"""A number and a unit."""


def minutes(written: float | str) -> float:
    """A number of minutes, or one with its unit: `25`, `25 min`, `1.5 h`, `90 s`. Raises ValueError."""
    if isinstance(written, str):
        found = re.match(PATTERN, written)
        if found is None:
            raise ValueError(f"expected minutes, or a number with one of the units {', '.join(UNITS)}; found '{written}'")
        written = float(found[1]) * UNITS[found[2]]
    if not written > 0.0:
        raise ValueError(f"expected a time above 0; found {written:g}")
    return float(written)
