"""Artifacts that are let go: gone when their readers are done, known by their manifest, made anew when someone needs them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from engine_toys import KINDS, Watcher, node

from embedseq.pipeline.engine import run_graph
from embedseq.pipeline.events import NodeResult, Outcome
from embedseq.pipeline.passing import Captures
from embedseq.pipeline.plan import plan_graph
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


def executed(journal: Path) -> list[str]:
    lines = journal.read_text().split("\n")[:-1] if journal.exists() else []
    journal.write_text("")
    return lines


def graph(journal: Path, *, start: str = "A", readers: Sequence[str] = ("one", "two"), **texts: str) -> list[Node]:
    """start -> large (which passes) -> one, two; and `last`, which reads all readers."""
    return [
        node("start", text=start, journal=journal),
        node("large", inputs=["start"], text="L", journal=journal, passing=True),
        *(node(name, inputs=["large"], text=texts.get(name, name), journal=journal) for name in readers),
        node("last", inputs=readers, journal=journal),
    ]


def folder(store: Store, outcome: Outcome, name: str) -> Path:
    key = outcome.results[name].key
    assert key is not None
    return store.artifacts / key


def test_it_is_let_go_when_all_who_read_it_are_done(store: Store, journal: Path) -> None:
    outcome = run(graph(journal), store)
    assert outcome.ok
    assert not folder(store, outcome, "large").exists()
    assert (folder(store, outcome, "last") / "text").read_text() == "ALoneALtwo"
    assert not list(store.tmp.iterdir())


def test_a_rerun_needs_it_no_more(store: Store, journal: Path) -> None:
    first = run(graph(journal), store)
    executed(journal)
    again = run(graph(journal), store)
    assert executed(journal) == []
    assert {result.status for result in again.results.values()} == {"cached"}
    assert {name: result.digest for name, result in again.results.items()} == {
        name: result.digest for name, result in first.results.items()
    }


def test_a_changed_reader_has_it_made_anew_and_the_others_do_not_run(store: Store, journal: Path) -> None:
    run(graph(journal), store)
    executed(journal)
    changed = graph(journal, one="1")
    plan = {item.id: item for item in plan_graph(changed, store, kinds=KINDS)}
    assert (plan["large"].status, plan["large"].why) == ("to run", "its files were let go, and 'one' reads them")
    assert (plan["start"].status, plan["two"].status) == ("cached", "cached")
    outcome = run(changed, store)
    assert outcome.ok
    assert executed(journal) == ["large", "one", "last"]
    assert not folder(store, outcome, "large").exists()


def test_a_plan_of_what_is_done_says_that_its_files_were_let_go(store: Store, journal: Path) -> None:
    run(graph(journal), store)
    plan = plan_graph(graph(journal), store, kinds=KINDS)
    assert {item.status for item in plan} == {"cached"}
    assert next(item.why for item in plan if item.id == "large").startswith("its files were let go")


def test_a_changed_input_gives_another_one(store: Store, journal: Path) -> None:
    run(graph(journal), store)
    executed(journal)
    outcome = run(graph(journal, start="B"), store)
    assert executed(journal) == ["start", "large", "one", "two", "last"]
    assert (folder(store, outcome, "last") / "text").read_text() == "BLoneBLtwo"


def test_one_that_reads_another_one_is_made_anew_with_it(store: Store, journal: Path) -> None:
    def nodes(text: str) -> list[Node]:
        return [
            node("first", text="1", journal=journal, passing=True),
            node("second", inputs=["first"], text="2", journal=journal, passing=True),
            node("reader", inputs=["second"], text=text, journal=journal),
        ]

    run(nodes("x"), store)
    executed(journal)
    assert run(nodes("y"), store).ok
    assert executed(journal) == ["first", "second", "reader"]


def test_it_stays_where_it_is_to_be_kept(store: Store, journal: Path) -> None:
    outcome = run(graph(journal), store, captures=Captures(keep=True))
    assert folder(store, outcome, "large").exists()
    assert not folder(store, run(graph(journal), store), "large").exists()


def test_it_stays_where_nobody_in_the_graph_reads_it(store: Store, journal: Path) -> None:
    outcome = run(graph(journal), store, only=["large"])
    assert folder(store, outcome, "large").exists()


def test_a_failed_reader_lets_it_go_too_and_runs_again_with_it(store: Store, journal: Path) -> None:
    def nodes(do: str) -> list[Node]:
        return [
            node("large", text="L", journal=journal, passing=True),
            node("reader", "act", inputs=["large"], do=do, journal=journal),
        ]

    assert not run(nodes("refuse"), store).ok
    executed(journal)
    assert run(nodes("print"), store).ok
    assert executed(journal) == ["large", "reader"]


def test_a_damaged_manifest_means_that_nothing_is_known(store: Store, journal: Path) -> None:
    outcome = run(graph(journal), store)
    executed(journal)
    (store.passed / folder(store, outcome, "large").name / "manifest.json").write_text("{}")
    assert run(graph(journal), store).ok
    assert executed(journal) == ["large"]


class Largest(Watcher):
    """Remembers how many of the passing artifacts lay in the store at once."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store, self.most = store, 0

    def finish(self, result: NodeResult) -> None:
        super().finish(result)
        names = [each.key for each in self.finished if each.id.startswith("large") and each.key]
        self.most = max(self.most, sum((self.store.artifacts / name).exists() for name in set(names)))


@pytest.mark.parametrize("quota", [1, 10**9])
def test_no_more_of_them_are_begun_than_the_quota_allows(store: Store, quota: int) -> None:
    nodes = [node(f"large {number}", text="x" * 100, passing=True, number=number) for number in range(5)]
    nodes += [node(f"reader {number}", inputs=[f"large {number}"]) for number in range(5)]
    watcher = Largest(store)
    assert run(nodes, store, captures=Captures(quota), observer=watcher, jobs=2).ok
    assert watcher.most <= (2 if quota == 1 else 5)


def test_a_reader_of_several_gets_them_all_whatever_the_quota(store: Store) -> None:
    nodes = [node(f"large {number}", text="x" * 100, passing=True, number=number) for number in range(5)]
    outcome = run([*nodes, node("reader", inputs=[each.id for each in nodes])], store, captures=Captures(quota=1))
    assert outcome.ok
    assert not any(folder(store, outcome, each.id).exists() for each in nodes)
