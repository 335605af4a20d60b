"""Everything that is wrong with a pipeline and its files, told in one go, before any work begins."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import embedseq
from embedseq.errors import Problems
from embedseq.pipeline.events import Event
from embedseq.pipeline.file import read_pipeline
from embedseq.pipeline.graph import build_graph
from embedseq.pipeline.running import plan as plan_pipeline

PIPELINE = """\
name: mine
data:
  pairs: {train: {pairs: train.tsv}, valid: {pairs: valid.tsv}, test: {pairs: valid.tsv}}
embeddings:
  trained: {text: pairs.source, dim: 4, min_count: 1, epochs: 1}
  loaded: {file: vectors.txt}
models:
  translator:
    data: pairs
    architecture: gru
    embedding: {from: loaded, as: frozen}
    dim: 8
    train: {epochs: 1}
    evaluate: {beam: 1, max_length: 5}
probes:
  judged: {kind: word-similarity, of: trained, sets: [pairs.txt, wordsim353]}
profiles:
  small: {models.translator.dim: 4}
"""
WORDS = ("dog", "cat", "sun")
FILES = {
    "train.tsv": "a dog\tein Hund\na cat\teine Katze\nthe sun\tdie Sonne\n" * 5,
    "valid.tsv": "a dog\tein Hund\nthe cat\tdie Katze\n",
    "vectors.txt": "3 2\ndog 1 2\ncat 2 1\nsun -1 1\n",
    "pairs.txt": "dog cat 7\nsun dog 1\ncat sun 2\n",
}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A sound pipeline with all its files."""
    (tmp_path / "mine.yaml").write_text(PIPELINE)
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    return tmp_path / "mine.yaml"


def complaints(path: Path, ask: Callable[[Path], object] = embedseq.check) -> list[str]:
    with pytest.raises(Problems) as found:
        ask(path)
    return [message.replace(f"{path.parent}{os.sep}", "") for message in found.value.messages]


def run(path: Path) -> embedseq.Run:
    return embedseq.run(path, store=path.parent / "store", jobs=1)


def plan(path: Path) -> object:
    return plan_pipeline(path, store=path.parent / "store")


VECTORS, PAIRS = "mine.yaml:6:18: embeddings.loaded.file: ", "mine.yaml:16:54: probes.judged.sets: "


def claims(number: int, **fields: str) -> str:
    """So many claims about two embeddings."""
    more = "".join(f", {field}: {value}" for field, value in fields.items())
    claim = "{says: a, probe: judged, metric: rho, part: pairs, better: trained, worse: second" + more + "}"
    return "claims:\n" + "".join(f"  {'-'.join(fields.values())}c{each}: {claim}\n" for each in range(number))


def test_a_family_of_claims_that_is_too_large_for_its_seeds_is_noted(mine: Path) -> None:
    second = "  second: {text: pairs.source, dim: 5, min_count: 1, epochs: 1}\n"
    six = PIPELINE.replace("name: mine\n", "name: mine\nseeds: [1, 2, 3, 4, 5, 6]\n").replace("  loaded:", f"{second}  loaded:")
    six = six.replace("of: trained", "of: trained + second")
    of_items = claims(3, test="items").removeprefix("claims:\n")
    mine.write_text(six + claims(5) + of_items)
    valid, note = embedseq.check(mine).split("\n")
    assert valid.endswith("stages.")
    assert note == (
        "note: with 6 seeds none of the 5 claims of the family “claims” can be supported about training (the corrected p cannot "
        "go below 0.16); 8 seeds would do."
    )
    for few in (claims(1) + of_items, claims(3, test="items")):
        mine.write_text(six + few)
        assert "note" not in embedseq.check(mine)
    mine.write_text(six.replace("3, 4, 5, 6]", "3]") + claims(5))
    assert "note" not in embedseq.check(mine), "over items, a family may be large"


def test_a_sound_pipeline_is_valid(mine: Path) -> None:
    assert embedseq.check(mine).endswith("1 corpus, 2 embeddings, 1 model, 1 probe, 1 seed; 10 stages.")


@pytest.mark.parametrize("ask", [embedseq.check, run])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (np.random.default_rng(0).bytes(3000), "vectors.txt:1: expected "),
        (b"3 2\ndog 1 2\ncat 2\nsun -1 1\n", "vectors.txt:3: expected a word and 2 numbers, found 2 fields."),
        (b"3 2\ndog 1 2\n", "vectors.txt: expected 3 vectors, as line 1 promises, found 1: the file is not whole."),
        (b"1 999999999999\ndog 1 2\n", "vectors.txt:1: expected the number of vectors and their length (at most 1,000,000)"),
    ],
    ids=["random bytes", "a short line", "cut off", "an absurd length"],
)
def test_a_bad_vector_file_is_found(mine: Path, ask: Callable[[Path], object], content: bytes, said: str) -> None:
    (mine.parent / "vectors.txt").write_bytes(content)
    (problem,) = complaints(mine, ask)
    assert problem.startswith(VECTORS + said)
    assert not (mine.parent / "store" / "runs").exists()


