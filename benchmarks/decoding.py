"""Greedy search and beam search beside CTranslate2 and JoeyNMT, in sentences a second.

    python benchmarks/decoding.py --store FOLDER --peers FOLDER [--model lstm]

Two models are decoded with, those of `decoding.yaml`: English captions to German ones in 10,000 joint subwords, a Transformer
(4+4 layers, 128 wide, 256 feed-forward, 4 heads) and an LSTM (embedding 256, bidirectional encoder 256, decoder 512, one layer
each, general attention, input feeding), or one of them (`--model`). They are trained in the store the first time. The 1,000
sentences are those of the test split, in batches of 64 of like length; rows of "two processes" share them between two processes
of one thread each, the others have all threads in one. `--peers` names a folder with an environment for each peer, made if it is
not there; peers decode with the same weights, in float32: CTranslate2, which has no recurrent models, with the Transformer's
alone. All contenders take turns in one run; a row has the median over the rounds, and how it stands to the peers' rows in one
process with the same beam, the median of the rounds' ratios. JoeyNMT, whose Transformer reads the whole prefix again at each
step, has no turn to warm up. How many outputs are those of the first peer with this model, too, is proof that the weights are the
same (CTranslate2's beam stops as `stop: full` does).
"""

import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import click
from peers.install import python_of
from process import as_worker, plain_environment

from embedseq.decoding.settings import SearchSettings
from embedseq.text.corpora import prepare
from embedseq.text.datasets import DATASETS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedseq.models.embedding import EmbeddingTable
    from embedseq.models.interfaces import Stepper
    from embedseq.models.seq2seq import Seq2Seq
    from embedseq.pipeline.trained import TrainedModel

HERE = Path(__file__).parent
BATCH = 64
PEERS = {"ctranslate2": "CTranslate2", "joeynmt": "JoeyNMT"}
"""How they are written."""
MODELS = {"transformer": ("ctranslate2", "joeynmt"), "lstm": ("joeynmt",)}
"""The models and who else decodes with them."""
SHAPES = {
    "transformer": "Transformer: 4+4 layers, 128 wide, 256 feed-forward, 4 heads",
    "lstm": "LSTM: embedding 256, bidirectional encoder 256, decoder 512, one layer each, general attention, input feeding",
}
BEAMS = {"greedy": 1, "beam 5": 5}
SLOW = ("joeynmt",)
"""Those for which a turn to warm up is too dear."""
SEARCHES = {
    "greedy": SearchSettings(beam=1),
    "beam 5": SearchSettings(beam=5),
    "beam 5, stop: present": SearchSettings(beam=5, stop="present"),
    "beam 5, stop: full": SearchSettings(beam=5, stop="full"),
}


