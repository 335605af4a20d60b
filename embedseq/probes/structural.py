"""Structural probes: a linear map under which distances, or lengths, of states are those of a dependency tree.

Hewitt and Manning 2019, "A structural probe for finding syntax in word representations", section 3: squared distances
‖B(h_i - h_j)‖² stand for the number of arcs between words i and j, squared norms ‖B h_i‖² for the depth of word i, B of a low
rank, fitted by gradient descent on Σ_sentences Σ |true - predicted| / (n² or n). This module fits B and holds it against a chain,
other states and other sentences' trees; the scores themselves are in `tree_scores`.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from embedseq.errors import RequestError
from embedseq.probes.material import Floats32, Ints, Split, States, StatesMaterial
from embedseq.seeds import stream
from embedseq.statistics.bootstrap import Floats, statistic_value
from embedseq.statistics.measurement import Measurement, Role
from embedseq.text.trees import Tree
from embedseq.training.adam import Adam

Gold = Callable[[Tree], Ints]
"""What is true of a sentence: distances (n, n) or depths (n,)."""
Items = Callable[[Sequence[Floats], Sequence[Tree]], Floats]
"""A score: what is predicted of S sentences, and their trees -> (S, 2)."""
Predicted = Callable[[Tensor], Tensor]
"""What projected words (..., n, r) say of a sentence: distances (..., n, n) or depths (..., n)."""

_FITTED: tuple[Split, Split] = ("train", "valid")
_BATCH = 32
_RATE = 0.01
_CHECK_EVERY = 100
_PATIENCE = 0.5
"""Fitting ends where the held-out loss has not become better for this share of the steps. It wavers while the rate is high, and
most is gained when the rate is nearly down: less patience was seen to stop at two or three times the loss."""


@dataclass(frozen=True, eq=False)
class Truth:
    """The words of S sentences and what is true of each sentence."""

    starts: Ints
    """(S + 1,): the row of each sentence's first word; the last entry is the number of rows that there are."""
    numbers: Sequence[int]
    """The sentences that are looked at."""
    gold: Sequence[Ints]
    """For each sentence that is looked at (n, n) distances or (n,) depths."""


@dataclass(frozen=True)
class Structure:
    """What a structural probe is after."""

    predicted: Predicted
    gold: Gold
    chain: Callable[[Tree], Floats]
    """What would be predicted if each word hung on the one before it."""
    scores: Mapping[str, Items]


@dataclass(frozen=True, eq=False)
class _Batch:
    """B sentences, padded to the longest."""

    rows: Tensor
    """(B, n) rows of the states; padding points at row 0."""
    gold: Tensor
    """(B, n, n) or (B, n), zero in padding."""
    weights: Tensor
    """As `gold`: 1 / n² or 1 / n of the sentence, zero in padding."""


def measured(material: StatesMaterial, structure: Structure, rank: int, steps: int) -> list[Measurement]:
    """Each score of each layer on the test sentences, with its baselines and its control; items (S, 2), a row a sentence.

    RequestError where there are no test sentences, or no two training or validation sentences of one length.
    """
    trees = material.trees
    own = {split: truth_of(trees.get(split, ()), structure.gold) for split in _FITTED}
    others = {split: truth_of_others(trees.get(split, ()), structure.gold, split) for split in _FITTED}
    for split, count in (*((split, len(others[split].gold)) for split in _FITTED), ("test", len(trees.get("test", ())))):
        if count == 0:
            raise RequestError(
                "structural probe: expected sentences to test on, and sentences to train and to validate on of which some are "
                f"equally long, found none in the split {split!r}. Use a corpus with more sentences."
            )
    chain = [structure.chain(tree) for tree in trees["test"]]
    found: list[Measurement] = []
    for layer in material.chosen_layers:

        def read(states: States, truth: Mapping[Split, Truth], layer: str = layer) -> list[Floats]:
            pairs = [(states.words(split, layer), truth[split]) for split in _FITTED]
            return fit(structure.predicted, pairs[0], pairs[1], rank, steps)(states.words("test", layer), trees["test"])

        predictions: list[tuple[Role, str, list[Floats]]] = [
            ("score", "", read(material.own, own)),
            ("baseline", "left-to-right chain", chain),
            *(("baseline", label, read(states, own)) for label, states in material.beside.items()),
            ("control", "trees of other sentences", read(material.own, others)),
        ]
        for name, score in structure.scores.items():
            for role, label, predicted in predictions:
                found.append(_measurement(name, role, label, layer, score(predicted, trees["test"])))
    return found


