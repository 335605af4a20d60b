"""Measurements of the arms of a claim -> its contrast; the contrasts of a family -> their verdicts, corrected together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedseq.errors import RequestError, WorkError
from embedseq.evaluation.settings import OF_TOKENS
from embedseq.pipeline.digests import file_digest
from embedseq.pipeline.file.numbered_parts import number_of
from embedseq.pipeline.keys import digest
from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.evaluate import PREDICTIONS
from embedseq.pipeline.stages.records import read_record, write_record
from embedseq.pipeline.stages.tokens import encoded_of, vocabulary_of
from embedseq.statistics.measurement import Measurement, load_measurements

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONTRAST = "contrast.json"
PAIRED = "paired.json"
VERDICTS = "verdicts.json"
DRAWS = 2000
"""Of sacrebleu's paired test."""
NAMED = 12
"""So many parts are named in an error."""


def run(context: StageContext) -> None:
    """Write `contrast.json`, and with the input `references` what sacrebleu's own paired test says of each seed, `paired.json`,
    unless the contrast is refused.

    Inputs have the roles `<arm>.<seed>`, both counted from 0, and `tokens` for a slice; where arms read different corpora,
    `text.<number>` and `tokens.<number>` for each of the `truths`.

    Raises WorkError where an arm has no such score or part, or the sides of the contrast were not measured alike.
    """
    from embedseq.probes.statistics import STATISTICS
    from embedseq.statistics.contrast import LEAST_IN_ALL, Plan, contrast, trend_contrast

    _refuse_other_truths(context)
    direction = context.spec["direction"]
    plan = Plan(over=context.spec["test"], least=0 if context.spec["probed"] else LEAST_IN_ALL)
    try:
        if direction is None:
            better, worse = _of_equal_seeds([_chosen(context, number) for number in range(2)])
            rows = _rows(context, better[0].n)
            found = contrast(better, worse, STATISTICS, plan, rows, by_number=context.spec["by_number"])
        else:
            arms, x = _trend(context)
            rows = _rows(context, arms[0][0].n)
            found = trend_contrast(arms, x, direction, additives=STATISTICS, plan=plan, rows=rows)
    except (ValueError, RequestError) as error:
        raise WorkError(f"the arms cannot be compared by {context.spec['score']}: {error}") from error
    write_record(context.output / CONTRAST, found.record())
    if "references" in context.inputs and not found.refused:
        write_record(context.output / PAIRED, _paired(context))


def paired_of(folder: Path) -> Sequence[float] | None:
    """The p of sacrebleu's own paired test for each seed, from a claim's artifact; None where it has none."""
    path = folder / PAIRED
    found: Sequence[float] | None = read_record(path)["p"] if path.exists() else None
    return found


def _paired(context: StageContext) -> dict[str, Any]:
    """Approximate randomisation by sacrebleu, seed by seed."""
    from embedseq.evaluation.paired import paired_test
    from embedseq.pipeline.stages.evaluate import predictions_of
    from embedseq.pipeline.stages.text import references_of

    references = references_of(context.inputs["references"], "test")
    metric = context.spec["score"]
    found = []
    for first, second in zip(_roles(context, 0), _roles(context, 1), strict=True):
        texts = [predictions_of(context.inputs[role]) for role in (first, second)]
        found.append(paired_test(metric, texts[0], texts[1], references, DRAWS))
    return {"metric": metric, "p": [each.p for each in found], "signature": found[0].signature}


def judge(context: StageContext) -> None:
    """Write `verdicts.json`: role -> verdict.

    Every claim that was declared counts in the size of the family: one whose arms failed, or that was refused, has no verdict or
    no p, but does not make the others easier.
    """
    from embedseq.statistics.contrast import Contrast
    from embedseq.statistics.multiple import holm
    from embedseq.statistics.verdict import decide

    roles = sorted(context.inputs, key=int)
    contrasts = [Contrast.from_record(read_record(context.inputs[role] / CONTRAST)) for role in roles]
    declared = len(context.spec["smallest"])
    adjusted = holm([found.p for found in contrasts], declared)
    verdicts = {
        role: decide(found, p, context.spec["smallest"][role], family=declared).record()
        for role, found, p in zip(roles, contrasts, adjusted, strict=True)
    }
    write_record(context.output / VERDICTS, verdicts)


def _measured(context: StageContext, number: int) -> list[list[Measurement]]:
    """For each seed of an arm what was measured."""
    return [load_measurements(context.inputs[role] / "measurements") for role in _roles(context, number)]


def _roles(context: StageContext, number: int) -> list[str]:
    """The inputs that measured an arm, in the order of the seeds."""
    roles = [role for role in context.inputs if role.startswith(f"{number}.")]
    return sorted(roles, key=lambda role: int(role.partition(".")[2]))


