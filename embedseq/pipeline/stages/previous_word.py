"""A model's hidden states on the validation split -> how well the previous word can be read off them."""

from typing import TYPE_CHECKING, cast

from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.tokens import encoded_of
from embedseq.pipeline.stages.train import MODEL, load_model
from embedseq.statistics.measurement import save_measurements

if TYPE_CHECKING:
    from embedseq.models.capture import WithEncoder
    from embedseq.probes.previous_word import Positions

BATCH_TOKENS = 4096


def run(context: StageContext) -> None:
    """Write `measurements/`: for each layer the accuracy, its baselines and control, and the selectivity."""
    from embedseq.probes.previous_word import previous_word

    model = cast("WithEncoder", load_model(context.inputs["model"]))  # a pipeline file cannot ask it of others
    encoded = encoded_of(context.inputs["tokens"], "valid", "source", context.spec["stretch"])
    sentences = [ids.tolist() for ids in encoded[: context.spec["sentences"]]]
    layers = _positions(model, sentences)
    chosen = layers if context.spec["layers"] == "all" else {list(layers)[-1]: list(layers.values())[-1]}
    table = model.vectors("source")
    measurements = []
    for done, (layer, positions) in enumerate(chosen.items(), start=1):
        measurements += previous_word(positions, table, context.spec["words"], subject="", part=layer)
        context.progress(done, len(chosen), layer=layer)
    save_measurements(context.output / "measurements", measurements)


def _positions(model: "WithEncoder", sentences: list[list[int]]) -> "dict[str, Positions]":
    """Every word but the first of each sentence, in every layer: its state, itself, and the word before it."""
    import numpy as np

    from embedseq.models.capture import hidden_states
    from embedseq.probes.previous_word import Positions
    from embedseq.text.batches import source_batches

    captured: list[list[np.ndarray]] = []
    current: list[int] = []
    previous: list[int] = []
    sentence: list[int] = []
    for batch in source_batches(sentences, BATCH_TOKENS):
        layers = hidden_states(model, batch.source, batch.source_valid)
        for index, row in enumerate(batch.rows.tolist()):
            length = len(sentences[row])
            captured.append([layer[index, 1:length].numpy(force=True) for layer in layers])
            current += sentences[row][1:]
            previous += sentences[row][:-1]
            sentence += [row] * max(0, length - 1)
    ids = [np.array(each, dtype=np.int64) for each in (previous, current, sentence)]
    return {
        f"layer {number}": Positions(np.concatenate(states), *ids) for number, states in enumerate(zip(*captured, strict=True))
    }


STAGE = StageKind(
    name="previous-word",
    version=1,
    run=run,
    needs_torch=True,
    preload=("sklearn.linear_model",),
    reads={"tokens": ("valid.source.*",), "model": MODEL},
)
