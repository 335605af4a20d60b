"""Workers that load torch while the run still checks what it is about to do: both take seconds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate

from embedseq.pipeline.kinds import Kinds, kind_of, reference_of
from embedseq.pipeline.plan import PlanItem
from embedseq.pipeline.pool import Pool
from embedseq.pipeline.stage import Node
from embedseq.pipeline.stages import STAGES


@contextmanager
def pool_ahead(nodes: Sequence[Node], planned: Sequence[PlanItem], cores: int, kinds: Kinds = STAGES) -> Iterator[Pool]:
    """Workers for stages that load much and can begin at once, since all that they read is in the store already.

    Such as fit on the cores beside each other, of several cores one less: that is busy with the check. Which of the stages are
    first is guessed from their order. The workers end with the block.
    """
    pool = Pool(cores)
    try:
        by_id = {node.id: node for node in nodes}
        first = [by_id[item.id] for item in planned if item.status == "to run"]
        slow = [node for node in first if kind_of(node, kinds).slow_to_load]
        fitting = sum(taken <= cores for taken in accumulate(min(node.threads, cores) for node in slow))
        for node in slow[: min(fitting, max(1, cores - 1))]:
            pool.load_ahead(node.threads, reference_of(node, kinds))
        yield pool
    finally:
        pool.close()
