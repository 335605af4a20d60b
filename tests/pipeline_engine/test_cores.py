"""How many cores there are, with and without a container's quota; and the settings of workers."""

import ctypes
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from embedseq.pipeline.cores import available_cores
from embedseq.pipeline.pool import mkl_branch, worker_environment

ALL = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


@pytest.mark.parametrize(
    ("content", "cores"),
    [("max 100000\n", ALL), ("50000 100000\n", 1), ("150000 100000\n", 1), ("99900000 100000\n", ALL), ("", ALL)],
)
@pytest.mark.skipif(not Path("/proc/self/cgroup").exists(), reason="control groups are Linux's")
def test_a_quota_lowers_the_number_of_cores(tmp_path: Path, content: str, cores: int) -> None:
    for folder in (tmp_path, tmp_path / "cpu"):
        folder.mkdir(exist_ok=True)
        (folder / "cpu.max").write_text(content)
    assert available_cores(tmp_path) == cores


def test_the_branch_of_mkl_follows_the_kind_of_processor(tmp_path: Path) -> None:
    (tmp_path / "wide").write_text("flags : fpu avx2 avx512f")
    (tmp_path / "narrow").write_text("flags : fpu avx2")
    assert [mkl_branch(tmp_path / name) for name in ("wide", "narrow", "none")] == ["AVX512,STRICT", "AVX2,STRICT", "AVX2,STRICT"]


def test_threads_are_set_and_the_users_own_choice_of_branch_stands() -> None:
    environment = worker_environment(
        3, {"MKL_CBWR": "COMPATIBLE", "OMP_NUM_THREADS": "8", "HOME": "/home", "PYTHONPATH": "/mine"}
    )
    assert environment["MKL_CBWR"] == "COMPATIBLE"
    assert environment["OMP_NUM_THREADS"] == environment["OPENBLAS_NUM_THREADS"] == "3"
    assert environment["HOME"] == "/home"
    assert environment["PYTHONPATH"].endswith(f"{os.pathsep}/mine")


KEPT = """
import ctypes

class Allocated(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

mallinfo = ctypes.CDLL(None).mallinfo2
mallinfo.restype = Allocated
piece = bytearray(20 * 2**20)
apart = mallinfo().hblkhd
del piece
print(apart < 2**20, mallinfo().arena > 20 * 2**20)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="not the GNU library")
@pytest.mark.parametrize(("chosen", "kept"), [({}, "True True"), ({"MALLOC_TRIM_THRESHOLD_": "0"}, "True False")])
def test_a_worker_keeps_the_memory_of_large_arrays_unless_the_user_says_otherwise(chosen: dict[str, str], kept: str) -> None:
    environment = worker_environment(1, {**os.environ, **chosen})
    told = subprocess.run([sys.executable, "-c", KEPT], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == kept


def _has_tunable() -> bool:
    """Whether this is the GNU library from 2.35 on."""
    name, version = platform.libc_ver()
    return name == "glibc" and tuple(map(int, version.split("."))) >= (2, 35)


HEAP = """
from pathlib import Path

piece = bytearray(20 * 2**20)
_, _, after = Path("/proc/self/smaps").read_text().partition("[heap]")
_, _, flags = after.partition("VmFlags:")
print("hg" in flags.partition("\\n")[0].split())
"""
SWITCH = Path("/sys/kernel/mm/transparent_hugepage/enabled")


@pytest.mark.skipif(not _has_tunable(), reason="not a GNU library that knows of them")
@pytest.mark.skipif(
    not SWITCH.exists() or "[madvise]" not in SWITCH.read_text(), reason="large pages are not there to be asked for"
)
@pytest.mark.parametrize(("chosen", "asked"), [({}, "True"), ({"GLIBC_TUNABLES": "glibc.malloc.hugetlb=0"}, "False")])
def test_a_worker_asks_for_large_pages_unless_the_user_says_otherwise(chosen: dict[str, str], asked: str) -> None:
    others = {name: value for name, value in os.environ.items() if name != "GLIBC_TUNABLES"}
    environment = worker_environment(1, {**others, **chosen})
    told = subprocess.run([sys.executable, "-c", HEAP], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == asked
