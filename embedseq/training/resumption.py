"""What a training that was interrupted goes on from, and whether it does so where it began."""

import os
from collections.abc import Callable, Mapping, Sequence
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
    """How environments in which the training was at work differ, in words (`difference`); empty where they do not."""


Resuming = Callable[[Resumed], None]
"""Called before a training goes on."""


def environment() -> dict[str, str]:
    """That on which the last digits of sums depend, beside what is a training's own: name -> value."""
    return {
        "torch": torch.__version__,
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "MKL_CBWR": os.environ.get("MKL_CBWR", ""),
    }


def difference(environments: Sequence[Mapping[str, str]]) -> str:
    """How the first of those in which a training was at work that is unlike the last differs from it: `torch 2.12.0 in place of
    2.13.0` and so on. Empty where all are alike; what one of the two does not tell is passed over."""
    for each in environments:
        last = environments[-1]
        if changed := [name for name in last if each.get(name, last[name]) != last[name]]:
            return ", ".join(f"{name} {each[name] or 'not set'} in place of {last[name] or 'not set'}" for name in changed)
    return ""
