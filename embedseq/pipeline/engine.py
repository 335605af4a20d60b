"""The engine: brings into the store what is not there yet, independent stages side by side.

It decides what begins and when. How a stage's work is done is in `execution`, where in `worker`, `pool` and `crew`.
"""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from embedseq.errors import RequestError
from embedseq.pipeline.artifact import Artifact, DamagedArtifactError
from embedseq.pipeline.choices import with_choice
from embedseq.pipeline.cores import available_cores
from embedseq.pipeline.crew import Crew, Work
from embedseq.pipeline.events import Event, NodeResult, Observer, Observers, Outcome, Status, What
from embedseq.pipeline.execution import Request, Source
from embedseq.pipeline.keys import KeyRecord, canonical
from embedseq.pipeline.kinds import Kinds, kind_of, record_of, reference_of
from embedseq.pipeline.locks import FileLock, Holder
from embedseq.pipeline.passing import Captures, Passing
from embedseq.pipeline.pool import Pool
from embedseq.pipeline.schedule import in_order, path_seconds
from embedseq.pipeline.stage import Node, StageKind
from embedseq.pipeline.stages import STAGES
from embedseq.pipeline.store import Store, Workspace

TICK_SECONDS = 0.2
"""How often signals and the locks of other runs are looked at while nothing else happens."""
REBUILDS = 3
"""How often one stage may find one input damaged in one run before the disk is taken to be broken."""


def run_graph(
    nodes: Sequence[Node],
    store: Store,
    *,
    jobs: int | None = None,
    observer: Observer | None = None,
    only: Collection[str] | None = None,
    kinds: Kinds = STAGES,
    captures: Captures | None = None,
    seconds: Mapping[str, float] | None = None,
    pool: Pool | None = None,
) -> Outcome:
    """Bring every node's artifact into the store, or say why not; let those of passing nodes go when all who read them are done.

    jobs: cores to fill; none means all that this process may use. only: ids of the nodes wanted; what they need runs too.
    captures: how many passing artifacts may lie in the store, and whether they stay. seconds: guesses of how long nodes take, by
    their ids; what takes long begins early, and no result depends on them. pool: workers to begin with, which are ended; its size
    is then the number of cores.
    Raises RequestError where the graph is none, ValueError or TypeError where a spec cannot be part of a key; stages that
    fail are told by the outcome, and so is an interrupt.
    """
    workers = pool or Pool(jobs or available_cores())
    try:
        ordered = in_order(nodes, only)
        for node in ordered:
            _check(node, kind_of(node, kinds))
        store.create()
        engine = Engine(ordered, store, workers, observer or Observers(), kinds, captures or Captures())
        return engine.run(seconds or {})
    finally:
        workers.close()


def _check(node: Node, kind: StageKind) -> None:
    """Raises RequestError, ValueError or TypeError where no key can be made of the node."""
    canonical(record_of(node, kind, {}, {}).spec, node.id)
    try:
        for role in node.inputs:
            kind.part_of(role, node.spec)
    except KeyError as error:
        message = f"{node.id}: the stage {kind.name!r} reads files named after {error}, which its spec does not have"
        raise RequestError(message) from error


