"""How many cores there are, with and without a container's quota; and the settings of workers."""

import os
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


def test_memory_is_kept_between_operations_unless_the_user_says_otherwise() -> None:
    assert worker_environment(1, {})["MALLOC_MMAP_THRESHOLD_"] == "33554432"
    assert worker_environment(1, {"MALLOC_TRIM_THRESHOLD_": "0"})["MALLOC_TRIM_THRESHOLD_"] == "0"
