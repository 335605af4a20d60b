"""Processes share the sentences: the same lists come back in the same order, failures are told, and nobody is left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch
from process_states import PROCESSES, alive
from test_translate import ARCHITECTURES, assert_same, sentences, untrained, with_sizes

from embedseq.decoding.processes import in_processes
from embedseq.decoding.settings import SearchSettings
from embedseq.decoding.translate import translate
from embedseq.errors import EmbedseqError, Problems, RequestError, WorkError
from embedseq.models.build import Sizes

SETTINGS = SearchSettings(beam=3, max_length=10)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_however_many_share_them_the_translations_are_the_same(architecture: str) -> None:
    model, sources = untrained(architecture), sentences(20)
    expected = translate(model, sources, SETTINGS, 1000)
    model.train()
    for replicas in (2, 3, 30):
        assert_same(translate(model, sources, SETTINGS, 25, replicas=replicas), expected)
    assert model.training


def test_further_sources_and_frames_go_to_the_process_of_their_sentence() -> None:
    first, second = sentences(20), sentences(20)[::-1]
    model = with_sizes(Sizes(30, 30, further=(30,)), "gru")
    assert_same(translate(model, first, SETTINGS, 99, [second], replicas=2), translate(model, first, SETTINGS, 99, [second]))
    random = np.random.default_rng(4)
    images = [random.standard_normal((int(random.integers(1, 13)), 5)) for _ in range(20)]
    reader = with_sizes(Sizes(0, 30, features=5), "gru").float()
    assert_same(translate(reader, images, SETTINGS, 99, replicas=2), translate(reader, images, SETTINGS, 99), 1e-5)


def test_no_process_is_started_for_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedseq.decoding.translate.in_processes", lambda count, work: pytest.fail("not alone"))
    model = untrained("gru")
    assert translate(model, [], SETTINGS, 100, replicas=4) == []
    assert len(translate(model, [[5, 6]], SETTINGS, 100, replicas=4)) == 1


def test_replicas_are_for_processors_and_at_least_one() -> None:
    with pytest.raises(RequestError, match="replicas: 2 processes share the cores of a CPU, but the model is on meta"):
        translate(untrained("gru").to("meta"), [[5], [6]], SETTINGS, 100, replicas=2)
    with pytest.raises(RequestError, match="replicas: expected 1 or more, found 0"):
        translate(untrained("gru"), [[5], [6]], SETTINGS, 100, replicas=0)


def nobody_left() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


def test_each_process_has_one_thread_and_this_one_keeps_its_own() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        torch.ones(300, 300) @ torch.ones(300, 300)  # its threads are at work before there is a fork
        found = in_processes(
            3,
            lambda number: (
                number,
                os.getpid(),
                torch.get_num_threads(),
                float((torch.ones(300, 300) @ torch.ones(300, 300)).sum()),
            ),
        )
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert [(number, threads, product) for number, _, threads, product in found] == [(n, 1, 300.0**3) for n in (1, 2, 3)]
    assert len({os.getpid(), *(process for _, process, _, _ in found)}) == 4
    assert nobody_left()


def test_answers_may_be_larger_than_a_pipe() -> None:
    assert in_processes(2, lambda number: [number] * 10**6) == [[1] * 10**6, [2] * 10**6]


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (WorkError("no output for sentence 3"), WorkError, "^no output for sentence 3$"),
        (RequestError("not so"), RequestError, "^not so$"),
        (Problems(["one", "two"]), RequestError, "^one\ntwo$"),
        (ValueError("odd"), WorkError, r"(?s)^replica 2 failed:.*Traceback.*in fail.*ValueError: odd"),
        (SystemExit(3), WorkError, r"(?s)^replica 2 failed:.*SystemExit: 3"),
    ],
)
def test_what_fails_in_another_process_ends_all_at_once(error: BaseException, kind: type[EmbedseqError], told: str) -> None:
    def fail(number: int) -> int:
        if number != 2:
            signal.pause()  # for ever
        raise error

    with pytest.raises(kind, match=told):
        in_processes(3, fail)
    assert nobody_left()


@pytest.mark.parametrize("size", [None, 10**6])
def test_a_process_that_is_killed_before_its_answer_or_amid_it_is_told(size: int | None) -> None:
    def die(number: int) -> bytes:
        if number == 2:
            if size is None:
                os.kill(os.getpid(), signal.SIGKILL)
            Thread(target=lambda: (time.sleep(0.2), os.kill(os.getpid(), signal.SIGKILL))).start()
        return b"x" * (size or 1)

    read = os.read

    def slow(descriptor: int, count: int) -> bytes:
        time.sleep(0.3)
        return read(descriptor, count)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("embedseq.decoding.processes.os.read", slow)
        with pytest.raises(WorkError, match=r"replica 2, a process that translates .* was it killed, or is the memory full\?"):
            in_processes(2, die)
    assert nobody_left()


def test_who_interrupts_the_first_process_ends_the_others() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            in_processes(2, lambda number: signal.pause())
    finally:
        signal.signal(signal.SIGALRM, before)
    assert nobody_left()


APART = """
import os, time
from embedseq.decoding.processes import in_processes
def work(number):
    print(os.getpid(), flush=True)
    if number == 1:
        time.sleep(600)
    return "x" * 10**6
in_processes(2, work)
"""


@pytest.mark.skipif(not PROCESSES.exists(), reason="processes are found in /proc")
def test_the_others_end_with_a_first_process_that_is_killed() -> None:
    """One of them is at work, the other waits for its answer to be read."""
    with subprocess.Popen([sys.executable, "-c", APART], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        others = [int(first.stdout.readline()) for _ in range(2)]
        time.sleep(0.2)
        first.kill()
    deadline = time.monotonic() + 30
    while left := [number for number in others if alive(number)]:
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.05)


def test_where_no_process_can_be_started_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    before = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(WorkError, match=r"replica 1 could not be started \(.*unavailable\); try fewer"):
        in_processes(2, lambda number: number)
    assert len(list(Path("/dev/fd").iterdir())) == before
