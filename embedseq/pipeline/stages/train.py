"""Token ids, embeddings handed over, and perhaps an encoder trained before -> a trained model and its vectors."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedseq.embeddings.handoff import Alignment, Coverage, align
from embedseq.embeddings.vectors import Vectors
from embedseq.errors import DivergedError, WorkError
from embedseq.models.kinds import kind_of_shape
from embedseq.models.settings import ModelShape, PretrainedEncoder
from embedseq.pipeline.file.spec import SIDES
from embedseq.pipeline.lengths import refuse_too_long
from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.cautions import Telling, keep
from embedseq.pipeline.stages.feeding import Feed, batches_of, quoted
from embedseq.pipeline.stages.judging import score_of
from embedseq.pipeline.stages.records import read_record, write_record
from embedseq.pipeline.stages.resuming import trained
from embedseq.pipeline.stages.text import FORMS
from embedseq.pipeline.stages.tokens import frames_of, vocabulary_of
from embedseq.text.vocabulary import SPECIALS
from embedseq.training.settings import TrainSettings
from embedseq.training.time_limit import not_repeatable

if TYPE_CHECKING:
    from embedseq.models.build import Sizes
    from embedseq.models.interfaces import Model
    from embedseq.training.progress import Standing
    from embedseq.training.trace import Trace

MODEL = ("shape.json", "sizes.json", "weights.safetensors")
"""The files that `load_model` reads."""
NAMED = 8
"""So many tokens are named as examples."""


def load_model(folder: Path, device: str = "cpu") -> "Model":
    """The trained model of this stage's artifact, on a device, in evaluation mode."""
    from safetensors.torch import load_file

    from embedseq.models.build import Sizes, restore_model

    shape = ModelShape.from_record(read_record(folder / "shape.json"))
    sizes = Sizes.from_record(read_record(folder / "sizes.json"))
    return restore_model(shape, sizes, load_file(folder / "weights.safetensors")).to(device).eval()


def untrained_model(context: StageContext, spec: Mapping[str, Any]) -> "Model":
    """The model of a training stage's spec as it is before training, on the stage's device and in evaluation mode; the inputs are
    those of the training stage."""
    shape = ModelShape.from_record(spec["shape"])
    model = _built(context, shape, Feed.of(spec, kind_of_shape(shape), masking=0.0), int(spec["seed"])).model
    return model.to(context.device).eval()


def run(context: StageContext) -> None:
    """Write `shape.json`, `sizes.json`, `weights.safetensors`, `history.json`, `facts.json`, the vectors of all sides, and
    `cautions.json` where something was noticed.

    `facts.json` has the numbers of parameters, what of each vocabulary had a vector, which share of the validation split's tokens
    went to each attention expert, and the digest of what was frozen, which is the same before and after training or the
    stage fails. It also fails where an embedding handed over has a vector for no token of the model, which would then be a random
    one under another name.
    """
    import torch

    from embedseq.models.description import describe
    from embedseq.training.failures import BadRowsError
    from embedseq.training.load import expert_load
    from embedseq.training.loop import TrainingData, train

    began = time.monotonic()
    tokens, seed = context.inputs["tokens"], int(context.spec["seed"])
    shape, settings = ModelShape.from_record(context.spec["shape"]), TrainSettings.from_record(context.spec["train"])
    feed = Feed.of(context.spec, kind_of_shape(shape), settings.masking)
    refuse_too_long(shape, tokens, ("train", "valid"), feed, context.spec["max_length"])
    built = _built(context, shape, feed, seed)
    model = built.model
    learn = batches_of(tokens, "train", feed, settings.batch_tokens, context.spec["max_length"])
    valid = batches_of(tokens, "valid", feed, settings.batch_tokens)
    data = TrainingData(learn, valid, score_of(context, feed, settings.best_by))
    before, size = _frozen_digests(model, shape), describe(model)
    if settings.max_time is not None:
        context.log(f"warning: {not_repeatable(settings)}")
    if context.device != "cpu":
        context.log(f"warning: trained on {context.device}: another run gives slightly different weights")
    told = Telling(context)
    torch.set_num_threads(settings.threads)  # the stage's cores are perhaps those of replicas
    context.fact("preparing_seconds", time.monotonic() - began)
    trace = _trace(context)
    model.to(context.device)
    try:
        reporter = _reporter(context, told, trace)
        history = trained(context, partial(train, model, data, settings, seed, reporter))
    except BadRowsError as error:
        context.log(f"rows of the split {error.split} that failed: {', '.join(str(row + 1) for row in error.rows)}")
        raise DivergedError(f"{error}{quoted(tokens, error.split, feed, error.at_fault or error.rows)}") from error
    finally:
        _tell_trace(context, trace, settings.replicas)
    model.to("cpu")
    told.tell(history.cautions)
    keep(context.output, history.cautions)
    if _frozen_digests(model, shape) != before:
        raise WorkError("what was frozen changed while the model was trained; this is a bug in embedseq, please report it")
    facts = {
        "parameters": size.total,
        "trainable": size.trainable,
        "left_out": learn.left_out,
        "frozen": before,
        "coverage": {side: asdict(coverage) for side, coverage in built.coverage.items()},
        "expert_load": expert_load(model, data.valid),
    }
    write_record(context.output / "facts.json", facts)
    write_record(context.output / "history.json", history.to_json())
    write_record(context.output / "shape.json", shape.record())
    write_record(context.output / "sizes.json", built.sizes.record())
    _save(context.output, model, tokens)


@dataclass(frozen=True)
class _Built:
    """A model as it is before training, how many tokens it knows, and of each side with vectors handed over which had one."""

    model: "Model"
    sizes: "Sizes"
    coverage: Mapping[str, Coverage]


