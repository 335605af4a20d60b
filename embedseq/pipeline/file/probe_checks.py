"""Whether a probe can read what it is told to look at: the models, the corpus, the files."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from embedseq.models.kinds import self_attending_side
from embedseq.models.resolved_sides import looks_back_alone, self_attention_of
from embedseq.pipeline.file.corpus_checks import SPLITS
from embedseq.pipeline.file.draft import Draft
from embedseq.pipeline.file.kinds import kind_of, metrics_of
from embedseq.pipeline.file.matrix import Arm
from embedseq.pipeline.file.nodes import Fields, find
from embedseq.pipeline.file.problems import advice, in_words
from embedseq.probes.registry import probe_of
from embedseq.text.settings import DataSettings

CONSISTS_OF = ("task", "dataset", "source", "target", "generated", "stretch", *SPLITS)
"""The fields of a corpus that decide what it consists of."""
WRITERS = ("encoder-decoder", "language-model")
"""The kinds of models that write text."""


def check_sets(draft: Draft, node: Fields, probe: Any) -> None:
    """What a probe's list of files names is a bundled set or looks like a file."""
    for field, bundled in probe_of(probe).about.files.items():
        if not draft.sound(node, field):
            continue
        for index, named in enumerate(getattr(probe, field)):
            if named not in bundled and not any(mark in named for mark in "/\\."):
                what = f"'{named}' is not a bundled set{advice(named, bundled)}"
                _complain_item(draft, node, field, index, f"{what}; a file is written with its ending")


def check_material(draft: Draft, node: Fields, probe: Any, arms: Sequence[Arm]) -> bool:
    """Whether the arms and the corpus of a probe are of a kind that it reads; complains of the first that is not."""
    if not draft.sound(node, "data", "side", "score"):
        return True
    for field, message in _problems(draft, probe, arms):
        draft.complain(node, (field,), message)
        return False
    return True


def sound_corpus(draft: Draft, name: str) -> DataSettings | None:
    """A corpus, if what decides what it consists of is sound: nothing is to be concluded from one that is broken."""
    data = draft.data.get(name)
    return data if data is not None and draft.sound(draft.entry("data", name), *CONSISTS_OF) else None


def _problems(draft: Draft, probe: Any, arms: Sequence[Arm]) -> Iterator[tuple[str, str]]:
    """What is wrong, as (field, message)."""
    reads: str = probe_of(probe).about.reads
    if probe_of(probe).about.several_layers and probe.layers == "last":
        yield "layers", f"'{probe.kind}' compares layers with each other, and the last has none beside it: write 'all'"
        return
    named: str | None = getattr(probe, "data", None)
    if named is not None and named not in draft.names("data"):
        yield "data", f"no corpus is called '{named}'{advice(named, draft.names('data'))}"
        return
    data = None if named is None else sound_corpus(draft, named)
    if named is not None and data is not None:
        yield from _of_corpus(probe, reads, named, data)
    for arm in arms:
        own = sound_corpus(draft, arm.settings.data)
        if own is None:
            continue
        yield from _of_arm(probe, reads, arm, own)
        if reads == "model" and named is not None and data is not None:
            yield from _of_both(arm, own, named, data)
    if reads == "self-attention":
        yield from _of_one_direction(draft, probe, arms)


def _of_one_direction(draft: Draft, probe: Any, arms: Sequence[Arm]) -> Iterator[tuple[str, str]]:
    """Words that see those behind them, and words that do not, are not asked the same."""
    ways: dict[bool, str] = {}
    for arm in arms:
        own = sound_corpus(draft, arm.settings.data)
        if own is not None:
            side = self_attending_side(probe.side, kind_of(arm.settings, own))
            ways.setdefault(looks_back_alone(arm.settings, side), arm.label)
    if len(ways) > 1:
        yield (
            "of",
            f"the words of {ways[True]} see none behind them, those of {ways[False]} do, and their numbers do not compare: make "
            "two probes",
        )


def _of_both(arm: Arm, own: DataSettings, name: str, data: DataSettings) -> Iterator[tuple[str, str]]:
    """A model that is run on a corpus finds there all that it reads."""
    if "source" not in data.word_sides:
        yield "data", f"the source of '{name}' are images, and {arm.label} reads words"
    elif kind_of(arm.settings, own) == "encoder-decoder" and "target" not in data.word_sides:
        yield "data", f"'{name}' has no words on its target side, which {arm.label}, an encoder-decoder, reads too"


