"""Workers that load what a run's first stages need, before it has begun."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from engine_toys import KINDS, WHERE, node
from process_states import alive, children_of

from embedseq.pipeline.ahead import pool_ahead
from embedseq.pipeline.engine import run_graph
from embedseq.pipeline.plan import plan_graph
from embedseq.pipeline.pool import Pool
from embedseq.pipeline.stage import Node
from embedseq.pipeline.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def ahead(nodes: Sequence[Node], store: Store, cores: int) -> tuple[list[int], dict[str, str]]:
    """The workers that were started ahead, and what the stages wrote when these carried on."""
    before = set(children_of(os.getpid()))
    with pool_ahead(nodes, plan_graph(nodes, store, kinds=KINDS), cores, KINDS) as pool:
        workers = [child for child in children_of(os.getpid()) if child not in before]
        outcome = run_graph(nodes, store, kinds=KINDS, pool=pool)
    assert outcome.ok
    assert not any(alive(worker) for worker in workers)
    keys = {name: str(result.key) for name, result in outcome.results.items()}
    return workers, {name: (store.artifacts / key / "text").read_text() for name, key in keys.items()}


def test_the_stage_that_loads_much_is_done_by_the_worker_that_was_started_for_it(store: Store) -> None:
    nodes = [node("light", text="x"), node("heavy", "where"), node("later", "where", n=2, inputs=["heavy"])]
    workers, written = ahead(nodes, store, cores=2)
    assert len(workers) == 1
    assert written["heavy"].split("\n")[0] == str(workers[0])
    assert written["heavy"].split("\n")[-1] == "True"
    assert ahead(nodes, store, cores=2)[0] == []  # all is there


@pytest.mark.parametrize(("cores", "workers"), [(1, 1), (2, 1), (3, 2), (8, 3)])
def test_one_core_is_left_to_who_checks(store: Store, cores: int, workers: int) -> None:
    nodes = [node(name, "where", n=name, threads=2) for name in "abc"]
    assert len(ahead(nodes, store, cores)[0]) == workers


def test_workers_end_when_the_check_finds_something_wrong(store: Store) -> None:
    nodes, before, begun = [node("heavy", "where")], set(children_of(os.getpid())), []

    def check() -> None:
        with pool_ahead(nodes, plan_graph(nodes, store, kinds=KINDS), 2, KINDS):
            begun.extend(child for child in children_of(os.getpid()) if child not in before)
            raise ValueError("the model is wrong")

    with pytest.raises(ValueError, match="the model is wrong"):
        check()
    assert begun
    assert not any(alive(worker) for worker in begun)


def test_what_cannot_be_loaded_ahead_is_told_when_the_stage_is_to_be_done(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    sys.modules["only_here"] = type(sys)("only_here")
    monkeypatch.setattr(sys.modules["only_here"], "WHERE", WHERE, raising=False)
    pool = Pool(1)
    pool.load_ahead(1, "only_here:WHERE")
    outcome = run_graph([node("a", "only_here:WHERE"), node("b", text="x")], store, kinds=KINDS, pool=pool)
    assert "only_here:WHERE cannot be loaded" in outcome.results["a"].message
    assert outcome.results["b"].ok
