"""Where models compute, by name, and what a processor is good for."""

from functools import cache
from pathlib import Path

import torch

from embedseq.errors import RequestError

FLAGS = frozenset(("avx512_bf16", "amx_bf16", "bf16"))
"""Of processors that multiply bfloat16 numbers, as Linux names them: Intel's and AMD's two, and Arm's."""


def device_named(name: str) -> torch.device:
    """The device called `cpu`, `cuda` or `cuda:1`; `auto` is the first GPU, or the processor where there is none.

    Raises RequestError for one that is not there, with those that are.
    """
    there = present_devices()
    if name == "auto":
        return torch.device(there[1] if len(there) > 1 else "cpu")
    try:
        wanted = torch.device(name)
    except RuntimeError:
        raise RequestError(f"'{name}' is no device's name; here there are {', '.join(there)}, and `auto`") from None
    full = "cpu" if wanted.type == "cpu" else f"{wanted.type}:{wanted.index or 0}"
    if full not in there:
        raise RequestError(f"there is no device '{name}' here, only {', '.join(there)}{_hint(wanted.type)}")
    return torch.device(full)


def present_devices() -> list[str]:
    """The processor, then every GPU."""
    gpus = [f"cuda:{number}" for number in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return ["cpu", *gpus]


@cache
def multiplies_bfloat16(processor: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor has instructions for it, or does not say; without them products take hundreds of times as long."""
    try:
        lines = processor.read_text().splitlines()
    except OSError:
        return True
    named = [line.partition(":")[2].split() for line in lines if line.lower().startswith(("flags", "features"))]
    return not named or not FLAGS.isdisjoint(named[0])


def _hint(kind: str) -> str:
    """Why it may be missed."""
    if kind == "mps":
        return "; Apple's GPUs have no float64 numbers, in which losses are summed"
    if kind == "cuda" and torch.version.cuda is None and torch.version.hip is None:
        return f"; this torch ({torch.__version__}) is built without CUDA"
    return ""


def refuse_replicas(count: int, device: torch.device) -> None:
    """Raises RequestError where so many processes cannot share the work of a model on this device."""
    if count < 1:
        raise RequestError(f"replicas: expected 1 or more, found {count}")
    if count > 1 and device.type != "cpu":
        raise RequestError(f"replicas: {count} processes share the cores of a CPU, but the model is on {device}; leave it out")
