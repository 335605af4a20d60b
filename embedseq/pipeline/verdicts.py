"""The verdicts that a run came to, and which of its claims are older than its results."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedseq.pipeline.claims import Claim, claims_of, families_of
from embedseq.pipeline.keys import digest
from embedseq.pipeline.node_names import claim_node, verdicts_node
from embedseq.pipeline.probe_nodes import STAGES as PROBING
from embedseq.pipeline.runs import Run as Record
from embedseq.pipeline.runs import newest_first
from embedseq.pipeline.stage import Node
from embedseq.pipeline.stages.claim import VERDICTS
from embedseq.pipeline.stages.records import read_record
from embedseq.pipeline.store import Store

if TYPE_CHECKING:
    from embedseq.pipeline.file import Pipeline
    from embedseq.pipeline.plan import PlanItem
    from embedseq.pipeline.run import Run


MAKING = ("train", "word2vec", "vector-file")
"""The kinds of stages whose models and vectors are measured."""
MEASURING = ("evaluate", *PROBING.values())
"""The kinds of stages that measure them."""
BESIDE_THE_POINT = {"evaluate": ("metrics",)} | dict.fromkeys(PROBING.values(), ("version",))
"""Kind of stage -> what may change in it and leaves a claim what it was: the scores beside its own, a probe's version."""


@dataclass(frozen=True)
class Judged:
    """A claim and its verdict, as `embedseq.statistics.verdict.Verdict.record` gives it."""

    name: str
    says: str
    verdict: Mapping[str, Any]


def judged_claims(run: "Run") -> Iterator[Judged]:
    """The claims of a run that were judged, in the order of the file."""
    verdicts: dict[str, Mapping[str, Any]] = {}
    for family, claims in families_of(run.pipeline).items():
        folder = run.artifact(verdicts_node(family))
        records = {} if folder is None else read_record(folder / VERDICTS)
        verdicts |= {claim.name: records[str(place)] for place, claim in enumerate(claims) if str(place) in records}
    for claim in claims_of(run.pipeline):
        if claim.name in verdicts and run.artifact(claim_node(claim.name)) is not None:
            yield Judged(claim.name, claim.settings.says, verdicts[claim.name])


def claims_before_work(
    pipeline: "Pipeline", graph: Sequence[Node], planned: "Sequence[PlanItem]", store: Store
) -> list[dict[str, Any]]:
    """For the record of a run: each claim, and whether it was added to the file after results existed.

    It was, if models or vectors of all its arms are there, under some seed, and one of them has been measured by anything: in the
    store lies the very score of the claim, or an earlier run of the pipeline evaluated or probed it. For who has seen one score
    can guess at others, and which are measured is for the file to say.

    What an earlier run of the pipeline recorded of the same claim stands. Words, names and families may change, and what else is
    measured; with another arm, score, slice, test or smallest effect it is another claim. Left out is one of whose arms this run
    is not to know, for it makes only some of the stages.
    """
    if not pipeline.spec.claims:
        return []
    nodes = {node.id: node for node in graph}
    identities = {claim.name: _identity(claim, nodes) for claim in claims_of(pipeline)}
    known = _recorded_before(store, pipeline.spec.name, set(identities.values()))
    plan = {item.id: item for item in planned}
    new = not known.keys() >= set(identities.values())
    seen = _measured_before(newest_first(store, pipeline.spec.name)) if new else set()
    found = []
    for claim in claims_of(pipeline):
        identity = identities[claim.name]
        after = known[identity] if identity in known else _after_results(claim, plan, seen)
        if after is not None:
            found.append({"name": claim.name, "identity": identity, "after_results": after})
    return found


def _recorded_before(store: Store, pipeline: str, identities: Collection[str]) -> dict[str, bool]:
    """What earlier runs recorded of these claims. A run records again what the one before did, so that the newest know most."""
    known: dict[str, bool] = {}
    for run in newest_first(store, pipeline):
        recorded = {each["identity"]: each["after_results"] for each in run.content.get("claims", ())}
        known = recorded | known
        if known.keys() >= set(identities):
            break
    return known


def _identity(claim: Claim, nodes: Mapping[str, Node]) -> str:
    """What stands for all that a claim will test, whatever it is called there."""
    made: dict[str, str] = {}

    def of(name: str) -> str:
        if name not in made:
            node = nodes[name]
            inputs = {role: of(source) for role, source in node.inputs.items()}
            spec = {field: value for field, value in node.spec.items() if field not in BESIDE_THE_POINT.get(node.kind, ())}
            made[name] = digest({"kind": node.kind, "spec": spec, "inputs": inputs})
        return made[name]

    return digest([of(claim_node(claim.name)), claim.settings.smallest])


def _after_results(claim: Claim, plan: "Mapping[str, PlanItem]", seen: Collection[str]) -> bool | None:
    """Whether there were results of a claim; None where this run does not look at all that would tell."""
    made = [[plan[node] for node in arm.made if node in plan] for arm in claim.arms]
    there = [[item.key for item in arm if item.status == "cached"] for arm in made]
    if any(arm and not keys for arm, keys in zip(made, there, strict=True)):
        return False
    if not all(made):
        return None
    scores = (plan[node] for arm in claim.arms for node in arm.nodes.values() if node in plan)
    return any(key in seen for keys in there for key in keys) or any(item.status == "cached" for item in scores)


def _measured_before(earlier: Iterable[Record]) -> set[str]:
    """The keys of all stages whose models or vectors a run has evaluated or probed: they may have other names today."""
    keys: set[str] = set()
    for run in earlier:
        done = [node for node in run.nodes.values() if node.status in ("done", "cached")]
        measured = {name for node in done if node.kind in MEASURING for name in _measured_names(node.id)}
        keys |= {node.key for node in done if node.kind in MAKING and node.key and _subject(node.id) in measured}
    return keys


def _subject(node: str) -> str:
    """`train translator[lstm], seed 1` -> `translator[lstm], seed 1`."""
    return node.partition(" ")[2]


def _measured_names(node: str) -> tuple[str, str]:
    """`probe similarity of small, seed 1` -> `small, seed 1`, and `small`, as vectors from a file are called."""
    name = node.partition(" of ")[2] if node.startswith("probe ") else _subject(node)
    return name, name.rpartition(", seed ")[0]
