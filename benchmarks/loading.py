"""What a process would load or read if it let libraries do as they like, and what that costs: why embedseq goes round it.

    python benchmarks/loading.py

Each row is timed in fresh processes that have loaded what it needs, medians of three: seconds by the clock and the memory that
the process grows by. Compiled files of Python are kept between processes, as they are for anyone who installed the package.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from process import environment
from table import Table, machine

TIMED = """
import json, time
from pathlib import Path
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
{before}
memory, began = resident(), time.perf_counter()
{what}
print(json.dumps([time.perf_counter() - began, resident() - memory]))
"""
TORCH = "import torch; leaf = torch.ones(2, requires_grad=True); leaf.sum().backward()"
SETTINGS = """
from embedseq.pipeline.file.spec import PipelineSpec
from embedseq.settings import Settings, documentation
def below(kind): return [kind, *(each for child in kind.__subclasses__() for each in below(child))]
"""
TEMPLATES = """
from embedseq.report.figures.drawn import Drawn
from embedseq.report.page import page_templates
environment = page_templates(Drawn())
environment.bytecode_cache = None
"""
ROWS = {
    "torch": ("", TORCH),
    "the first optimiser of a class of torch's (training/adam.py)": (TORCH, "torch.optim.AdamW([leaf], fused=True)"),
    "torch.broadcast_shapes (models/attention/pairs.py)": (TORCH, "torch.broadcast_shapes((3, 1), (1, 4))"),
    "torch.autograd.grad of a given gradient (probes/sent_back.py)": (
        TORCH,
        "torch.autograd.grad(leaf * 2, leaf, torch.ones(2))",
    ),
    "what the fields of all settings are for (settings.py)": (SETTINGS, "[documentation(each) for each in below(Settings)]"),
    "compiling the templates of the report (report/compiled.py)": (
        TEMPLATES,
        '[environment.get_template(name) for name in environment.list_templates(extensions=("html", "css"))]',
    ),
}
"""What is loaded or read, with what is there before."""
REPEATS = 3


def measured(before: str, what: str, compiled: Path) -> tuple[float, float]:
    """Seconds and MiB, medians; once more before, so that compiled files are there."""
    command = [sys.executable, "-c", TIMED.format(before=before, what=what)]
    ended = [
        subprocess.run(command, env=environment(compiled), stdout=subprocess.PIPE, text=True, check=True)
        for _ in range(REPEATS + 1)
    ]
    found = [json.loads(each.stdout) for each in ended[1:]]
    return statistics.median(seconds for seconds, _ in found), statistics.median(grown for _, grown in found)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        found = {name: measured(before, what, Path(folder)) for name, (before, what) in ROWS.items()}
    rows = [[name, f"{seconds:.2f}", f"{grown:.0f}"] for name, (seconds, grown) in found.items()]
    note = f"All but the first are gone round, in the file that is named. {machine()}."
    print(Table("What loading costs", ("", "seconds", "MiB"), rows, [note]).markdown())


if __name__ == "__main__":
    main()
