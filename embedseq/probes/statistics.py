"""Every statistic of summed columns that some measurement names: those of the metrics and those of the probes."""

from embedseq.evaluation.metrics import STATISTICS as OF_METRICS
from embedseq.probes.geometry_statistics import STATISTICS as OF_GEOMETRY
from embedseq.probes.half_life import STATISTICS as OF_RECALL
from embedseq.probes.sums import STATISTICS as OF_SUMS
from embedseq.statistics.bootstrap import Additives

STATISTICS: Additives = {**OF_METRICS, **OF_GEOMETRY, **OF_RECALL, **OF_SUMS}
