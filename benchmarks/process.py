"""The command `embedseq` as a process of its own, as benchmarks start it."""

import os
from pathlib import Path

COMMAND = "import sys; sys.argv[0] = 'embedseq'; from embedseq.cli.main import main; main()"


def environment(compiled: Path) -> dict[str, str]:
    """That of the processes: compiled files are kept in a folder, as they are for anyone who installed the package."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(compiled)}