class Engine:
    """One execution of a graph. A node has a result, is ready (waits for cores or a lock), is at work, or waits for inputs."""

    def __init__(
        self, nodes: tuple[Node, ...], store: Store, pool: Pool, observer: Observer, kinds: Kinds, captures: Captures
    ) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.store, self.observer, self.kinds = store, observer, kinds
        self.crew = Crew(pool, self._note)
        self.results: dict[str, NodeResult] = {}
        self.ready: dict[str, KeyRecord] = {}
        self.ready_since: dict[str, float] = {}
        self.suspects: set[str] = set()
        """Nodes whose artifact was found damaged: it is read byte for byte under its lock before it is trusted again."""
        self.complaints: Counter[tuple[str, str]] = Counter()
        self.artifacts: dict[str, Artifact] = {}
        """Inputs of which a part is read, by key, as they were found."""
        self.blocked: set[str] = set()
        """Nodes that another run works on, as has been told."""
        self.interrupts = 0
        self.passing = Passing(nodes, store, captures)
        self.urgency: dict[str, tuple[float, int]] = {}
        """What begins first where cores are few; the least of these."""

    def run(self, seconds: Mapping[str, float]) -> Outcome:
        """Everything that can be done. seconds: guesses of how long nodes take."""
        began = time.monotonic()
        ahead = path_seconds(tuple(self.nodes.values()), seconds)
        self.urgency = {name: (-ahead[name], place) for place, name in enumerate(self.nodes)}
        self.store.sweep()
        self.workspace = Workspace(self.store)
        self.observer.begin(tuple(self.nodes.values()), self.crew.cores)
        try:
            with self._interruptible():
                self._work()
        finally:  # also when something here is wrong: observers must put the terminal right and close their files
            self._stop()
            outcome = self._outcome(time.monotonic() - began)
            self.observer.end(outcome)
        return outcome

    def _outcome(self, seconds: float) -> Outcome:
        for name, node in self.nodes.items():
            if name not in self.results:
                self._finish(NodeResult(name, node.kind, "cancelled", message="interrupted"))
        results = {name: self.results[name] for name in self.nodes}
        return Outcome(results, cancelled=any(result.status == "cancelled" for result in results.values()), seconds=seconds)

    def _work(self) -> None:
        while not self.interrupts:
            self._settle()
            settled = len(self.results)
            if settled == len(self.nodes):
                return
            self._dispatch()
            for work in self.crew.listen(TICK_SECONDS if settled == len(self.results) else 0):
                self._conclude(work)

    # What can be said without work: cached, skipped, ready.

    def _settle(self) -> None:
        """Look at every node whose inputs are settled, inputs first, so that one pass is enough."""
        busy = self.crew.busy_with()
        for name, node in self.nodes.items():
            known = name in self.results or name in self.ready or name in busy
            if not known and all(source in self.results for source in node.inputs.values()):
                self._settle_node(node)

    def _settle_node(self, node: Node) -> None:
        sources = {role: self.results[source] for role, source in node.inputs.items()}
        failures = {role: result.status for role, result in sources.items() if not result.ok}
        if failures and (not node.tolerant or len(failures) == len(sources)):
            missing = next(result for result in sources.values() if not result.ok)
            verb = "failed" if missing.status == "failed" else "did not run"
            self._finish(NodeResult(node.id, node.kind, "skipped", message=f"needs {missing.id!r}, which {verb}"))
            return
        try:
            node = with_choice(node, kind_of(node, self.kinds), lambda source: self._artifact_of(self.results[source]))
            digests = {role: self._read_of(node, role, sources[role]) for role in node.inputs if sources[role].ok}
        except DamagedArtifactError as error:
            self._complain(node, error.key, error.problem)
            return
        record = record_of(node, kind_of(node, self.kinds), digests, failures)
        artifact = self._cached(node, record) or self.passing.known(node, record.key)
        if artifact is not None:
            self._finish_found(node, record, artifact)
        elif demanded := self.passing.demanded_by(node):
            for name in demanded:  # they are made anew first; this node is settled again after them
                del self.results[name]
        else:
            self.ready[node.id] = record
            self.ready_since[node.id] = time.monotonic()

    def _read_of(self, node: Node, role: str, source: NodeResult) -> str:
        """The digest of what the node reads of an input. Raises DamagedArtifactError."""
        assert source.digest is not None
        patterns = kind_of(node, self.kinds).part_of(role, node.spec)
        return source.digest if patterns is None else self._artifact_of(source).digest_of(patterns)

    def _artifact_of(self, source: NodeResult) -> Artifact:
        """The artifact of a node that is done. Raises DamagedArtifactError."""
        assert source.key is not None
        artifact = self.artifacts.get(source.key) or self.store.lookup(source.key) or self.store.known(source.key)
        if artifact is None or artifact.digest != source.digest:
            folder = self.store.artifacts / source.key
            raise DamagedArtifactError(source.key, folder, "it is gone, or another one than was found before")
        self.artifacts[source.key] = artifact
        return artifact

    def _cached(self, node: Node, record: KeyRecord) -> Artifact | None:
        """The artifact as it is found at a glance; one that looks damaged is dealt with later, under its lock."""
        if node.id in self.suspects:
            return None
        try:
            return self.store.lookup(record.key)
        except DamagedArtifactError:
            self.suspects.add(node.id)
            return None

    # What must be worked on.

    def _dispatch(self) -> None:
        """Begin with as many stages as fit on the cores."""
        for name in sorted(self.ready, key=lambda name: (self.nodes[name].passing, self.urgency[name])):
            node, record = self.nodes[name], self.ready[name]
            if not self.crew.has_room_for(node):
                continue
            if node.passing and self.passing.over_quota and self.crew.busy_with():
                continue
            lock = self.store.lock(record.key)
            if isinstance(lock, FileLock):
                self.blocked.discard(name)
                del self.ready[name]
                try:
                    self._begin(node, record, lock)
                except BaseException:
                    lock.release()
                    raise
            else:
                self._tell_blocked(node, lock)

    def _begin(self, node: Node, record: KeyRecord, lock: FileLock) -> None:
        artifact = self._cached_under_lock(node, record)
        if artifact is not None:
            lock.release()
            self._finish_found(node, record, artifact)
            return
        results = {role: self.results[node.inputs[role]] for role in record.inputs}
        sources = {
            role: Source(result.key, result.digest, self.crew.signatures.get(result.key))
            for role, result in results.items()
            if result.key is not None and result.digest is not None
        }
        output = self.workspace.new_folder(record.key)
        reference = reference_of(node, self.kinds)
        request = Request(reference, str(self.store.root), str(output), record, sources, node.execution, node.trial)
        self.crew.begin(Work(node, request, lock, waited=time.monotonic() - self.ready_since[node.id]))

    def _finish_found(self, node: Node, record: KeyRecord, artifact: Artifact) -> None:
        """The node is done, since its artifact is in the store; unless what it says of a failure cannot be read."""
        try:
            self._finish(_found(node, record, artifact))
        except DamagedArtifactError as error:
            self._complain(node, error.key, error.problem)

    def _cached_under_lock(self, node: Node, record: KeyRecord) -> Artifact | None:
        """Another run may have been quicker; or the artifact is there, but damaged: then it goes to the quarantine."""
        try:
            artifact = self.store.verify(record.key) if node.id in self.suspects else self.store.lookup(record.key)
        except DamagedArtifactError as error:
            place = self.store.quarantine(record.key)
            message = f"its artifact is damaged ({error.problem}); it was moved to {place} and is rebuilt"
            self._note("damaged", node, {"message": message, "key": record.key})
            artifact = None
        self.suspects.discard(node.id)
        return artifact

    def _tell_blocked(self, node: Node, holder: Holder) -> None:
        if node.id not in self.blocked and holder.pid != os.getpid():
            self.blocked.add(node.id)
            self._note("waiting", node, {"message": f"waiting for {holder}, which works on the same stage"})

    # What has ended.

    def _conclude(self, work: Work) -> None:
        work.lock.release()
        match work.result:
            case {"status": "damaged", "key": str(key), "message": str(problem)}:
                self._complain(work.node, key, problem)
            case {"status": "done", "digest": str(digest)}:
                self._finish(_result(work.node, work.request.record, "done", digest=digest, seconds=work.seconds))
            case {"message": str(message)}:
                # What dies while the run is being interrupted was most likely killed by the same Ctrl-C: it has not failed.
                status: Status = "cancelled" if self.interrupts else "failed"
                self._finish(_result(work.node, work.request.record, status, message=message, seconds=work.seconds))

    def _complain(self, node: Node, key: str, problem: str) -> None:
        """A stage found an input damaged: bring that back first; the stage itself is settled again afterwards."""
        self.artifacts.pop(key, None)
        self.complaints[node.id, key] += 1
        if self.complaints[node.id, key] > REBUILDS:
            message = f"an input is damaged again and again ({key[:12]}: {problem}): is the disk broken?"
            self._finish(NodeResult(node.id, node.kind, "failed", message=message))
            return
        self._note("damaged", node, {"message": f"an input is damaged: {problem}", "key": key})
        self.crew.signatures.pop(key, None)
        for name in [name for name, result in self.results.items() if result.key == key]:
            self.suspects.add(name)
            del self.results[name]
        for name in [
            name for name in self.ready if any(source not in self.results for source in self.nodes[name].inputs.values())
        ]:
            del self.ready[name]

    def _finish(self, result: NodeResult) -> None:
        self.results[result.id] = result
        self.observer.finish(result)
        for key in self.passing.let_go(self.results):
            self.crew.signatures.pop(key, None)

    def _note(self, what: What, node: Node, facts: Mapping[str, Any]) -> None:
        self.observer.note(Event(what, node.id, time.time(), facts))

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """The first Ctrl-C or SIGTERM ends the run cleanly, the second kills what is left.

        Python lets the main thread alone handle signals: a run in another thread cannot be interrupted so.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = {number: signal.signal(number, self._interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
            self._stop()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.interrupts += 1
        if self.interrupts > 1:
            self.crew.kill()

    def _stop(self) -> None:
        """End the workers, free the locks, remove temporary folders. Checkpoints stay for the next run."""
        self.crew.stop()
        self.workspace.close()


def _found(node: Node, record: KeyRecord, artifact: Artifact) -> NodeResult:
    """What is in the store already; where a trial with the same settings came to nothing, that this would."""
    failure = None if node.trial else artifact.failure
    if failure is not None:
        return _result(node, record, "failed", message=failure)
    return _result(node, record, "cached", digest=artifact.digest)


def _result(node: Node, record: KeyRecord, status: Status, **facts: Any) -> NodeResult:
    return NodeResult(id=node.id, kind=node.kind, status=status, key=record.key, record=record, **facts)
