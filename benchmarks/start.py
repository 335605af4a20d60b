"""How long a person waits, from the command to the first update of the weights, when the tokens are there already.

    python benchmarks/start.py

Multi30k (`pipelines/multi30k.yaml --profile hour`, which trains three models) is run in a temporary store whose stages `text` and
`tokens` are done. When the log tells of the first update the run is interrupted and its checkpoints are removed; this is done
several times, and of each moment the median is told, in seconds after the process was started. Needs EMBEDSEQ_DATA.
"""

import argparse
import json
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from process import COMMAND, environment

PIPELINE = Path(__file__).parents[1] / "pipelines" / "multi30k.yaml"
LIMIT = 120.0
MOMENTS = {
    "run-started": "the file is read, the models are rehearsed",
    "started": "the stage is handed to a worker",
    "loading_seconds": "the worker has loaded torch",
    "verifying_seconds": "the inputs are verified",
    "preparing_seconds": "the model and the batches are there",
    "progress": "the first update is done",
}
"""Events of the log, facts by their names, and what they say."""


def command(arguments: list[str], store: Path) -> list[str]:
    """That of one run."""
    return [sys.executable, "-c", COMMAND, "run", *arguments, "--store", str(store), "--quiet"]


def events(store: Path) -> list[dict[str, object]]:
    """The whole lines of the newest log, as far as it is written."""
    logs = sorted((store / "runs").glob("*/events.jsonl"), key=lambda path: path.stat().st_mtime)
    return [json.loads(line) for line in logs[-1].read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]


def first_update(arguments: list[str], store: Path, compiled: Path) -> dict[str, float]:
    """Start the command, wait for the first update, interrupt; each moment in seconds after the start."""
    runs = len(list((store / "runs").iterdir()))
    began = time.time()
    process = subprocess.Popen(command(arguments, store), env=environment(compiled), stdout=subprocess.DEVNULL)
    try:
        while time.time() < began + LIMIT and process.poll() is None:
            time.sleep(0.05)
            found = events(store) if len(list((store / "runs").glob("*/events.jsonl"))) > runs else []
            trained = next((event["node"] for event in found if event["event"] == "progress"), None)
            if trained is not None:
                return {name: when - began for name, when in moments(found, str(trained)).items()}
        sys.exit("no update was made")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        shutil.rmtree(store / "scratch")


def moments(found: list[dict[str, object]], node: str) -> dict[str, float]:
    """When each of the moments came first, of one stage or of the run."""
    known: dict[str, float] = {}
    for event in found:
        name = str(event["name"] if event["event"] == "fact" else event["event"])
        if name in MOMENTS and event.get("node", node) == node:
            known.setdefault(name, float(str(event["time"])))
    return known


def main() -> None:
    """Measure, and print a line for each moment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    arguments = [str(PIPELINE), "--profile", "hour"]
    with tempfile.TemporaryDirectory() as folder:
        store, compiled = Path(folder) / "store", Path(folder) / "compiled"
        prepare = [*command(arguments, store), "--only", "tokens"]
        subprocess.run(prepare, env=environment(compiled), stdout=subprocess.DEVNULL, check=True)
        first_update(arguments, store, compiled)  # compiles torch's files
        times = [first_update(arguments, store, compiled) for _ in range(asked.repeats)]
    before = 0.0
    for name, said in MOMENTS.items():
        if all(name in each for each in times):
            when = statistics.median(each[name] for each in times)
            print(f"{when:6.2f} s  +{max(0.0, when - before):.2f}  {said}")
            before = when


if __name__ == "__main__":
    main()
