"""Shapes that cover all members: every legal pair of values of any two factors is in one of them, or every legal shape at all."""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from embedseq.errors import RequestError
from embedseq.models.attention.registry import position_scorers, scorers
from embedseq.models.legality import check_shape
from embedseq.models.resolved import Widths, traits_of
from embedseq.models.settings import ModelShape

ARCHITECTURES = ("rnn", "rnn-relu", "lstm", "gru", "transformer")
SCORERS = (*scorers(), *position_scorers())
SELF_SCORERS = tuple(name for name in SCORERS if "joined-query" not in traits_of(name))
"""Those that ask with a token and a state have no place in self-attention."""
Values = dict[str, Any]

FACTORS: Mapping[str, Sequence[Any]] = {
    "encoder": ARCHITECTURES,
    "decoder": ARCHITECTURES,
    "layers": (1, 2),
    "bidirectional": (True, False),
    "residual": (False, True),
    "bridge": ("learned", "final", "mean", "none"),
    "scorer": ("none", *SCORERS),
    "heads": (1, 2),
    "projections": (None, False, True),
    "span": ("all", "local-m", "local-p"),
    "experts": (None, 3),
    "query": ("state", "token", "joined", "sum"),
    "when": ("before", "after"),
    "input_feeding": (False, True),
    "coverage": (False, True),
    "copying": (False, True),
    "self_scorer": (None, *SELF_SCORERS),
    "self_heads": (1, 2),
    "self_projections": (None, False),
    "self_span": ("all", "window"),
    "self_experts": (None, 3),
    "positions": (None, "sinusoidal", "learned", "rotary", "none"),
    "norm": ("pre", "post"),
    "normalisation": ("layer", "rms"),
    "activation": ("relu", "gelu", "geglu", "swiglu"),
    "tie_output": (False, True),
    "memories": (None, "flat", "parallel", "hierarchical", "serial"),
    "sections": (False, True),
}
"""What may be combined; the names that begin with `self_` are those of self-attention. With `memories` there are two sources."""
PLAIN = (
    *("layers", "bidirectional", "residual", "bridge", "positions"),
    *("norm", "normalisation", "activation", "tie_output", "sections"),
)
TRIES = 60


def fields_of(values: Values) -> dict[str, Any]:
    """The fields of a shape with these values, as in a pipeline file."""
    fields = {name: values[name] for name in PLAIN if name in values}
    for side in ("encoder", "decoder"):
        fields[side] = {"architecture": values[side]}
    fields["attention"] = "none"
    if values["scorer"] != "none":
        names = ("scorer", "heads", "projections", "span", "experts", "query", "when", "input_feeding", "coverage", "copying")
        fields["attention"] = {name: values[name] for name in names if name in values} | {"window": 2, "positions": 6}
        fields["attention"]["memories"] = values.get("memories") or "flat"
    if values.get("self_scorer") is not None:
        own = {name.removeprefix("self_"): value for name, value in values.items() if name.startswith("self_")}
        fields["self_attention"] = own | {"window": 2, "positions": 6}
    return fields


def shape_of(fields: Mapping[str, Any]) -> ModelShape:
    """A small shape with these fields."""
    return ModelShape.model_validate({"dim": 16, "heads": 2, "dropout": 0.3, "feed_forward": 12, "max_positions": 16, **fields})


def sources_of(values: Values) -> int:
    """How many sources a model of these values reads."""
    return 1 if values.get("memories") is None else 2


def is_legal(values: Values) -> bool:
    """Whether the values can be built together. `heads` is the number of chosen experts, too."""
    try:
        check_shape(shape_of(fields_of(values)), Widths(), sources_of(values))
    except RequestError:
        return False
    return True


def covering(factors: Mapping[str, Sequence[Any]], seed: int = 1) -> list[Values]:
    """Legal combinations in which every pair of values of two factors occurs that occurs in any legal combination.

    Whether a pair is legal is found out by drawing the other values; a pair for which no draw is legal is taken to be illegal.
    """
    draw = random.Random(seed)
    chosen: list[Values] = []
    covered: set[tuple[str, Any, str, Any]] = set()
    for first, second in itertools.combinations(factors, 2):
        for pair in itertools.product(factors[first], factors[second]):
            if (first, pair[0], second, pair[1]) not in covered:
                found = _complete({first: pair[0], second: pair[1]}, factors, draw)
                if found is not None:
                    chosen.append(found)
                    covered |= {(a, found[a], b, found[b]) for a, b in itertools.combinations(factors, 2)}
    return chosen


def every_legal(factors: Mapping[str, Sequence[Any]], others: Values) -> Iterator[Values]:
    """All legal combinations of these factors; `others` are the values of the rest."""
    for values in itertools.product(*factors.values()):
        combination = others | dict(zip(factors, values, strict=True))
        if is_legal(combination):
            yield combination


def _complete(part: Values, factors: Mapping[str, Sequence[Any]], draw: random.Random) -> Values | None:
    """A legal combination with these values; the rest are drawn, ever fewer of them far from the first value of their factor."""
    for attempt in range(TRIES):
        boldness = 1.0 - attempt / TRIES
        values = {
            name: part[name] if name in part else draw.choice(choices) if draw.random() < boldness else choices[0]
            for name, choices in factors.items()
        }
        if is_legal(values):
            return values
    return None


def name_of(values: Values) -> str:
    """A short name: the values that are not the first of their factors."""
    told = [f"{name}={value}" for name, value in values.items() if value != FACTORS[name][0]]
    return ",".join(told) or "usual"
