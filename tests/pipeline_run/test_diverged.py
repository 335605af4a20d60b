"""A training whose loss is no number says which sentences its batch held, in the words of the corpus."""

import re
from pathlib import Path

import embedseq

FILE = """
name: diverging
data:
  pairs:
    train: &files {pairs: pairs.tsv}
    valid: *files
    test: *files
models:
  translator: {data: pairs, architecture: lstm, dim: 8, train: {epochs: 2, batch_tokens: 60, lr: 1e38, clip: null}}
"""


def test_the_sentences_of_a_batch_that_went_wrong_are_quoted(tmp_path: Path) -> None:
    lines = [f"the {word} dog barks twice\tder {word} Hund bellt" for word in ("old", "small", "brown", "tired", "loud") * 8]
    (tmp_path / "pairs.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "file.yaml").write_text(FILE, encoding="utf-8")
    run = embedseq.run(tmp_path / "file.yaml", store=tmp_path / "store")
    message = run.failures["train translator, seed 1"]
    found = re.search(r"the batch held rows (\d+), .* What is in row \1: '(.*?)', \d+: '", message)
    assert found, message
    assert lines[int(found[1]) - 1].startswith(found[2] + "\t")
