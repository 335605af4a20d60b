"""What the stage `word2vec` says of its repeatability: in its log and in its record."""

import json
from pathlib import Path
from typing import Any

import pytest
from corpus_artifacts import run_stages

from embedseq.embeddings.running_words import RunningWords
from embedseq.pipeline.stage import StageContext
from embedseq.pipeline.stages import word2vec


@pytest.mark.parametrize("workers", [1, 2])
def test_several_workers_are_told_of_as_not_repeatable(tmp_path: Path, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for split in ("train", "valid", "test"):
        lines = [f"{split} {number} a small dog\tein kleiner Hund {split} {number}\n" for number in range(40)]
        (tmp_path / f"{split}.tsv").write_text("".join(lines), encoding="utf-8")
    files = {split: {"pairs": f"{split}.tsv"} for split in ("train", "valid", "test")}
    tokens = run_stages(tmp_path, files).tokens
    output, said = tmp_path / "vectors", list[dict[str, Any]]()
    output.mkdir()
    written = list[Path]()
    write = RunningWords.write
    monkeypatch.setattr(RunningWords, "write", lambda words, path: (written.append(path), write(words, path)))
    context = StageContext(
        {"side": "source", "seed": 1, "settings": {"dim": 4, "min_count": 1, "epochs": 1, "workers": workers}},
        output,
        tmp_path,
        inputs={"tokens": tokens},
        execution={"text": "captions.source"},
        send=said.append,
    )
    word2vec.run(context)
    logged = [message["message"] for message in said if message["event"] == "log"]
    assert any("2 workers: " in line and "not repeatable" in line for line in logged) == (workers > 1)
    assert json.loads((output / "facts.json").read_text())["repeatable"] == (workers == 1)
    assert [path.parent.parent for path in written] == [output] * (workers > 1)  # which is cleared after a kill
    assert not any(path.parent.exists() for path in written)
