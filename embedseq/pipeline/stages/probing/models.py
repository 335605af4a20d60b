"""A model as it is and as it was before training, and sentences -> what a probe that runs it, or sees where it looks, finds."""

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.probing.capture import READS
from embedseq.pipeline.stages.probing.found import measure, settings_of
from embedseq.pipeline.stages.text import alignments_of, sentences_of
from embedseq.pipeline.stages.tokens import encoded_of, tokeniser_of, vocabulary_of
from embedseq.pipeline.stages.train import load_model, untrained_model
from embedseq.text.gold_words import GLUE, SPACE, GoldWords

if TYPE_CHECKING:
    from embedseq.probes.capturing import Cut

SPLIT = "valid"
"""What is looked at: the test split is the evaluation's alone."""
MAPS = "maps.safetensors"
BATCH_TOKENS = 2048


def run(context: StageContext) -> None:
    """Write `measurements/` and `details.json`."""
    from embedseq.probes.material import ModelMaterial

    kind, most = context.spec["kind"], getattr(settings_of(context), "sentences", None)
    sides = ("source", "target") if kind == "encoder-decoder" else ("source",)
    given = "text" in context.inputs
    ids = [[cut.ids for cut in _cuts(context, side, most)] if given else _own(context, side, most) for side in sides]
    material = ModelMaterial(
        model=load_model(context.inputs["model"], context.device),
        untrained=untrained_model(context, context.spec["untrained"]),
        sources=ids[0],
        targets=ids[1] if len(ids) > 1 else (),
        writes=kind == "language-model",
    )
    measure(context, material)


def run_attention(context: StageContext) -> None:
    """Write `measurements/` and `details.json`."""
    from embedseq.probes.attention_maps import AttentionMaps
    from embedseq.probes.material import AttentionMaterial

    maps, untrained = (AttentionMaps.load(context.inputs[role] / MAPS) for role in ("maps", "untrained"))
    gold = None
    if (context.inputs["text"] / f"{SPLIT}.alignment.jsonl").exists():
        gold = alignments_of(context.inputs["text"], SPLIT)[: len(maps)]
    measure(context, AttentionMaterial(maps, untrained, gold))


def capture_attention(context: StageContext) -> None:
    """Write `maps.safetensors`: where the model looks while it writes the targets of a corpus, teacher-forced."""
    from embedseq.probes.attention_capture import capture_attention
    from embedseq.text.batches import TokenBatches, held
    from embedseq.text.encoded import Encoded

    untrained = context.spec["untrained"]
    trained = untrained is None
    model = load_model(context.inputs["model"], context.device) if trained else untrained_model(context, untrained)
    sources, targets = (_cuts(context, side, context.spec["sentences"]) for side in ("source", "target"))
    source, target = (held([cut.ids for cut in cuts]) for cuts in (sources, targets))
    assert isinstance(target, Encoded)
    batches = TokenBatches(source, target, BATCH_TOKENS).epoch(None)
    starts, written = ([list(cut.starts) for cut in cuts] for cuts in (sources, targets))
    capture_attention(model, batches, starts, written, erasure=context.spec["erasure"]).save(context.output / MAPS)


def _own(context: StageContext, side: str, most: int | None) -> list[Sequence[int]]:
    """The sentences of the model's own corpus, as it reads them."""
    encoded = encoded_of(context.inputs["tokens"], SPLIT, side, context.spec["stretch"])
    return [ids.tolist() for ids in islice(encoded, most)]


def _cuts(context: StageContext, side: str, most: int | None) -> "list[Cut]":
    """The sentences of a corpus in the model's tokens, with the words that they consist of.

    Where gold alignments speak of words, these are what stands between spaces; elsewhere what the tokeniser takes for words.
    """
    from embedseq.probes.capturing import Cut

    text, tokens = context.inputs["text"], context.inputs["tokens"]
    tokeniser, vocabulary = tokeniser_of(tokens, side), vocabulary_of(tokens, side)
    aligned = (text / f"{SPLIT}.alignment.jsonl").exists()
    cuts = []
    for line in islice(sentences_of(text, SPLIT, side), most):
        read = line.lower() if context.spec["lowercase"] else line
        if aligned:
            words = tokeniser.tokenise_words(GoldWords(*_parted(read)))
            cuts.append(Cut(vocabulary.ids(words.tokens), words.starts))
        else:
            pieces = tokeniser.tokenise(read)
            begins = tokeniser.word_starts(pieces)
            cuts.append(Cut(vocabulary.ids(pieces), _places(begins)))
    return cuts


def _parted(line: str) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    words = tuple(line.replace(GLUE, " ").replace(SPACE, " ").split())
    return words, (False,) * len(words)


def _places(begins: Sequence[bool]) -> list[int]:
    """Where words begin; the first token belongs to the first word whatever it is."""
    return [place for place, begin in enumerate(begins) if begin or place == 0]


_TEXT = {"text": (f"{SPLIT}.source.txt", f"{SPLIT}.target.txt", f"{SPLIT}.alignment.jsonl")}
_TOKENS = {"tokens": ("*.tokeniser.json", "*.vocabulary.json", f"{SPLIT}.source.*", f"{SPLIT}.target.*")}
_WEIGHTS = {role: patterns for role, patterns in READS.items() if role not in ("trees", "tokens")}
STAGE = StageKind(
    name="model-probe", version=1, run=run, needs_torch=True, preload=("sklearn.linear_model",), reads=_WEIGHTS | _TOKENS | _TEXT
)
ATTENTION_MAPS = StageKind(
    name="attention-maps",
    version=1,
    run=capture_attention,
    needs_torch=True,
    reads=_WEIGHTS | {"tokens": READS["tokens"]} | _TEXT,
)
ATTENTION = StageKind(name="attention-probe", version=1, run=run_attention, reads=_TEXT)
