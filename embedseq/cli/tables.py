"""Plain tables for the terminal."""

from collections.abc import Mapping, Sequence


def neighbour_table(word: str, columns: Mapping[str, Sequence[tuple[str, float]] | None]) -> str:
    """The neighbours of a word, a column for each set of vectors, the nearest first."""
    cells = {
        name: ["(no vector)"] if found is None else [f"{near} {cosine:.2f}" for near, cosine in found]
        for name, found in columns.items()
    }
    widths = {name: max(len(text) for text in (name, *texts)) for name, texts in cells.items()}
    rows = max(len(texts) for texts in cells.values())
    lines = [word, "  ".join(f"{name:<{widths[name]}}" for name in cells)]
    for row in range(rows):
        lines.append("  ".join(f"{texts[row] if row < len(texts) else '':<{widths[name]}}" for name, texts in cells.items()))
    return "\n".join(line.rstrip() for line in lines) + "\n"
