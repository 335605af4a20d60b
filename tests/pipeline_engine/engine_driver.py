"""Runs a graph of toy stages in a process of its own, for tests that kill or interrupt it.

`python engine_driver.py STORE SCENARIO FOLDER`: the outcome is printed as JSON. There is no guard of the main module: a script
that calls the engine at its top level must not be started again by its own workers.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from engine_toys import KINDS, node

from embedseq.pipeline.engine import run_graph
from embedseq.pipeline.recorder import RunRecorder
from embedseq.pipeline.stage import Node
from embedseq.pipeline.store import Store


def graph(scenario: str, folder: Path) -> list[Node]:
    """The nodes of a scenario."""
    journal = folder / "journal"
    gated = {"gate": str(folder / "gate"), "begun": str(folder / "begun")}
    match scenario:
        case "gated":
            return [
                node("first", text="F", journal=journal),
                node("slow", "slow", inputs=["first"], text="S", journal=journal, execution=gated),
                node("last", inputs=["slow"], text="L", journal=journal),
            ]
        case "training":
            models = [
                node(f"train-{i}", "epochs", inputs=["data"], n=i, journal=journal, execution={"pause": 0.05}) for i in range(3)
            ]
            return [node("data", text="D", journal=journal), *models, node("sum", inputs=[model.id for model in models])]
    raise ValueError(scenario)


store = Store(Path(sys.argv[1]))
nodes = graph(sys.argv[2], Path(sys.argv[3]))
recorder = RunRecorder(store, "driven", "name: driven\n")
outcome = run_graph(nodes, store, jobs=2, kinds=KINDS, observer=recorder)
results = {name: [result.status, result.digest, result.message] for name, result in outcome.results.items()}
print(json.dumps({"ok": outcome.ok, "cancelled": outcome.cancelled, "results": results}))
