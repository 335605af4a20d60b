"""What a training that was interrupted goes on from, and whether it does so where it began."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Resumed:
    """Where the checkpoint stood that a training goes on from."""

    update: int
    """Updates made."""
    seconds: float
    """How long they had taken, validations included, in processes before this one."""
    elsewhere: str = ""
    """How the environment in which they were made differs from this one, in words; empty where it does not."""


Resuming = Callable[[Resumed], None]
"""Called before a training goes on."""


def environment() -> dict[str, str]:
    """That on which the last digits of sums depend, beside what is a training's own: name -> value."""
    return {
        "torch": torch.__version__,
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "MKL_CBWR": os.environ.get("MKL_CBWR", ""),
    }


def difference(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    """`torch 2.12.0 in place of 2.13.0` and so on; empty where nothing differs. What the earlier one lacks is passed over."""
    changed = [name for name in now if name in then and then[name] != now[name]]
    return ", ".join(f"{name} {then[name] or 'not set'} in place of {now[name] or 'not set'}" for name in changed)
