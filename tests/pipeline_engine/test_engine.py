"""The engine: what runs, what does not run again, and what becomes of the rest when something fails."""

import errno
import os
import resource
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_toys import KINDS, Watcher, node
from safetensors import SafetensorError
from safetensors.numpy import save_file

from embedseq.errors import RequestError
from embedseq.pipeline.artifact import DATE_NS
from embedseq.pipeline.engine import run_graph
from embedseq.pipeline.events import Outcome
from embedseq.pipeline.execution import error_number, shown
from embedseq.pipeline.stage import Node
from embedseq.pipeline.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def run(nodes: Sequence[Node], store: Store, **options: Any) -> Outcome:
    return run_graph(nodes, store, kinds=KINDS, **{"jobs": 1, **options})


def statuses(outcome: Outcome) -> dict[str, str]:
    return {name: result.status for name, result in outcome.results.items()}


def text(store: Store, outcome: Outcome, name: str) -> str:
    key = outcome.results[name].key
    assert key is not None
    return (store.artifacts / key / "text").read_text()


def executed(journal: Path) -> list[str]:
    """What ran since this was last asked."""
    lines = journal.read_text().split("\n")[:-1] if journal.exists() else []
    journal.write_text("")
    return lines


def chain(journal: Path, **texts: str) -> list[Node]:
    """a -> b -> d, a -> c -> d."""
    return [
        node("a", text=texts.get("a", "A"), journal=journal),
        node("b", inputs=["a"], text=texts.get("b", "B"), journal=journal),
        node("c", inputs=["a"], text=texts.get("c", "C"), journal=journal),
        node("d", inputs=["b", "c"], text=texts.get("d", "D"), journal=journal),
    ]


def test_a_graph_runs_and_a_rerun_runs_nothing(store: Store, journal: Path) -> None:
    outcome = run(chain(journal), store)
    assert outcome.ok
    assert text(store, outcome, "d") == "ABACD"
    assert sorted(executed(journal)) == ["a", "b", "c", "d"]
    again = run(chain(journal), store)
    assert statuses(again) == dict.fromkeys("abcd", "cached")
    assert {n: r.digest for n, r in again.results.items()} == {n: r.digest for n, r in outcome.results.items()}
    assert executed(journal) == []


def test_a_changed_field_reruns_what_hangs_on_it_and_nothing_else(store: Store, journal: Path) -> None:
    run(chain(journal), store)
    executed(journal)
    outcome = run(chain(journal, b="X"), store)
    assert executed(journal) == ["b", "d"]
    assert text(store, outcome, "d") == "AXACD"
    assert statuses(run(chain(journal), store)) == dict.fromkeys("abcd", "cached")


def parted(journal: Path, **splits: str) -> list[Node]:
    """train reads a part of all, and nothing else."""
    return [
        node("all", "splits", splits=splits, journal=journal),
        node("train", "part", inputs=["all"], split="train", journal=journal),
    ]


def test_a_stage_sees_the_part_of_an_input_that_it_reads(store: Store, journal: Path) -> None:
    outcome = run(parted(journal, train="A", test="B"), store)
    assert text(store, outcome, "train") == "train.text=A train/text=A"
    assert not list(store.tmp.iterdir())


def test_what_a_stage_does_not_read_is_not_in_its_key(store: Store, journal: Path) -> None:
    run(parted(journal, train="A", test="B"), store)
    executed(journal)
    outcome = run(parted(journal, train="A", test="C", valid="D"), store)
    assert statuses(outcome) == {"all": "done", "train": "cached"}
    assert statuses(run(parted(journal, train="X", test="C"), store)) == {"all": "done", "train": "done"}
    assert executed(journal) == ["all", "all", "train"]


def test_a_damaged_input_is_rebuilt_for_a_stage_that_reads_a_part_of_it(store: Store, journal: Path) -> None:
    whole = run(parted(journal, train="A", test="B"), store).results["all"]
    assert whole.key is not None
    damaged = store.artifacts / whole.key / "train.text"
    damaged.chmod(0o644)
    damaged.write_text("X")
    os.utime(damaged, ns=(DATE_NS, DATE_NS))
    parts = [*parted(journal, train="A", test="B"), node("test", "part", inputs=["all"], split="test", journal=journal)]
    outcome = run(parts, store)
    assert statuses(outcome) == {"all": "done", "train": "cached", "test": "done"}
    assert outcome.results["all"].digest == whole.digest


