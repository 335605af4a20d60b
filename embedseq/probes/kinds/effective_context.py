"""increase(n) = L(w_t | w_{t-n}, …, w_{t-1}) - L(w_t | w_1, …, w_{t-1}) in nats a token   (Khandelwal et al. 2018, section 3).

The effective context is the shortest n with an increase below ε. Further, as in their section 4, the words beyond the last n are
given in random order: what is lost then is lost with the order alone.

The null of the length is the same procedure on the same sentences with nothing to be found: from the increase of each sentence
its share of the mean is taken, for each n, so that what is left averages 0 (data centred for a bootstrap of the null, Efron and
Tibshirani 1993, section 16.4). Its length is the shortest n asked, exactly and for every model; its interval says how long a
context the scatter of the sentences alone would feign.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from embedseq.errors import RequestError
from embedseq.probes.material import ModelMaterial
from embedseq.probes.probe import UNTRAINED, Ascending, Found, ModelProbeSettings, ProbeAbout, Score
from embedseq.statistics.measurement import Measurement, Role

if TYPE_CHECKING:
    from embedseq.models.interfaces import Model
    from embedseq.probes.contexts import Places

Floats = NDArray[np.float64]
NOTHING_LOST = "increases less their mean"
"""The control of the length in which there is nothing to be found."""


class EffectiveContextSettings(ModelProbeSettings):
    """How many of the words before a word does a model make use of?"""

    kind: Literal["effective-context"]
    """The probe."""
    data: str | None = None
    """A corpus of this file, of texts for language models and of pairs for encoder-decoders, whose decoder keeps its source and
    loses the words that it has written; none means that of each model."""
    sentences: Annotated[int, Field(ge=1)] = 200
    """How many sentences of its validation split are read: the first ones."""
    positions: Annotated[int, Field(ge=1)] = 20
    """How many words of each sentence are looked at, evenly spaced where there are more."""
    contexts: Ascending = (1, 2, 5, 10, 20, 50)
    """How many words before are given, in place of all of them; ascending."""
    epsilon: Annotated[float, Field(gt=0.0)] = 0.01
    """Nats a token: a smaller increase of the loss is none."""

    def possible_parts(self, score: str, role: Role, layers: Sequence[str] | None) -> tuple[str, ...]:
        """The contexts; the effective one is found among all of them."""
        return tuple(_part(context) for context in self.contexts) if score == "loss-increase" else ("",)


ABOUT = ProbeAbout(
    name="effective-context",
    level="memory",
    question="how many of the words before a word does a model make use of",
    equation="L(w_t | the last n words) - L(w_t | all words before)",
    paper="Khandelwal et al. 2018",
    control="all words before, in random order beyond the last n: what the order alone is worth; of the length also "
    "the increases less their mean, where nothing is lost: the shortest n; baseline: the untrained model",
    statistic="ratio of sums over tokens, and the n at which it falls below ε, bootstrapped over sentences",
    reads="model",
    writers=True,
    describes=True,
    ordered=True,
    scores=(
        Score(
            "loss-increase",
            "increase of the loss",
            "nats a token",
            items="sentences",
            roles=("baseline", "control"),
            note="Over the tokens with more than n before them. The start symbol is always given, and is not counted.",
            baselines=(UNTRAINED,),
            controls=("random order beyond",),
        ),
        Score(
            "effective-context",
            "effective context",
            "tokens",
            items="sentences",
            roles=("baseline", "control"),
            note="Between the contexts asked the increase is taken to fall in a straight line; the longest context asked where "
            "none is long enough. One control says within how many words their order counts; the other has increases "
            "of 0 on average, so that it is the shortest context asked, and its interval is what chance can do.",
            baselines=(UNTRAINED,),
            controls=("random order beyond", NOTHING_LOST),
        ),
    ),
    part="context",
    version=3,
)


def measure(material: ModelMaterial, settings: EffectiveContextSettings) -> Found:
    """The increase at each context that is shorter than some sentence, and the effective context, beside the untrained model.

    Raises RequestError where no sentence is longer than the shortest context.
    """
    from embedseq.models.seq2seq import Seq2Seq
    from embedseq.probes.contexts import Places

    contexts = settings.contexts
    texts = material.targets if isinstance(material.model, Seq2Seq) else material.sources
    places = Places.of(texts, settings.positions, contexts[-1])
    asked = [context for context in contexts if len(places.beyond(context).rows)]
    if not asked:
        raise RequestError(
            f"probe effective-context: expected a sentence of more than {contexts[0]} tokens, found none. Ask for shorter "
            "contexts."
        )
    own = _increases(material.model, material, places, asked)
    before = _increases(material.untrained, material, places, asked, shuffles=False)
    found: list[Measurement] = []
    for context in asked:
        part = _part(context)
        found += [
            _measured("loss-increase", "score", "", own.short[context], part),
            _measured("loss-increase", "baseline", UNTRAINED, before.short[context], part),
            _measured("loss-increase", "control", "random order beyond", own.shuffled[context], part),
        ]
    compared: tuple[tuple[Role, str, Mapping[int, Floats]], ...] = (
        ("score", "", own.short),
        ("baseline", UNTRAINED, before.short),
        ("control", "random order beyond", own.shuffled),
        ("control", NOTHING_LOST, {context: _centred(each) for context, each in own.short.items()}),
    )
    found += [
        _measured("effective-context", role, label, _columns(increases, settings.epsilon), "")
        for role, label, increases in compared
    ]
    return Found(found, {"longest asked": asked[-1], "long enough": _long_enough(own.short, settings.epsilon)})


def _part(context: int) -> str:
    return f"context {context}"


@dataclass(frozen=True)
class Increases:
    """Context -> (N, 2): the increase of the loss, summed over the places of a sentence, and how many these are."""

    short: Mapping[int, Floats]
    """With the words of the context alone."""
    shuffled: Mapping[int, Floats]
    """With the words beyond it in random order."""


def _increases(
    model: "Model", material: ModelMaterial, places: "Places", contexts: list[int], shuffles: bool = True
) -> Increases:
    from embedseq.probes.contexts import losses

    whole = losses(model, material.sources, places.whole())
    short, shuffled = {}, {}
    for context in contexts:
        longer, there = places.beyond(context), whole[places.positions > context]
        short[context] = longer.summed(losses(model, material.sources, longer.last(context)) - there)
        if shuffles:
            shuffled[context] = longer.summed(losses(model, material.sources, longer.shuffled(context)) - there)
    return Increases(short, shuffled)


def _centred(increases: Floats) -> Floats:
    """(N, 2): increases and tokens of sentences, without what the tokens increase on average."""
    summed, tokens = increases.sum(axis=0)
    return np.stack([increases[:, 0] - increases[:, 1] * (summed / tokens), increases[:, 1]], axis=-1)


def _columns(increases: Mapping[int, Floats], epsilon: float) -> Floats:
    """(N, 3 M + 2): what `effective_context_of` reads."""
    summed = np.stack(list(increases.values()), axis=-1)  # (N, 2, M)
    constants = np.tile(np.array([*increases, epsilon, 1.0]), (len(summed), 1))
    return np.concatenate([summed[:, 0], summed[:, 1], constants], axis=1)


def _long_enough(increases: Mapping[int, Floats], epsilon: float) -> bool:
    """Whether some context has an increase below ε."""
    return any(float(each[:, 0].sum()) < epsilon * float(each[:, 1].sum()) for each in increases.values())


def _measured(score: str, role: Role, label: str, items: Floats, part: str) -> Measurement:
    from embedseq.probes.sums import STATISTICS
    from embedseq.statistics.bootstrap import statistic_value

    statistic = "effective-context" if score == "effective-context" else "ratio"
    column = (items.shape[1] - 2) // 3 if statistic == "effective-context" else 1
    value = statistic_value(statistic, items, STATISTICS)
    return Measurement("", score, role, label, value, statistic, items, float((items[:, column] > 0).mean()), part)
