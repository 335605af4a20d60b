"""Run the benchmarks one after the other and write what they print into `docs/results/performance.md`: `make bench`.

    python benchmarks/all.py [--only training] [--work benchmarks/work] [--page docs/results/performance.md]

Each benchmark is a script of this folder that prints its tables, in Markdown or as plain text, and is listed in `MEASURED`. Its
section of the page says when and by which command it was measured. One can be measured anew (`--only`); the others' sections
stay as they are on the page. Those that take hours are measured where they are named alone. A benchmark that fails is told at the
end, and changes none.
"""

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import aims
from corpus import WORK
from table import machine, today

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "results" / "performance.md"
VERSIONS = ("torch", "numpy", "gensim", "scikit-learn", "tokenizers")
DECODING = "--store WORK/decoding --peers WORK/peers"


@dataclass(frozen=True)
class Measured:
    """A script and its arguments, in which WORK stands for the work folder."""

    script: str
    title: str
    arguments: str = ""
    what: str = ""
    """What of the script's, where it is there more than once."""
    long: bool = False
    """It takes hours, and is measured only where `--only` names it."""

    @property
    def name(self) -> str:
        """What `--only` calls it."""
        return self.script.removesuffix(".py") + (f"-{self.what}" if self.what else "")

    def command(self, work: str) -> list[str]:
        """What follows the interpreter's name."""
        return [f"benchmarks/{self.script}", *shlex.split(self.arguments.replace("WORK", shlex.quote(work)))]


MEASURED = (
    Measured("training.py", "Training", "--work WORK --markdown"),
    Measured("kernels.py", "Fast paths"),
    Measured("where_time_goes.py", "Where the time goes", "--work WORK"),
    Measured("memory.py", "Where the memory goes", "--work WORK"),
    Measured("matrix.py", "A matrix of models"),
    Measured("decoding.py", "Decoding", f"{DECODING} --model transformer"),
    Measured("decoding.py", "Decoding, LSTM", f"{DECODING} --model lstm", what="lstm"),
    Measured("bleu.py", "BLEU after 25 minutes", "--work WORK --only =25", long=True),
    Measured("bleu.py", "BLEU after an hour", "--work WORK --only =60", what="hour", long=True),
    Measured("bleu.py", "BLEU after 8,000 updates", "--work WORK --only long", what="long", long=True),
    Measured("word2vec.py", "Word2Vec", "--work WORK"),
    Measured("similarity.py", "Similarity, 50,000 words"),
    Measured("similarity.py", "Similarity, 1,000,000 words", "--rows 1000000 --kind groups", what="million"),
    Measured("rerun.py", "A finished pipeline, run again"),
    Measured("start.py", "From the command to the first update"),
    Measured("loading.py", "What loading costs"),
    Measured("banded_attention.py", "Attention within a window"),
    Measured("linear_probe.py", "The linear probe"),
    Measured("capture.py", "Capturing states"),
)
"""In the order of the page. Those that this version has no script for are passed over."""


LIMITS = """## What limits what

- Training is matrix products for the most part, which reach two thirds or more of the speed of one large product (*Where
  the time goes*). Its memory grows with the updates, ours and others': the table of *Training* has that of as many as fit
  into its rounds. Program and model take a third to a half of it (*Where the memory goes*). With torch's own LSTM layer, which is
  about as fast as ours at such sizes (*Fast paths*), a fifth or a quarter of it would be free memory that nothing fits into.
- The GRU beside the loop by hand: in seven runs on the small machine (`benchmarks/training.py`, four of them with
  `--only gru-feeding`, two of older code) it had 0.84 to 1.22 of its speed; the last whole run has the least of these. Three
  quarters of the time are products (*Where the time goes*), of which ours has a tenth more than the loop: embeddings of 256 are
  mapped to the width of the model before a cell reads them. A round has five or six updates, now of short and now of long
  sentences, and processes differ by more than rounds. It needs half of the loop's memory.
- Two replicas train a Transformer a tenth faster than two threads of one process on the machine with AVX-512, a twentieth to a
  fifth on the small one, and recurrent models from a fifth slower to a seventh faster. They share parameters, gradients and
  programs; each has what a part of a batch needs, and what its libraries keep, so that two need a twelfth more memory than one
  process (*Where the memory goes*).
- A matrix of models: two threads in one process keep both cores nearly as busy as two processes do, so that little is won by
  packing. What no order of the stages can go below is the last row of *A matrix of models*: a model that trains beside another
  shares the caches and the memory with it.
- Fast paths: most are 1.4 to 3 times as fast on both machines, or more. Attention within a sentence and additive attention are so
  with AVX-512 alone; on the small machine they are 1 to 1.3 times as fast. The LSTM, and additive attention too, are there for
  what their backward passes do not keep (*Where the memory goes*: the row of torch's layer); a model takes the LSTM where it
  costs little time, which the last of its rows is not.
- Greedy search beside JoeyNMT: thirty times its speed was aimed at where it does 19 sentences a second. Here it does two to four
  times that, and CTranslate2, a program in C++ with kernels for every step of such models, does not come to thirty times either
  (*Decoding*). With a beam eight times were aimed at, and it does eleven to thirteen: what is missing is missing beside it, too.
- Decoding beside CTranslate2: both multiply the same matrices. With few rows a product takes a call of its own and does not reach
  the speed of large ones; half of the time goes into many small operations between the products, of which torch runs each by
  itself and on one thread (*Where the time goes*; there all sentences are of one length). Two processes do them at the same time.
  With a beam the keys and values of hypotheses that change places are copied, too.
- Beam search as it comes ends when nothing can enter the n-best list any more; other programs end when the list is full, which is
  `stop: full` here (*Decoding*). With that, one process on the small machine came to 0.75 and 0.69 of CTranslate2's speed in two
  runs, and to 8.15 and 7.96 times that of JoeyNMT: both aims lie within what its runs differ by. With AVX-512 it misses them.
- The LSTM's steps are products of few rows for three fifths of their time or more (*Where the time goes*), and JoeyNMT makes the
  same ones. Ours leave out the sentences that have ended; on the small machine that does not make greedy search twice as fast.
- One similarity query reads all vectors once, gensim's and ours, so that memory decides: of 50,000 words ours had 0.91 to 1.06
  of gensim's speed, of a million 1.01 to 1.19. The vectors stay in a mapped file: the system takes its pages back where
  memory is short, but counts them until then. To give them back after each query would be to fetch them anew for the next.
- A finished pipeline, run again: on the small machine half of the time goes into importing Python's modules; in two runs the
  median was 2.0 and 2.1 seconds, single reruns took 1.4 to 2.4. Before a first update torch is loaded twice, by the process that
  tries the models out and by the worker that trains: at the same time, but on the page of the machine with AVX-512, which is
  older, one after the other, and with torch's compiler.
- No GPU was at hand so far: the code that is for one is tested on a processor, under its autocast, and on torch's `meta` device,
  which has shapes and no numbers.
"""


