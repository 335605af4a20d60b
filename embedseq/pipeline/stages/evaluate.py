"""A trained model and the test split -> what it writes there, and its scores. No other stage looks at the test split."""

from pathlib import Path

from embedseq.evaluation.settings import EvaluateSettings
from embedseq.models.settings import ModelShape
from embedseq.pipeline.lengths import refuse_too_long
from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.cautions import tell_and_keep
from embedseq.pipeline.stages.feeding import Feed
from embedseq.pipeline.stages.records import read_record
from embedseq.pipeline.stages.text import FORMS
from embedseq.pipeline.stages.train import MODEL, load_model
from embedseq.statistics.measurement import save_measurements

PREDICTIONS = "predictions.txt"


def predictions_of(folder: Path) -> list[str]:
    """What the model wrote, one text a test sentence, from this stage's artifact; nothing of a model that only foretells."""
    path = folder / PREDICTIONS
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="\n") as lines:
        return [line.removesuffix("\n") for line in lines]


def run(context: StageContext) -> None:
    """Write `measurements/`, and `predictions.txt` where the model writes: one line a test sentence in their order;
    `cautions.json` where that is suspicious.

    A tagger's line has its labels parted by spaces, a classifier's its label.
    """
    import torch

    from embedseq.pipeline.stages.evaluation.by_kind import measures_of
    from embedseq.pipeline.stages.evaluation.given import Given

    spec, kind = context.spec, context.spec["kind"]
    settings = EvaluateSettings.from_record({name: spec[name] for name in EvaluateSettings.model_fields if name in spec})
    torch.set_num_threads(settings.threads)  # the stage's cores are perhaps those of replicas
    given = Given(
        model=load_model(context.inputs["model"], context.device),
        text=context.inputs["text"],
        tokens=context.inputs["tokens"],
        feed=Feed.of(spec, kind, spec["masking"]),
        task=spec["task"],
        settings=settings,
        fact=context.fact,
    )
    shape = ModelShape.from_record(read_record(context.inputs["model"] / "shape.json"))
    refuse_too_long(shape, given.tokens, ("test",), given.feed)
    found = measures_of(kind).measure(given)
    if found.predictions is not None:
        with (context.output / PREDICTIONS).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(prediction.replace("\n", " ") + "\n" for prediction in found.predictions)
    tell_and_keep(context, found.cautions)
    save_measurements(context.output / "measurements", found.measurements)


STAGE = StageKind(
    name="evaluate",
    version=5,
    run=run,
    needs_torch=True,
    # Baselines count in the training split; that of a classifier chooses among its models on the validation split.
    reads={
        "model": MODEL,
        "tokens": ("source*.*", "target.*", "train.source.*", "test.*"),
        "text": (FORMS, "train.*", "valid.*", "test.*"),
    },
)
