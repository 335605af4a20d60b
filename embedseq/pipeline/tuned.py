"""What the models of a run were tuned to. Light to import."""

from typing import Any

from embedseq.pipeline.artifact import DamagedArtifactError
from embedseq.pipeline.choices import CHOICE
from embedseq.pipeline.node_names import choose_node
from embedseq.pipeline.runs import Run
from embedseq.pipeline.store import Store


def chosen_values(record: Run, store: Store) -> dict[str, dict[str, Any]]:
    """The label of each model that is tuned -> the values that were chosen for it: `{"lr": 0.003}`.

    Left out are those for which the run did not come to a choice, or whose choice is no longer in the store.
    """
    chosen = {}
    for name, node in record.nodes.items():
        if node.kind == "choose" and node.status in ("done", "cached") and node.key is not None:
            try:
                artifact = store.lookup(node.key)
            except DamagedArtifactError:
                continue
            if artifact is not None:
                chosen[name.removeprefix(choose_node(""))] = artifact.read_json(CHOICE)["values"]
    return chosen
