"""A finished pipeline run again, as a person does it: a new process that finds every stage done and writes the report.

    python benchmarks/rerun.py
    python benchmarks/rerun.py pipelines/probe-zoo.yaml --profile hour --store embedseq-store

The pipeline is first brought to its end, in a temporary store unless one is named; the default one has 167 stages and needs no
files. Then it is run again several times: seconds by the clock and of the processor, medians. A last run, in which some parts
are timed as they are called, says where the time went. Compiled files of Python are kept between processes, as they are
for anyone who installed the package.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from process import COMMAND, environment

PARTS = {
    "reading the file": ("embedseq.pipeline.file", "read_pipeline"),
    "building the graph": ("embedseq.pipeline.preflight", "build_checked_graph"),
    "planning": ("embedseq.pipeline.plan", "plan_graph"),
    "claims before work": ("embedseq.pipeline.verdicts", "claims_before_work"),
    "looking for every stage": ("embedseq.pipeline.engine", "run_graph"),
    "gathering the report": ("embedseq.pipeline.reporting.report", "report_of"),
    "writing the page": ("embedseq.report.page", "render"),
}
"""What is timed, and where it is called from; reading the file happens twice, the second time for the report."""
TIMED = f"""
import importlib, json, sys, time
began = time.perf_counter()
from embedseq.cli.main import main
import embedseq.cli.run_command
spent, depth = {{}}, [0.0]
def timed(name, function):
    def wrapper(*args, **options):
        start, outer = time.perf_counter(), depth.pop()
        depth.append(0.0)
        try:
            return function(*args, **options)
        finally:
            whole = time.perf_counter() - start
            spent[name] = spent.get(name, 0.0) + whole - depth.pop()
            depth.append(outer + whole)
    return wrapper
for name, (module, function) in {PARTS!r}.items():
    home = importlib.import_module(module)
    setattr(home, function, timed(name, getattr(home, function)))
spent["importing"] = time.perf_counter() - began
sys.argv[0] = "embedseq"
try:
    main()
finally:
    print(json.dumps({{**spent, "everything": time.perf_counter() - began}}), file=sys.stderr)
"""


@dataclass(frozen=True)
class Took:
    """What one process took, in seconds."""

    clock: float
    processor: float


def embedseq(code: str, arguments: list[str], compiled: Path) -> tuple[Took, str]:
    """Run the command; what it took, and the last line of what it said on standard error."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run([sys.executable, "-c", code, *arguments], env=environment(compiled), capture_output=True, text=True)
    clock, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode != 0:
        sys.exit(ended.stderr or ended.stdout)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(clock, processor), (ended.stderr.strip().splitlines() or [""])[-1]


def stages_of(store: Path) -> dict[str, int]:
    """How the stages of the newest run ended."""
    newest = max((store / "runs").iterdir(), key=lambda folder: (folder / "run.json").stat().st_mtime)
    nodes = json.loads((newest / "run.json").read_text(encoding="utf-8"))["nodes"].values()
    counts: dict[str, int] = {}
    for node in nodes:
        counts[node["status"]] = counts.get(node["status"], 0) + 1
    return counts


def measure(arguments: list[str], store: Path, compiled: Path, repeats: int) -> None:
    """Bring the pipeline to its end, then print the table."""
    command = ["run", *arguments, "--store", str(store), "--quiet"]
    first, _ = embedseq(COMMAND, command, compiled)
    embedseq(COMMAND, command, compiled)
    took = [embedseq(COMMAND, command, compiled)[0] for _ in range(repeats)]
    counts = stages_of(store)
    if set(counts) != {"cached"}:
        sys.exit(f"not everything was found: {counts}")
    clock, processor = (statistics.median(getattr(each, name) for each in took) for name in ("clock", "processor"))
    print(f"{' '.join([Path(arguments[0]).name, *arguments[1:]])}: {counts['cached']} stages, the first time {first.clock:.1f} s")
    print(f"run again ({repeats} times): {clock:.2f} s by the clock, {processor:.2f} s of the processor (medians)")
    print(f"by the clock from {min(each.clock for each in took):.2f} to {max(each.clock for each in took):.2f} s\n")
    spent = json.loads(embedseq(TIMED, command, compiled)[1])
    whole = spent.pop("everything")
    spent["the rest"] = whole - sum(spent.values())
    for name, seconds in spent.items():
        print(f"{name:<26} {seconds:6.2f} s {seconds / whole:5.0%}")


def main() -> None:
    """Measure one pipeline."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", default=str(Path(__file__).parents[1] / "pipelines" / "memory.yaml"))
    parser.add_argument("--profile")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    profile = asked.profile or (None if asked.store else "tiny")
    arguments = [asked.file, *(["--profile", profile] if profile else [])]
    with tempfile.TemporaryDirectory() as folder:
        measure(arguments, asked.store or Path(folder) / "store", Path(folder) / "compiled", asked.repeats)


if __name__ == "__main__":
    main()
