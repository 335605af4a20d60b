"""`embedseq attend`, above all which axis is which: told by a model that copies, and so looks at what it writes."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from embedseq import open_run
from embedseq.models.interfaces import Decoded, Step
from embedseq.models.logits import DenseLogits
from embedseq.models.memory import Memory
from embedseq.text.batches import Batch, Reading
from embedseq.text.restoration import LABELS
from embedseq.text.vocabulary import START, Vocabulary

SENTENCES = "two dogs run in the snow", "a man rides a bike", "the man and two dogs run", "a bike in the snow"
FILE = """\
name: looking
data:
  same: {train: &same {source: a.txt, target: a.txt}, valid: *same, test: *same, joint: true}
  pieces: {train: *same, valid: *same, test: *same, joint: true, tokens: {kind: bpe, size: 60}}
  bare: {train: b.txt, valid: b.txt, test: b.txt, task: restoration, stretch: 3}
models:
  copier: {data: same, architecture: transformer, layers: 2, heads: 2, dim: 8, train: &once {epochs: 1}}
  pieces: {data: pieces, architecture: gru, decoder: {layers: 2}, attention: dot, dim: 8, train: *once}
  restorer: {data: bare, architecture: gru, attention: dot, dim: 8, train: *once, evaluate: {metrics: [accuracy]}}
  summary: {data: same, architecture: gru, attention: none, dim: 8, train: *once}
"""
SENTENCE = "two dogs run"
READ = ["two", "dogs", "run", "</s>"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, embedseq_command: Any) -> Path:
    """A store with the four models above; all but the copier are as they come."""
    folder = tmp_path_factory.mktemp("looking")
    (folder / "looking.yaml").write_text(FILE)
    (folder / "a.txt").write_text("\n".join(SENTENCES) + "\n")
    (folder / "b.txt").write_text("\n".join(f"{sentence.capitalize()}." for sentence in SENTENCES) + "\n")
    options = ("--store", folder / "store", "--jobs", 1, "--quiet", "--only", "train")
    answer = embedseq_command("run", folder / "looking.yaml", *options)
    assert answer.code == 0, answer.err + answer.out
    return folder / "store"


@dataclass(frozen=True)
class At:
    """A copier's state: the source, and nothing else."""

    memory: Memory

    def select(self, rows: Tensor) -> "At":
        return At(self.memory.select(rows))


class Copier(nn.Module):
    """Writes the source word by word: it finds the last token in the source and writes the one after it.

    Of its two layers of two heads, head (1, 1) looks at what it writes, (1, 2) at the token after it, or the last; (2, 1) at the
    first token, (2, 2) at all alike. It depends on its input alone, so that a target that is shifted gives another picture.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.place = nn.Parameter(torch.zeros(1))

    def encode(self, source: Tensor, valid: Tensor, further: tuple[Reading, ...] = ()) -> Memory:
        return Memory(one_hot(source, self.size).float() * valid.unsqueeze(-1), valid, ())

    def start(self, memory: Memory) -> At:
        return At(memory)

    def step(self, tokens: Tensor, state: At, weights: bool = False) -> Step[At]:
        decoded = self._read(tokens.unsqueeze(1), state.memory)
        return Step(decoded.logits[:, 0], state)

    def stepper(self) -> "Copier":
        return self

    def predict(self, batch: Batch, weights: bool = False) -> Decoded:
        return self._read(batch.target_in, self.encode(batch.source, batch.source_valid))

    def _read(self, tokens: Tensor, memory: Memory) -> Decoded:
        read = memory.states[:, :, : self.size].argmax(dim=-1)  # (B, S)
        found = (tokens.unsqueeze(2) == read.unsqueeze(1)).int().argmax(dim=2) + 1  # (B, T)
        at = torch.where(tokens == START, torch.zeros_like(found), found).clamp(max=read.shape[1] - 1)
        logits = one_hot(read.gather(1, at), self.size).float() * 20
        last = memory.valid.sum(dim=1, keepdim=True) - 1
        heads = [one_hot(place, read.shape[1]).float() for place in (at, torch.minimum(at + 1, last), torch.zeros_like(at))]
        even = memory.valid.float() / memory.valid.sum(dim=1, keepdim=True)
        heads.append(even.unsqueeze(1).expand_as(heads[0]))
        return Decoded(DenseLogits(logits), torch.stack(heads, dim=2))


@pytest.fixture
def copying(store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store, in which every model copies."""
    monkeypatch.setattr("embedseq.pipeline.stages.train.load_model", lambda folder: Copier(_size(store)).eval())
    return store


def _size(store: Path) -> int:
    tokens = open_run(store=store).artifact("tokens same")
    assert tokens is not None
    return len(Vocabulary.load(tokens / "source.vocabulary.json"))


