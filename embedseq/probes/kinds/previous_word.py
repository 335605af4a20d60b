"""Accuracy of argmax_w P(w | h_t), w the word at t - 1: can a linear classifier read the previous word off a hidden state?

With the control task of Hewitt and Liang 2019, "Designing and interpreting probes with control tasks": a label drawn at random
for every word type. Selectivity is accuracy less control accuracy. Its other reference is the same classifier on the vector of
the current word alone, which shows what neighbouring words have to do with each other anyway.
"""

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from embedseq.probes.control import LABEL
from embedseq.probes.material import ModelMaterial
from embedseq.probes.probe import Found, ModelProbeSettings, ProbeAbout, Score

if TYPE_CHECKING:
    from embedseq.probes.previous_word import Positions

Positive = Annotated[int, Field(ge=1)]
BATCH_TOKENS = 4096


class PreviousWordSettings(ModelProbeSettings):
    """Can a linear classifier read the previous word off a hidden state? Its control: the same words with labels drawn at random
    by word type (Hewitt and Liang 2019); its baselines: the commonest word, and the classifier on the current word's vector."""

    kind: Literal["previous-word"]
    """The probe."""
    words: Positive = 200
    """The commonest so many words are the classes; other positions are left out."""
    layers: Literal["all", "last"] = "last"
    """Which layers of the encoder are read."""
    sentences: Positive = 1000
    """Sentences of the validation split that are read; two thirds train the classifier, the rest test it."""


ABOUT = ProbeAbout(
    name="previous-word",
    level="memory",
    question="can a classifier read the previous word off a hidden state",
    equation="accuracy of argmax_w P(w | h_t), w the word at t - 1",
    paper="Hewitt and Liang 2019",
    control="a label drawn at random for every word type: what the classifier can learn by heart",
    statistic="right answers over words, bootstrapped by sentence",
    reads="model",
    ordered=True,
    scores=(
        Score(
            "accuracy",
            "accuracy",
            "%",
            100.0,
            "sentences",
            roles=("baseline", "control"),
            baselines=("majority class", "current word's vector"),
            controls=(LABEL,),
        ),
        Score(
            "selectivity",
            "selectivity",
            "% points",
            100.0,
            "sentences",
            roles=("baseline",),
            note="Accuracy less the accuracy on the control task (Hewitt and Liang 2019).",
            baselines=("current word's vector",),
        ),
    ),
    part="layer",
)


def measure(material: ModelMaterial, settings: PreviousWordSettings) -> Found:
    """For each layer the accuracy, its baselines and control, and the selectivity."""
    from embedseq.probes.previous_word import previous_word

    layers = _positions(material)
    chosen = layers if settings.layers == "all" else dict(list(layers.items())[-1:])
    table = material.model.vectors("source")
    return Found(
        [
            each
            for layer, positions in chosen.items()
            for each in previous_word(positions, table, settings.words, subject="", part=layer)
        ]
    )


def _positions(material: ModelMaterial) -> "dict[str, Positions]":
    """Every word but the first of each sentence, in every layer: its state, itself, and the word before it."""
    import torch

    from embedseq.probes.capturing import Cut, Readings
    from embedseq.probes.previous_word import Positions

    captured: dict[str, list[np.ndarray]] = {}
    current: list[int] = []
    previous: list[int] = []
    sentence: list[int] = []
    device = next(material.model.parameters()).device
    readings = Readings([Cut(ids, range(len(ids))) for ids in material.sources], written=material.writes)
    with torch.inference_mode():
        for batch in readings.batches(BATCH_TOKENS):
            states = material.model.states(batch.to(device))
            for index, row in enumerate(batch.rows.tolist()):
                ids = material.sources[row]
                for number, layer in enumerate(states.layers.values()):
                    captured.setdefault(f"layer {number}", []).append(layer[index, 1 : len(ids)].numpy(force=True))
                current += ids[1:]
                previous += ids[:-1]
                sentence += [row] * max(0, len(ids) - 1)
    ids_of = [np.array(each, dtype=np.int64) for each in (previous, current, sentence)]
    return {name: Positions(np.concatenate(states), *ids_of) for name, states in captured.items()}
