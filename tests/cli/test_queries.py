"""Commands that ask a finished run: `similar`, `translate`, `runs`, `report`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from embedseq.pipeline import indexes

LABELS = ["skipgram", "cbow", "translator[skipgram,tuned]", "plain"]


def test_the_neighbours_of_a_word_stand_side_by_side(tiny_store: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("similar", "dog", "cat", "--store", tiny_store, "--top", 4)
    assert answer.code == 0
    tables = answer.out.strip("\n").split("\n\n")
    assert [table.split("\n")[0] for table in tables] == ["dog", "cat"]
    for table in tables:
        lines = table.split("\n")
        assert lines[1].split() == LABELS  # a model with frozen vectors answers as its embedding does
        assert len(lines) == 2 + 4


def test_json_has_the_same_numbers_in_falling_order(tiny_store: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("similar", "dog", "--store", tiny_store, "--json", "--top", 5)
    found = json.loads(answer.out)
    assert list(found) == ["dog"]
    assert list(found["dog"]) == LABELS
    for neighbours in found["dog"].values():
        cosines = [cosine for _, cosine in neighbours]
        assert len(neighbours) == 5
        assert cosines == sorted(cosines, reverse=True)
        assert "dog" not in [word for word, _ in neighbours]
    table = embedseq_command("similar", "dog", "--store", tiny_store, "--top", 5).out
    nearest, cosine = found["dog"]["skipgram"][0]
    assert f"{nearest} {cosine:.2f}" in table


def test_vectors_can_be_chosen_by_selector(tiny_store: Path, embedseq_command: Any) -> None:
    def asked(*selectors: str) -> list[str]:
        options = [option for selector in selectors for option in ("--vectors", selector)]
        answer = embedseq_command("similar", "dog", "--store", tiny_store, "--json", *options)
        assert answer.code == 0, answer.err
        return list(json.loads(answer.out)["dog"])

    assert asked("cbow") == ["cbow"]
    assert asked("plain", "skipgram") == ["plain", "plain, target", "skipgram"]
    assert asked("translator[frozen]")[0] == "translator[skipgram,frozen]"
    sources = [name for name in asked("translator") if not name.endswith(", target")]
    assert sources == ["translator[skipgram,frozen]", "translator[skipgram,tuned]"]


def test_a_word_of_the_target_side_is_answered_by_that_side(tiny_store: Path, embedseq_command: Any) -> None:
    found = json.loads(embedseq_command("similar", "Hund", "--store", tiny_store, "--vectors", "plain", "--json").out)["Hund"]
    assert found["plain"] is None
    assert found["plain, target"]


def test_frozen_vectors_answer_as_their_embedding(tiny_store: Path, embedseq_command: Any) -> None:
    options = ("--vectors", "skipgram", "--vectors", "translator[frozen]")
    found = json.loads(embedseq_command("similar", "dog", "--store", tiny_store, "--json", *options).out)["dog"]
    assert found["skipgram"] == found["translator[skipgram,frozen]"]


def test_the_command_says_where_no_index_is_used(tiny_store: Path, embedseq_command: Any) -> None:
    plain = embedseq_command("similar", "dog", "--store", tiny_store, "--json")
    answer = embedseq_command("similar", "dog", "--store", tiny_store, "--json", "--index")
    assert json.loads(answer.out) == json.loads(plain.out)
    assert "embedseq: skipgram: " in answer.err
    assert "words: exact search is used" in answer.err


def test_the_command_names_the_extra(
    tiny_store: Path, tmp_path: Path, embedseq_command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexes, "SMALLEST", 1)
    monkeypatch.setitem(sys.modules, "faiss", None)
    shutil.copytree(tiny_store, tmp_path / "copy")
    answer = embedseq_command("similar", "dog", "--store", tmp_path / "copy", "--index")
    assert answer.code == 2
    assert "pip install 'embedseq[index]'" in answer.err


def test_an_unknown_word_gets_near_spellings(tiny_store: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("similar", "dgo", "--store", tiny_store)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("embedseq: 'dgo' is not among the ")
    assert "Near spellings: " in answer.err
    assert "dog" in answer.err


def test_a_word_that_only_some_vectors_have_is_answered_by_those(tiny_store: Path, embedseq_command: Any) -> None:
    from embedseq import open_run

    run = open_run(store=tiny_store)
    rare = sorted(set(run.embeddings["skipgram"].words) - set(run.embeddings["cbow"].words))
    assert rare  # cbow wants two occurrences
    found = json.loads(embedseq_command("similar", rare[0], "--store", tiny_store, "--json").out)[rare[0]]
    assert found["cbow"] is None
    assert found["skipgram"]
    assert "\nno vector in cbow" in embedseq_command("similar", rare[0], "--store", tiny_store).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["similar", "dog", "--vectors", "skipgrm"], "Did you mean 'skipgram'?"),
        (["similar", "dog", "--run", "caption"], "Did you mean 'captions'?"),
        (["translate", "--model", "translator"], "choose one of translator[skipgram,frozen], translator[skipgram,tuned]"),
        (["translate", "--model", "translator[tund]"], "Did you mean 'tuned'?"),
        (["translate", "--model", "plain", "--seed", "7"], "not trained with seed 7"),
        (["report", "captions-99"], "no run is called 'captions-99'"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_unknown_names_are_refused_with_what_there_is(tiny_store: Path, embedseq_command: Any, arguments, said: str) -> None:
    answer = embedseq_command(*arguments, "--store", tiny_store)
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err


def test_a_store_without_runs_says_how_to_get_one(tmp_path: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("similar", "dog", "--store", tmp_path / "none")
    assert answer.code == 2
    assert "`embedseq run FILE` makes one" in answer.err
    assert not (tmp_path / "none").exists()
    assert embedseq_command("runs", "--store", tmp_path / "none").out.startswith("no runs in ")


def test_standard_input_is_translated_line_by_line(tiny_store: Path, embedseq_command: Any) -> None:
    lines = ["A dog is running.", "", "Two men are waiting in the snow."]
    options = ("--store", tiny_store, "--model", "translator[tuned]")
    answer = embedseq_command("translate", *options, stdin="\n".join(lines) + "\n")
    assert answer.code == 0, answer.err
    written = answer.out.split("\n")
    assert len(written) == 4
    assert written[0]
    assert written[1] == ""
    alone = embedseq_command("translate", *options, stdin=lines[2])
    assert alone.out == written[2] + "\n"


def test_the_runs_of_a_store_are_listed(tiny_store: Path, embedseq_command: Any) -> None:
    rows = json.loads(embedseq_command("runs", "--store", tiny_store, "--json").out)
    first = rows[-1]
    assert (first["name"], first["state"]) == ("captions-1", "done")
    assert Path(first["report"]).is_file()
    listed = embedseq_command("runs", "--store", tiny_store).out
    assert listed.strip().split("\n")[-1].startswith("captions-1 ")
    assert first["report"] in listed


def test_a_report_is_written_anew(tiny_store: Path, embedseq_command: Any) -> None:
    page = tiny_store / "runs" / "captions-1" / "report.html"
    before = page.read_bytes()
    page.unlink()
    answer = embedseq_command("report", "captions-1", "--store", tiny_store)
    assert answer.out.strip() == str(page)
    assert page.read_bytes() == before
    text = embedseq_command("report", "captions-1", "--store", tiny_store, "--text").out
    assert "translator[skipgram,tuned]" in text
    assert text.rstrip().endswith(f"Report: {page}")


@pytest.mark.parametrize("arguments", [["schema"], ["list", "datasets"], ["--help"]], ids=lambda arguments: arguments[0])
def test_a_reader_that_goes_away_is_no_error(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    code = f"import sys; sys.argv[1:] = {arguments!r}; from embedseq.cli.main import main; main()"
    try:
        ended = subprocess.run([sys.executable, "-c", code], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writing)
    assert ended.stderr == ""
    assert ended.returncode in (0, 1)


def test_the_head_of_an_output_is_enough() -> None:
    code = "import sys; sys.argv[1:] = ['schema']; from embedseq.cli.main import main; main()"
    ended = subprocess.run(
        ["/bin/sh", "-c", '"$0" -c "$1" | head -1', sys.executable, code], capture_output=True, text=True, check=False
    )
    assert ended.stdout == "{\n"
    assert ended.stderr == ""
