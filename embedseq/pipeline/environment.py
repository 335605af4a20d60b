"""What a result may depend on beside its key: the kind of processor and the versions. Recorded with each run; imports nothing."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from embedseq.pipeline.cores import available_cores
from embedseq.pipeline.pool import worker_environment

PACKAGES = (
    "embedseq",
    "torch",
    "numpy",
    "scipy",
    "scikit-learn",
    "gensim",
    "tokenizers",
    "sacrebleu",
    "rouge-score",
    "safetensors",
    "jieba",
)


def environment() -> dict[str, Any]:
    """A JSON-like mapping."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": available_cores(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "mkl_cbwr": worker_environment(1)["MKL_CBWR"],
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _processor() -> str:
    """The model's name and family: on Linux `platform.processor` often knows neither."""
    fields = {}
    try:
        for line in Path("/proc/cpuinfo").read_text().split("\n\n", 1)[0].splitlines():
            name, _, value = line.partition(":")
            fields[name.strip()] = value.strip()
    except OSError:
        return platform.processor() or platform.machine()
    names = ("model name", "cpu family", "model")
    return ", ".join(f"{name} {fields[name]}" if name != "model name" else fields[name] for name in names if name in fields)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
