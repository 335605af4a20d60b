"""Writes the golden records anew: `python tests/stages/renew_golden.py`, after a stage's version was raised.

Look at what changed with `git diff tests/stages/golden` before it is committed: every change should be one that was meant.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from golden_records import GOLDEN, complaint, read_records, records_of, run_golden, write_records


def renew(folder: Path = GOLDEN) -> list[str]:
    """Run the golden pipeline in a fresh store and write its records; the kinds whose record was not right."""
    with tempfile.TemporaryDirectory() as store:
        run = run_golden(Path(store))
        if run.failures:
            raise SystemExit("\n".join(f"{name}: {message}" for name, message in run.failures.items()))
        found = records_of(run)
    old = read_records(folder)
    write_records(found, folder)
    return [kind for kind, record in found.items() if complaint(old.get(kind), record)]


if __name__ == "__main__":
    renewed = renew()
    print(f"renewed: {', '.join(renewed)}" if renewed else "nothing had changed")
