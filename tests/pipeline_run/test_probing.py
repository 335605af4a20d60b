"""Probes in a pipeline: states are captured once for all, let go, and captured anew for what changed; nothing else runs again."""

from pathlib import Path

import pytest

import embedseq
from embedseq.probes.registry import probe_of

PIPELINE = """
name: probing
seeds: [1]
data:
  pairs: {generated: &language {kind: language, train: 60, valid: 20, test: 40, vocabulary: 30}}
  trees: {generated: *language, task: trees}
models:
  translator:
    data: pairs
    matrix: {architecture: [gru, transformer]}
    attention: {heads: 2}
    dim: 8
    heads: 2
    layers: 1
    train: {epochs: 1, warmup: 2}
    evaluate: {beam: 1, max_length: 10}
probes:
  tag: {kind: tag, of: translator, data: trees}
  relation: {kind: relation, of: "translator[gru] + translator[transformer]", data: trees}
  written: {kind: tag, of: "translator[gru]", data: pairs, side: target}
  alike: {kind: representation-similarity, of: translator, reference: "translator[gru]", data: trees, words: 60, once: false}
  shift: {kind: sentence, property: bigram-shift, of: "translator[gru]", data: trees, untrained: false}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("probing")
    (path / "probing.yaml").write_text(PIPELINE)
    return path


@pytest.fixture(scope="module")
def ran(folder: Path) -> embedseq.Run:
    run = embedseq.run(folder / "probing.yaml", store=folder / "store", jobs=1)
    assert run.failures == {}
    return run


def test_what_scores_are_held_against_has_the_names_that_claims_are_checked_by(ran: embedseq.Run) -> None:
    """Claims that name another label are refused before any work."""
    settings = ran.pipeline.spec.probes
    seen = set()
    for line in ran.summary:
        if line["section"] == "models" or line["role"] == "score":
            continue
        probe = settings[line["name"]]
        (score,) = (each for each in probe_of(probe).about.scores if each.name == line["score"])
        beside = probe.beside() if probe_of(probe).about.reads == "states" else ()
        assert line["label"] in (score.controls if line["role"] == "control" else (*score.baselines, *beside)), line
        seen.add(line["role"])
    assert seen == {"baseline", "control"}


def worked(run: embedseq.Run) -> set[str]:
    return {name for name, node in run.record.nodes.items() if node.status == "done"}


def test_probes_that_look_at_the_same_share_a_capture(ran: embedseq.Run) -> None:
    captures = {name for name, node in ran.record.nodes.items() if node.kind == "capture"}
    models = ("translator[gru]", "translator[transformer]")
    assert captures == {
        *(f"capture trees{way}, of {model}, seed 1" for model in models for way in ("", ", untrained")),
        *(f"capture pairs, target{way}, of translator[gru], seed 1" for way in ("", ", untrained")),
        "capture trees, shifted, of translator[gru], seed 1",
    }


def test_captures_are_gone_when_their_probes_are_done(ran: embedseq.Run) -> None:
    for name, node in ran.record.nodes.items():
        if node.kind == "capture":
            assert node.key is not None
            assert ran.artifact(name) is None
            assert ran.store.known(node.key) is not None


def test_every_layer_has_its_row_with_baselines_and_control(ran: embedseq.Run) -> None:
    rows = [row for row in ran.summary if row["name"] == "tag" and row["score"] == "accuracy"]
    for subject, layers in (("translator[gru]", 2), ("translator[transformer]", 2)):
        own = [row for row in rows if row["subject"] == subject]
        assert len({row["part"] for row in own}) == layers
        for part in {row["part"] for row in own}:
            labels = {row["label"] for row in own if row["part"] == part}
            assert {"", "untrained model", "majority class", "random label by word type"} <= labels
    written = {row["part"] for row in ran.summary if row["name"] == "written"}
    assert written == {"embedding", "decoder 1", "decoder 2"}


def test_a_model_is_as_it_is_in_itself(ran: embedseq.Run) -> None:
    alike = {
        (row["subject"], row["part"]): row["value"] for row in ran.summary if row["name"] == "alike" and row["role"] == "score"
    }
    assert alike["translator[gru]", "embedding"] == pytest.approx(1.0)
    assert alike["translator[transformer]", "embedding"] < 1.0


def test_a_rerun_captures_nothing(ran: embedseq.Run, folder: Path) -> None:
    assert worked(embedseq.run(folder / "probing.yaml", store=folder / "store", jobs=1)) == set()


def test_a_changed_probe_has_what_it_reads_captured_again_and_nothing_else_runs(ran: embedseq.Run, folder: Path) -> None:
    again = embedseq.run(folder / "probing.yaml", overrides=["probes.shift.summary=last"], store=folder / "store", jobs=1)
    assert worked(again) == {
        "capture trees, shifted, of translator[gru], seed 1",
        "probe shift of translator[gru], seed 1",
        "summary of shift of translator[gru]",
    }


def test_other_names_run_nothing(ran: embedseq.Run, folder: Path) -> None:
    (folder / "renamed.yaml").write_text(PIPELINE.replace("tag: {kind: tag, of: translator", "parts: {kind: tag, of: translator"))
    again = embedseq.run(folder / "renamed.yaml", store=folder / "store", jobs=1)
    assert worked(again) <= {name for name in again.record.nodes if name.startswith("summary of")}


def test_captures_that_are_kept_can_be_opened(ran: embedseq.Run, folder: Path) -> None:
    from embedseq.probes.captured import CapturedStates

    kept = embedseq.run(
        folder / "probing.yaml",
        overrides=["probes.relation.training_words=50"],
        store=folder / "store",
        jobs=1,
        captures=embedseq.Captures(keep=True),
    )
    artifact = kept.artifact("capture trees, of translator[gru], seed 1")
    assert artifact is not None
    states = CapturedStates(artifact)
    assert states.layers == ("embedding", "encoder 1")
    assert states.words("test", "encoder 1").shape[1] == 8
