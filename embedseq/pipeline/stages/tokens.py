"""Sentences -> token ids: a tokeniser and a vocabulary a side, learned on the training split, and the ids of every split."""

import shutil
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.cautions import tell_and_keep
from embedseq.pipeline.stages.records import read_record, write_record
from embedseq.pipeline.stages.text import form_of, sentences_of, text_sides_of
from embedseq.text.encoded import Encoded
from embedseq.text.forms import Form, tokens_of
from embedseq.text.frames import Frames
from embedseq.text.gold_words import GoldWords
from embedseq.text.ragged import column_path
from embedseq.text.sections import join_ids, split_sections
from embedseq.text.settings import TokenSettings
from embedseq.text.tokenisers import Tokeniser, load_tokeniser, train_labels, train_tokeniser
from embedseq.text.unknown import many_unknown
from embedseq.text.vocabulary import UNK, Vocabulary

Learned = tuple[Tokeniser, Vocabulary]


def vocabulary_of(folder: Path, side: str) -> Vocabulary:
    """The vocabulary of a side (`source`, `source2` and on, `target`) from this stage's artifact."""
    return Vocabulary.load(folder / f"{side}.vocabulary.json")


def tokeniser_of(folder: Path, side: str) -> Tokeniser:
    """The tokeniser of a side from this stage's artifact."""
    return load_tokeniser(folder / f"{side}.tokeniser.json")


def encoded_of(folder: Path, split: str, side: str, stretch: int | None = None) -> Encoded:
    """The token ids of a side of a split from this stage's artifact, cut into stretches where a model reads them so."""
    encoded = Encoded.open(folder / f"{split}.{side}")
    return encoded if stretch is None else encoded.stretches(stretch)


def places_of(folder: Path, split: str) -> Encoded:
    """For each sentence of a split the positions of the first tokens of its gold words, from this stage's artifact."""
    return Encoded.open(folder / f"{split}.places")


def frames_of(folder: Path, split: str) -> Frames:
    """The images of a split as frames, from this stage's artifact."""
    return Frames.open(folder / f"{split}.source")


def run(context: StageContext) -> None:
    """Write `<side>.tokeniser.json`, `<side>.vocabulary.json`, `<split>.<side>.*.npy` and `facts.json`, and
    `cautions.json` where much of the text is unknown.

    Of gold words `<split>.places.*.npy` say where each begins. Images have neither tokeniser nor vocabulary; their frames are
    passed on. With `like` in the spec the source side has the tokeniser and the vocabulary of that side of the input `like`.
    """
    text = context.inputs["text"]
    splits = list(read_record(text / "facts.json")["sentences"])
    sides = text_sides_of(text)
    for side, (tokeniser, vocabulary) in _learned(context, text, sides).items():
        tokeniser.save(context.output / f"{side}.tokeniser.json")
        vocabulary.save(context.output / f"{side}.vocabulary.json")
    for side in sides if context.spec["joint"] else ("source",) if context.spec.get("like") else ():
        _count(context.output, text, side)
    facts: dict[str, Any] = {}
    if form_of(text, "source") == "frames":
        facts["source"] = {split: _copy_frames(text, context.output, split) for split in splits}
    steps = [(side, split) for side in sides for split in splits]
    for done, (side, split) in enumerate(steps, start=1):
        facts.setdefault(side, {})[split] = _encode(context.output, text, split, side)
        context.progress(done, len(steps), split=f"{split}.{side}")
    write_record(context.output / "facts.json", facts)
    tell_and_keep(context, many_unknown(facts))


def _learned(context: StageContext, text: Path, sides: list[str]) -> dict[str, Learned]:
    """A tokeniser and a vocabulary for each side, or one of each for all."""
    if context.spec["joint"]:
        learned = train_tokeniser(
            TokenSettings.from_record(context.spec["source"]),
            lambda: chain.from_iterable(_training_text(text, side, form_of(text, side)) for side in sides),
        )
        return dict.fromkeys(sides, learned)
    return {side: _learned_for(context, text, side) for side in sides}


def _learned_for(context: StageContext, text: Path, side: str) -> Learned:
    """The tokeniser and the vocabulary of one side; all sources are cut as the first is said to be."""
    like, form = context.spec.get("like"), form_of(text, side)
    if like and side == "source":
        return tokeniser_of(context.inputs["like"], like), vocabulary_of(context.inputs["like"], like)
    training_text = partial(_training_text, text, side, form)
    if form == "labels":
        return train_labels(training_text)
    settings = TokenSettings.from_record(context.spec["target" if side == "target" else "source"])
    return train_tokeniser(settings, training_text, partial(tokens_of, form=form))


def _training_text(text: Path, side: str, form: Form) -> Iterator[str]:
    """The lines of a side of the training split; of sections each by itself, so that no tokeniser sees the marks."""
    lines = sentences_of(text, "train", side)
    return chain.from_iterable(map(split_sections, lines)) if form == "sections" else lines


def _count(folder: Path, text: Path, side: str) -> None:
    """Of a vocabulary that others share, count the tokens of this side alone: its embedding and its model see no others."""
    tokeniser, vocabulary, form = tokeniser_of(folder, side), vocabulary_of(folder, side), form_of(text, side)
    counts: Counter[int] = Counter()
    for line in sentences_of(text, "train", side):
        counts.update(vocabulary.ids(tokens_of(tokeniser, line, form)))
    vocabulary.with_counts(counts).save(folder / f"{side}.vocabulary.json")


def _encode(folder: Path, text: Path, split: str, side: str) -> dict[str, int]:
    """Write the ids of one side of one split; how many tokens they are and how many of them unknown."""
    tokeniser, vocabulary, form = tokeniser_of(folder, side), vocabulary_of(folder, side), form_of(text, side)
    counts = {"sentences": 0, "tokens": 0, "unknown": 0}

    def ids() -> Iterator[list[int]]:
        for line in sentences_of(text, split, side):
            parts = split_sections(line) if form == "sections" else [line]
            sentence = [vocabulary.ids(tokens_of(tokeniser, part, form)) for part in parts]
            counts["sentences"] += 1
            counts["tokens"] += sum(map(len, sentence))
            counts["unknown"] += sum(part.count(UNK) for part in sentence)
            yield join_ids(sentence)

    Encoded.write(folder / f"{split}.{side}", ids())
    if form == "words":
        lines = sentences_of(text, split, side)
        Encoded.write(folder / f"{split}.places", (tokeniser.tokenise_words(GoldWords.from_line(line)).starts for line in lines))
    return counts


def _copy_frames(text: Path, folder: Path, split: str) -> dict[str, int]:
    """Pass on the images of a split; how many they are, and how many frames."""
    for column in ("frames", "offsets"):
        name = column_path(Path(f"{split}.source"), column)
        shutil.copyfile(text / name, folder / name)
    frames = frames_of(folder, split)
    return {"sentences": len(frames), "tokens": int(frames.lengths.sum()), "unknown": 0}


STAGE = StageKind(name="tokens", version=3, run=run, reads={"like": ("*.tokeniser.json", "*.vocabulary.json")})
