"""Peers to be measured beside, each in a virtual environment of its own, with versions that work together.

    python benchmarks/peers/install.py [NAME …] [--folder benchmarks/work/peers]

An environment is made once; one whose list of requirements has changed is made anew.
"""

import argparse
import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "work" / "peers"
REQUIREMENTS = {
    # JoeyNMT's plateau schedule passes torch an argument that newer versions have dropped: train without it.
    "joeynmt": ("joeynmt==2.3.0", "torch==2.13.0", "sentencepiece==0.2.0", "importlib_metadata"),
    "ctranslate2": ("ctranslate2==4.8.5",),
    # OpenNMT-py asks for a torch that was built for NumPy 1.
    "opennmt": ("OpenNMT-py==3.5.1", "numpy<2", "setuptools<81"),
}
DONE = "requirements.txt"


def python_of(name: str, folder: Path = FOLDER) -> Path:
    """The interpreter of a peer's environment, which is made if it is not there. Raises CalledProcessError where pip fails."""
    home, wanted = folder / name, "".join(f"{requirement}\n" for requirement in REQUIREMENTS[name])
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not (home / DONE).exists() or (home / DONE).read_text() != wanted:
        print(f"installing {name} into {home}", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS[name]], check=True)
        (home / DONE).write_text(wanted)
    return python


def main() -> None:
    """Install what is asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(REQUIREMENTS))
    parser.add_argument("--folder", type=Path, default=FOLDER)
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(REQUIREMENTS):
        parser.error(f"{', '.join(sorted(unknown))}: no such peer; there are {', '.join(REQUIREMENTS)}")
    for name in asked.names or REQUIREMENTS:
        print(python_of(name, asked.folder))


if __name__ == "__main__":
    main()