def test_a_pattern_without_its_field_is_refused_before_work_begins(store: Store, journal: Path) -> None:
    nodes = [node("all", "splits", splits={"train": "A"}, journal=journal), node("train", "part", inputs=["all"])]
    with pytest.raises(RequestError, match="train: the stage 'part' reads files named after 'split'"):
        run(nodes, store)
    assert executed(journal) == []


def test_a_stage_runs_where_the_file_system_has_no_links(
    store: Store, journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    outcome = run(parted(journal, train="A", test="B"), store)
    monkeypatch.setattr(Path, "symlink_to", refuse)
    artifact = store.lookup(str(outcome.results["all"].key))
    assert artifact is not None
    assert shown(artifact, ("train.*",), tmp_path / "view") == artifact.path


def test_work_stops_where_an_upstream_rerun_gave_the_same_bytes(store: Store, journal: Path) -> None:
    def graph(word: str) -> list[Node]:
        return [
            node("text", text=word, journal=journal),
            node("length", "length", inputs=[], journal=journal),
            node("after", inputs=["length"], text="!", journal=journal),
        ]

    def linked(word: str) -> list[Node]:
        first, length, after = graph(word)
        return [first, Node(length.id, length.kind, {}, {"of": "text"}, length.execution), after]

    run(linked("four"), store)
    executed(journal)
    outcome = run(linked("five"), store)
    assert executed(journal) == ["text", "length"]
    assert statuses(outcome) == {"text": "done", "length": "done", "after": "cached"}


def test_names_order_and_execution_are_not_part_of_a_key(store: Store, journal: Path) -> None:
    run(chain(journal), store)
    executed(journal)
    renamed = [
        Node(n.id.upper(), n.kind, n.spec, {role: source.upper() for role, source in n.inputs.items()}, {"label": "other"})
        for n in reversed(chain(journal))
    ]
    assert set(statuses(run(renamed, store)).values()) == {"cached"}
    assert executed(journal) == []


def test_only_runs_a_stage_and_what_it_needs(store: Store, journal: Path) -> None:
    assert statuses(run(chain(journal), store, only=["b"])) == {"a": "done", "b": "done"}
    assert executed(journal) == ["a", "b"]
    with pytest.raises(RequestError, match="no stage is called 'e'"):
        run(chain(journal), store, only=["e"])


FAILURES = {
    "refuse": "the loss is not a number in epoch 2",
    "crash": "KeyError: 'a bug' (the traceback is in the run's events.jsonl)",
    "fill": "the disk is full (/store/weights): free some space and run again",
    "fill-in-words": "the disk is full (No space left on device): free some space and run again",
    "leave": "ended with exit code 3 before it had a result",
    "quit": "SystemExit: 0",
    "die": "killed by signal 9 (SIGKILL: out of memory?)",
    "half-message": "killed by signal 9",
    "link": "plain files only",
    "worker-dies": "its worker was killed by signal 9",
}


@pytest.mark.parametrize("way", FAILURES)
def test_a_failed_stage_says_why_and_the_rest_goes_on(store: Store, journal: Path, way: str) -> None:
    graph = [
        node("bad", "act", do=way, journal=journal),
        node("needs-bad", inputs=["bad"], journal=journal),
        node("needs-that", inputs=["needs-bad"], journal=journal),
        node("good", text="G", journal=journal),
        node("report", inputs=["bad", "good", "needs-that"], tolerant=True, journal=journal),
    ]
    watcher = Watcher()
    outcome = run(graph, store, observer=watcher)
    assert statuses(outcome) == {
        "bad": "failed",
        "good": "done",
        "needs-bad": "skipped",
        "needs-that": "skipped",
        "report": "done",
    }
    assert not outcome.ok
    assert not outcome.cancelled
    assert FAILURES[way] in outcome.results["bad"].message
    assert outcome.results["needs-that"].message == "needs 'needs-bad', which did not run"
    assert text(store, outcome, "report") == "G<no bad: failed><no needs-that: skipped>"
    assert bool(watcher.told("traceback")) == (way in ("crash", "fill", "fill-in-words", "quit"))
    assert list(store.tmp.iterdir()) == []


def test_a_tolerant_stage_runs_again_once_its_inputs_are_there(store: Store) -> None:
    def graph(do: str) -> list[Node]:
        return [
            node("input", "act", do=do),
            node("other", text="O"),
            node("report", inputs=["input", "other"], tolerant=True),
            node("alone", inputs=["input"], tolerant=True),
        ]

    first = run(graph("refuse"), store)
    assert text(store, first, "report") == "O<no input: failed>"
    assert first.results["alone"].message == "needs 'input', which failed"
    assert text(store, run(graph("crash"), store), "report") == "O<no input: failed>"
    second = run(graph("print"), store)
    assert text(store, second, "report") == "actedO"
    assert first.results["report"].key != second.results["report"].key


def test_what_a_stage_tells_reaches_the_observer(store: Store) -> None:
    watcher = Watcher()
    run([node("a", "act", do="tell"), node("b", "act", do="print")], store, observer=watcher)
    assert watcher.told("log") == ["half-way"]
    assert watcher.told("output") == ["a library's own words"]
    progress = next(event for event in watcher.events if event.what == "progress")
    assert (progress.node, progress.facts["done"], progress.facts["total"]) == ("a", 1, 2)
    facts = {event.facts["name"]: event.facts["value"] for event in watcher.events if event.what == "fact" and event.node == "a"}
    assert facts["speed"] == 3.5
    assert facts["peak_bytes"] > 1e6


def test_an_artifact_says_where_its_numbers_were_computed(store: Store) -> None:
    places = {"text": "cpu", "numbers": "cuda:1"}
    nodes = [
        Node("text", "join", {"text": "A"}, execution={"device": "cuda:1"}),
        Node("numbers", "act", {"do": "compute"}, execution={"device": "cuda:1"}),
    ]
    results = run_graph(nodes, store, jobs=1, kinds=KINDS).results
    for name, place in places.items():
        artifact = store.lookup(str(results[name].key))
        assert artifact is not None
        assert artifact.device == place
    assert [result.status for result in run_graph(nodes[1:], store, jobs=1, kinds=KINDS).results.values()] == ["cached"]


def test_the_log_tells_where_the_time_of_a_stage_went(store: Store) -> None:
    watcher = Watcher()
    nodes = [Node(name, "epochs", spec={"of": name}, execution={"pause": 0.04}) for name in ("a", "b")]
    outcome = run(nodes, store, observer=watcher, jobs=1)
    for name in ("a", "b"):
        told = [event for event in watcher.events if event.node == name and event.what == "fact"]
        facts = {event.facts["name"]: event.facts["value"] for event in told}
        parts = [facts[f"{part}_seconds"] for part in ("loading", "verifying", "work", "writing")]
        assert facts["work_seconds"] >= 0.2
        assert min(parts) >= 0.0
        assert sum(parts) <= outcome.results[name].seconds
    waited = [event.facts["waited"] for event in watcher.events if event.what == "started"]
    assert waited[0] < 0.2 <= waited[1]


@pytest.mark.parametrize("date", [True, False], ids=["date-kept", "date-changed"])
def test_a_flipped_byte_is_quarantined_and_rebuilt(store: Store, journal: Path, date: bool) -> None:
    before = run(chain(journal), store)
    executed(journal)
    flip(store, before, "a", date=date)
    watcher = Watcher()
    outcome = run(chain(journal, b="X"), store, observer=watcher)
    assert outcome.ok
    assert executed(journal) == ["a", "b", "d"]
    assert text(store, outcome, "a") == "A"
    assert text(store, outcome, "d") == "AXACD"
    assert len(list(store.quarantine_root.iterdir())) == 1
    assert any("other bytes than were written" in message for message in watcher.told("damaged"))


def test_several_stages_that_find_the_same_damage_are_all_done(store: Store, journal: Path) -> None:
    before = run([node("a", text="A")], store)
    flip(store, before, "a", date=True)
    outcome = run([node("a", text="A"), *(node(f"n{i}", inputs=["a"], text=str(i)) for i in range(5))], store, jobs=3)
    assert outcome.ok
    assert [text(store, outcome, f"n{i}") for i in range(5)] == [f"A{i}" for i in range(5)]


def flip(store: Store, outcome: Outcome, name: str, *, date: bool) -> None:
    """Change a byte, with or without leaving the date as it was."""
    key = outcome.results[name].key
    assert key is not None
    path = store.artifacts / key / "text"
    path.chmod(0o644)
    path.write_text("Z")
    if date:
        os.utime(path, ns=(DATE_NS, DATE_NS))


def test_two_nodes_with_the_same_key_are_computed_once(store: Store, journal: Path) -> None:
    outcome = run([node("one", text="same", journal=journal), node("two", text="same", journal=journal)], store, jobs=2)
    assert outcome.ok
    assert len(executed(journal)) == 1


def test_independent_stages_run_side_by_side_and_no_more_than_fit(store: Store, tmp_path: Path) -> None:
    """Each slow stage opens the other's gate, so that neither could end alone."""
    gates = [tmp_path / "gate-0", tmp_path / "gate-1"]
    graph = [node(f"s{i}", "slow", n=i, execution={"gate": str(gates[1 - i]), "begun": str(gates[i])}) for i in range(2)]
    assert run(graph, store, jobs=2).ok


@pytest.mark.parametrize("order", [("long-1", "short"), ("short", "long-1")])
def test_the_longest_path_begins_first(store: Store, journal: Path, order: Sequence[str]) -> None:
    nodes = {
        "short": node("short", text="s", journal=journal),
        "long-1": node("long-1", text="l", journal=journal),
        "long-2": node("long-2", inputs=["long-1"], journal=journal),
    }
    run([*(nodes[name] for name in order), nodes["long-2"]], store)
    assert executed(journal)[0] == "long-1"


def test_workers_are_used_again_and_have_settings_for_repeatable_work(store: Store) -> None:
    outcome = run([node("one", "where", n=1), node("two", "where", n=2), node("wide", "where", threads=2)], store, jobs=2)
    one, two, wide = (text(store, outcome, name).split("\n") for name in ("one", "two", "wide"))
    assert one[1:] == two[1:] == ["1", "1", "0", "1", "True", "True"]
    assert wide[1:3] == ["2", "2"]
    assert wide[0] not in (one[0], two[0])
    single = run([node("three", "where", n=3), node("four", "where", n=4)], store, jobs=1)
    assert text(store, single, "three") == text(store, single, "four")


def test_a_stage_that_wants_more_cores_than_there_are_gets_all(store: Store) -> None:
    outcome = run([node("wide", "where", threads=3), node("narrow", text="x")], store, jobs=1)
    assert outcome.ok
    assert text(store, outcome, "wide").split("\n")[1] == "3"


def test_a_forked_stage_computes_with_several_threads(store: Store) -> None:
    outcome = run([node("m", "matmul", threads=2), node("n", "matmul", n=1)], store, jobs=2)
    assert outcome.ok
    assert [text(store, outcome, name) for name in ("m", "n")] == ["2", "1"]


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        ([node("a", inputs=["b"]), node("b", inputs=["a"])], "need each other"),
        ([node("a"), node("a", text="x")], "two stages are called 'a'"),
        ([node("train"), node("b", inputs=["trian"])], "Did you mean 'train'"),
        ([node("a", "jion")], "'jion' is no kind of stage"),
        ([node("a", number=float("nan"))], "finite"),
        ([node("a", path=Path("x"))], "JSON-like"),
    ],
)
def test_a_wrong_graph_is_refused_before_work_begins(store: Store, graph: list[Node], message: str) -> None:
    with pytest.raises((RequestError, ValueError, TypeError), match=message):
        run([node("fine", text="x"), *graph], store)
    assert not store.artifacts.exists()