def _of_corpus(probe: Any, reads: str, name: str, data: DataSettings) -> Iterator[tuple[str, str]]:
    """A probe of states needs trees, one of attention pairs, one of words the trees of a treebank."""
    if reads in ("states", "pair", "self-attention", "vectors"):
        side = getattr(probe, "side", "source")
        if side not in data.tree_sides:
            has = f"it has trees on its {data.tree_sides[0]} side alone" if data.tree_sides else f"its task is {data.task}"
            yield (
                "data",
                f"'{probe.kind}' needs the trees of a corpus with 'task: trees', or of a generated language; of '{name}' {has}",
            )
    elif probe_of(probe).about.aligned and not data.has_alignment:
        yield (
            "data",
            f"'{probe.kind}' needs pairs of which it is known which words belong together, as generated ones; not '{name}'",
        )
    elif reads == "model" and data.task not in ("pairs", "text"):
        yield "data", f"'{probe.kind}' needs running text; the task of '{name}' is {data.task}"
    elif reads == "attention" and (data.task != "pairs" or data.reads_images or len(data.source_sides) > 1):
        yield (
            "data",
            f"'{probe.kind}' needs pairs of texts; the task of '{name}' is {data.task}"
            if data.task != "pairs"
            else (f"'{probe.kind}' needs pairs of texts with one source; '{name}' has others"),
        )


def check_reference(draft: Draft, node: Fields, probe: Any, arms: Sequence[Arm]) -> None:
    """Whether what all others are compared with is one model, of a kind that the probe reads."""
    labels = [arm.label for arm in arms]
    if len(arms) > 1:
        found = f"expected the name of one model, found {len(arms)} of them: {in_words(labels[:4], 'and')}"
        draft.complain(node, ("reference",), found)
        return
    for arm in arms:
        own = sound_corpus(draft, arm.settings.data)
        for _, message in () if own is None else _of_arm(probe, probe_of(probe).about.reads, arm, own):
            draft.complain(node, ("reference",), message)


def _of_arm(probe: Any, reads: str, arm: Arm, own: DataSettings) -> Iterator[tuple[str, str]]:
    """A probe looks at words that the model reads, and at what its kind has."""
    kind = kind_of(arm.settings, own)
    if reads == "scores":
        metrics = (*metrics_of(arm.settings, own), "loss")
        if probe.score not in metrics:
            yield "score", f"{arm.label} is not scored by '{probe.score}'{advice(probe.score, metrics)}"
        return
    about = probe_of(probe).about
    if about.writers and kind not in WRITERS:
        yield "of", f"{arm.label} is a {kind.replace('-', ' ')}, and '{probe.kind}' looks at models that write text: leave it out"
    elif getattr(probe, "summary", None) == "pooled" and kind != "classifier":
        yield "summary", f"{arm.label} is a {kind.replace('-', ' ')} and pools nothing: write 'last' or 'mean', or leave it out"
    elif own.reads_images:
        yield "of", f"{arm.label} reads images, and '{probe.kind}' looks at words"
    elif reads == "attention" and (kind != "encoder-decoder" or len(own.source_sides) > 1):
        yield "of", f"{arm.label} is no encoder-decoder with one source, and '{probe.kind}' looks at what such a model looks at"
    elif getattr(probe, "side", "source") == "target" and kind != "encoder-decoder":
        yield "side", f"{arm.label} is a {kind.replace('-', ' ')} and has no target side"
    elif reads in ("states", "pair", "self-attention", "model") and len(own.source_sides) > 1:
        yield "of", f"{arm.label} reads several sources, and '{probe.kind}' looks at one"
    elif reads == "self-attention":
        side = self_attending_side(probe.side, kind)
        if self_attention_of(arm.settings, side) is None:
            yield "of", f"the {side} of {arm.label} has no self-attention: leave it out, or give it one with 'self_attention'"


def parts_of(probe: Any) -> tuple[str, ...]:
    """The parts of a probe's scores that the file decides; none where only the run knows."""
    about = probe_of(probe).about
    sets: tuple[str, ...] = tuple(probe.sets) if about.part == "set" and "sets" in about.files else ()
    return tuple(each if each in about.files["sets"] else Path(each).stem for each in sets)


def _complain_item(draft: Draft, node: Fields, field: str, index: int, message: str) -> None:
    item = find(node, (field, str(index)))
    if item is None:
        draft.complain(node, (field,), message)
    else:
        draft.findings.add(item.position, item.path, message)
