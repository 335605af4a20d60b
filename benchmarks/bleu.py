"""BLEU for time: how well a narrow Transformer translates after 25 minutes, after an hour, and after 8,000 updates.

    python benchmarks/bleu.py [--work benchmarks/work] [--only timed]

English captions into German ones (Multi30k, test_2016_flickr), by the models of `bleu.yaml`, beam 5. The timed ones are scored as
any pipeline is: sacrebleu on plain text, lower-cased and cased. The long one is trained as in Wu et al. (2021), and scored on
their kind of text, lower-cased words cut by Moses' rules. The times mean something where nothing else
keeps the cores busy. What is in the store below the work folder is not trained anew, and what was cut short goes on.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from corpus import WORK
from process import COMMAND
from table import Table

import embedseq
from embedseq.pipeline.run import Run
from embedseq.pipeline.stage import EARLIER_SECONDS
from embedseq.text.corpora import open_corpus
from embedseq.text.settings import DataSettings

FILE = Path(__file__).parent / "bleu.yaml"
LANGUAGES = {"source": "en", "target": "de"}
LONG = "long"
SCORES = ("bleu-lc", "bleu")


def prepared(work: Path) -> Path:
    """The pipeline file in the work folder, next to the words that the long model reads: a run wants all that its file names."""
    folder = work / "bleu"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "words").exists():
        write_words(folder / "unfinished")
        (folder / "unfinished").rename(folder / "words")
    return Path(shutil.copy(FILE, folder))


def write_words(folder: Path) -> None:
    """Write the captions in lower case, cut into words by Moses' rules: `train.en` and so on."""
    try:
        from sacremoses import MosesPunctNormalizer, MosesTokenizer
    except ImportError:
        sys.exit("the long model reads text cut by Moses' rules: pip install -e '.[bench]'")
    corpus = open_corpus(
        DataSettings.model_validate({"dataset": "multi30k", "source": "en", "target": "de", "lowercase": True}), Path.cwd()
    )
    folder.mkdir(parents=True, exist_ok=True)
    for side, language in LANGUAGES.items():
        cut, plain = MosesTokenizer(language), MosesPunctNormalizer(language)
        for split in corpus.splits:
            lines = (plain.normalize(line) for line in corpus.sentences(split, side)())
            words = (cut.tokenize(line, return_str=True, escape=False) for line in lines)
            (folder / f"{split}.{language}").write_text("".join(f"{line}\n" for line in words), encoding="utf-8")


def rows(run: Run, words: Path) -> Iterator[list[str]]:
    """A row for each model that was trained and evaluated."""
    for label in (arm.label for arm in run.pipeline.arms):
        training, evaluation = f"train {label}, seed 1", f"evaluate {label}, seed 1"
        trained, evaluated = run.artifact(training), run.artifact(evaluation)
        if trained is None or evaluated is None:
            continue
        scores = {line["score"]: line for line in run.summary if line["subject"] == label and line["role"] == "score"}
        told = [f"{scores[name]['value']:.1f} ({scores[name]['low']:.1f} to {scores[name]['high']:.1f})" for name in SCORES]
        if label == LONG:
            told = [f"{score_words(evaluated / 'predictions.txt', words):.1f}, of words", ""]
        history = json.loads((trained / "history.json").read_text())
        seconds, busy, earlier = (run.log.fact(training, name) for name in ("work_seconds", "cpu_seconds", EARLIER_SECONDS))
        minutes = ("", "") if seconds is None else (_minutes(seconds + (earlier or 0.0)), "" if earlier else _minutes(busy))
        yield [label, *told, f"{history['epochs'][-1]['updates']:,}", *minutes]


def score_words(predictions: Path, words: Path) -> float:
    """BLEU of the words as they are, as the paper has it: no further tokenisation, lower case on both sides already."""
    from sacrebleu.metrics.bleu import BLEU

    lines = [path.read_text(encoding="utf-8").splitlines() for path in (predictions, words / "test.de")]
    return float(BLEU(tokenize="none", force=True).corpus_score(lines[0], [lines[1]]).score)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f}"


def arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--only", action="append", default=[], help="Parts of the names of models; all others are left out.")
    return parser.parse_args()


def main() -> None:
    """Train what is asked for and not there yet, and print its table."""
    asked = arguments()
    file = prepared(asked.work.resolve())
    store, only = file.parent / "store", [part for each in asked.only for part in ("--only", each)]
    command = [sys.executable, "-c", COMMAND, "run", str(file), "--store", str(store), "--jobs", "2", *only]
    ended = subprocess.run(command, stdout=sys.stderr)
    if ended.returncode:
        sys.exit(ended.returncode)
    run = embedseq.open_run("bleu", store=store)
    columns = ["", "BLEU, lower-cased", "BLEU, cased", "updates", "training, minutes", "of the processor"]
    note = (
        "Transformers of 4+4 layers, 128 wide, with beam 5, on test_2016_flickr; two single-thread replicas. Of the models of "
        "this shape in Wu et al. (2021) the best has 41.0 BLEU, on words in lower case that were cut by Moses' rules. The "
        "minutes of a training that was cut short are those up to its last checkpoint and those after it; how long the processor "
        "worked for it is not told then."
    )
    print(Table("BLEU for time", columns, list(rows(run, file.parent / "words")), [note]).markdown())


if __name__ == "__main__":
    main()
