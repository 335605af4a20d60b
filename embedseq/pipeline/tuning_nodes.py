"""A model that is tuned -> the nodes of its trials, of the choice among them, and of its training with what was chosen."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from embedseq.pipeline.choices import TO_BE_CHOSEN
from embedseq.pipeline.file import Arm
from embedseq.pipeline.file.spec import ModelSettings
from embedseq.pipeline.node_names import choose_node, trial_node
from embedseq.pipeline.stage import Node
from embedseq.training.tune_settings import OF_THE_SHAPE, TuneSettings
from embedseq.training.tuning import Candidate, candidates, in_words

Training = Callable[[Arm, int], Node]
"""Gives the node that trains an arm as its settings say, with a seed."""


def trial_seed(seeds: Sequence[int]) -> int:
    """The seed of all trials: the lowest, whatever the order in the file."""
    return min(seeds)


def tuning_nodes(arm: Arm, seeds: Sequence[int], training: Training) -> Iterator[Node]:
    """The trials of an arm that is tuned, and the choice among them."""
    tune, seed = arm.settings.tune, trial_seed(seeds)
    if tune is None:
        return
    tried = candidates(tune, seed)
    inputs = {}
    for number, values in enumerate(tried):
        settings = _with_values(arm.settings, values)
        node = training(replace(arm, settings=_as_short_as_a_trial(settings, tune)), seed)
        inputs[str(number)] = trial_node(in_words(values), arm.label, seed)
        yield replace(node, id=inputs[str(number)], trial=True)
    chosen = [{"values": dict(values), "spec": _in_spec(_with_values(arm.settings, values), values)} for values in tried]
    yield Node(id=choose_node(arm.label), kind="choose", spec={"candidates": chosen}, inputs=inputs)


def with_chosen(node: Node, arm: Arm) -> Node:
    """The node that trains an arm, with the values that were chosen for it, where it is tuned."""
    tune = arm.settings.tune
    if tune is None:
        return node
    spec = {part: {**fields, **dict.fromkeys(_names(part, tune.lists), TO_BE_CHOSEN)} for part, fields in _parts(node)}
    return replace(node, spec={**node.spec, **spec}, inputs={**node.inputs, "chosen": choose_node(arm.label)})


def _parts(node: Node) -> list[tuple[str, dict[str, Any]]]:
    return [(part, node.spec[part]) for part in ("train", "shape")]


def _names(part: str, values: Candidate) -> list[str]:
    """The tuned fields that stand in one part of a training's spec."""
    return [name for name in values if (name in OF_THE_SHAPE) is (part == "shape")]


def _with_values(settings: ModelSettings, values: Candidate) -> ModelSettings:
    train = settings.train.model_copy(update={name: values[name] for name in _names("train", values)})
    return settings.model_copy(update={"train": train, **{name: values[name] for name in _names("shape", values)}})


def _as_short_as_a_trial(settings: ModelSettings, tune: TuneSettings) -> ModelSettings:
    limits = {name: limit for name in ("epochs", "max_updates") if (limit := getattr(tune, name)) is not None}
    return settings.model_copy(update={"train": settings.train.model_copy(update=limits)})


def _in_spec(settings: ModelSettings, values: Candidate) -> dict[str, Any]:
    """What the values are in the spec of a training: those at a default that stands in no key are not there."""
    records = {"train": settings.train.decisive(), "shape": settings.record()}
    return {part: {name: record[name] for name in _names(part, values) if name in record} for part, record in records.items()}
