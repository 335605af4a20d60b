"""What a newcomer sees first, and how little it loads."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from embedseq.cli.main import COMMANDS

HEAVY = ("torch", "gensim", "sklearn", "scipy", "numpy", "pydantic", "yaml", "altair", "pyarrow", "rich")


def loaded(code: str, *arguments: object) -> list[str]:
    """Which of the heavy modules a fresh process has loaded after `code`, which may end in SystemExit."""
    program = (
        "import contextlib, io, sys\n"
        f"with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n    {code}\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def test_the_help_names_every_command(embedseq_command: Any) -> None:
    answer = embedseq_command("--help")
    assert answer.code == 0
    assert all(f"\n  {name} " in answer.out for name in COMMANDS)
    assert "embedseq run pipelines/quickstart.yaml" in answer.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str, embedseq_command: Any) -> None:
    answer = embedseq_command(name, "--help")
    usage, _, explained = answer.out.partition("\n")
    assert answer.code == 0
    assert f"embedseq {name}" in usage
    assert re.search(rf"^  (echo .* \| )?embedseq {name}\b", explained, re.MULTILINE), "no example"
    assert answer.err == ""


def test_options_of_a_command_are_all_explained(embedseq_command: Any) -> None:
    for name in COMMANDS:
        lines = embedseq_command(name, "--help").out.partition("Options:")[2].split("\n")
        for line in lines:
            if line.startswith("  -") and len(line.split("  ")) < 3:
                following = lines[lines.index(line) + 1]
                assert following.startswith("      "), f"{name}: {line.strip()} is not explained"


def test_the_version_is_printed(embedseq_command: Any) -> None:
    import embedseq

    assert embedseq.__version__ in embedseq_command("--version").out


def test_an_unknown_command_is_refused_with_the_nearest(embedseq_command: Any) -> None:
    answer = embedseq_command("simlar", "dog")
    assert answer.code == 2
    assert "there is no command 'simlar'. Did you mean 'similar'?" in answer.err
    assert all(name in answer.err for name in COMMANDS)


def test_an_unknown_option_is_refused(embedseq_command: Any) -> None:
    answer = embedseq_command("similar", "dog", "--tpo", "3")
    assert answer.code == 2
    assert "--tpo" in answer.err


@pytest.mark.parametrize("code", ["import embedseq", "from embedseq.cli.main import main; main()"], ids=["import", "help"])
def test_help_loads_nothing_heavy(code: str) -> None:
    assert loaded(code, "--help") == []


def test_a_query_loads_neither_torch_nor_gensim(tiny_store: Path) -> None:
    modules = loaded("from embedseq.cli.main import main; main()", "similar", "dog", "--store", tiny_store)
    assert not {"torch", "gensim", "sklearn", "scipy", "altair"} & set(modules)
    assert "numpy" in modules  # the query ran: cosines need it