@pytest.fixture
def asked(embedseq_command: Any) -> Any:
    """`asked(store, model, sentence, options…)`: what `--json` prints."""

    def ask(store: Path, model: str, sentence: str, *options: object) -> dict[str, Any]:
        answer = embedseq_command("attend", "--store", store, "--model", model, sentence, "--json", *options)
        assert answer.code == 0, answer.err
        found: dict[str, Any] = json.loads(answer.out)
        return found

    return ask


# Which axis is which.


def test_the_copier_looks_at_the_word_that_it_writes(copying: Path, asked: Any) -> None:
    found = asked(copying, "copier", SENTENCE)
    assert found["text"] == SENTENCE
    first = found["maps"][0]
    assert (first["layer"], first["head"], first["title"]) == (1, 1, "layer 1, head 1")
    assert first["source"] == first["output"] == READ
    assert first["weights"] == torch.eye(4).tolist()


def test_a_row_is_an_output_token_and_a_column_a_source_token(copying: Path, asked: Any) -> None:
    found = asked(copying, "copier", SENTENCE, "--target", "run two")
    first = found["maps"][0]
    assert first["source"] == READ
    assert first["output"] == ["run", "two", "</s>"]
    # It copies whatever follows what it has read: "two" at the start, the end after "run", "dogs" after "two".
    assert first["weights"] == [[1, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0]]


def test_heads_come_layer_by_layer(copying: Path, asked: Any) -> None:
    maps = asked(copying, "copier", SENTENCE)["maps"]
    assert [each["title"] for each in maps] == [f"layer {layer}, head {head}" for layer in (1, 2) for head in (1, 2)]
    assert maps[1]["weights"] == [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1]]
    assert maps[2]["weights"] == [[1, 0, 0, 0]] * 4
    assert maps[3]["weights"] == [[0.25] * 4] * 4


def test_the_diagonal_of_the_picture_is_dark(copying: Path, embedseq_command: Any, tmp_path: Path) -> None:
    path = tmp_path / "copy.svg"
    options = ("--store", copying, "--model", "copier", "--layer", 1, "--head", 1, "--output", path)
    assert embedseq_command("attend", SENTENCE, *options).out == f"{path}\n"
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[texts.index("layer 1, head 1") + 1 :][:10] == [*READ, "source", *READ, "output"]
    cells = [(path.get("d") or "", path.get("fill")) for path in root.iter("{http://www.w3.org/2000/svg}path")]
    places = [(re.fullmatch(r"M(\d+),(\d+)h18v18h-18Z", where), colour) for where, colour in cells]
    dark = [(place[1], place[2]) for place, colour in places if place and colour != "rgb(255, 255, 255)"]
    assert dark == [(f"{18 * row}", f"{18 * row}") for row in range(4)]


def test_the_terminal_shows_the_source_above_and_the_output_beside(copying: Path, embedseq_command: Any) -> None:
    answer = embedseq_command("attend", "--store", copying, "--model", "copier", SENTENCE, "--layer", 1, "--head", 1)
    assert answer.out.split("\n")[:9] == [
        "layer 1, head 1",
        "           d       <",
        "       t   o   r   /",
        "       w   g   u   s",
        "       o   s   n   >",
        " two 100   ·   ·   ·",
        "dogs   · 100   ·   ·",
        " run   ·   · 100   ·",
        "</s>   ·   ·   · 100",
    ]
    assert "A row shows where the model looked when it wrote that output token; columns are source tokens." in answer.out


# What is chosen.


def test_one_layer_one_head_and_the_mean_of_heads_can_be_chosen(copying: Path, asked: Any) -> None:
    def titles(*options: object) -> list[str]:
        return [each["title"] for each in asked(copying, "copier", SENTENCE, *options)["maps"]]

    assert titles("--layer", 2) == ["layer 2, head 1", "layer 2, head 2"]
    assert titles("--head", 2) == ["layer 1, head 2", "layer 2, head 2"]
    assert titles("--head", "mean") == ["layer 1, mean of 2 heads", "layer 2, mean of 2 heads"]
    mean = asked(copying, "copier", SENTENCE, "--head", "mean", "--layer", 1)["maps"][0]
    assert mean["head"] == "mean"
    assert mean["weights"] == [[0.5, 0.5, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 0.5, 0.5], [0, 0, 0, 1]]