@pytest.mark.parametrize("format", ["word2vec-text", "word2vec-binary", "glove"])
def test_random_bytes_are_no_vectors_of_any_format_whether_a_model_wants_them_or_not(mine: Path, format: str) -> None:
    text = PIPELINE.replace("{file: vectors.txt}", f"{{file: vectors.txt, format: {format}}}")
    mine.write_text(text.replace("embedding: {from: loaded, as: frozen}", "embedding: random"))
    (mine.parent / "vectors.txt").write_bytes(np.random.default_rng(1).bytes(3000))
    (problem,) = complaints(mine)
    assert problem.startswith(VECTORS + "vectors.txt:")


@pytest.mark.parametrize("ask", [embedseq.check, run])
def test_a_bad_file_of_word_pairs_is_found_before_anything_is_trained(mine: Path, ask: Callable[[Path], object]) -> None:
    (mine.parent / "pairs.txt").write_text("dog cat 7\nsun dog much\n")
    assert complaints(mine, ask) == [f"{PAIRS}pairs.txt:2: expected two words and a number, found 'sun dog much'."]
    assert not (mine.parent / "store" / "runs").exists()


@pytest.mark.parametrize("ask", [embedseq.check, run])
def test_all_that_is_wrong_anywhere_is_told_at_once(mine: Path, ask: Callable[[Path], object]) -> None:
    mine.write_text(PIPELINE.replace("dim: 8\n", "dim: 7\n"))
    (mine.parent / "train.tsv").write_bytes(b"a dog\tein Hund\na \xff cat\teine Katze\n")
    (mine.parent / "vectors.txt").write_text("3 2\ndog 1 2\n")
    (mine.parent / "pairs.txt").write_text("dog cat\n")
    corpus, vectors, model, pairs = complaints(mine, ask)
    assert corpus.startswith("train.tsv: line 2 is not UTF-8")
    assert vectors.startswith(f"{VECTORS}vectors.txt: expected 3 vectors")
    assert model.startswith("mine.yaml:8:3: models.translator: a bidirectional encoder joins two halves, and dim is 7")
    assert pairs.startswith(f"{PAIRS}pairs.txt:1: expected two words and a number")


@pytest.mark.parametrize("ask", [embedseq.check, run])
def test_files_that_are_not_there_are_told_with_their_places_beside_all_else(mine: Path, ask: Callable[[Path], object]) -> None:
    mine.write_text(PIPELINE.replace("dim: 8\n", "dim: 7\n").replace("train.tsv", "trian.tsv"))
    (mine.parent / "vectors.txt").unlink()
    (mine.parent / "pairs.txt").unlink()
    (mine.parent / "valid.tsv").write_text("no tab\n")
    train, valid, vectors, model, pairs = complaints(mine, ask)
    assert train == "mine.yaml:3:11: data.pairs.train: trian.tsv: there is no such file"
    assert valid.startswith("valid.tsv: line 1 has no tab")
    assert vectors.startswith(f"{VECTORS}vectors.txt: expected a file of vectors, but it cannot be read: No such file")
    assert "dim is 7" in model
    assert pairs.startswith(f"{PAIRS}pairs.txt: expected a file of word pairs")
    assert not (mine.parent / "store" / "runs").exists()


def test_a_plan_names_every_file_that_cannot_be_read(mine: Path) -> None:
    for name in ("train.tsv", "vectors.txt", "pairs.txt"):
        (mine.parent / name).unlink()
    (mine.parent / "vectors.txt").mkdir()
    assert complaints(mine, plan) == [
        "mine.yaml:3:11: data.pairs.train: train.tsv: cannot be read (No such file or directory).",
        f"{VECTORS}vectors.txt: cannot be read (Is a directory).",
        f"{PAIRS}pairs.txt: cannot be read (No such file or directory).",
    ]


def test_what_is_wrong_with_another_profile_does_not_hide_what_is_wrong_with_files(mine: Path) -> None:
    mine.write_text(PIPELINE.replace("small: {models.translator.dim: 4}", "small: {models.translator.dmi: 4}"))
    (mine.parent / "vectors.txt").write_text("nonsense\n")
    profile, vectors = complaints(mine)
    assert "Did you mean 'dim'?" in profile
    assert vectors.startswith(VECTORS)


def test_what_is_stored_is_not_read_again_and_what_changed_is(mine: Path) -> None:
    """A file is known by its size and time of change: one that lies about both is taken for the one that was stored."""
    assert run(mine).failures == {}
    for name in ("vectors.txt", "pairs.txt"):
        path = mine.parent / name
        before = path.stat()
        path.write_text("?" * before.st_size)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert run(mine).failures == {}
    for name in ("vectors.txt", "pairs.txt"):
        os.utime(mine.parent / name, ns=(0, 0))
    assert [problem.split(": ")[1] for problem in complaints(mine, run)] == ["embeddings.loaded.file", "probes.judged.sets"]


