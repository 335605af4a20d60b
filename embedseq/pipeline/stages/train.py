"""Token ids, and embeddings handed over -> a trained encoder-decoder and its vectors."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedseq.embeddings.handoff import Alignment, Coverage, align
from embedseq.embeddings.vectors import Vectors
from embedseq.errors import WorkError
from embedseq.models.settings import ModelShape
from embedseq.pipeline.file.spec import SIDES
from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.records import read_record, write_record
from embedseq.pipeline.stages.tokens import encoded_of, vocabulary_of
from embedseq.text.vocabulary import SPECIALS
from embedseq.training.settings import TrainSettings

if TYPE_CHECKING:
    from embedseq.models.seq2seq import Seq2Seq
    from embedseq.training.loop import TrainingData
    from embedseq.training.progress import Standing

MODEL = ("shape.json", "weights.safetensors")
"""The files that `load_model` reads."""
NAMED = 8
"""So many tokens are named as examples."""


def load_model(folder: Path) -> "Seq2Seq":
    """The trained model of this stage's artifact, in evaluation mode."""
    from safetensors.torch import load_file

    from embedseq.models.build import restore_seq2seq

    shape = ModelShape.from_record(read_record(folder / "shape.json"))
    return restore_seq2seq(shape, load_file(folder / "weights.safetensors")).eval()


def run(context: StageContext) -> None:
    """Write `shape.json`, `weights.safetensors`, `history.json`, `facts.json` and the vectors of both sides.

    `facts.json` has the numbers of parameters, what of each vocabulary had a vector, which share of the validation split's tokens
    went to each attention expert, and the digest of the rows that were frozen, which is the same before and after training or the
    stage fails. It also fails where an embedding handed over has a vector for no token of the model, which would then be a random
    one under another name.
    """
    from embedseq.models.build import HandedOver, Sizes, build_seq2seq
    from embedseq.models.description import describe
    from embedseq.training.load import expert_load
    from embedseq.training.loop import train

    tokens, seed = context.inputs["tokens"], int(context.spec["seed"])
    shape, settings = ModelShape.from_record(context.spec["shape"]), TrainSettings.from_record(context.spec["train"])
    alignments = {side: _alignment(context, side) for side in SIDES}
    sizes = Sizes(**{side: len(vocabulary_of(tokens, side)) for side in SIDES})
    model = build_seq2seq(shape, sizes, HandedOver(**alignments), seed)
    data = _training_data(tokens, settings, context.spec["max_length"], context.spec["stretch"])
    before, size = _frozen_digests(model), describe(model)
    history = train(model, data, settings, seed, _reporter(context), context.scratch / "checkpoint")
    if _frozen_digests(model) != before:
        raise WorkError("the frozen vectors changed while the model was trained; this is a bug in embedseq, please report it")
    facts = {
        "parameters": size.total,
        "trainable": size.trainable,
        "left_out": data.train.left_out,  # type: ignore[attr-defined]
        "frozen": before,
        "coverage": {side: asdict(alignment.coverage) for side, alignment in alignments.items() if alignment is not None},
        "expert_load": expert_load(model, data.valid),
    }
    write_record(context.output / "facts.json", facts)
    write_record(context.output / "history.json", history.to_json())
    _save(context.output, model, shape, tokens)


def _alignment(context: StageContext, side: str) -> Alignment | None:
    """The embedding handed over on a side, laid out by the rows of the model's vocabulary; none where vectors start random."""
    folder = context.inputs.get(f"{side}_embedding")
    if folder is None:
        return None
    vectors = Vectors.load(folder / "vectors")
    alignment = align(vectors, vocabulary_of(context.inputs["tokens"], side))
    coverage = alignment.coverage
    if coverage.types_with_vector == 0:
        raise _no_vector(context, side, coverage, vectors.words)
    if 2 * coverage.tokens_with_vector < coverage.tokens:
        missing = ", ".join(f"{word!r} ({count:,})" for word, count in coverage.commonest_missing[:NAMED])
        context.log(
            f"only {coverage.tokens_with_vector / coverage.tokens:.0%} of the running {side} tokens have a vector in the "
            f"embedding handed over ({coverage.types_with_vector:,} of {coverage.types:,} different ones); the others start at "
            f"random and are trained. The commonest without one: {missing or 'unknown tokens'}"
        )
    return alignment


def _no_vector(context: StageContext, side: str, coverage: Coverage, words: Sequence[str]) -> WorkError:
    """What to say of vectors that fit no token of the model."""
    how = context.spec["shape"]["embedding"][side]["as"]
    missing = ", ".join(repr(word) for word, _ in coverage.commonest_missing[:NAMED])
    return WorkError(
        f"the embedding handed over on the {side} side, to be {how}, has a vector for none of the model's {coverage.types:,} "
        f"{side} tokens, so that all of them would be random. The commonest tokens are {missing or '(none)'}; the embedding's "
        f"words begin with {', '.join(map(repr, words[:NAMED]))}. Both must be cut and written alike: give the corpus the "
        "`tokens` (and `lowercase`) that the vectors were made with, train vectors on this very text, or set this side's "
        "embedding to random."
    )


def _training_data(tokens: Path, settings: TrainSettings, max_length: int | None, stretch: int | None) -> "TrainingData":
    from embedseq.text.batches import TokenBatches
    from embedseq.training.loop import TrainingData

    def batches(split: str, longest: int | None) -> TokenBatches:
        source, target = (encoded_of(tokens, split, side, stretch) for side in SIDES)
        return TokenBatches(source, target, settings.batch_tokens, longest)

    return TrainingData(train=batches("train", max_length), valid=batches("valid", None))


def _reporter(context: StageContext) -> Any:
    def report(standing: "Standing") -> None:
        context.progress(
            standing.update,
            standing.updates,
            epoch=standing.epoch,
            epochs=standing.epochs,
            loss=standing.loss,
            tokens_per_second=standing.tokens_per_second,
            seconds_left=standing.seconds_left,
        )
        if standing.valid_loss is not None:
            context.fact("tokens_per_second", standing.tokens_per_second)

    return report


def _frozen_digests(model: "Seq2Seq") -> dict[str, str]:
    """The digest of the rows that are frozen for good, by side; a gradual table has none."""
    frozen = {side for side, table in (("source", model.source), ("target", model.target)) if table.as_ == "frozen"}
    return {side: digest for side, digest in model.frozen_digests().items() if side in frozen}


def _save(folder: Path, model: "Seq2Seq", shape: ModelShape, tokens: Path) -> None:
    from safetensors.torch import save_file

    write_record(folder / "shape.json", shape.record())
    save_file({name: weight.contiguous() for name, weight in sorted(model.state_dict().items())}, folder / "weights.safetensors")
    for side, table in (("source", model.source_vectors()), ("target", model.target_vectors())):
        words = vocabulary_of(tokens, side).words
        Vectors(words, table[len(SPECIALS) :]).save(folder / f"{side}.vectors")


# torch's optimisers load torch._dynamo when the first one is made, which takes a second: once for all models.
STAGE = StageKind(
    name="train",
    version=2,
    run=run,
    needs_torch=True,
    preload=("torch._dynamo",),
    reads={
        "tokens": ("source.*", "target.*", "train.*", "valid.*"),
        "source_embedding": ("vectors.*",),
        "target_embedding": ("vectors.*",),
    },
)