@dataclass(frozen=True)
class Section:
    """What a benchmark printed, on which machine and when."""

    title: str
    command: str
    machine: str
    date: str
    printed: str

    def markdown(self) -> str:
        """A part of the page. Plain text stands in a block of its own; headings are those of the page, one level lower."""
        printed = self.printed.strip("\n")
        if re.search(r"^\|", printed, re.MULTILINE):
            text = re.sub(r"^(#+ )", r"#\1", printed, flags=re.MULTILINE)
        else:
            text = f"```text\n{printed}\n```"
        return f"## {self.title}\n\n`python {self.command}`, {self.date}, {self.machine}\n\n{text}\n"


def measure(each: Measured, work: Path) -> Section | None:
    """Run it; None where it failed. What it says of its progress is passed on."""
    command = each.command(str(work))
    print(f"== {' '.join(command)}", file=sys.stderr, flush=True)
    ended = subprocess.run([sys.executable, *command], cwd=HERE.parent, stdout=subprocess.PIPE, text=True)
    told = shlex.join(each.command("WORK"))
    return None if ended.returncode else Section(each.title, told, machine(), today(), ended.stdout)


def sections_of(page: Path) -> dict[str, str]:
    """The sections of a page that was written before, by their titles; none where there is no page."""
    written = page.read_text(encoding="utf-8") if page.exists() else ""
    _, *parts = re.split(r"^(?=## )", written, flags=re.MULTILINE)
    return {part.splitlines()[0].removeprefix("## "): part.rstrip("\n") + "\n" for part in parts}


def page(sections: Mapping[str, str]) -> str:
    """The whole page, of its sections by their titles."""
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    return "\n".join(
        (
            "# Performance\n",
            "Written by `make bench`, which measures side by side and installs the peers; do not edit. Where there are rounds, "
            "times and ratios are their medians. Commands run in the repository's folder; WORK is a folder in which corpora, "
            "models and peers are kept. What takes hours is measured by its name alone, such as "
            "`make bench ARGS='--only bleu-hour'`; so each section says when it was measured, and on which machine. A machine "
            "can have a page of its own (`--page`): [performance.md](performance.md) is that of a small one, where two processes "
            "do little more than one, and [performance-avx512.md](performance-avx512.md) that of one nearly twice as fast.\n",
            f"Versions, when the page was last written: {versions}; those of peers stand in their tables.\n",
            aims.section(sections),
            *sections.values(),
            LIMITS,
        )
    )


def arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [each.name for each in MEASURED if (HERE / each.script).exists()]
    parser.add_argument("--only", action="append", choices=names, help="A benchmark to be measured; may be repeated.")
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--page", type=Path, default=PAGE)
    return parser.parse_args()


def main() -> None:
    """Measure what is asked for, and write the page of all that was ever measured."""
    asked = arguments()
    asked.work.mkdir(parents=True, exist_ok=True)
    there, failed = [each for each in MEASURED if (HERE / each.script).exists()], list[str]()
    for each in there:
        if each.name not in asked.only if asked.only else each.long:
            continue
        measured = measure(each, asked.work.resolve())
        if measured is None:
            failed.append(each.name)
            continue
        sections = sections_of(asked.page) | {each.title: measured.markdown()}
        asked.page.write_text(page({one.title: sections[one.title] for one in there if one.title in sections}), encoding="utf-8")
    if failed:
        sys.exit(f"failed, their sections are as they were: {', '.join(failed)}")


if __name__ == "__main__":
    main()
