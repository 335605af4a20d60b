"""Artifacts -> texts as models read them, and what models made of some of the test split."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from embedseq.pipeline import node_names
from embedseq.pipeline.digests import file_digest
from embedseq.pipeline.reporting.stored import StoredCorpus, stored_corpora
from embedseq.pipeline.run import Run
from embedseq.pipeline.stages.evaluate import predictions_of
from embedseq.pipeline.stages.text import references_of, sentences_of
from embedseq.pipeline.stages.tokens import encoded_of, frames_of, vocabulary_of
from embedseq.report.examples import (
    Example,
    ExampleOutput,
    Examples,
    ExampleText,
    LabelledWord,
    Picture,
    TokenExample,
    TokenLine,
)
from embedseq.report.numbers import listed
from embedseq.text.gold_words import GoldWords
from embedseq.text.restoration import mend, restore
from embedseq.text.sections import without_sections

TOKEN_EXAMPLES = 3
EXAMPLES = 5
LOOKED_AT = 50
"""So many of the first texts of a split are looked at for short ones."""
SHORT = 30
"""Words or tokens. Where few texts are short, others are shown, but not all of their tokens."""
LONGEST = 60
"""Words of a source that are shown."""


def token_examples(corpus: StoredCorpus) -> Iterator[TokenExample]:
    """Some texts of the training split, token by token, as models read them."""
    sides = {side: _tokens(corpus, side) for side in corpus.sides if not corpus.is_images(side)}
    for row in _short_rows([list(map(len, side)) for side in sides.values()], TOKEN_EXAMPLES):
        yield TokenExample(tuple(_token_line(corpus, side, row, sides) for side in corpus.sides))


def _tokens(corpus: StoredCorpus, side: str) -> list[list[str]]:
    """The tokens of the first training texts."""
    vocabulary, encoded = vocabulary_of(corpus.tokens, side), encoded_of(corpus.tokens, "train", side)
    return [vocabulary.tokens_of(ids.tolist()) for ids in encoded[:LOOKED_AT]]


def _token_line(corpus: StoredCorpus, side: str, row: int, tokens: Mapping[str, list[list[str]]]) -> TokenLine:
    if corpus.is_images(side):
        return TokenLine(side, picture=_picture(frames_of(corpus.tokens, "train")[row]))
    line = tokens[side][row]
    return TokenLine(side, tuple(line[:SHORT]), more=max(0, len(line) - SHORT))


def _short_rows(lengths: Sequence[Sequence[int]], wanted: int) -> list[int]:
    """The first rows that are short on every side; where they are too few, the first of the others, too."""
    longest = list(map(max, zip(*lengths, strict=True)))
    return sorted(sorted(range(len(longest)), key=lambda row: longest[row] > SHORT)[:wanted])


def _picture(frames: NDArray[np.float32]) -> Picture:
    """The frames from 0 to 1, whatever their scale."""
    low, high = float(frames.min(initial=0.0)), float(frames.max(initial=0.0))
    scaled = (frames - low) / ((high - low) or 1.0)
    return Picture(tuple(tuple(column) for column in scaled.tolist()))


def examples(run: Run) -> Iterator[Examples]:
    """Some of the test split with what every arm wrote, the first seed's; corpora with the same test split are told together."""
    alike: dict[tuple[object, ...], list[StoredCorpus]] = {}
    for corpus in stored_corpora(run):
        if (corpus.text / "test.target.txt").exists():
            alike.setdefault(_test_split(corpus), []).append(corpus)
    for corpora in alike.values():
        if written := _written(run, [corpus.name for corpus in corpora]):
            yield Examples(listed([corpus.name for corpus in corpora]), tuple(examples_of(corpora[0], written)))


def _test_split(corpus: StoredCorpus) -> tuple[object, ...]:
    """The same for corpora whose test splits are the same."""
    paths = sorted(corpus.text.glob("test.*"))
    return corpus.data.task, *((path.name, file_digest(path)) for path in paths)


def _written(run: Run, corpora: Sequence[str]) -> dict[str, list[str]]:
    """Arm of these corpora -> what it wrote; those that wrote nothing are not among them."""
    nodes = {
        arm.label: node_names.evaluate_node(arm.label, run.seeds[0]) for arm in run.pipeline.arms if arm.settings.data in corpora
    }
    folders = {label: run.artifact(node) for label, node in nodes.items()}
    return {label: lines for label, folder in folders.items() if folder is not None and (lines := predictions_of(folder))}


def examples_of(corpus: StoredCorpus, written: Mapping[str, Sequence[str]]) -> Iterator[Example]:
    """Some of the test split; `written` has what each arm wrote, a line an item."""
    worded = [side for side in corpus.data.source_sides if not corpus.is_images(side)]
    sides = {side: list(islice(sentences_of(corpus.text, "test", side), LOOKED_AT)) for side in (*worded, "target")}
    lengths = [[len(line.split()) for line in sides[side]] for side in worded or ["target"]]
    references = references_of(corpus.text, "test")
    for row in _short_rows(lengths, EXAMPLES):
        lines = {side: sides[side][row] for side in sides}
        tell = _teller(corpus, lines)
        yield Example(
            sources=tuple(_source(corpus, side, row, lines) for side in corpus.data.source_sides),
            reference=ExampleText(_called(corpus, len(references[row])), *tell(lines["target"])),
            outputs=tuple(ExampleOutput(label, *tell(answers[row])) for label, answers in written.items()),
        )


def _source(corpus: StoredCorpus, side: str, row: int, lines: Mapping[str, str]) -> ExampleText:
    if corpus.is_images(side):
        return ExampleText(side, f"row {row + 1} of the test split", picture=_picture(frames_of(corpus.tokens, "test")[row]))
    line = lines[side]
    text = GoldWords.from_line(line).text if corpus.data.task == "tagging" else without_sections(line)
    return ExampleText(side, shortened(text))


def shortened(text: str, longest: int = LONGEST) -> str:
    """The first so many words, with an ellipsis where there are more."""
    words = text.split(" ")
    return text if len(words) <= longest else f"{' '.join(words[:longest])} …"


def _called(corpus: StoredCorpus, references: int) -> str:
    """What the true answer is called; of several the first is shown."""
    reference = f"reference 1 of {references}" if references > 1 else "reference"
    return {"tagging": "labels", "classification": "label"}.get(corpus.data.task, reference)


def _teller(corpus: StoredCorpus, lines: Mapping[str, str]) -> Callable[[str], tuple[str, tuple[LabelledWord, ...]]]:
    """What turns a line of the target's into the text that people read, or into labelled words."""
    if corpus.data.task == "tagging":
        return partial(_as_words, GoldWords.from_line(lines["source"]).words, lines["target"].split())
    if corpus.data.task == "restoration":
        return partial(_as_restored, lines["source"].split())
    return lambda line: (line, ())


def _as_words(words: Sequence[str], gold: Sequence[str], line: str) -> tuple[str, tuple[LabelledWord, ...]]:
    told = zip(words, line.split(), gold, strict=True)
    return line, tuple(LabelledWord(word, label, label == true) for word, label, true in told)


def _as_restored(words: Sequence[str], line: str) -> tuple[str, tuple[LabelledWord, ...]]:
    """The sentence that labels make of bare words."""
    return restore(words, mend(line.split(), len(words))), ()
