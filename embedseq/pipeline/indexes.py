"""Indexes over the vectors of a run, kept in the store as artifacts are: built once, all at once or not at all, and verified.

An index is named by the bytes of the vectors that it was built for, so that none is ever used for others. It decides no result of
a run: queries alone use it.
"""

from collections.abc import Callable

from embedseq.embeddings.index import SMALLEST, build_index, open_index, read_facts
from embedseq.embeddings.vectors import Vectors
from embedseq.errors import InputError
from embedseq.pipeline.artifact import Artifact, DamagedArtifactError
from embedseq.pipeline.keys import KeyRecord
from embedseq.pipeline.locks import FileLock, acquire
from embedseq.pipeline.store import Store, Workspace

KIND = "similarity-index"
VERSION = 1
Say = Callable[[str], None]
"""Told, in a sentence, what is built and why an index is not used."""


def indexed(vectors: Vectors, artifact: Artifact, prefix: str, store: Store, say: Say) -> Vectors:
    """The `vectors` that lie under `prefix` in `artifact`, searched through an index, which is built where there is none.

    Where an index would not pay or finds too little they are returned as they are, and it is said why. Raises MissingExtraError
    without faiss.
    """
    if len(vectors) < SMALLEST:
        say(f"{len(vectors):,} words: exact search is used, an index pays from {SMALLEST:,} on")
        return vectors
    record = KeyRecord(KIND, VERSION, threads=1, spec={}, inputs={"vectors": artifact.digest_of((f"{prefix}.safetensors",))})
    found = _whole(store, record)
    if found is not None:
        try:
            return _opened(vectors, found, say)
        except InputError:  # its bytes are those that were written, but another version of faiss wrote them
            pass
    return _opened(vectors, _built(vectors, store, record, say, instead_of=found), say)


def _opened(vectors: Vectors, artifact: Artifact, say: Say) -> Vectors:
    search = open_index(vectors.exact_search, artifact.path)
    if search is None:
        say(read_facts(artifact.path).verdict)
        return vectors
    return vectors.searched_by(search)


def _whole(store: Store, record: KeyRecord) -> Artifact | None:
    """The index, if it is there and nothing of it is damaged."""
    try:
        return store.lookup(record.key)
    except DamagedArtifactError:
        return None


def _built(vectors: Vectors, store: Store, record: KeyRecord, say: Say, instead_of: Artifact | None) -> Artifact:
    """A new index, in the store, in place of one that is damaged or cannot be read. Whoever else builds it at this moment is
    waited for."""
    store.create()
    lock = acquire(store.locks / record.key, wait=True)
    workspace = Workspace(store)
    try:
        artifact = _whole(store, record)
        if artifact is None or (instead_of is not None and artifact.digest == instead_of.digest):
            if (store.artifacts / record.key).exists():
                store.quarantine(record.key)
            say(f"building an index of {len(vectors):,} words, once for all later queries …")
            folder = workspace.new_folder(record.key)
            facts = build_index(vectors.exact_search, folder)
            artifact = store.commit(folder, record)
            if facts.accepted:
                say(facts.verdict)
        return artifact
    finally:
        workspace.close()
        if isinstance(lock, FileLock):
            lock.release()