@pytest.mark.parametrize(
    ("model", "options", "said"),
    [
        ("summary", (), "summary, seed 1 has no attention (`attention: none`)"),
        ("copyer", (), "Did you mean 'copier'?"),
        ("copier", ("--seed", 7), "not trained with seed 7"),
        ("copier", ("--run", "lookin"), "Did you mean 'looking'?"),
        ("copier", ("--layer", 3), "one of the model's layers of attention, which are numbered from 1 to 2; found 3"),
        ("copier", ("--layer", 0), "numbered from 1 to 2; found 0"),
        ("copier", ("--head", 5), "one of the model's heads, which are numbered from 1 to 2; found 5"),
        ("copier", ("--head", "all"), "expected a head's number or 'mean', found 'all'"),
        ("copier", ("--output", "a.jpg"), "a.jpg: expected a file that ends in .svg or .png"),
        ("copier", ("--output", "no/where/a.svg"), "there is no folder no/where"),
        ("restorer", ("--target", "Two cats."), "expected the words 'two dogs run', found 'two cats'"),
    ],
)
def test_what_cannot_be_shown_is_refused(
    store: Path, embedseq_command: Any, model: str, options: tuple[object, ...], said: str
) -> None:
    answer = embedseq_command("attend", SENTENCE, "--store", store, "--model", model, *options)
    assert answer.code == 2
    assert said in answer.err
    assert answer.out == ""
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(("model", "sentence"), [("copier", ""), ("copier", "  "), ("restorer", "!?")])
def test_a_sentence_without_words_is_refused(store: Path, embedseq_command: Any, model: str, sentence: str) -> None:
    answer = embedseq_command("attend", sentence, "--store", store, "--model", model)
    assert answer.code == 2
    assert "the sentence has no tokens" in answer.err


# What comes out.


def test_the_same_picture_can_be_a_png(store: Path, embedseq_command: Any, tmp_path: Path) -> None:
    path = tmp_path / "copy.PNG"
    answer = embedseq_command("attend", SENTENCE, "--store", store, "--model", "copier", "--output", path)
    assert answer.code == 0
    assert answer.err == ""
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_a_png_with_characters_that_no_font_has_says_so(store: Path, embedseq_command: Any, tmp_path: Path) -> None:
    options = ("--store", store, "--model", "copier", "--head", "mean", "--output")
    answer = embedseq_command("attend", "two \U000effff dogs", *options, tmp_path / "a.png")
    assert answer.code == 0
    assert "no font of this machine has \U000effff: empty boxes stand for them" in answer.err
    assert embedseq_command("attend", "two \U000effff dogs", *options, tmp_path / "a.svg").err == ""


def test_a_file_and_json_can_be_had_together(store: Path, asked: Any, tmp_path: Path) -> None:
    path = tmp_path / "copy.svg"
    assert asked(store, "copier", SENTENCE, "--output", path)["maps"]
    assert path.is_file()


def test_the_rows_of_a_trained_model_sum_to_one(store: Path, asked: Any) -> None:
    found = asked(store, "copier", SENTENCE)
    assert found["model"] == "copier, seed 1"
    for each in found["maps"]:
        assert len(each["weights"]) == len(each["output"])
        for row in each["weights"]:
            assert len(row) == len(each["source"]) == 4
            assert sum(row) == pytest.approx(1, abs=1e-4)


def test_words_that_the_model_does_not_know_say_so(store: Path, asked: Any) -> None:
    found = asked(store, "copier", "two zebras")
    assert found["maps"][0]["source"] == ["two", "zebras <unk>", "</s>"]
    assert any(note.startswith("<unk> is ") for note in found["notes"])


def test_pieces_are_shown_as_they_are_and_explained(store: Path, asked: Any) -> None:
    found = asked(store, "pieces", "a zebra")
    source = found["maps"][0]["source"]
    assert source[0] == "a"
    assert any(token.startswith("##") for token in source)
    assert "## begins a piece that continues the word before it." in found["notes"]
    assert [each["title"] for each in found["maps"]] == ["layer 1, head 1"]  # of a recurrent decoder of two layers


# Restoration.


def test_a_restoration_is_shown_stretch_by_stretch_words_in_and_labels_out(store: Path, asked: Any) -> None:
    maps = asked(store, "restorer", "Two dogs, and a man run.")["maps"]
    assert [each["source"] for each in maps] == [["two", "dogs", "and", "</s>"], ["a", "man", "run", "</s>"]]
    assert [each["title"] for each in maps] == ["words 1 to 3, layer 1, head 1", "words 4 to 6, layer 1, head 1"]
    for each in maps:
        assert set(each["output"]) <= {*LABELS, "<unk>", "</s>"}


def test_the_target_of_a_restoration_is_the_restored_sentence(store: Path, asked: Any) -> None:
    found = asked(store, "restorer", "two dogs run in", "--target", "Two dogs run in.")
    assert [each["output"] for each in found["maps"]] == [["Title", "lower", "lower", "</s>"], ["lower_period", "</s>"]]
    assert found["text"] == "Two dogs run in."
    assert [each["title"][:12] for each in found["maps"]] == ["words 1 to 3", "words 4 to 4"]


def test_a_sentence_of_one_stretch_has_no_parts(store: Path, asked: Any) -> None:
    assert [each["title"] for each in asked(store, "restorer", "two dogs")["maps"]] == ["layer 1, head 1"]
