"""The verdicts that a run came to, and which of its claims are older than its results."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedseq.pipeline.claims import Claim, claims_of
from embedseq.pipeline.graph import build_graph
from embedseq.pipeline.keys import digest
from embedseq.pipeline.node_names import claim_node, verdicts_node
from embedseq.pipeline.stage import Node
from embedseq.pipeline.stages.claim import VERDICTS
from embedseq.pipeline.stages.records import read_record

if TYPE_CHECKING:
    from embedseq.pipeline.file import Pipeline
    from embedseq.pipeline.plan import PlanItem
    from embedseq.pipeline.run import Run
    from embedseq.pipeline.runs import Run as Record


@dataclass(frozen=True)
class Judged:
    """A claim and its verdict, as `embedseq.statistics.verdict.Verdict.record` gives it."""

    name: str
    says: str
    verdict: Mapping[str, Any]


def judged_claims(run: "Run") -> Iterator[Judged]:
    """The claims of a run that were judged, in the order of the file."""
    families: dict[str, int] = {}
    for claim in claims_of(run.pipeline):
        number = families.setdefault(claim.settings.family, 0)
        families[claim.settings.family] += 1
        if run.artifact(claim_node(claim.name)) is None:
            continue
        folder = run.artifact(verdicts_node(claim.settings.family))
        if folder is not None and (found := read_record(folder / VERDICTS).get(str(number))) is not None:
            yield Judged(claim.name, claim.settings.says, found)


def claims_before_work(pipeline: "Pipeline", planned: "Sequence[PlanItem]", earlier: "Sequence[Record]") -> list[dict[str, Any]]:
    """For the record of a run: each claim, and whether it was added to the file after all its arms had been measured.

    What an earlier run of the pipeline recorded of the same claim stands. Words, names and families may change; with another arm,
    score, slice or smallest effect it is another claim. Left out is one of whose arms this run is not to know, for it makes only
    some of the stages.
    """
    known = {each["identity"]: each["after_results"] for record in reversed(earlier) for each in record.content.get("claims", ())}
    cached = {item.id: item.status == "cached" for item in planned}
    nodes = {node.id: node for node in build_graph(pipeline)}
    found = []
    for claim in claims_of(pipeline):
        identity = _identity(claim, nodes)
        after = known.get(identity, _after_results(claim, cached))
        if after is not None:
            found.append({"name": claim.name, "identity": identity, "after_results": after})
    return found


def _identity(claim: Claim, nodes: Mapping[str, Node]) -> str:
    """What stands for all that a claim will test, whatever it is called there."""
    made: dict[str, str] = {}

    def of(name: str) -> str:
        if name not in made:
            node = nodes[name]
            inputs = {role: of(source) for role, source in node.inputs.items()}
            made[name] = digest({"kind": node.kind, "spec": node.spec, "inputs": inputs})
        return made[name]

    return digest([of(claim_node(claim.name)), claim.settings.smallest])


def _after_results(claim: Claim, cached: Mapping[str, bool]) -> bool | None:
    """Whether each arm has been measured with some seed; None where this run does not look at all that would tell."""
    have = [[cached[node] for node in arm.nodes.values() if node in cached] for arm in claim.arms]
    if any(seeds and not any(seeds) for seeds in have):
        return False
    return True if all(have) else None
