"""Workers that load what a run's first stages need, before it has begun."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from engine_toys import KINDS, node
from process_states import PROCESSES, alive, children_of

from embedseq.pipeline.ahead import pool_ahead
from embedseq.pipeline.engine import run_graph
from embedseq.pipeline.plan import plan_graph
from embedseq.pipeline.pool import Pool
from embedseq.pipeline.stage import Node
from embedseq.pipeline.store import Store

SLOW = """
import time
from pathlib import Path
{first}
from engine_toys import WHERE
"""


pytestmark = pytest.mark.skipif(not PROCESSES.exists(), reason="processes are found in /proc")


def until(happened: Callable[[], bool]) -> None:
    """Wait for it, a minute at most."""
    latest = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < latest
        time.sleep(0.01)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


class Started:
    """The workers that were started since."""

    def __init__(self) -> None:
        self._before = set(children_of(os.getpid()))

    def now(self) -> list[int]:
        """Their ids."""
        return [child for child in children_of(os.getpid()) if child not in self._before]


@pytest.fixture
def started() -> Iterator[Started]:
    """No worker is left behind."""
    found = Started()
    yield found
    assert found.now() == []


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that can be imported as `loaded_late`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / "loaded_late.py"
    sys.modules.pop("loaded_late", None)


def ahead(nodes: Sequence[Node], store: Store, cores: int, started: Started) -> tuple[list[int], dict[str, str]]:
    """The workers that were started ahead, and what the stages wrote when these carried on."""
    with pool_ahead(nodes, plan_graph(nodes, store, kinds=KINDS), cores, KINDS) as pool:
        workers = started.now()
        outcome = run_graph(nodes, store, kinds=KINDS, pool=pool)
    assert outcome.ok
    keys = {name: str(result.key) for name, result in outcome.results.items()}
    return workers, {name: (store.artifacts / key / "text").read_text() for name, key in keys.items()}


def test_the_stage_that_loads_much_is_done_by_the_worker_that_was_started_for_it(store: Store, started: Started) -> None:
    """Though lighter ones come before it, and have to be done first."""
    nodes = [node("light", "parent"), node("next", "parent", inputs=["light"]), node("heavy", "where")]
    workers, written = ahead(nodes, store, 2, started)
    assert len(workers) == 1
    assert {name: text.split("\n")[0] == str(workers[0]) for name, text in written.items()} == {
        "light": False,
        "next": False,
        "heavy": True,
    }
    assert ahead(nodes, store, 2, started)[0] == []  # all is there


@pytest.mark.parametrize(
    ("cores", "threads", "workers"), [(1, 1, 1), (2, 1, 1), (3, 1, 2), (8, 1, 3), (3, 2, 1), (4, 2, 2), (8, 2, 3), (1, 2, 1)]
)
def test_as_many_are_started_as_have_cores_beside_the_check(
    store: Store, started: Started, cores: int, threads: int, workers: int
) -> None:
    nodes = [node(name, "where", n=name, threads=threads) for name in "abc"]
    assert len(ahead(nodes, store, cores, started)[0]) == workers


def test_workers_end_when_the_check_finds_something_wrong(store: Store, started: Started) -> None:
    nodes, begun = [node("heavy", "where")], list[int]()

    def check() -> None:
        with pool_ahead(nodes, plan_graph(nodes, store, kinds=KINDS), 2, KINDS):
            begun.extend(started.now())
            raise ValueError("the model is wrong")

    with pytest.raises(ValueError, match="the model is wrong"):
        check()
    assert len(begun) == 1


def test_workers_end_when_the_graph_is_wrong(store: Store, started: Started) -> None:
    pool = Pool(1)
    pool.load_ahead(1, KINDS["where"])
    assert len(started.now()) == 1
    with pytest.raises(ValueError, match="finite"):
        run_graph([node("a", number=float("nan"))], store, kinds=KINDS, pool=pool)


def test_what_could_not_be_loaded_ahead_is_told_by_the_stage_as_it_was(store: Store, started: Started, module: Path) -> None:
    """A second attempt may fail otherwise; here it would succeed."""
    module.write_text(
        SLOW.format(first="mark = Path(__file__).with_suffix('.mark')\nwas = mark.exists()\nmark.touch()\nassert was")
    )
    pool = Pool(1)
    pool.load_ahead(1, "loaded_late:WHERE")
    until(module.with_suffix(".mark").exists)
    outcome = run_graph([node("a", "loaded_late:WHERE"), node("b", text="x")], store, kinds=KINDS, pool=pool)
    assert "loaded_late:WHERE cannot be loaded: AssertionError" in outcome.results["a"].message
    assert outcome.results["b"].ok


def test_a_worker_that_died_while_it_loaded_is_replaced(store: Store, started: Started) -> None:
    pool = Pool(1)
    pool.load_ahead(1, KINDS["where"])
    (worker,) = started.now()
    os.kill(worker, signal.SIGKILL)
    until(lambda: not alive(worker))
    assert run_graph([node("a", "where")], store, kinds=KINDS, pool=pool).ok


def test_a_worker_that_still_loads_is_not_waited_for_where_another_is_needed(
    store: Store, started: Started, module: Path
) -> None:
    module.write_text(SLOW.format(first="time.sleep(60)"))
    pool = Pool(1)
    pool.load_ahead(2, "loaded_late:WHERE")
    (loading,) = started.now()
    began = time.monotonic()
    assert run_graph([node("a", "parent")], store, kinds=KINDS, pool=pool).ok
    assert not alive(loading)
    assert time.monotonic() - began < 30