def _measurement(score: str, role: Role, label: str, layer: str, items: Floats) -> Measurement:
    """Sentences that the score leaves out are (0, 0)."""
    coverage = float((items[:, 1] > 0).mean())
    return Measurement("", score, role, label, statistic_value("ratio", items), "ratio", items, coverage, layer)


def squared_distances(projected: Tensor) -> Tensor:
    """‖p_i - p_j‖² of (..., n, r): (..., n, n); by the products of all pairs, so that no (n, n, r) is ever made."""
    norms = squared_norms(projected)
    products = projected @ projected.transpose(-1, -2)
    return (norms.unsqueeze(-1) + norms.unsqueeze(-2) - 2 * products).clamp_min(0.0)


def squared_norms(projected: Tensor) -> Tensor:
    """‖p_i‖² of (..., n, r): (..., n)."""
    norms: Tensor = projected.square().sum(-1)
    return norms


def starts_of(trees: Sequence[Tree]) -> Ints:
    """(S + 1,): where the words of each sentence start, and where the last ends."""
    return np.cumsum([0, *(len(tree) for tree in trees)], dtype=np.int64)


def truth_of(trees: Sequence[Tree], gold: Gold) -> Truth:
    """Each sentence with its own tree."""
    return Truth(starts_of(trees), range(len(trees)), [gold(tree) for tree in trees])


def truth_of_others(trees: Sequence[Tree], gold: Gold, split: str) -> Truth:
    """Each sentence with the tree of another one of its length, drawn without replacement: what is left to learn is where in a
    sentence a word stands. A sentence that is alone with its length is left out."""
    lengths = np.array([len(tree) for tree in trees], dtype=np.int64)
    draws = np.random.default_rng(stream(0, "structural", "other-trees", split))
    other: dict[int, int] = {}
    for length in np.unique(lengths):
        members = draws.permutation(np.flatnonzero(lengths == length))
        if len(members) > 1:  # in a ring, so that none keeps its own
            other.update(zip(members.tolist(), np.roll(members, 1).tolist(), strict=True))
    chosen = sorted(other)
    return Truth(starts_of(trees), chosen, [gold(trees[other[number]]) for number in chosen])


@dataclass(frozen=True, eq=False)
class StructuralProbe:
    """p = B (h / scale); what is predicted of a sentence follows from its p."""

    predicted: Predicted
    scale: Floats32
    """(D,): the root mean square of each number of the training states, which B could take up as well; it makes steps even."""
    projection: Floats32
    """(D, r), the transpose of B."""
    valid_loss: float
    """On the held-out sentences."""

    def __call__(self, states: Floats32, trees: Sequence[Tree]) -> list[Floats]:
        """Of the states (N, D) of some sentences' words: distances (n, n) or depths (n,), sentence by sentence."""
        projected = torch.from_numpy(states / self.scale).double() @ torch.from_numpy(self.projection).double()
        return [self.predicted(projected[start:stop]).numpy() for start, stop in pairwise(starts_of(trees).tolist())]