def _chosen(context: StageContext, number: int) -> list[Measurement]:
    """The measurement of an arm under each seed that the claim is about."""
    arm = context.spec["arms"][number]
    return [_one(found, context, arm, number) for found in _measured(context, number)]


def _one(found: Sequence[Measurement], context: StageContext, arm: Mapping[str, Any], number: int) -> Measurement:
    of_score = [each for each in found if each.score == context.spec["score"] and each.role == arm["role"]]
    fitting = [each for each in of_score if arm["part"] in (None, each.part) and arm["label"] in (None, each.label)]
    if len(fitting) == 1:
        return fitting[0]
    labels = ", ".join(dict.fromkeys(f"part {each.part!r}, label {each.label!r}" for each in of_score[:NAMED]))
    how_many = "several" if fitting else "none"
    raise WorkError(
        f"{context.execution['labels'][number]}: expected one {arm['role']} called {context.spec['score']} of the claim's part "
        f"and label, found {how_many}. There are: {labels or 'none at all'}"
    )


def _of_equal_seeds(arms: Sequence[list[Measurement]]) -> list[list[Measurement]]:
    """What has one measurement for all seeds, as vectors from a file have, is repeated for each."""
    seeds = max(len(arm) for arm in arms)
    return [arm * seeds if len(arm) == 1 else arm for arm in arms]


def _trend(context: StageContext) -> tuple[list[list[Measurement]], list[float]]:
    """The arms of a trend with their numbers; where the names of parts have them, each part is an arm."""
    spec = context.spec["arms"]
    if spec[0]["x"] is not None:
        return _of_equal_seeds([_chosen(context, number) for number in range(len(spec))]), [arm["x"] for arm in spec]
    by_part: dict[str, list[Measurement]] = {}
    for found in _measured(context, 0):
        for each in found:
            if each.score == context.spec["score"] and each.role == "score" and number_of(each.part) is not None:
                by_part.setdefault(each.part, []).append(each)
    if len(by_part) < 3:
        raise WorkError(
            f"a trend over parts needs three of them with a number in their names, found {', '.join(by_part) or 'none'}"
        )
    alike = [[replace(each, part="") for each in of_part] for of_part in by_part.values()]
    numbers = [number for part in by_part if (number := number_of(part)) is not None]
    if len(set(numbers)) < len(numbers):
        raise WorkError(f"a trend over parts needs parts with numbers of their own, found {', '.join(by_part)}")
    return alike, numbers


def _refuse_other_truths(context: StageContext) -> None:
    """Raise WorkError where arms are scored on different texts, or on different tokens by a score that counts these."""
    truths: list[str] = context.spec["truths"]
    texts = {file_digest(context.inputs[f"text.{place}"] / f"test.{side}.txt") for place, side in enumerate(truths)}
    if len(texts) > 1:
        raise WorkError(
            "the arms are scored on different texts, so that their items cannot be paired: compare models with one test split"
        )
    if context.spec["score"] not in OF_TOKENS:
        return
    if len({_cut(context.inputs[f"tokens.{place}"], side) for place, side in enumerate(truths)}) > 1:
        raise WorkError(
            f"the arms foretell different tokens, which {context.spec['score']} counts: give their corpora the same tokens"
        )


def _cut(tokens: Path, side: str) -> str:
    """What stands for the test split of a side in tokens; how often each was counted decides nothing."""
    numbers = [file_digest(tokens / f"test.{side}.{column}.npy") for column in ("ids", "offsets")]
    return digest([*numbers, list(vocabulary_of(tokens, side).tokens)])


def _rows(context: StageContext, items: int) -> "NDArray[np.int64] | None":
    """The test sentences of the claim's slice; None for all. `items`: how many the score has, which should be one a sentence."""
    import numpy as np

    wanted = context.spec["slice"]
    if wanted is None:
        return None
    lengths = encoded_of(context.inputs["tokens"], "test", wanted["side"]).lengths
    if len(lengths) != items:
        raise WorkError(
            f"a slice chooses among the {len(lengths):,} test sentences, but {context.spec['score']} is measured on {items:,} "
            "items, which are others: leave it out"
        )
    low = -1 if wanted["above"] is None else wanted["above"]
    high = lengths.max(initial=0) if wanted["at_most"] is None else wanted["at_most"]
    return np.flatnonzero((lengths > low) & (lengths <= high))


_SIDES = ("test.source.*", "test.target.*")
STAGE = StageKind(
    name="claim",
    version=2,
    run=run,
    reads={
        "tokens": _SIDES,
        "references": ("test.target.txt", "test.references.json"),
        "*": ("measurements/*", PREDICTIONS, *_SIDES, "source.vocabulary.json", "target.vocabulary.json"),
    },
)
VERDICT = StageKind(name="verdicts", version=2, run=judge)
