"""Lines of files, and every fault that a file can have."""

import gzip
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedseq.errors import InputError
from embedseq.text import files
from embedseq.text.files import problems_between, problems_in, problems_in_tabbed, read_lines, read_tabbed


def save(path: Path, content: bytes | str) -> Path:
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["text.txt", "text.gz"])
@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("a\nb\n", ["a", "b"]),
        ("a\nb", ["a", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("\ufeffa\nb\n", ["a", "b"]),
        ("a\n\nb\n", ["a", "", "b"]),
        ("a\u2028b\x0bc\x85d\n", ["a\u2028b\x0bc\x85d"]),
        (" a \n", [" a "]),
    ],
)
def test_lines_are_read(tmp_path: Path, name: str, content: str, lines: list[str]) -> None:
    path = save(tmp_path / name, content)
    assert list(read_lines(path)) == lines
    assert problems_in(path) == []


def test_compression_is_told_by_the_content_not_the_name(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes(gzip.compress(b"a\n"))
    (tmp_path / "text.gz").write_bytes(b"b\n")
    assert [*read_lines(tmp_path / "text.txt"), *read_lines(tmp_path / "text.gz")] == ["a", "b"]


FAULTS = {
    b"one\ntwo\x00\n": "text.txt: line 2 contains a NUL byte",
    b"one\nt\xffwo\n": "text.txt: line 2 is not UTF-8: found the byte 0xff at byte 2 of the line",
    b"o\xe9\n": "text.txt: line 1 is not UTF-8",
    b"": "text.txt: the file is empty",
    b"\n  \n\n": "text.txt: the file is empty",
    "one\n".encode("utf-16"): "text.txt: line 1 is not UTF-8",
}


@pytest.mark.parametrize(("content", "message"), FAULTS.items())
def test_a_faulty_file_is_refused_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = save(tmp_path / "text.txt", content)
    assert message in problems_in(path)[0]
    assert message in problems_in(path)[0]


def test_all_faults_of_a_file_are_found_in_one_go(tmp_path: Path) -> None:
    problems = problems_in(save(tmp_path / "text.txt", b"ok\n\xff\nok\n\x00\n"))
    assert [problem.split(": ")[1].split(" ")[:2] for problem in problems] == [["line", "2"], ["line", "4"]]


def test_a_file_full_of_faults_is_summed_up(tmp_path: Path) -> None:
    problems = problems_in(save(tmp_path / "text.txt", b"\xff\n" * 1500))
    assert len(problems) == files.MOST_PROBLEMS + 1
    assert problems[-1].endswith("and 1,490 more lines like these")


@pytest.mark.parametrize("cut", [5, 40, -9, -1])
def test_a_gzip_file_that_breaks_off_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "text.gz"
    path.write_bytes(gzip.compress(b"".join(b"line %d\n" % number for number in range(999)))[:cut])
    assert "text.gz: the gzip data break off or are damaged" in problems_in(path)[0]
    with pytest.raises(InputError, match="break off"):
        list(read_lines(path))


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(b"".join(b"line %d\n" % number for number in range(999))))
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "text.gz").write_bytes(bytes(data))
    assert any("damaged" in problem for problem in problems_in(tmp_path / "text.gz"))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert problems_in(tmp_path / "nothing.txt") == [f"{tmp_path / 'nothing.txt'}: there is no such file"]
    assert "cannot be read" in problems_in(tmp_path)[0]


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 1000)
    path = save(tmp_path / "text.txt", "ok\n" + "x" * 1001)
    assert problems_in(path) == [f"{path}: line 2 is longer than 1,000 bytes: expected one sentence a line"]


def test_an_empty_line_beside_a_full_one_is_refused(tmp_path: Path) -> None:
    lines = [f"line {number}" for number in range(1, 18_206)]
    source = save(tmp_path / "train.en.gz", "\n".join(lines))
    lines[18_203] = " "
    target = save(tmp_path / "train.de.gz", "\n".join(lines))
    assert problems_between(source, target) == [
        f"{target}: line 18,204 is empty, but line 18,204 of train.en.gz is not: parallel files must pair line by line."
    ]


def test_unequal_numbers_of_lines_are_refused(tmp_path: Path) -> None:
    source, target = save(tmp_path / "a.en", "a\nb\nc\n"), save(tmp_path / "a.de", "a\nb\n")
    assert problems_between(source, target) == [
        f"{source}: the file has 3 lines, but a.de has 2: parallel files must pair line by line."
    ]
    assert "2 lines, but a.en has 3" in problems_between(target, source)[0]


def test_lines_empty_on_both_sides_pair(tmp_path: Path) -> None:
    assert problems_between(save(tmp_path / "a", "a\n\nb\n"), save(tmp_path / "b", "c\n\nd\n")) == []


def test_each_further_file_is_held_against_the_first(tmp_path: Path) -> None:
    first, second, third = (save(tmp_path / name, text) for name, text in (("a", "a\nb\n"), ("b", "a\n\n"), ("c", "a\n")))
    assert problems_between(first, first, first) == []
    assert problems_between(first, second, third) == [
        f"{second}: line 2 is empty, but line 2 of a is not: parallel files must pair line by line.",
        f"{first}: the file has 2 lines, but c has 1: parallel files must pair line by line.",
    ]


def test_faults_of_both_files_are_found_in_one_go(tmp_path: Path) -> None:
    source, target = save(tmp_path / "a", b"a\n\xff\n"), save(tmp_path / "b", b"\x00\nb\n")
    assert [problem.split(" ")[0] for problem in problems_between(source, target)] == [f"{source}:", f"{target}:"]


def test_tab_separated_pairs_are_read_and_further_columns_ignored(tmp_path: Path) -> None:
    path = save(tmp_path / "pairs.tsv", "Hi.\t你好。\tCC-BY\n\nBye.\t再见。\n")
    assert list(read_tabbed(path)) == [("Hi.", "你好。"), ("Bye.", "再见。")]
    assert problems_in_tabbed(path) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [("no tab", "line 2 has no tab"), ("\tb", "line 2 has nothing before the tab"), ("a\t ", "line 2 has nothing after the tab")],
)
def test_a_line_that_is_no_pair_is_refused(tmp_path: Path, line: str, message: str) -> None:
    path = save(tmp_path / "pairs.tsv", f"a\tb\n{line}\n")
    assert message in problems_in_tabbed(path)[0]
    with pytest.raises(InputError, match=message):
        list(read_tabbed(path))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    problems = problems_in(path)
    if not problems:
        assert any(True for _ in read_lines(path))


def test_reading_takes_no_more_memory_for_a_longer_file(tmp_path: Path) -> None:
    def peak(lines: int) -> int:
        path = save(tmp_path / f"{lines}.gz", "A sentence of some words.\n" * lines)
        tracemalloc.start()
        assert problems_in(path) == []
        assert sum(1 for _ in read_lines(path)) == lines
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(50_000) < 1.2 * peak(10_000)
