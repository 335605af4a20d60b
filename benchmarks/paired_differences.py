"""Every two arms of a run's models, and every arm and its baselines, on the same sentences: their difference and its interval.

    python benchmarks/paired_differences.py tatoeba-zh-en --store embedseq-store bleu-lc chrf

Intervals are over sentences, and over seeds where there are several (`embedseq.statistics.summary.compare`).
"""

import argparse
from collections import defaultdict
from itertools import combinations

from embedseq.evaluation.metrics import STATISTICS
from embedseq.pipeline.run import Run, open_run
from embedseq.statistics.measurement import Measurement, load_measurements
from embedseq.statistics.summary import compare

Rows = dict[tuple[str, str, str], list[Measurement]]
"""(model, arm, baseline or "") -> its measurements, one a seed."""


def measured(run: Run, score: str) -> Rows:
    """What the run measured of a score on the test split."""
    rows: Rows = defaultdict(list)
    for arm in run.pipeline.arms:
        for seed in run.seeds:
            folder = run.artifact(f"evaluate {arm.label}, seed {seed}")
            for each in load_measurements(folder / "measurements") if folder else []:
                if each.score == score:
                    rows[arm.model, arm.label, each.label].append(each)
    return rows


def main() -> None:
    """Print one line a pair, the second arm less the first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("scores", nargs="+")
    parser.add_argument("--store", default="embedseq-store")
    asked = parser.parse_args()
    run = open_run(asked.run, store=asked.store)
    for score in asked.scores:
        rows = measured(run, score)
        for one, other in combinations(rows, 2):
            arms, against_baseline = not (one[2] or other[2]), one[1] == other[1] and bool(one[2]) != bool(other[2])
            if one[0] == other[0] and (arms or against_baseline):
                first, second = (one, other) if arms or one[2] else (other, one)
                found = compare(rows[second], rows[first], STATISTICS)
                less = f"{second[1]} less {first[2] or first[1]}"
                print(f"{score:10} {found.value:8.3f} ({found.low:.3f} to {found.high:.3f})  {less}")


if __name__ == "__main__":
    main()
