"""Records of what the stages of `golden.yaml` write, and how an output is held against its record.

Text and token ids must be the same bytes. Numbers of trained vectors and models, and the scores that follow from them, depend
on the processor and the versions in their last digits: they are held against the record within a tolerance, and of large arrays
only the shape, the norm and the first numbers are recorded.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

import embedseq
from embedseq.pipeline.artifact import read_artifact
from embedseq.pipeline.probe_nodes import STAGES as PROBE_STAGES
from embedseq.pipeline.stage import load_kind
from embedseq.pipeline.stages import STAGES
from embedseq.probes.registry import probes

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
RENEWAL = "python tests/stages/renew_golden.py"
EXACT = ("text", "tokens")
"""Kinds whose every byte counts."""
RELATIVE, ABSOLUTE = 2e-3, 2e-4
FIRST = 6
"""So many numbers of an array are recorded."""
UNSEEN = re.compile(r"projections\.key\.bias")
"""It adds the same to all scores of a query, which softmax does not see. So its gradients are nothing but rounding, of which Adam
makes numbers, others on each kind of processor: nothing but the shape is recorded."""
HASH = re.compile(r"[0-9a-f]{64}")

Record = dict[str, Any]
"""`kind`, `version`, the versions of its `probes`, and under `outputs` for each stage what each of its files holds."""


def run_golden(store: Path) -> embedseq.Run:
    """Run the pipeline whose outputs are recorded."""
    return embedseq.run(HERE / "golden.yaml", store=store, jobs=1, captures=embedseq.Captures(keep=True))


def records_of(run: embedseq.Run) -> dict[str, Record]:
    """Kind -> what its stages wrote in a run."""
    records: dict[str, Record] = {
        kind: {"kind": kind, "version": load_kind(reference).version, **_probes(kind), "outputs": {}}
        for kind, reference in STAGES.items()
    }
    for name, node in run.record.nodes.items():
        folder = run.artifact(name)
        assert folder is not None, f"{name}: {node.message}"
        records[node.kind]["outputs"][name] = described(folder, exact=node.kind in EXACT)
    return records


def _probes(kind: str) -> Record:
    """The versions of the probes that a kind of stage measures, if it does."""
    versions = {name: probe.about.version for name, probe in probes().items() if PROBE_STAGES[probe.about.reads] == kind}
    return {"probes": versions} if versions else {}


def described(folder: Path, *, exact: bool) -> Record:
    """File -> what it holds, for every file of an artifact."""
    return {name: _described(folder / name, exact) for name in sorted(read_artifact(folder).files)}


def complaint(record: Record | None, found: Record) -> str:
    """What is wrong with the output of one kind of stage, held against its record; empty where nothing is."""
    kind, version = found["kind"], found["version"]
    if record is None:
        return f"stage {kind} has no record: let golden.yaml use it, then write one with `{RENEWAL}`"
    differences = list(different(record["outputs"], found["outputs"]))
    if record["version"] != version:
        return f"stage {kind} is of version {version}, its record of version {record['version']}: renew it with `{RENEWAL}`"
    raised = [name for name, probe in found.get("probes", {}).items() if record.get("probes", {}).get(name, probe) != probe]
    if raised:
        return f"probe {', '.join(raised)} is of another version than in the record of stage {kind}: renew it with `{RENEWAL}`"
    if not differences:
        return ""
    shown = "\n  ".join(differences[:10])
    return (
        f"the output of stage {kind} changed but its version is still {version}: raise it (or that of the probe), then renew "
        f"the record with `{RENEWAL}`\n  {shown}"
    )


def different(old: Any, new: Any, where: str = "") -> Iterator[str]:
    """Each place where two JSON-like values differ; numbers within the tolerance do not."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys((*old, *new)):
            place = f"{where}: {name}" if where else str(name)
            if name not in old or name not in new:
                yield f"{place} {'is new' if name in new else 'is gone'}"
            else:
                yield from different(old[name], new[name], place)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from different(*pair, f"{where}[{index}]")
    elif isinstance(old, float) and isinstance(new, int | float):
        if not math.isclose(old, new, rel_tol=RELATIVE, abs_tol=ABSOLUTE):
            yield f"{where}: {old} -> {new}"
    elif old != new:
        yield f"{where}: {old!r} -> {new!r}"


def read_records(folder: Path = GOLDEN) -> dict[str, Record]:
    """Kind -> its record."""
    return {record["kind"]: record for path in folder.glob("*.json") for record in [json.loads(path.read_text(encoding="utf-8"))]}


def write_records(records: Mapping[str, Record], folder: Path = GOLDEN) -> None:
    """Write one file a kind, and take away those of kinds that are no more."""
    for path in folder.glob("*.json"):
        path.unlink()
    for kind, record in records.items():
        text = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
        (folder / f"{kind}.json").write_text(text + "\n", encoding="utf-8")


def _described(path: Path, exact: bool) -> Any:
    content = path.read_bytes()
    if exact or path.name.endswith(".words.json"):
        return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    if path.suffix == ".json":
        return _rounded(json.loads(content))
    if path.suffix == ".npy":
        return _array(np.load(path, allow_pickle=False))
    if path.suffix == ".safetensors":
        tensors = sorted(load_file(path).items())
        return {name: {"shape": list(each.shape)} if UNSEEN.search(name) else _array(each) for name, each in tensors}
    return content.decode().split("\n")


def _array(array: np.ndarray) -> dict[str, Any]:
    numbers = array.astype(np.float64)
    return _rounded(
        {"shape": list(array.shape), "norm": float(np.linalg.norm(numbers)), "first": numbers.ravel()[:FIRST].tolist()}
    )


def _rounded(value: Any) -> Any:
    """Numbers with six digits; a digest of numbers says nothing on another processor."""
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else repr(value)
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return "(a digest)" if isinstance(value, str) and HASH.fullmatch(value) else value
