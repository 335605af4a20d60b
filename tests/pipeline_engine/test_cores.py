"""How many cores there are, with and without a container's quota; and the settings of workers."""

import ctypes
import os
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
