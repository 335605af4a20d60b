"""No stage changes what it writes and keeps its version: old artifacts would be taken for new ones."""

import copy
from pathlib import Path

import numpy as np
import pytest
from golden_records import GOLDEN, RENEWAL, Record, complaint, described, read_records, records_of, run_golden, write_records
from renew_golden import renew
from safetensors.numpy import load_file, save_file

import embedseq
from embedseq.pipeline.stages import STAGES


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> embedseq.Run:
    return run_golden(tmp_path_factory.mktemp("golden"))


@pytest.fixture(scope="module")
def found(run: embedseq.Run) -> dict[str, Record]:
    assert run.failures == {}
    return records_of(run)


@pytest.mark.parametrize("kind", STAGES)
def test_no_output_changes_without_a_new_version(kind: str, found: dict[str, Record]) -> None:
    message = complaint(read_records().get(kind), found[kind])
    assert not message, message


@pytest.mark.parametrize("kind", STAGES)
def test_the_golden_pipeline_has_every_kind_of_stage(kind: str, found: dict[str, Record]) -> None:
    assert found[kind]["outputs"], f"let golden.yaml use the stage {kind}"
    assert all(files for files in found[kind]["outputs"].values())


def test_there_is_no_record_of_a_stage_that_is_no_more() -> None:
    assert set(read_records()) == set(STAGES)


# Would the test notice?


def changed_copy(run: embedseq.Run, node: str, folder: Path) -> Path:
    """A writable copy of a stage's artifact."""
    artifact = run.artifact(node)
    assert artifact is not None
    target = folder / artifact.name
    target.mkdir()
    for path in artifact.rglob("*"):
        if path.is_file():
            copied = target / path.relative_to(artifact)
            copied.parent.mkdir(exist_ok=True)
            copied.write_bytes(path.read_bytes())
    return target


def with_output(found: dict[str, Record], kind: str, node: str, folder: Path) -> Record:
    """The record of a kind as it would be, had one of its stages written what is in `folder`."""
    record = copy.deepcopy(found[kind])
    record["outputs"][node] = described(folder, exact=kind in ("text", "tokens"))
    return record


def test_one_other_letter_in_a_text_is_noticed(run: embedseq.Run, found: dict[str, Record], tmp_path: Path) -> None:
    folder = changed_copy(run, "text pairs", tmp_path)
    path = folder / "train.source.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("dog", "dig", 1), encoding="utf-8")
    changed = with_output(found, "text", "text pairs", folder)
    assert complaint(found["text"], changed).startswith(
        f"the output of stage text changed but its version is still {changed['version']}: raise it (or that of the "
        "probe), then renew the record with `python tests/stages/renew_golden.py`\n  text pairs: train.source.txt"
    )


def test_one_other_token_is_noticed(run: embedseq.Run, found: dict[str, Record], tmp_path: Path) -> None:
    folder = changed_copy(run, "tokens pairs", tmp_path)
    ids = np.load(folder / "test.target.ids.npy")
    ids[-1] += 1
    np.save(folder / "test.target.ids.npy", ids)
    assert "test.target.ids.npy" in complaint(found["tokens"], with_output(found, "tokens", "tokens pairs", folder))


@pytest.mark.parametrize(("factor", "noticed"), [(1.0001, False), (1.05, True)], ids=["last digits", "five per cent"])
def test_vectors_may_differ_in_their_last_digits_only(
    run: embedseq.Run, found: dict[str, Record], tmp_path: Path, factor: float, noticed: bool
) -> None:
    node = "word2vec skipgram, seed 1"
    folder = changed_copy(run, node, tmp_path)
    vectors = load_file(folder / "vectors.safetensors")["vectors"]
    save_file({"vectors": vectors * np.float32(factor)}, folder / "vectors.safetensors")
    message = complaint(found["word2vec"], with_output(found, "word2vec", node, folder))
    assert ("the output of stage word2vec changed" in message) == noticed


def test_another_score_another_word_and_a_missing_file_are_noticed(found: dict[str, Record]) -> None:
    summary, probed, train = (copy.deepcopy(found[kind]) for kind in ("summary", "vector-probe", "train"))
    next(iter(summary["outputs"].values()))["summary.json"][0]["value"] += 0.01
    assert "value" in complaint(found["summary"], summary)
    node = next(node for node in probed["outputs"] if "neighbours" in node)
    probed["outputs"][node]["details.json"]["lists"]["dog"][0][0] = "doggy"
    assert "'doggy'" in complaint(found["vector-probe"], probed)
    files = next(iter(train["outputs"].values()))
    del files["history.json"]
    assert "history.json is gone" in complaint(found["train"], train)


def test_a_new_version_wants_a_new_record(found: dict[str, Record], tmp_path: Path) -> None:
    changed = copy.deepcopy(found["train"])
    changed["version"] += 1
    next(iter(changed["outputs"].values()))["facts.json"]["parameters"] += 1
    assert f"renew it with `{RENEWAL}`" in complaint(found["train"], changed)
    write_records({**found, "train": changed}, tmp_path)
    renewed = read_records(tmp_path)
    assert set(renewed) == set(STAGES)
    assert complaint(renewed["train"], changed) == ""


def test_a_stage_without_a_record_is_noticed(found: dict[str, Record]) -> None:
    assert complaint(None, found["capture"]).startswith("stage capture has no record")


@pytest.mark.slow
def test_the_renewal_writes_what_the_test_accepts(tmp_path: Path) -> None:
    assert set(renew(tmp_path)) == set(STAGES)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in GOLDEN.iterdir()}
    recorded, renewed = read_records(), read_records(tmp_path)
    assert [complaint(recorded[kind], renewed[kind]) for kind in STAGES] == [""] * len(STAGES)