def _built(context: StageContext, shape: ModelShape, feed: Feed, seed: int) -> _Built:
    from embedseq.models.build import HandedOver, build_model

    alignments = {side: _alignment(context, side, shape) for side in SIDES}
    sizes = _sizes(context.inputs["tokens"], feed)
    model = build_model(shape, sizes, HandedOver(**alignments), seed)
    _start_from_pretrained(context, model, shape)
    coverage = {side: alignment.coverage for side, alignment in alignments.items() if alignment is not None}
    return _Built(model, sizes, coverage)


def _sizes(tokens: Path, feed: Feed) -> "Sizes":
    """How many tokens the model reads and writes, or how many numbers a frame of its images has."""
    from embedseq.models.build import Sizes

    has_target = feed.kind in ("encoder-decoder", "tagger", "classifier")
    target = len(vocabulary_of(tokens, "target")) if has_target else 0
    if feed.images:
        return Sizes(0, target, features=frames_of(tokens, "train").features)
    source, *further = (len(vocabulary_of(tokens, side)) for side in feed.sources)
    return Sizes(source, target, tuple(further))


def _start_from_pretrained(context: StageContext, model: "Model", shape: ModelShape) -> None:
    """Put the encoder of another model in, where the shape asks for it."""
    from embedseq.models.pretrained import start_from

    if isinstance(shape.pretrained, PretrainedEncoder):
        start_from(model, load_model(context.inputs["pretrained"]), frozen=shape.pretrained.as_ == "frozen")


def _alignment(context: StageContext, side: str, shape: ModelShape) -> Alignment | None:
    """The embedding handed over on a side, laid out by the rows of the model's vocabulary; none where vectors start random."""
    folder = context.inputs.get(f"{side}_embedding")
    if folder is None:
        return None
    vectors = Vectors.load(folder / "vectors")
    alignment = align(vectors, vocabulary_of(context.inputs["tokens"], side))
    coverage = alignment.coverage
    if coverage.types_with_vector == 0:
        raise _no_vector(shape, side, coverage, vectors.words)
    if 2 * coverage.tokens_with_vector < coverage.tokens:
        missing = ", ".join(f"{word!r} ({count:,})" for word, count in coverage.commonest_missing[:NAMED])
        context.log(
            f"only {coverage.tokens_with_vector / coverage.tokens:.0%} of the running {side} tokens have a vector in the "
            f"embedding handed over ({coverage.types_with_vector:,} of {coverage.types:,} different ones); the others start at "
            f"random and are trained. The commonest without one: {missing or 'unknown tokens'}"
        )
    return alignment


def _no_vector(shape: ModelShape, side: str, coverage: Coverage, words: Sequence[str]) -> WorkError:
    """What to say of vectors that fit no token of the model."""
    how = shape.record()["embedding"][side]["as"]
    missing = ", ".join(repr(word) for word, _ in coverage.commonest_missing[:NAMED])
    return WorkError(
        f"the embedding handed over on the {side} side, to be {how}, has a vector for none of the model's {coverage.types:,} "
        f"{side} tokens, so that all of them would be random. The commonest tokens are {missing or '(none)'}; the embedding's "
        f"words begin with {', '.join(map(repr, words[:NAMED]))}. Both must be cut and written alike: give the corpus the "
        "`tokens` (and `lowercase`) that the vectors were made with, train vectors on this very text, or set this side's "
        "embedding to random."
    )


def _trace(context: StageContext) -> "Trace | None":
    """What watches the training where the run is to be traced."""
    if "trace" not in context.execution:
        return None
    from embedseq.training.trace import Trace

    return Trace(Path(context.execution["trace"]), context.device.partition(":")[0])


def _tell_trace(context: StageContext, trace: "Trace | None", replicas: int) -> None:
    """Also of a training that failed; what cannot be written is told, and hides nothing else."""
    if trace is not None:
        try:
            trace.end()
        except OSError as error:
            context.log(f"warning: the trace was not written: {error}")
        if trace.traced is not None:
            context.fact(
                "trace", {**asdict(trace.traced), "replicas": replicas, "file": f"{trace.path.parent.name}/{trace.path.name}"}
            )


def _reporter(context: StageContext, told: Telling, trace: "Trace | None") -> Any:
    def report(standing: "Standing") -> None:
        told.tell(standing.cautions)
        if trace is not None:
            trace.watch(standing)
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


def _frozen_digests(model: "Model", shape: ModelShape) -> dict[str, str]:
    """The digest of all that is frozen for good: rows of word vectors by side (a gradual table has none), and the encoder."""
    from embedseq.models.pretrained import encoder_digest

    frozen = {side for side, table in model.tables().items() if table.as_ == "frozen"}
    digests = {side: digest for side, digest in model.frozen_digests().items() if side in frozen}
    if isinstance(shape.pretrained, PretrainedEncoder) and shape.pretrained.as_ == "frozen":
        digests["encoder"] = encoder_digest(model)
    return digests


def _save(folder: Path, model: "Model", tokens: Path) -> None:
    from safetensors.torch import save_file

    save_file({name: weight.contiguous() for name, weight in sorted(model.state_dict().items())}, folder / "weights.safetensors")
    for side in model.tables():
        Vectors(vocabulary_of(tokens, side).words, model.vectors(side)[len(SPECIALS) :]).save(folder / f"{side}.vectors")


STAGE = StageKind(
    name="train",
    version=6,
    run=run,
    needs_torch=True,
    chosen_by="chosen",
    reads={
        "tokens": ("source*.*", "target.*", "train.*", "valid.*"),
        "pretrained": MODEL,
        "source_embedding": ("vectors.*",),
        "target_embedding": ("vectors.*",),
        "text": (FORMS, "train.*", "valid.*"),
    },
)
