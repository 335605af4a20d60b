"""A training stage and the checkpoint that an execution before it may have left in its scratch folder."""

import shutil
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from embedseq.pipeline.stage import EARLIER_SECONDS, StageContext

if TYPE_CHECKING:
    from embedseq.training.history import History
    from embedseq.training.resumption import Resumed


def trained(context: StageContext, train: "Callable[..., History]") -> "History":
    """What `train` comes to, which is handed the `checkpoint` in the scratch folder and whom to tell that it is `resuming`. A
    checkpoint that it cannot go on from is deleted, and told."""
    from embedseq.training.checkpoint import CheckpointError

    kind = context.device.partition(":")[0]  # a device is in no key, and what began on another one stays for that
    checkpoint = context.scratch / ("checkpoint" if kind == "cpu" else f"checkpoint-{kind}")
    while True:
        try:
            return train(checkpoint=checkpoint, resuming=partial(_resumed, context))
        except CheckpointError as error:
            context.log(f"warning: {checkpoint} cannot be gone on from and was deleted, training begins anew: {error.reason}")
            shutil.rmtree(checkpoint)


def _resumed(context: StageContext, resumed: "Resumed") -> None:
    """What is told of a training that goes on."""
    from embedseq.report.numbers import counted, duration

    context.log(f"goes on from a checkpoint after {counted(resumed.update, 'updates')}, which took {duration(resumed.seconds)}")
    context.fact(EARLIER_SECONDS, resumed.seconds)
    if resumed.elsewhere:
        context.log(
            f"warning: it was trained in different environments ({resumed.elsewhere}): the weights differ in their last digits "
            "from those of either alone"
        )
