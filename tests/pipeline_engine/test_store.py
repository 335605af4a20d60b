"""The store: what was committed is there, whole and untouched, or it is not there."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from embedseq.errors import WorkError
from embedseq.pipeline.artifact import DATE_NS, MANIFEST, DamagedArtifactError
from embedseq.pipeline.keys import KeyRecord
from embedseq.pipeline.locks import FileLock, Holder, acquire, holder_of
from embedseq.pipeline.store import Store, Workspace

RECORD = KeyRecord("toy", 1, 1, {"text": "x"})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    result = Store(tmp_path / "store")
    result.create()
    return result


def commit(store: Store, files: dict[str, str], record: KeyRecord = RECORD) -> Path:
    workspace = Workspace(store)
    folder = workspace.new_folder(record.key)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    artifact = store.commit(folder, record)
    workspace.close()
    return artifact.path


def overwrite(path: Path, content: bytes, *, date: bool = True) -> None:
    path.chmod(0o644)
    path.write_bytes(content)
    if date:
        os.utime(path, ns=(DATE_NS, DATE_NS))


def test_a_committed_artifact_is_found_and_verified(store: Store) -> None:
    commit(store, {"a": "one", "deep/b": "two"})
    artifact = store.lookup(RECORD.key)
    assert artifact is not None
    assert artifact.record == RECORD
    assert set(artifact.files) == {"a", "deep/b"}
    assert artifact.size == 6
    assert store.verify(RECORD.key) == artifact
    assert list(store.tmp.iterdir()) == []


def test_an_artifact_that_was_never_written_is_not_there(store: Store) -> None:
    assert store.lookup(RECORD.key) is None
    assert Store(store.root / "nowhere").lookup(RECORD.key) is None
    assert not (store.root / "nowhere").exists()


def test_the_output_digest_depends_on_names_and_bytes_alone(store: Store) -> None:
    records = [KeyRecord("toy", 1, 1, {"n": n}) for n in range(4)]
    contents = [{"a": "one"}, {"a": "one"}, {"a": "two"}, {"b": "one"}]
    digests = []
    for record, files in zip(records, contents, strict=True):
        commit(store, files, record)
        artifact = store.lookup(record.key)
        assert artifact is not None
        digests.append(artifact.digest)
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_files_of_an_artifact_hold_no_clock_time_and_are_read_only(store: Store) -> None:
    path = commit(store, {"a": "one"})
    for name in ("a", MANIFEST):
        assert (path / name).stat().st_mtime_ns == DATE_NS
        assert (path / name).stat().st_mode & 0o222 == 0


def test_the_first_of_two_commits_stays(store: Store) -> None:
    path = commit(store, {"a": "first"})
    assert commit(store, {"a": "second"}) == path
    assert (path / "a").read_text() == "first"
    assert store.verify(RECORD.key) is not None


@pytest.mark.parametrize("name", ["a", "deep/b"])
def test_a_flipped_byte_is_found_by_its_date_or_by_reading(store: Store, name: str) -> None:
    path = commit(store, {"a": "one", "deep/b": "two"})
    overwrite(path / name, b"onf", date=False)
    with pytest.raises(DamagedArtifactError, match="other bytes"):
        store.lookup(RECORD.key)
    overwrite(path / name, b"onf")
    assert store.lookup(RECORD.key) is not None
    with pytest.raises(DamagedArtifactError, match="other bytes"):
        store.verify(RECORD.key)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b"null"])
def test_a_wrong_manifest_is_found_at_a_glance(store: Store, content: bytes) -> None:
    overwrite(commit(store, {"a": "one"}) / MANIFEST, content)
    with pytest.raises(DamagedArtifactError, match=MANIFEST):
        store.lookup(RECORD.key)


def test_a_manifest_that_contradicts_itself_is_found_at_a_glance(store: Store) -> None:
    manifest = commit(store, {"a": "one"}) / MANIFEST
    overwrite(manifest, manifest.read_bytes().replace(b'"text": "x"', b'"text": "y"'))
    with pytest.raises(DamagedArtifactError, match="contradicts itself"):
        store.lookup(RECORD.key)


def test_missing_short_and_additional_files_are_found(store: Store) -> None:
    path = commit(store, {"a": "one", "b": "two"})
    (path / "c").write_text("three")
    with pytest.raises(DamagedArtifactError, match="c does not belong here"):
        store.verify(RECORD.key)
    overwrite(path / "b", b"tw")
    with pytest.raises(DamagedArtifactError, match="b has 2 bytes instead of 3"):
        store.lookup(RECORD.key)
    (path / "b").unlink()
    with pytest.raises(DamagedArtifactError, match="b cannot be read"):
        store.lookup(RECORD.key)


def test_a_copied_store_is_read_once_and_then_believed(store: Store, tmp_path: Path) -> None:
    commit(store, {"a": "one"})
    shutil.copytree(store.root, tmp_path / "copy", copy_function=shutil.copyfile)
    copy = Store(tmp_path / "copy")
    artifact = copy.lookup(RECORD.key)
    assert artifact is not None
    assert artifact.check_quickly()


def test_links_and_manifests_of_stages_are_refused(store: Store) -> None:
    folder = Workspace(store).new_folder("x")
    (folder / "link").symlink_to("/etc/passwd")
    with pytest.raises(WorkError, match="plain files only"):
        store.commit(folder, RECORD)
    (folder / "link").unlink()
    (folder / MANIFEST).write_text("{}")
    with pytest.raises(WorkError, match="plain files only"):
        store.commit(folder, RECORD)


def test_quarantine_moves_an_artifact_aside(store: Store) -> None:
    commit(store, {"a": "one"})
    place = store.quarantine(RECORD.key)
    assert place is not None
    assert (place / "a").read_text() == "one"
    assert store.lookup(RECORD.key) is None
    assert store.quarantine(RECORD.key) is None


def test_sweeping_removes_what_dead_processes_left_and_nothing_of_the_living(store: Store) -> None:
    commit(store, {"a": "one"})
    program = (
        "import os, sys; from pathlib import Path; from embedseq.pipeline.store import Store, Workspace\n"
        "store = Store(Path(sys.argv[1])); folder = Workspace(store).new_folder('k'); (folder / 'half').write_text('x')\n"
        "store.lock('k'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", program, str(store.root)], check=True)
    assert len(list(store.tmp.iterdir())) == 2
    living = Workspace(store)
    for key in (RECORD.key, "unfinished"):
        store.scratch(key).mkdir()
    store.sweep()
    assert {path.name for path in store.tmp.iterdir()} == {living.folder.name, f"{living.folder.name}.lock"}
    assert [path.name for path in store.scratch_root.iterdir()] == ["unfinished"]
    assert list(store.locks.iterdir()) == []


def test_a_lock_excludes_others_and_names_its_holder(tmp_path: Path) -> None:
    lock = acquire(tmp_path / "lock")
    assert isinstance(lock, FileLock)
    holder = acquire(tmp_path / "lock")
    assert isinstance(holder, Holder)
    assert holder.pid == os.getpid()
    assert str(os.getpid()) in str(holder)
    assert holder_of(tmp_path / "lock") == holder
    lock.release()
    assert holder_of(tmp_path / "lock") is None
    assert not (tmp_path / "lock").exists()
    again = acquire(tmp_path / "lock")
    assert isinstance(again, FileLock)
    lock.release()
    assert holder_of(tmp_path / "lock") is not None
    again.release()


def test_many_processes_count_under_one_lock_without_losing_any(tmp_path: Path) -> None:
    (tmp_path / "count").write_text("0")
    program = (
        "import sys; from pathlib import Path; from embedseq.pipeline.locks import acquire\n"
        "folder = Path(sys.argv[1])\n"
        "for _ in range(50):\n"
        "    lock = acquire(folder / 'lock', wait=True)\n"
        "    (folder / 'count').write_text(str(int((folder / 'count').read_text()) + 1))\n"
        "    lock.release()\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    assert (tmp_path / "count").read_text() == "200"


def test_an_artifact_that_vanishes_while_it_is_looked_at_is_damaged(store: Store) -> None:
    place = commit(store, {"a": "one"})
    artifact = store.lookup(RECORD.key)
    assert artifact is not None
    place.rename(store.quarantine_root / "elsewhere")
    for look in (artifact.verify, artifact.signature):
        with pytest.raises(DamagedArtifactError, match="a cannot be read"):
            look()


def test_an_artifact_says_where_it_was_computed_also_when_its_files_are_gone(store: Store) -> None:
    for device in ("cpu", "cuda:1"):
        folder = store.tmp / device
        folder.mkdir()
        (folder / "a").write_text("one")
        record = replace(RECORD, spec={"device is no part of this": device})
        artifact = store.commit(folder, record, device)
        assert artifact.device == device
        store.let_go(record.key)
        known = store.known(record.key)
        assert known is not None
        assert (known.device, known.digest) == (device, artifact.digest)
