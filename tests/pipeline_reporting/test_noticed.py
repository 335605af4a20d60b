"""What stages notice: told while they run, kept in their artifacts, and shown by every report that uses these."""

import re
from pathlib import Path

import pytest

import embedseq
from embedseq.evaluation import collapse, outputs
from embedseq.pipeline import node_names
from embedseq.pipeline.events import Event
from embedseq.pipeline.reporting.report import report_of
from embedseq.pipeline.stages.cautions import CAUTIONS, kept_in
from embedseq.text import unknown
from embedseq.training import first_batch, watch

PIPELINE = """\
name: noticed
seeds: [1, 2]
data:
  captions:
    dataset: multi30k
    source: en
    target: de
    tokens: {kind: word, min_count: 4}
    limits: {train: 40, valid: 10, test: 12}
models:
  still: {data: captions, architecture: gru, dim: 8, train: {epochs: 3, lr: 1e-7}, evaluate: &short {beam: 1, max_length: 6}}
  timed: {data: captions, architecture: gru, dim: 8, train: {epochs: 2, max_time: 2 h}, evaluate: *short}
"""


class Lines:
    """Keeps what stages log."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, event: Event) -> None:
        if event.what == "log":
            self.said.append(f"{event.node}: {event.facts['message']}")

    def __getattr__(self, name: str) -> object:
        return lambda *given: None


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[embedseq.Run, list[str], Path]:
    path = tmp_path_factory.mktemp("noticed") / "noticed.yaml"
    path.write_text(PIPELINE, encoding="utf-8")
    lines = Lines()
    run = embedseq.run(path, store=path.parent / "store", jobs=1, observer=lines)  # type: ignore[arg-type]
    assert run.failures == {}
    return run, lines.said, path


def test_a_stage_tells_what_it_notices_once(ran: tuple[embedseq.Run, list[str], Path]) -> None:
    _, said, _ = ran
    flat = [line for line in said if "the mere frequencies of the answers cost" in line]
    assert [line.partition(": warning")[0] for line in flat] == [f"train still, seed {seed}" for seed in (1, 2)]
    assert sum("are not in the vocabulary" in line for line in said) == 1
    assert sum("Training has a time limit (max_time, 120 minutes)" in line for line in said) == 2


def test_an_artifact_keeps_it_and_one_without_any_has_no_file(ran: tuple[embedseq.Run, list[str], Path]) -> None:
    run, _, _ = ran
    still, timed = (run.artifact(node_names.train_node(label, 1)) for label in ("still", "timed"))
    assert still is not None
    assert timed is not None
    assert [caution.sign for caution in kept_in(still)] == ["loss-flat"]
    assert not (timed / CAUTIONS).exists()


def test_the_report_has_it_also_when_all_was_in_the_store(ran: tuple[embedseq.Run, list[str], Path]) -> None:
    run, _, path = ran
    again = embedseq.run(path, store=path.parent / "store", jobs=1)
    for each in (run, again):
        warnings = report_of(each).warnings
        (flat,) = (line for line in warnings if "mere frequencies" in line)
        assert flat.startswith("still, seed 1: From epoch 1 to 3 the validation loss went from ")
        assert flat.endswith("(Also with seed 2.)")
        assert any(line.startswith("The corpus captions: Of the tokens ") for line in warnings)
        assert any(
            line.startswith("timed was trained with a time limit of 120 minutes, and is not repeatable") for line in warnings
        )


def test_a_check_warns_of_what_will_not_be_repeatable(ran: tuple[embedseq.Run, list[str], Path]) -> None:
    _, _, path = ran
    said = embedseq.check(path)
    assert "warning: timed: Training has a time limit (max_time, 120 minutes) and is not repeatable" in said
    assert "still" not in said.partition("\n")[2]


def test_the_page_of_signs_has_all_of_them_and_no_others_with_their_limits() -> None:
    package = Path(embedseq.__file__).parent
    sources = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    signs = set(re.findall(r'Caution\(\s*"([a-z-]+)"', sources)) | {f"{called}-alike" for called in ("outputs", "labels")}
    assert len(signs) > 10
    page = (package.parent / "docs" / "signs.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \|(.*)$", page, re.MULTILINE))
    assert set(rows) == signs
    for sign, limits in LIMITS.items():
        assert all(limit in rows[sign] for limit in limits), sign


LIMITS = {
    "many-unknown": [f"{100 * unknown.MANY:g} %"],
    "first-loss-high": [f"{first_batch.ABOVE:g} nats"],
    "first-loss-low": [f"{first_batch.BELOW:g} nats"],
    "loss-worse": [f"{watch.WORSE:g} times"],
    "loss-rising": [f"{100 * watch.RISING:g} %"],
    "gradient-blow-up": [f"{watch.BLOWN_UP:g} times"],
    "always-clipped": [f"{100 * watch.CLIPPED_SHARE:g} %"],
    "loss-flat": [f"{100 * watch.FLAT:g} %"],
    "still-improving": [f"{100 * watch.IMPROVING:g} %", f"{watch.IMPROVING:g} nats"],
    "outputs-empty": [f"{100 * outputs.EMPTY:g} %"],
    "attention-collapsed": [f"{100 * collapse.COLLAPSED:g} %"],
}
"""Sign -> what stands on the page of the numbers that decide it."""
