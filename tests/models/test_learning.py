"""Each member, in one suitable shape, can learn: it overfits twenty real sentence pairs, and learns to copy what it never saw."""

import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch
from combinations import FACTORS, Values, fields_of, is_legal
from torch import Tensor

from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.settings import ModelShape
from embedseq.text.batches import pad
from embedseq.text.vocabulary import END, START, Vocabulary
from embedseq.training.loss import batch_loss

CAPTIONS = Path(__file__).parents[1] / "data" / "multi30k"
PAIRS = 20
UPDATES = 400
NEAR_ZERO = 0.1
"""Nats a token; untrained models begin at about 4."""
USUAL: Values = {name: choices[0] for name, choices in FACTORS.items()} | {
    "encoder": "gru",
    "decoder": "gru",
    "scorer": "additive",
    "when": "after",
}
COPY_UPDATES = 1500
WORDS, LONGEST = 24, 8
COPIED = 0.98
"""The share of held-out tokens that are copied."""
TRANSFORMER = USUAL | {"encoder": "transformer", "decoder": "transformer", "scorer": "scaled-dot"}
IN_A_TRANSFORMER = ("norm", "normalisation", "activation", "positions", "self_scorer", "self_heads", "self_span", "self_experts")
OF_OTHER_SOURCES = ("memories", "sections")
"""What has no effect on pairs of single sentences: `test_learning_of_sources` has what it is for."""
COMPANIONS: dict[object, Values] = {
    "concat-linear": {"query": "joined", "when": "before"},
    "self_heads": {"self_scorer": "scaled-dot"},
    "self_span": {"self_scorer": "scaled-dot"},
    "self_experts": {"self_scorer": "scaled-dot"},
    "self_projections": {"self_scorer": "scaled-dot"},
}
"""What a factor or a value needs beside it to have an effect, or to be legal."""


def members() -> Iterator[tuple[str, Values]]:
    """Every value of every factor, in a GRU or a Transformer that is usual otherwise."""
    for factor, choices in FACTORS.items():
        for value in choices if factor not in OF_OTHER_SOURCES else ():
            base = TRANSFORMER if factor in IN_A_TRANSFORMER else USUAL
            values = base | COMPANIONS.get(factor, {}) | {factor: value} | COMPANIONS.get(value, {})
            if factor == "encoder":
                values["decoder"] = value
            yield f"{factor}={value}", values


MEMBERS = dict(members())


def words_of(language: str) -> list[list[str]]:
    """Twenty sentences."""
    with gzip.open(CAPTIONS / f"train.{language}.gz", "rt", encoding="utf-8") as lines:
        return [line.split() for _, line in zip(range(PAIRS), lines, strict=False)]


def captions(language: str, known: Sequence[str]) -> tuple[list[list[int]], int]:
    """Twenty sentences as ids in the vocabulary of all known languages, and the size of that."""
    vocabulary = Vocabulary.from_counts({word: 1 for each in known for sentence in words_of(each) for word in sentence})
    return [vocabulary.ids(sentence) for sentence in words_of(language)], len(vocabulary)


def updates_until_near_zero(values: Values, seed: int = 1) -> Iterator[float]:
    """The loss before each update of the whole batch, in nats a token, until it is near zero."""
    languages = ("en", "de")
    known = [languages if values["copying"] else (language,) for language in languages]
    (sources, source_size), (targets, target_size) = map(captions, languages, known)
    shape = ModelShape.model_validate({"dim": 48, "heads": 2, "dropout": 0.0, "max_positions": 64, **fields_of(values)})
    model = build_seq2seq(shape, Sizes(source_size, target_size), HandedOver(), seed)
    source, valid = pad([[*sentence, END] for sentence in sources])
    target_in, _ = pad([[START, *sentence] for sentence in targets])
    target_out, real = pad([[*sentence, END] for sentence in targets])
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    loss = torch.tensor(float("inf"))
    for _ in range(UPDATES):
        optimiser.zero_grad()
        decoded = model(source, valid, target_in)
        found = batch_loss(decoded.predicted, target_out, real)
        loss = found.plain / found.tokens
        yield float(loss)
        if loss < NEAR_ZERO:
            return
        objective: Tensor = found.objective(decoded.penalty)
        objective.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()


def test_every_member_has_a_legal_shape_here() -> None:
    assert [name for name, values in MEMBERS.items() if not is_legal(values)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_overfits_twenty_real_sentence_pairs(name: str) -> None:
    losses = list(updates_until_near_zero(MEMBERS[name]))
    assert losses[0] > 3.0
    assert losses[-1] < NEAR_ZERO


def sequences(count: int, generator: torch.Generator) -> list[list[int]]:
    """Random words, three to eight at a time."""
    lengths = torch.randint(3, LONGEST + 1, (count,), generator=generator)
    return [torch.randint(4, WORDS, (int(length),), generator=generator).tolist() for length in lengths]


def copying(values: Values, seed: int = 1) -> Iterator[float]:
    """The share of held-out tokens that are copied, teacher-forced, after every fifty updates on fresh sequences."""
    fields = fields_of(values)
    for settings in (fields["attention"], fields.get("self_attention")):
        if isinstance(settings, dict):
            settings["positions"] = LONGEST + 1
    shape = ModelShape.model_validate({"dim": 48, "heads": 2, "dropout": 0.0, "max_positions": 64, **fields})
    model = build_seq2seq(shape, Sizes(WORDS, WORDS), HandedOver(), seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(seed)
    held_out = sequences(200, generator)
    for update in range(COPY_UPDATES):
        batch = sequences(64, generator)
        source, valid = pad([[*sequence, END] for sequence in batch])
        target_in, _ = pad([[START, *sequence] for sequence in batch])
        decoded = model(source, valid, target_in)
        found = batch_loss(decoded.predicted, source, valid)
        optimiser.zero_grad()
        found.objective(decoded.penalty).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if update % 50 == 49:
            source, valid = pad([[*sequence, END] for sequence in held_out])
            target_in, _ = pad([[START, *sequence] for sequence in held_out])
            with torch.no_grad():
                right = model(source, valid, target_in).logits.argmax(dim=-1) == source
            yield float(right[valid].float().mean())


FACTORS_OF_COPYING = ("encoder", "scorer", "heads", "projections", "span", "experts", "query", "when", "positions")
CANNOT = ("scorer=none", "positions=none")
"""A small fixed-length context holds few words, and a Transformer without positions sees no order: theorems, tested elsewhere."""
COPYING = [name for name in MEMBERS if name.partition("=")[0] in FACTORS_OF_COPYING and name not in CANNOT]


@pytest.mark.slow
@pytest.mark.parametrize("name", COPYING)
def test_a_member_learns_to_copy(name: str) -> None:
    shares = []
    for share in copying(MEMBERS[name]):
        shares.append(share)
        if share >= COPIED:
            break
    assert shares[-1] >= COPIED, shares