def test_a_model_is_rehearsed_with_the_width_of_its_vectors(mine: Path) -> None:
    mine.write_text(PIPELINE.replace("dim: 8\n", "dim: 8\n    embedding_dim: 5\n"))
    (problem,) = complaints(mine)
    assert "the source vectors handed over have 2 numbers" in problem


def test_an_encoder_that_another_model_cannot_start_from_is_told_before_anything_is_trained(mine: Path) -> None:
    later = """  later:
    data: pairs
    architecture: gru
    dim: 8
    pretrained: {from: translator}
"""
    mine.write_text(PIPELINE.replace("probes:\n", f"{later}probes:\n"))
    (problem,) = complaints(mine)
    assert problem == (
        "mine.yaml:15:3: models.later: the encoder of translator, from which it starts, is of another shape: "
        "the width of the word vectors is 2 there and 8 here"
    )
    mine.write_text(PIPELINE.replace("probes:\n", f"{later}    embedding_dim: 2\nprobes:\n"))
    assert "is valid" in embedseq.check(mine)


NARROWED = """\
name: narrowed
data:
  pairs: {generated: {kind: language, train: 30, valid: 5, test: 5}}
models:
  m: {data: pairs, architecture: gru, dim: 8, layers: 2, train: {epochs: 1}}
probes:
  all: {kind: tag, of: m, data: pairs, width: 9}
  last: {kind: tag, of: m, data: pairs, width: 8, layers: last}
  deep: {kind: tag, of: m, data: pairs, width: 9, layers: last}
  beside: {kind: recall, of: m, data: pairs, width: 9}
  whole: {kind: sentence, property: length, of: m, data: pairs, width: 8}
  many: {kind: sentence, property: length, of: m, data: pairs, width: 31}
"""


@pytest.mark.parametrize(
    "ask", [embedseq.check, lambda path: embedseq.run(path, store=path.parent / "store")], ids=["check", "run"]
)
def test_states_that_are_narrower_than_a_probe_wants_are_told_before_anything_is_trained(
    tmp_path: Path, ask: Callable[[Path], object]
) -> None:
    path = tmp_path / "narrowed.yaml"
    path.write_text(NARROWED)
    narrow = "of m, which is looked at or compared with: set 'width' to 8 or less"
    assert complaints(path, ask) == [
        f"narrowed.yaml:7:47: probes.all.width: expected states of 9 numbers or more, found 8 in 'embedding' {narrow}",
        f"narrowed.yaml:9:48: probes.deep.width: expected states of 9 numbers or more, found 8 in 'encoder 2' {narrow}",
        f"narrowed.yaml:10:53: probes.beside.width: expected states of 9 numbers or more, found 8 in 'embedding' {narrow}",
        "narrowed.yaml:12:71: probes.many.width: pairs has 30 training sentences at most, fewer than 31: lower 'width', or read "
        "more of it",
    ]


def test_where_the_text_is_named_is_no_part_of_the_key_and_reaches_the_messages(mine: Path) -> None:
    (node,) = (node for node in build_graph(read_pipeline(mine)) if node.kind == "word2vec")
    assert node.execution == {"text": "pairs.source"}
    assert "pairs" not in str(node.spec)
    mine.write_text(PIPELINE.replace("min_count: 1", "min_count: 1000"))
    message = run(mine).failures["word2vec trained, seed 1"]
    assert message.startswith("embedding of pairs.source: expected words that occur 1,000 times or more")


def test_vectors_that_fit_no_token_fail_the_training_and_nothing_else(mine: Path) -> None:
    (mine.parent / "vectors.txt").write_text("2 2\nDOG 1 2\nCAT 2 1\n")
    found = run(mine)
    assert list(found.failures) == ["train translator, seed 1"]
    assert "a vector for none of the model's" in found.failures["train translator, seed 1"]


def test_a_low_coverage_is_told_while_the_run_goes_on(mine: Path) -> None:
    class Watcher:
        def __init__(self) -> None:
            self.messages: list[str] = []

        def note(self, event: Event) -> None:
            if event.what == "log":
                self.messages.append(event.facts["message"])

        def begin(self, *_: object) -> None: ...

        def finish(self, *_: object) -> None: ...

        def end(self, *_: object) -> None: ...

    (mine.parent / "vectors.txt").write_text("1 2\nsun 1 2\n")
    watcher = Watcher()
    found = embedseq.run(mine, store=mine.parent / "store", jobs=1, observer=watcher)
    assert found.failures == {}
    (message,) = watcher.messages
    assert message.startswith("only 17% of the running source tokens have a vector in the embedding handed over (1 of 5 ")
    assert message.endswith("The commonest without one: 'a' (10), 'cat' (5), 'dog' (5), 'the' (5)")
