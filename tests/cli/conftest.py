"""A finished run with a small model of every kind, for the commands that ask them."""

from pathlib import Path
from typing import Any

import pytest

SENTENCES = "two dogs run in the snow", "a man rides a bike", "the man and two dogs run", "a bike in the snow"
TAGS = {"two": "NUM", "dogs": "NOUN", "run": "VERB", "in": "ADP", "the": "DET", "snow": "NOUN", "a": "DET", "man": "NOUN"}
FILE = """\
name: kinds
data:
  text: {train: a.txt, valid: a.txt, test: a.txt, task: text, lowercase: true}
  pieces: {train: a.txt, valid: a.txt, test: a.txt, task: text, tokens: {kind: bpe, size: 60}}
  tags: {train: tags.conllu, valid: tags.conllu, test: tags.conllu, task: tagging, label: upos}
  topics: {train: &topics {pairs: topics.tsv}, valid: *topics, test: *topics, task: classification}
  two: {train: &two {source: [a.txt, b.txt], target: a.txt}, valid: *two, test: *two}
  papers: {dataset: scitldr, source: abstract, target: summary, sections: true, limits: {train: 8, valid: 3, test: 3}}
  restored: {train: a.txt, valid: a.txt, test: a.txt, task: restoration, stretch: 3}
  numbers: {dataset: digits, source: images, target: words, limits: {train: 20, valid: 5, test: 5}}
models:
  writer: {data: text, matrix: {architecture: [gru, transformer]}, dim: 8, heads: 2, train: &once {epochs: 1}}
  speller: {data: pieces, architecture: lstm, dim: 8, train: *once}
  reader: {data: text, kind: masked-language-model, architecture: gru, dim: 8, train: *once}
  tagger: {data: tags, architecture: gru, dim: 8, train: *once}
  topic: {data: topics, architecture: gru, dim: 8, train: *once}
  translator: {data: two, architecture: gru, attention: dot, dim: 8, train: *once, evaluate: &short {max_length: 8}}
  summariser: {data: papers, architecture: gru, attention: dot, dim: 8, sections: true, train: *once, evaluate: *short}
  restorer: {data: restored, architecture: gru, attention: dot, dim: 8, train: *once}
  counter: {data: numbers, architecture: gru, attention: dot, dim: 8, train: *once, evaluate: *short}
"""


@pytest.fixture(scope="session")
def kinds_store(tmp_path_factory: pytest.TempPathFactory, embedseq_command: Any) -> Path:
    """A store with the models above, trained for an epoch; not to be changed."""
    folder = tmp_path_factory.mktemp("kinds")
    (folder / "kinds.yaml").write_text(FILE, encoding="utf-8")
    (folder / "a.txt").write_text("\n".join(SENTENCES) + "\n", encoding="utf-8")
    (folder / "b.txt").write_text("\n".join(SENTENCES).upper() + "\n", encoding="utf-8")
    (folder / "tags.conllu").write_text("\n".join(_tagged(sentence) for sentence in SENTENCES), encoding="utf-8")
    topics = "".join(f"{sentence}\t{'winter' if 'snow' in sentence else 'town'}\n" for sentence in SENTENCES)
    (folder / "topics.tsv").write_text(topics, encoding="utf-8")
    options = ("--store", folder / "store", "--jobs", 1, "--quiet", "--only", "train")
    answer = embedseq_command("run", folder / "kinds.yaml", *options)
    assert answer.code == 0, answer.err + answer.out
    return folder / "store"


def _tagged(sentence: str) -> str:
    """A sentence as CoNLL-U."""
    words = [f"{number}\t{word}\t_\t{TAGS.get(word, 'X')}" for number, word in enumerate(sentence.split(), start=1)]
    return "\n".join(f"{word}\t_\t_\t0\tdep\t_\t_" for word in words) + "\n"
