"""On which device a run's models compute: a choice of the execution, in no key.

A processor's results repeat bit for bit, a GPU's agree with them to tolerance, and the run says so.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from embedseq.pipeline.artifact import CPU
from embedseq.pipeline.stage import Node

if TYPE_CHECKING:
    from embedseq.pipeline.file import Arm, Pipeline


def device_for(name: str) -> str:
    """The whole name of a device, `cuda:0` for `auto` perhaps; torch is loaded for others than the processor alone.

    Raises RequestError for one that is not there.
    """
    if name == CPU:
        return CPU
    from embedseq.models.device import device_named

    return str(device_named(name))


def placed(nodes: Sequence[Node], device: str) -> tuple[Node, ...]:
    """The nodes, each told its device; their keys stay what they are."""
    return tuple(replace(node, execution={**node.execution, "device": device}) for node in nodes)


def placement_problems(pipeline: "Pipeline", trained: "Sequence[Arm]", evaluated: "Sequence[Arm]", device: str) -> list[str]:
    """What keeps models from being trained, and models from being evaluated, on a device."""
    halved = [arm.label for arm in trained if arm.settings.train.precision == "bfloat16"] if device == CPU else []
    problems = [
        f"{pipeline.location(f'models.{arm.label}.{part}')}: replicas share the cores of a processor, but --device is {device}; "
        "leave one of the two out"
        for arm, part, replicas in (
            *((arm, "train", arm.settings.train.replicas) for arm in trained),
            *((arm, "evaluate", arm.settings.evaluate.replicas) for arm in evaluated),
        )
        if replicas > 1 and device != CPU
    ]
    if halved and not _multiplies_bfloat16():
        problems += [
            f"{pipeline.location(f'models.{label}.train')}: precision: bfloat16 is hundreds of times slower on this processor, "
            "which has no instructions for it (avx512_bf16, amx_bf16): use float32 here, or a GPU (--device auto)"
            for label in halved
        ]
    return problems


def _multiplies_bfloat16() -> bool:
    from embedseq.models.device import multiplies_bfloat16

    return multiplies_bfloat16()
