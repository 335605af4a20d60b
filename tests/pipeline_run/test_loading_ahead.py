"""While a run is checked, a worker is loading what its first stages need."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from process_states import PROCESSES, children_of

import embedseq
from embedseq.pipeline import preflight

Variant = Callable[..., embedseq.Run]


@pytest.mark.skipif(not PROCESSES.exists(), reason="processes are found in /proc")
@pytest.mark.parametrize(("dropout", "workers"), [("0.15", 1), (None, 0)])
def test_it_is_there_before_the_check_and_gone_when_that_is_broken_off(
    variant: Variant, finished: embedseq.Run, monkeypatch: pytest.MonkeyPatch, dropout: str | None, workers: int
) -> None:
    """Not where all is in the store."""
    before, seen = set(children_of(os.getpid())), list[int]()

    def check(*given: Any) -> None:
        seen.extend(child for child in children_of(os.getpid()) if child not in before)
        raise KeyboardInterrupt

    monkeypatch.setattr(preflight, "check_before_work", check)
    with pytest.raises(KeyboardInterrupt):
        variant(overrides=[f"models.plain.dropout={dropout}"] if dropout else [])
    assert len(seen) == workers
    assert set(children_of(os.getpid())) <= before