def test_a_kind_may_be_named_by_its_place(store: Store) -> None:
    outcome = run_graph([node("a", "engine_toys:JOIN", text="x")], store)
    assert outcome.ok
    assert run([node("a", text="x")], store).results["a"].status == "cached"


def test_a_stage_that_cannot_be_loaded_in_a_worker_fails(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from engine_toys import JOIN

    sys.modules["only_here"] = type(sys)("only_here")
    monkeypatch.setattr(sys.modules["only_here"], "JOIN", JOIN, raising=False)
    outcome = run([node("a", "only_here:JOIN")], store)
    assert "only_here:JOIN cannot be loaded" in outcome.results["a"].message


def test_an_observer_that_fails_leaves_no_process_and_no_temporary_folder(store: Store, tmp_path: Path) -> None:
    class Broken(Watcher):
        def finish(self, result: Any) -> None:
            raise RuntimeError("broken")

    slow = node("s", "slow", execution={"gate": str(tmp_path / "never"), "begun": str(tmp_path / "begun")})
    with pytest.raises(RuntimeError, match="broken"):
        run([slow, node("a", text="x")], store, jobs=2, observer=Broken())
    assert list(store.tmp.iterdir()) == []
    assert [path for path in store.locks.iterdir() if path.suffix != ".stage"] == []


def test_the_number_of_an_error_is_found_in_the_words_of_safetensors(tmp_path: Path) -> None:
    """A limit to the size of files stands for a disk that is full: both come to it as an error of the system."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(SafetensorError) as raised:
            save_file({"weights": np.zeros(1000)}, tmp_path / "weights")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert error_number(raised.value) == errno.EFBIG
    assert error_number(OSError(errno.ENOSPC, "full")) == errno.ENOSPC
    assert error_number(OSError("No space left on device (os error 28)")) == errno.ENOSPC
    assert error_number(ValueError("no number")) is None
