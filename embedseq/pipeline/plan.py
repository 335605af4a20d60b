"""What a run would do, and why, found out without running anything or changing the store."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from embedseq.pipeline.artifact import Artifact, DamagedArtifactError
from embedseq.pipeline.choices import as_chosen_before, with_choice
from embedseq.pipeline.keys import KeyRecord, differences, plain
from embedseq.pipeline.kinds import Kinds, kind_of, record_of
from embedseq.pipeline.schedule import in_order
from embedseq.pipeline.stage import Node, StageKind
from embedseq.pipeline.stages import STAGES
from embedseq.pipeline.store import Store

PlanStatus = Literal["cached", "to run", "depends"]
LET_GO = "its files were let go: it is made anew when they are needed"
REASONS = 3
"""So many changed fields are named; of further ones only the number."""


@dataclass(frozen=True)
class Previous:
    """What is known of a node from earlier runs."""

    record: KeyRecord
    key: str
    status: str
    message: str = ""


@dataclass(frozen=True)
class PlanItem:
    """What a run would do with one node."""

    id: str
    kind: str
    status: PlanStatus
    """`depends`: something upstream runs first; if that gives the same bytes as before, this may turn out to be cached."""
    why: str
    """Empty for what is cached and lies in the store."""
    key: str | None = None
    """None for what depends."""


def plan_graph(
    nodes: Sequence[Node],
    store: Store,
    previous: Mapping[str, Previous] | None = None,
    *,
    only: Collection[str] | None = None,
    kinds: Kinds = STAGES,
) -> tuple[PlanItem, ...]:
    """One item a node, inputs first. previous: node id -> what the last run that had it recorded (`runs.previous_nodes`).

    Raises RequestError where the graph is none.
    """
    items: dict[str, PlanItem] = {}
    artifacts: dict[str, Artifact] = {}
    for node in in_order(nodes, only):
        before = (previous or {}).get(node.id)
        kind = kind_of(node, kinds)
        pending = {role: source for role, source in node.inputs.items() if source not in artifacts}
        if pending:
            items[node.id] = _depending(node, kind, pending, before)
            continue
        try:
            node = with_choice(node, kind, artifacts.__getitem__)
        except DamagedArtifactError:  # it will be chosen anew
            pending = {role: node.inputs[role] for role in (kind.chosen_by,) if role is not None}
            items[node.id] = _depending(node, kind, pending, before)
            continue
        read = {role: artifacts[source].digest_of(kind.part_of(role, node.spec)) for role, source in node.inputs.items()}
        record = record_of(node, kind, read, {})
        artifact, problem = _look(store, node, record.key)
        known = store.known(record.key) if artifact is None and node.passing else None
        if artifact is not None or known is not None:
            artifacts[node.id] = cast(Artifact, artifact or known)
            items[node.id] = PlanItem(node.id, node.kind, "cached", LET_GO if artifact is None else "", record.key)
        else:
            items[node.id] = PlanItem(node.id, node.kind, "to run", problem or _why(node, record, before), record.key)
    return tuple(_wanted_again(in_order(nodes, only), items).values())


def _wanted_again(nodes: Sequence[Node], items: dict[str, PlanItem]) -> dict[str, PlanItem]:
    """What was let go and has readers that will run is made anew."""
    for node in reversed(nodes):
        if items[node.id].status == "cached":
            continue
        for source in node.inputs.values():
            if items[source].why == LET_GO:
                why = f"its files were let go, and {node.id!r} reads them"
                items[source] = PlanItem(source, items[source].kind, "to run", why, items[source].key)
    return items


def _look(store: Store, node: Node, key: str) -> tuple[Artifact | None, str]:
    """The artifact, or what is wrong with it."""
    try:
        artifact = store.lookup(key)
        if artifact is not None and artifact.failure is not None and not node.trial:
            return None, f"failed before, as a trial: {artifact.failure}"
    except DamagedArtifactError as error:
        return None, f"artifact damaged: {error.problem}"
    return artifact, ""


def _depending(node: Node, kind: StageKind, pending: Mapping[str, str], before: Previous | None) -> PlanItem:
    if before is not None and kind.chosen_by in pending:
        node = as_chosen_before(node, before.record.spec)
    reasons = ["new"] if before is None else _own_changes(node, kind, before)
    reasons += [f"input {source!r} runs first" for source in dict.fromkeys(pending.values())]
    return PlanItem(node.id, node.kind, "depends", _joined(reasons))


def _why(node: Node, record: KeyRecord, before: Previous | None) -> str:
    if before is None:
        return "new"
    if before.status == "failed":
        return f"failed before: {before.message}"
    reasons = _own_changes_of(record, before) + _input_changes(node, record, before)
    if reasons:
        return _joined(reasons)
    return "artifact missing" if before.status in ("done", "cached") else "not finished before"


def _own_changes(node: Node, kind: StageKind, before: Previous) -> list[str]:
    return _own_changes_of(record_of(node, kind, {}, {}), before)


def _own_changes_of(record: KeyRecord, before: Previous) -> list[str]:
    old, reasons = before.record, []
    if old.kind != record.kind:
        reasons.append(f"kind {old.kind} -> {record.kind}")
    if old.version != record.version:
        reasons.append(f"version {old.version} -> {record.version}")
    if old.threads != record.threads:
        reasons.append(f"threads {old.threads} -> {record.threads}")
    return reasons + [f"spec changed: {line}" for line in differences(plain(old.spec), plain(record.spec))]


def _input_changes(node: Node, record: KeyRecord, before: Previous) -> list[str]:
    old = before.record.inputs
    reasons = [
        f"input {node.inputs[role]!r} {'changed' if role in old else 'added'}"
        for role, digest in record.inputs.items()
        if old.get(role) != digest
    ]
    return reasons + [f"input {role!r} removed" for role in old if role not in record.inputs]


def _joined(reasons: Sequence[str]) -> str:
    more = len(reasons) - REASONS
    return "; ".join(reasons[:REASONS]) + (f"; and {more} more" if more > 0 else "")