@dataclass
class Contender:
    """Someone who decodes: seconds for each round, and the best output for each sentence."""

    model: str
    name: str
    beam: int
    processes: int = 1
    warms: bool = True
    seconds: list[float] = field(default_factory=list)
    outputs: list[list[str]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Sentences a second."""
        return len(self.outputs) / statistics.median(self.seconds)

    def to(self, other: "Contender") -> float:
        """How many times as fast it is, round by round."""
        return statistics.median(theirs / own for own, theirs in zip(self.seconds, other.seconds, strict=True))


class Own(Contender):
    """A model of ours with a search."""

    def __init__(self, model: str, search: str, trained: "TrainedModel", sources: list[list[int]], processes: int = 1) -> None:
        together = ", two processes" if processes > 1 else ""
        super().__init__(model, f"{model}, {search}{together}", SEARCHES[search].beam, processes)
        self.trained, self.settings, self.sources = trained, SEARCHES[search], sources

    def decode(self) -> None:
        import torch

        from embedseq.decoding.processes import in_processes

        order = sorted(range(len(self.sources)), key=lambda row: len(self.sources[row]))
        shares = [order[number :: self.processes] for number in range(self.processes)]
        began = time.perf_counter()
        with torch.inference_mode():
            steps = cast("Seq2Seq", self.trained.model).eval().stepper()
        found = (
            [self._best(steps, order)]
            if self.processes == 1
            else in_processes(len(shares), lambda number: self._best(steps, shares[number - 1]))
        )
        self.seconds.append(time.perf_counter() - began)
        best = {row: tokens for part in found for row, tokens in part.items()}
        vocabulary = self.trained.vocabularies["target"]
        self.outputs = [vocabulary.tokens_of(best[row]) for row in range(len(order))]

    def _best(self, steps: "Stepper", order: Sequence[int]) -> dict[int, Sequence[int]]:
        """The best hypotheses of these sentences."""
        import torch

        from embedseq.decoding.search import search
        from embedseq.text.batches import pad
        from embedseq.text.vocabulary import END

        model = cast("Seq2Seq", self.trained.model)
        best: dict[int, Sequence[int]] = {}
        with torch.inference_mode():
            for first in range(0, len(order), BATCH):
                rows = order[first : first + BATCH]
                source, valid = pad([[*self.sources[row], END] for row in rows])
                found = search(steps, model.encode(source, valid), self.settings, valid.sum(dim=1) - 1)
                best |= {row: hypotheses[0].tokens for row, hypotheses in zip(rows, found, strict=True)}
        return best


class Peer(Contender):
    """Another program in its process."""

    def __init__(self, peer: str, model: str, search: str, process: subprocess.Popen[str], version: str, processes: int) -> None:
        together = ", two processes" if processes > 1 else ""
        name = f"{PEERS[peer]} {version}, {model}, {search}{together}"
        super().__init__(model, name, BEAMS[search], processes, warms=peer not in SLOW)
        self.peer, self.process = peer, process

    def decode(self) -> None:
        cast(IO[str], self.process.stdin).write(f"{self.beam} {self.processes}\n")
        cast(IO[str], self.process.stdin).flush()
        told = json.loads(cast(IO[str], self.process.stdout).readline())
        self.seconds.append(told["seconds"])
        self.outputs = told["outputs"]


def sentences_of(model: "TrainedModel", count: int) -> list[list[str]]:
    """The first so many source sentences of the test split, in the model's tokens."""
    with gzip.open(DATASETS["multi30k"].path("test", "en"), "rt", encoding="utf-8") as lines:
        texts = [line.rstrip("\n") for line, _ in zip(lines, range(count), strict=False)]
    return [model.tokenisers["source"].tokenise(prepare(text, model.data)) for text in texts]


def read_table(embedding: "EmbeddingTable", scaled: bool) -> "NDArray[Any]":
    """(V, D): a table as wide as the model reads it, and, if asked, scaled as the model does; peers scale a Transformer's."""
    table = embedding.table() * (embedding.scale if scaled else 1.0)
    read: NDArray[Any] = (table if embedding.projection is None else embedding.projection(table)).numpy()
    return read


def write_task(model: "TrainedModel", sentences: list[list[str]], folder: Path) -> None:
    """A model and the sentences, as `peers/ctranslate2_decoding.py` reads them."""
    import numpy as np
    import torch

    from embedseq.models.output import TiedOutput
    from embedseq.models.positions import Sinusoidal

    network = cast("Seq2Seq", model.model)
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    output: Any = network.decoder.output
    with torch.inference_mode():
        target = network.target.table().numpy()
        source, written = (
            read_table(each, model.shape.architecture != "transformer")
            for each in (cast("EmbeddingTable", network.source), network.target)
        )
        weights |= {
            "source": source,
            "target": written,
            "output.weight": target if isinstance(output, TiedOutput) else output.weight.numpy(),
            "output.bias": output.bias.numpy(),
            "positions": Sinusoidal()(torch.zeros(512, model.shape.dim)).numpy(),
        }
    np.savez(folder / "weights.npz", **weights)
    tokens = {side: model.vocabularies[side].tokens for side in ("source", "target")}
    ended = [[*sentence, "</s>"] for sentence in sentences]
    settings = {"max_decoding_length": SearchSettings().max_length, "length_penalty": SearchSettings().length_penalty}
    shape = {"architecture": model.shape.architecture, "layers": model.shape.layers, "heads": model.shape.heads}
    task = {**shape, "tokens": tokens, "sentences": ended, "batch": BATCH}
    (folder / "task.json").write_text(json.dumps({**task, "settings": settings}))


@contextmanager
def peer_process(name: str, folder: Path, model: "TrainedModel", sentences: list[list[str]], threads: int) -> Iterator[Any]:
    """A peer, ready to decode, from an environment that is made if it is not there."""
    python = python_of(name, folder)
    with tempfile.TemporaryDirectory() as task:
        write_task(model, sentences, Path(task))
        command = [str(python), str(HERE / "peers" / f"{name}_decoding.py"), task, str(threads)]
        plain = plain_environment(threads)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=plain) as process:
            yield process


