"""argmax_{s ≠ t} α_ts = head(t)? How often the word that word t looks at most is the one that it hangs on (Clark et al. 2019,
section 4.2; Voita et al. 2019, section 5.2.2).

The word itself and the symbol beside the words are left aside. In a decoder, whose words see none behind them, those count whose
head stands before them. Which head of all layers is best at it is found out on the validation sentences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from embedseq.probes.attention_maps import AttentionMaps, Kind
from embedseq.probes.material import SelfAttentionMaterial, Split
from embedseq.probes.probe import UNTRAINED, Found, ProbeAbout, Score, SelfAttentionProbeSettings
from embedseq.seeds import stream
from embedseq.statistics.measurement import Measurement, Role
from embedseq.text.trees import Tree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Heads = Sequence[Ints]
"""For each sentence (n,): the place of the word that each hangs on, counted from 0; -1 for the root, and where none counts."""
SPLITS: tuple[Split, Split] = ("valid", "test")
BEST: dict[Kind, str] = {"weights": "best head", "norms": "best head by value-weighted norms"}
FARTHEST = 5
"""Words to either side among which the baseline looks for the best fixed place."""


class SyntacticHeadsSettings(SelfAttentionProbeSettings):
    """Does a head of self-attention look from each word to the one that it hangs on?"""

    kind: Literal["syntactic-heads"]
    """The probe."""


ABOUT = ProbeAbout(
    name="syntactic-heads",
    level="attention",
    question="does a head of self-attention look from each word to the one that it hangs on",
    equation="argmax_{s ≠ t} α_ts = head(t)",
    paper="Clark et al. 2019; Voita et al. 2019",
    control="heads of other words of the sentence in place of a word's own: what looking at much-used words alone gives",
    statistic="ratio of sums over words, bootstrapped over sentences",
    reads="self-attention",
    scores=(
        Score(
            "head-accuracy",
            "words that look at their head",
            "%",
            100.0,
            "sentences",
            ("baseline", "control"),
            "The best head is picked on validation sentences, also that of the untrained model, and so is the best fixed place.",
            baselines=("best fixed place", UNTRAINED),
            controls=("heads of other words",),
        ),
    ),
    part="head",
    version=2,
)


def parts_of_maps(maps: AttentionMaps) -> tuple[str, ...]:
    """The best head, by each kind of maps that there is, and every head."""
    return (*(best for kind, best in BEST.items() if getattr(maps, kind) is not None), *maps.head_names)


def measure(material: SelfAttentionMaterial, settings: SyntacticHeadsSettings) -> Found:
    """The accuracy of each head and of the best one on the test sentences; norms where they are defined.

    Baselines are the word at the best fixed distance and the model before training, the control has heads of other words.
    """
    gold = Gold.of(material)
    found: list[Measurement] = []
    best_heads: dict[str, str] = {}
    for kind, best in BEST.items():
        if getattr(material.maps["test"], kind) is not None:
            best_heads[best] = _measure_by(kind, material, gold, found)
    return Found(found, {"best heads": best_heads, "best fixed place": f"{gold.offset:+d}"})


def _measure_by(kind: Kind, material: SelfAttentionMaterial, gold: "Gold", found: list[Measurement]) -> str:
    """Add what the maps of one kind give to what was found; the name of the best head."""
    maps = material.maps["test"]
    own, before, control = (
        _hits(maps, kind, gold.test),
        _hits(material.untrained["test"], kind, gold.test),
        _hits(maps, kind, gold.drawn),
    )
    picked, picked_before = (
        int(_hits(each["valid"], kind, gold.valid)[..., 0].sum(axis=0).argmax()) for each in (material.maps, material.untrained)
    )
    rows = [(BEST[kind], picked, picked_before)]
    rows += [(name, head, head) for head, name in enumerate(maps.head_names)] if kind == "weights" else []
    for part, head, head_before in rows:
        found += [
            _measured("score", "", part, own[:, head], gold.words),
            _measured("baseline", "best fixed place", part, gold.fixed, gold.words),
            _measured("baseline", UNTRAINED, part, before[:, head_before], gold.words),
            _measured("control", "heads of other words", part, control[:, head], gold.words),
        ]
    return maps.head_names[picked]


@dataclass(frozen=True, eq=False)
class Gold:
    """What the words of some sentences hang on, and what is found without looking."""

    valid: Heads
    test: Heads
    drawn: Heads
    """Those of other words of the same sentence."""
    offset: int
    """The distance at which most heads of the validation sentences are."""
    fixed: Floats
    """(N, 2): for how many words of the test sentences it is right, and how many words count."""
    words: int
    """Of all test sentences."""

    @staticmethod
    def of(material: SelfAttentionMaterial) -> "Gold":
        """Depends on the trees, and on whether words see those behind them, alone."""
        valid, test = (_heads(material.trees[split], material.causal) for split in SPLITS)
        offsets = [offset for offset in range(-FARTHEST, FARTHEST + 1) if offset]
        best = max(offsets, key=lambda offset: (_at(offset, valid)[:, 0].sum(), -abs(offset)))
        words = sum(len(tree) for tree in material.trees["test"])
        return Gold(valid, test, _drawn(test, material.causal), best, _at(best, test), words)


def _heads(trees: Sequence[Tree], causal: bool) -> Heads:
    heads = [np.array(tree.heads, dtype=np.int64) - 1 for tree in trees]
    return [np.where(each < np.arange(len(each)), each, -1) for each in heads] if causal else heads


def _drawn(gold: Heads, causal: bool) -> Heads:
    """For each word that counts what some other word of its sentence hangs on, never itself, so that much-used heads stay so.
    Where no other word hangs on one that it can see, it does not count."""
    draw = np.random.default_rng(stream(0, "syntactic-heads"))

    def other(word: int, heads: Ints) -> int:
        others = np.delete(heads, word)
        there = others[(others >= 0) & (others != word) & ((others < word) | (not causal))]
        return int(draw.choice(there)) if len(there) else -1

    return [np.array([other(word, heads) if heads[word] >= 0 else -1 for word in range(len(heads))]) for heads in gold]


def _hits(maps: AttentionMaps, kind: Kind, gold: Heads) -> Floats:
    """(N, H, 2): for how many words the head looks at the right one, and how many words count."""
    sums = np.zeros((len(maps), maps.heads, 2))
    for sentence, heads in enumerate(gold):
        found = maps.get(kind, sentence)
        assert found is not None, "whoever asks has seen that they are there"
        weights = found[:-1, :, :-1].transpose(1, 0, 2).astype(np.float64)  # (H, n, n), without the symbol
        places = np.arange(weights.shape[-1])
        weights[:, places, places] = 0.0
        looks = weights.max(axis=-1, initial=0.0) > 0  # where it looks at no other word it finds none
        right = looks & (weights.argmax(axis=-1) == heads) & (heads >= 0)  # (H, n)
        sums[sentence] = np.stack([right.sum(axis=-1), np.full(len(right), (heads >= 0).sum())], axis=-1)
    return sums


def _at(offset: int, gold: Heads) -> Floats:
    """(N, 2): how many heads are at a distance, and how many words count."""
    hits = [[(heads == np.arange(len(heads)) + offset)[heads >= 0].sum(), (heads >= 0).sum()] for heads in gold]
    return np.array(hits, dtype=np.float64).reshape(-1, 2)


def _measured(role: Role, label: str, part: str, items: Floats, words: int) -> Measurement:
    from embedseq.statistics.bootstrap import statistic_value

    value, coverage = statistic_value("ratio", items), float(items[:, 1].sum() / max(1, words))
    return Measurement("", "head-accuracy", role, label, value, "ratio", items, coverage, part)
