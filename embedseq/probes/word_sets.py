"""Sets of words that people judged or put together, by name, and their lines. Light to import: no NumPy."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embedseq.errors import InputError, RequestError

BUNDLED = {"wordsim353": "wordsim353.tsv", "simlex999": "simlex999.txt"}
"""Sets of word pairs that install with gensim: WordSim-353 (Finkelstein et al. 2002) and SimLex-999 (Hill et al. 2015)."""
ANALOGIES = {"google-analogies": "questions-words.txt"}
"""Analogy questions that install with gensim (Mikolov et al. 2013)."""
OUTLIERS = {"everyday-outliers": "outlier_sets.txt"}
"""Groups of words with outliers that install with embedseq."""


@dataclass(frozen=True)
class SetLine:
    """A line that says something."""

    text: str
    where: str
    """The file and the number of the line, for errors."""


def set_lines(name: str, base: Path, bundled: Mapping[str, str], what: str) -> list[SetLine]:
    """The lines of a bundled set by its name, or of a file by its path, without empty ones and comments (`#` begins one).

    A relative path starts from `base`; `what` says what the lines are (`word pairs`). InputError for a file that cannot be read.
    """
    path = bundled_file(name) if name in bundled else base / name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        choices = ", ".join(bundled)
        raise InputError(f"{path}: expected a file of {what} in UTF-8 or one of {choices}, but: {error}.") from error
    lines = enumerate(text.split("\n"), start=1)
    return [SetLine(line, f"{path}:{number}") for number, line in lines if line.strip() and not line.startswith("#")]


def set_name(name: str, bundled: Mapping[str, str]) -> str:
    """What a set is called where its numbers are shown: its name, or that of its file without the ending."""
    return name if name in bundled else Path(name).stem


def bundled_file(name: str) -> Path:
    """Where a bundled set is; those of gensim are found without loading gensim."""
    if name in OUTLIERS:
        return Path(__file__).parent / OUTLIERS[name]
    file = (BUNDLED | ANALOGIES)[name]
    package = importlib.util.find_spec("gensim")
    folders = (package.submodule_search_locations if package else None) or ()
    for folder in folders:
        path = Path(folder) / "test" / "test_data" / file
        if path.is_file():
            return path
    raise RequestError(f"{name}: expected {file} among gensim's test data, found none. Install gensim from PyPI.")