def fit(
    predicted: Predicted, train: tuple[Floats32, Truth], valid: tuple[Floats32, Truth], rank: int, steps: int
) -> StructuralProbe:
    """The probe that minimises the mean over sentences of the mean of |true - predicted| over a sentence's pairs or words.

    `train` and `valid` are states (N, D) and what is true of them. Adam (Kingma and Ba 2015) takes at most `steps` steps of 32
    sentences of like length at a rate that falls to zero in a line; every 100 steps the held-out loss is looked at, and the best
    B is kept. `rank` is capped at D. The same input gives the same probe.
    """
    scale = np.sqrt(np.square(train[0], dtype=np.float64).mean(axis=0)).astype(np.float32)
    scale[scale == 0] = 1.0
    states, held_out = (torch.from_numpy(each / scale) for each in (train[0], valid[0]))
    batches, checks = _batches(train[1]), _batches(valid[1])
    projection = _first_projection(states.shape[1], rank, batches).requires_grad_()
    optimiser = Adam([projection], fused=False)  # the fused kernel rounds otherwise than what was found so far
    best, best_loss, best_step = projection.detach().clone(), _loss(predicted, held_out, projection, checks), 0
    for step, batch in enumerate(_endless(batches, steps), start=1):
        optimiser.zero_grad()
        _batch_loss(predicted, states, projection, batch).backward()  # type: ignore[no-untyped-call]
        optimiser.step(_RATE * (1 - (step - 1) / steps))
        if step % _CHECK_EVERY and step < steps:
            continue
        loss = _loss(predicted, held_out, projection, checks)
        if loss < best_loss:
            best, best_loss, best_step = projection.detach().clone(), loss, step
        elif step - best_step >= _PATIENCE * steps:
            break
    return StructuralProbe(predicted, scale, best.numpy(), best_loss)


def _batches(truth: Truth) -> list[_Batch]:
    """Sentences of like length together."""
    lengths = np.array([len(each) for each in truth.gold], dtype=np.int64)
    order = np.argsort(lengths, kind="stable")
    return [_batch(truth, order[first : first + _BATCH]) for first in range(0, len(order), _BATCH)]


def _batch(truth: Truth, members: Ints) -> _Batch:
    golds = [truth.gold[number] for number in members]
    longest = max(len(gold) for gold in golds)
    rows = np.zeros((len(golds), longest), dtype=np.int64)
    gold, weights = (np.zeros((len(golds), *(longest,) * golds[0].ndim), dtype=np.float32) for _ in range(2))
    for place, (number, each) in enumerate(zip(members, golds, strict=True)):
        start = truth.starts[truth.numbers[number]]
        rows[place, : len(each)] = np.arange(start, start + len(each))
        within = (place, *(slice(len(each)),) * each.ndim)
        gold[within], weights[within] = each, 1 / each.size
    return _Batch(torch.from_numpy(rows), torch.from_numpy(gold), torch.from_numpy(weights))


def _first_projection(dim: int, rank: int, batches: Sequence[_Batch]) -> Tensor:
    """Normal, (D, r), of such a size that predictions of independent states are as large as the truth on average."""
    rank = min(rank, dim)
    truth = sum(float((batch.gold * batch.weights).sum()) for batch in batches) / sum(len(batch.gold) for batch in batches)
    draws = torch.Generator().manual_seed(stream(0, "structural", "projection", dim, rank))
    size = math.sqrt(max(truth, 0.1) / (2 * dim * rank))
    return torch.randn(dim, rank, generator=draws) * size


def _endless(batches: Sequence[_Batch], steps: int) -> Iterator[_Batch]:
    """`steps` batches: all of them in an order drawn anew each time round."""
    draws = np.random.default_rng(stream(0, "structural", "order"))
    order: list[int] = []
    for _ in range(steps):
        order = order or draws.permutation(len(batches)).tolist()
        yield batches[order.pop()]


def _batch_loss(predicted: Predicted, states: Tensor, projection: Tensor, batch: _Batch) -> Tensor:
    off = (batch.gold - predicted(states[batch.rows] @ projection)).abs()
    loss: Tensor = (off * batch.weights).sum() / len(batch.gold)
    return loss


@torch.no_grad()
def _loss(predicted: Predicted, states: Tensor, projection: Tensor, batches: Sequence[_Batch]) -> float:
    """The mean over all sentences."""
    of_batches = [float(_batch_loss(predicted, states, projection, batch)) * len(batch.gold) for batch in batches]
    return sum(of_batches) / sum(len(batch.gold) for batch in batches)
