"""AER = 1 - 2 |A ∩ G| / (|A| + |G|)   (Och and Ney 2003, with sure links alone).

A links each target word with the source word that the model looked at most when it wrote it (argmax over source words, without
the end symbol), G is the gold alignment. What a model looked at is told by its attention's weights, by weights times the lengths
of the values (Kobayashi et al. 2020), and by gradient × input, which models without attention have, too.
"""

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from embedseq.errors import RequestError
from embedseq.probes.material import AttentionMaterial
from embedseq.probes.probe import UNTRAINED, Found, ModelProbeSettings, ProbeAbout, Score
from embedseq.statistics.measurement import Measurement, Role

if TYPE_CHECKING:
    from embedseq.probes.attention_maps import AttentionMaps
    from embedseq.probes.links import Gold

Floats = NDArray[np.float64]

_LEAST = 4
"""Sentences below which there is nothing to choose a head on and to score it on."""


class AlignmentSettings(ModelProbeSettings):
    """Does a model look at the source word that it is translating?"""

    kind: Literal["alignment"]
    """The probe."""
    data: str
    """A corpus of this file with pairs and gold alignments: a generated one."""
    sentences: Annotated[int, Field(ge=4)] = 500
    """How many pairs of its validation split are read: the first ones. The first half of them picks the best head, the other
    half is scored."""


ABOUT = ProbeAbout(
    name="alignment",
    level="attention",
    question="does a model look at the source word that it is translating",
    equation="AER = 1 - 2 |A ∩ G| / (|A| + |G|), A = argmax over source words",
    paper="Och and Ney 2003; Kobayashi et al. 2020",
    control="the gold links with the source words of each sentence shuffled: as many links, none of which says where to look",
    statistic="ratio of summed links over sentences, bootstrapped",
    reads="attention",
    aligned=True,
    scores=(
        Score(
            "aer",
            "alignment error rate",
            items="sentences",
            roles=("baseline", "control"),
            note="Heads are picked on the first half of the sentences and scored on the second. Words that the gold leaves "
            "unlinked are errors for every method alike.",
            baselines=(UNTRAINED, "diagonal", "a source word at random"),
            controls=("links with the source words shuffled",),
        ),
    ),
    part="method",
)


def parts_of_maps(maps: "AttentionMaps") -> tuple[str, ...]:
    """The ways to tell what was looked at that the model allows."""
    from embedseq.probes.links import methods_of

    return tuple(method.name for method in methods_of(maps))


def measure(material: AttentionMaterial, settings: AlignmentSettings) -> Found:
    """The error rate of each way to tell what was looked at, beside the diagonal, chance, the model before training and, as a
    control, links whose source words are shuffled. Raises RequestError without gold, or with too few sentences."""
    from embedseq.probes.links import best_head, counts_of, methods_of, shuffled_sources

    maps, gold = material.maps, material.alignments
    if gold is None:
        raise RequestError(
            f"probe alignment: expected gold alignments, found none in {settings.data!r}. Name a generated corpus of pairs."
        )
    if len(maps) < _LEAST or len(gold) != len(maps):
        raise RequestError(
            f"probe alignment: expected {_LEAST} sentences or more, each with its alignment, found {len(maps)} sentences and "
            f"{len(gold)} alignments. Read more sentences."
        )
    half = len(maps) // 2
    choosing, scored = range(half), range(half, len(maps))
    links = [gold[each] for each in scored]
    others = shuffled_sources(links, [int(maps.source_lengths[each]) - 1 for each in scored])
    untrained = {method.name: method for method in methods_of(material.untrained)}
    found, heads = [], {}
    for method in methods_of(maps):
        head = best_head(method, choosing, gold[:half])
        if method.heads > 1:
            heads[method.name] = maps.head_names[head]
        before = untrained[method.name]
        head_before = best_head(before, choosing, gold[:half])
        found += [
            _measured("score", "", method.name, counts_of(method, head, scored, links), links),
            *_told_by_length(maps, scored, links, method.name),
            _measured("baseline", UNTRAINED, method.name, counts_of(before, head_before, scored, links), links),
            _measured(
                "control", "links with the source words shuffled", method.name, counts_of(method, head, scored, others), links
            ),
        ]
    return Found(found, {"best heads": heads})


def _told_by_length(maps: "AttentionMaps", scored: range, links: "list[Gold]", method: str) -> list[Measurement]:
    """The two baselines that look at nothing but how many words there are."""
    from embedseq.probes.links import counts, diagonal, expected_counts

    sizes = [(int(maps.target_lengths[each]) - 1, int(maps.source_lengths[each]) - 1) for each in scored]
    on_diagonal = [counts(diagonal(*size), gold) for size, gold in zip(sizes, links, strict=True)]
    at_random = [expected_counts(*size, gold) for size, gold in zip(sizes, links, strict=True)]
    return [
        _measured("baseline", "diagonal", method, np.stack(on_diagonal), links),
        _measured("baseline", "a source word at random", method, np.stack(at_random), links),
    ]


def _measured(role: Role, label: str, method: str, items: Floats, links: "list[Gold]") -> Measurement:
    from embedseq.probes.sums import STATISTICS
    from embedseq.statistics.bootstrap import statistic_value

    linked = sum(len({target for target, _ in gold}) for gold in links)
    return Measurement(
        subject="",
        score="aer",
        role=role,
        label=label,
        value=statistic_value("aer", items, STATISTICS),
        statistic="aer",
        items=items,
        coverage=min(1.0, linked / max(1.0, items[:, 1].sum())),
        part=method,
        better="lower",
    )
