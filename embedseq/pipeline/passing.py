"""Artifacts that pass: large, soon made again, and let go as soon as all who read them are done."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from embedseq.pipeline.artifact import Artifact
from embedseq.pipeline.events import NodeResult
from embedseq.pipeline.stage import Node
from embedseq.pipeline.store import Store


@dataclass(frozen=True)
class Captures:
    """What becomes of passing artifacts: captured states, above all."""

    quota: int = 8 * 2**30
    """So many bytes of them may lie in the store; beyond it none is begun, unless nothing else can go on."""
    keep: bool = False
    """Whether they stay when all who read them are done."""


class Passing:
    """The passing nodes of one execution: whose files are there, and who still needs them."""

    def __init__(self, nodes: Sequence[Node], store: Store, captures: Captures) -> None:
        self.store, self.captures = store, captures
        self.nodes = {node.id: node for node in nodes if node.passing}
        self.readers: dict[str, list[str]] = defaultdict(list)
        for node in nodes:
            for source in dict.fromkeys(node.inputs.values()):
                if source in self.nodes:
                    self.readers[source].append(node.id)
        self.gone: set[str] = set()
        """Nodes whose artifact is known by its manifest alone."""
        self.wanted: set[str] = set()
        """Nodes whose files must be there, since someone has to read them."""
        self.sizes: dict[str, int] = {}
        """Node -> bytes of its artifact in the store."""

    def known(self, node: Node, key: str) -> Artifact | None:
        """What is known of a passing node's artifact whose files were let go, unless someone needs them."""
        if not node.passing or node.id in self.wanted:
            return None
        artifact = self.store.known(key)
        if artifact is not None:
            self.gone.add(node.id)
        return artifact

    def demanded_by(self, node: Node) -> list[str]:
        """The inputs that must be made anew before the node can run; from now on they are wanted."""
        missing = [source for source in dict.fromkeys(node.inputs.values()) if source in self.gone]
        self.gone.difference_update(missing)
        self.wanted.update(missing)
        return missing

    @property
    def over_quota(self) -> bool:
        """Whether as many bytes lie in the store as may."""
        return sum(self.sizes.values()) >= self.captures.quota

    def let_go(self, results: Mapping[str, NodeResult]) -> list[str]:
        """Let those go whose readers are all done, and say which keys they had. What was cancelled is not done."""
        keys = []
        for name in self.nodes:
            result, readers = results.get(name), self.readers[name]
            if result is None or not result.ok or result.key is None or name in self.gone:
                continue
            if name not in self.sizes:
                artifact = self.store.lookup(result.key)
                self.sizes[name] = artifact.size if artifact is not None else 0
            if self.captures.keep:
                continue
            if readers and all(reader in results and results[reader].status != "cancelled" for reader in readers):
                self.store.let_go(result.key)
                self.gone.add(name)
                self.wanted.discard(name)
                del self.sizes[name]
                keys.append(result.key)
        return keys