def contenders(store: Path, models: Sequence[str], peers: Path | None, count: int, threads: int, stack: Any) -> list[Own | Peer]:
    """Everyone who decodes, of which peers come first."""
    import embedseq

    run = embedseq.run(HERE / "decoding.yaml", store=store, only=[f"train {name}," for name in models])
    found: list[Own | Peer] = []
    for name in models:
        trained = run.models[name]
        sentences = sentences_of(trained, count)
        if peers is not None:
            for peer in MODELS[name]:
                process = stack.enter_context(peer_process(peer, peers, trained, sentences, threads))
                version = json.loads(process.stdout.readline())["version"]
                together = (1,) if peer in SLOW else (1, 2)
                found += [Peer(peer, name, search, process, version, processes) for processes in together for search in BEAMS]
        sources = [trained.vocabularies["source"].ids(sentence) for sentence in sentences]
        found += [Own(name, search, trained, sources, processes) for processes in (1, 2) for search in SEARCHES]
    return found


def table(found: Sequence[Contender]) -> Iterator[str]:
    """Markdown, a row for each contender."""
    peers = {(each.peer, each.model, each.beam): each for each in found if isinstance(each, Peer) and each.processes == 1}
    yield f"| who | sentences/s | {' | '.join(f'to {title}' for title in PEERS.values())} | same output | tokens a sentence |"
    yield f"| --- | ---: | {'---: | ' * len(PEERS)}---: | ---: |"
    for each in found:
        of_same = [peers.get((peer, each.model, each.beam)) for peer in PEERS]
        ratios = ["" if peer is None else f"{each.to(peer):.2f}" for peer in of_same]
        first = next((peer for peer in of_same if peer is not None), None)
        same = "" if first is None else f"{sum(map(list.__eq__, each.outputs, first.outputs)) / len(each.outputs):.1%}"
        length = statistics.mean(map(len, each.outputs))
        yield f"| {each.name} | {each.rate:,.0f} | {' | '.join(ratios)} | {same} | {length:.1f} |"


@click.command(help=__doc__)
@click.option("--store", type=click.Path(path_type=Path), required=True, help="The models are trained here, once.")
@click.option("--model", "models", type=click.Choice(list(MODELS)), multiple=True, default=list(MODELS), show_default=True)
@click.option("--peers", type=click.Path(path_type=Path), help="The environments of peers; without it we decode alone.")
@click.option("--sentences", default=1000, show_default=True)
@click.option("--rounds", default=3, show_default=True)
@click.option("--threads", default=2, show_default=True)
@click.option("--only", multiple=True, help="Only those whose name contains this.")
def main(
    store: Path,
    models: tuple[str, ...],
    peers: Path | None,
    sentences: int,
    rounds: int,
    threads: int,
    only: tuple[str, ...],
) -> None:
    """Measure, and print the table."""
    as_worker(threads)
    from contextlib import ExitStack

    import torch

    torch.set_num_threads(threads)
    with ExitStack() as stack:
        found = contenders(store, models, peers, sentences, threads, stack)
        found = [each for each in found if not only or any(part in each.name for part in only)]
        for number in range(rounds + 1):
            for each in found:
                if number or each.warms:
                    each.decode()
                if number == 0:
                    each.seconds.clear()  # it warmed up
    shapes = "; ".join(SHAPES[name] for name in models)
    print(
        f"{sentences:,} captions of Multi30k's test split, English to German in 10,000 joint subwords, in batches of {BATCH} of "
        f"like length. {shapes}. {threads} threads, float32, torch {torch.__version__}, Python {sys.version.split()[0]}; medians "
        f"of {rounds} rounds. Ours run in the environment of a run's workers, peers in a plain one.\n"
    )
    print(*table(found), sep="\n")


if __name__ == "__main__":
    main()
