"""A tiny pipeline with everything in it, run once for all tests that ask a finished run, and the command line as a function.

No test may depend on a corpus outside this folder or on an embedseq-store that happens to lie about.
"""

import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("no clock", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("no clock")

TESTS = Path(__file__).parent
TINY = """\
name: captions
seeds: [1]

data:
  captions:
    dataset: multi30k
    source: en
    target: de
    tokens: {kind: word}
    limits: {train: 120, valid: 20, test: 20}

embeddings:
  skipgram: {text: captions.source, algorithm: skip-gram, dim: 12, min_count: 1, epochs: 3}
  cbow: {text: captions.source, algorithm: cbow, dim: 12, min_count: 8, epochs: 3}

models:
  translator:
    data: captions
    architecture: gru
    matrix: {embedding: [{from: skipgram, as: frozen}, {from: skipgram, as: tuned}]}
    dim: 12
    train: {epochs: 2, batch_tokens: 300, lr: 1e-2}
    evaluate: {beam: 2, max_length: 15}
  plain:
    data: captions
    architecture: transformer
    embedding_dim: 12
    dim: 12
    heads: 2
    train: {epochs: 1, batch_tokens: 300, lr: 1e-2}
    evaluate: {beam: 1, max_length: 15}

probes:
  neighbours: {kind: neighbours, of: embeddings, words: [dog, zebra], top: 3}
  drift: {kind: drift, of: "translator[tuned]", bands: 2}
  previous-word: {kind: previous-word, of: plain, words: 5, sentences: 20}
"""


@dataclass(frozen=True)
class Answer:
    """What a command line gave."""

    code: int
    out: str
    err: str


Command = Callable[..., Answer]


@pytest.fixture(scope="session", autouse=True)
def _sample_data() -> object:
    """Known datasets are those of this folder, and one thread is enough for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMBEDSEQ_DATA", str(TESTS / "data"))
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.delenv("EMBEDSEQ_STORE", raising=False)
        yield


def call_embedseq(arguments: Sequence[object], stdin: str | bytes = "") -> Answer:
    """`embedseq ARGUMENTS` in this process: the console script's own entry, with its exit code, output and errors."""
    from embedseq.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "200")
        patch.setattr(sys, "argv", ["embedseq", *map(str, arguments)])
        given = stdin.encode() if isinstance(stdin, str) else stdin
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) as ended:
            main()
    code = ended.value.code
    assert isinstance(code, int)
    return Answer(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def embedseq_command() -> Command:
    """`embedseq_command("runs", "--store", store, stdin="")`."""
    return lambda *arguments, stdin="": call_embedseq(arguments, stdin)


@pytest.fixture(scope="session")
def tiny_text() -> str:
    """The tiny pipeline's YAML."""
    return TINY


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny pipeline's file; not to be changed."""
    path = tmp_path_factory.mktemp("tiny") / "captions.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_store(tiny_file: Path, embedseq_command: Command) -> Path:
    """A store with the finished run `captions-1` alone: tests ask it, and run pipelines in copies of it."""
    store = tiny_file.parent / "store"
    answer = embedseq_command("run", tiny_file, "--store", store, "--jobs", 1, "--quiet")
    assert answer.code == 0, answer.err + answer.out
    return store
