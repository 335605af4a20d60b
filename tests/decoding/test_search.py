import itertools
import math
from dataclasses import dataclass

import pytest
import torch
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from torch import Tensor

from embedseq.decoding.candidates import best_tokens
from embedseq.decoding.hypothesis import Hypothesis, score
from embedseq.decoding.largest import BLOCK, largest
from embedseq.decoding.search import search
from embedseq.decoding.settings import SearchSettings
from embedseq.errors import WorkError
from embedseq.text.vocabulary import END, PAD, START, UNK


@dataclass(frozen=True)
class TableState:
    rows: Tensor
    history: Tensor

    def select(self, rows: Tensor) -> "TableState":
        return TableState(self.rows[rows], self.history[rows])


@dataclass(frozen=True)
class TableStep:
    logits: Tensor
    state: TableState


class TableDecoder:
    """A decoder that is a table: logits by sentence, the last two tokens and the position."""

    def __init__(self, sentences: int, vocabulary: int, length: int, seed: int, end_bonus: float = 0.0) -> None:
        generator = torch.Generator().manual_seed(seed)
        shape = (sentences, vocabulary, vocabulary, length + 2, vocabulary)
        self.table = 2.0 * torch.randn(shape, generator=generator, dtype=torch.float64)
        self.table[..., END] += end_bonus

    def start(self, memory: Tensor) -> TableState:
        return TableState(memory, torch.full((len(memory), 1), START))

    def step(self, tokens: Tensor, state: TableState) -> TableStep:
        before = state.history[:, -1]
        position = torch.full_like(tokens, min(state.history.shape[1] - 1, self.table.shape[3] - 1))
        logits = self.table[state.rows, before, tokens, position]
        return TableStep(logits, TableState(state.rows, torch.cat((state.history, tokens.unsqueeze(1)), dim=1)))

    def log_probability(self, row: int, tokens: tuple[int, ...]) -> float:
        """Of the tokens and the end symbol, by a plain loop."""
        total, before, last = 0.0, START, START
        for position, token in enumerate((*tokens, END)):
            logits = self.table[row, before, last, min(position, self.table.shape[3] - 1)]
            total += float(logits.log_softmax(-1)[token])
            before, last = last, token
        return total


def enumerate_all(decoder: TableDecoder, row: int, vocabulary: int, limit: int, penalty: float) -> list[Hypothesis]:
    words = [token for token in range(vocabulary) if token not in (PAD, START, END)]
    found = []
    for length in range(limit + 1):
        for tokens in itertools.product(words, repeat=length):
            total = decoder.log_probability(row, tokens)
            found.append(Hypothesis(tokens, score(total, length + 1, penalty), total))
    return sorted(found, key=lambda h: (-h.score, h.tokens))


def assert_same(found: list[Hypothesis], expected: list[Hypothesis]) -> None:
    assert [h.tokens for h in found] == [h.tokens for h in expected]
    assert [h.score for h in found] == pytest.approx([h.score for h in expected], abs=1e-12)
    assert [h.log_probability for h in found] == pytest.approx([h.log_probability for h in expected], abs=1e-12)


@pytest.mark.parametrize("penalty", [0.0, 0.6, 1.0, 2.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_wide_beam_finds_what_enumeration_finds(penalty: float, seed: int) -> None:
    decoder = TableDecoder(sentences=3, vocabulary=6, length=3, seed=seed)
    settings = SearchSettings(beam=40, length_penalty=penalty, max_length=3)
    found = search(decoder, torch.arange(3), settings, torch.full((3,), 9))
    for row in range(3):
        assert_same(found[row], enumerate_all(decoder, row, vocabulary=6, limit=3, penalty=penalty)[:40])


@given(seed=st.integers(0, 10_000), limit=st.integers(1, 8))
@examples(max_examples=40)
def test_a_beam_of_one_follows_the_likeliest_tokens(seed: int, limit: int) -> None:
    decoder = TableDecoder(sentences=2, vocabulary=7, length=8, seed=seed)
    found = search(decoder, torch.arange(2), SearchSettings(beam=1, max_length=limit), torch.full((2,), 50))
    for row in range(2):
        tokens: list[int] = []
        before, last = START, START
        while len(tokens) < limit:
            logits = decoder.table[row, before, last, min(len(tokens), 9)].clone()
            logits[[PAD, START]] = -math.inf
            if (token := int(logits.argmax())) == END:
                break
            tokens.append(token)
            before, last = last, token
        assert [h.tokens for h in found[row]] == [tuple(tokens)]
        assert found[row][0].log_probability == pytest.approx(decoder.log_probability(row, tuple(tokens)), abs=1e-12)


@given(
    seed=st.integers(0, 10_000),
    beam=st.integers(1, 6),
    penalty=st.sampled_from([0.0, 0.7, 1.0]),
    end_bonus=st.sampled_from([-1.0, 0.0, 2.0]),
)
@examples(max_examples=40)
def test_a_list_does_not_depend_on_its_batch(seed: int, beam: int, penalty: float, end_bonus: float) -> None:
    sentences = 9
    decoder = TableDecoder(sentences, vocabulary=8, length=6, seed=seed, end_bonus=end_bonus)
    settings = SearchSettings(beam=beam, length_penalty=penalty, max_length=12, max_ratio=0.5)
    lengths = torch.arange(sentences) % 5
    together = search(decoder, torch.arange(sentences), settings, lengths)
    alone = [search(decoder, torch.tensor([row]), settings, lengths[row : row + 1])[0] for row in range(sentences)]
    assert together == alone


@given(seed=st.integers(0, 10_000), beam=st.integers(1, 5), penalty=st.sampled_from([0.0, 0.6, 1.0]))
@examples(max_examples=25)
def test_scores_are_those_of_the_tokens_and_lists_are_ranked(seed: int, beam: int, penalty: float) -> None:
    decoder = TableDecoder(sentences=4, vocabulary=9, length=5, seed=seed)
    found = search(
        decoder, torch.arange(4), SearchSettings(beam=beam, length_penalty=penalty, max_length=7), torch.full((4,), 20)
    )
    for row, hypotheses in enumerate(found):
        assert 1 <= len(hypotheses) <= beam
        assert hypotheses == sorted(hypotheses, key=lambda h: (-h.score, h.tokens))
        assert len({h.tokens for h in hypotheses}) == len(hypotheses)
        for h in hypotheses:
            assert not {PAD, START, END} & set(h.tokens)
            assert len(h.tokens) <= 7
            assert h.log_probability == pytest.approx(decoder.log_probability(row, h.tokens), abs=1e-12)
            assert h.score == pytest.approx(score(h.log_probability, len(h.tokens) + 1, penalty), abs=1e-12)


def test_equal_continuations_are_taken_in_the_order_of_their_ids() -> None:
    decoder = TableDecoder(sentences=1, vocabulary=40, length=1, seed=0)
    decoder.table.zero_()
    decoder.table[..., END] = -1.0
    (found,) = search(decoder, torch.tensor([0]), SearchSettings(beam=4, max_length=1), torch.tensor([9]))
    assert [h.tokens for h in found] == [(UNK,), (4,), (5,), (6,)]


@given(data=st.data(), rows=st.integers(1, 4), vocabulary=st.integers(1, 12), count=st.integers(1, 14))
@examples(max_examples=60)
def test_the_best_tokens_are_those_of_a_stable_sort(data: st.DataObject, rows: int, vocabulary: int, count: int) -> None:
    few_values = st.lists(st.integers(0, 3), min_size=vocabulary, max_size=vocabulary)
    logits = torch.tensor(data.draw(st.lists(few_values, min_size=rows, max_size=rows)), dtype=torch.float64)
    values, ids = best_tokens(logits, count)
    for row in range(rows):
        expected = sorted(range(vocabulary), key=lambda token: (-float(logits[row, token]), token))[:count]
        assert ids[row].tolist() == sorted(expected)
        assert values[row].tolist() == logits[row, ids[row]].tolist()


@given(data=st.data(), blocks=st.integers(0, 9), rest=st.integers(1, BLOCK), count=st.integers(1, 7))
@examples(max_examples=40)
def test_the_largest_are_those_of_a_sort(data: st.DataObject, blocks: int, rest: int, count: int) -> None:
    width = blocks * BLOCK + rest
    generator = torch.Generator().manual_seed(data.draw(st.integers(0, 999)))
    levels = data.draw(st.sampled_from([3, 50, 10_000]))  # few levels are many equals
    numbers = torch.randint(levels, (width, data.draw(st.integers(0, 3))), generator=generator)
    rows = numbers.to(data.draw(st.sampled_from([torch.float32, torch.float64]))).T  # not one after the other in memory
    values, places = largest(rows, min(count, width))
    assert torch.equal(values, rows.sort(dim=1, descending=True).values[:, :count])
    assert torch.equal(rows.gather(1, places), values)
    assert all(len(set(row)) == len(row) for row in places.tolist())


def late_and_better() -> TableDecoder:
    """Both short endings fill a list of two early; the long one is less likely in all, and more likely per token."""
    decoder = TableDecoder(sentences=1, vocabulary=5, length=8, seed=0)
    decoder.table.fill_(-50.0)
    decoder.table[..., 0, [END, 4]] = torch.tensor([0.0, -0.2], dtype=torch.float64)
    decoder.table[..., 1, [END, 4]] = torch.tensor([0.0, -0.2], dtype=torch.float64)
    decoder.table[..., 2:6, 4] = 0.0
    decoder.table[..., 6:, END] = 0.0
    return decoder


def test_a_later_hypothesis_with_a_better_mean_is_not_given_up() -> None:
    settings = SearchSettings(beam=2, length_penalty=1.0, max_length=20)
    (found,) = search(late_and_better(), torch.tensor([0]), settings, torch.tensor([20]))
    assert found[0].tokens == (4,) * 6
    plain = SearchSettings(beam=2, length_penalty=0.0, max_length=20)
    assert search(late_and_better(), torch.tensor([0]), plain, torch.tensor([20]))[0][0].tokens == ()


@pytest.mark.parametrize("stop", ["present", "full"])
def test_who_stops_sooner_misses_it(stop: str) -> None:
    settings = SearchSettings.model_validate({"beam": 2, "max_length": 20, "stop": stop})
    (found,) = search(late_and_better(), torch.tensor([0]), settings, torch.tensor([20]))
    assert [h.tokens for h in found] == [(), (4,)]


def test_a_hypothesis_is_at_most_as_long_as_its_source_allows() -> None:
    decoder = TableDecoder(sentences=2, vocabulary=5, length=4, seed=0, end_bonus=-100.0)
    found = search(decoder, torch.arange(2), SearchSettings(beam=2, max_length=15, max_ratio=1.5), torch.tensor([2, 9]))
    assert {len(h.tokens) for h in found[0]} == {13}
    assert {len(h.tokens) for h in found[1]} == {15}


def test_probabilities_that_are_not_numbers_are_an_error() -> None:
    decoder = TableDecoder(sentences=1, vocabulary=9, length=2, seed=0)
    decoder.table.fill_(math.nan)
    with pytest.raises(WorkError, match="not numbers"):
        search(decoder, torch.tensor([0]), SearchSettings(beam=2), torch.tensor([3]))


class Followed:
    """A decoder that counts what it is asked."""

    def __init__(self, decoder: TableDecoder) -> None:
        self.decoder, self.rows, self.steps = decoder, 0, 0

    def start(self, memory: Tensor) -> TableState:
        return self.decoder.start(memory)

    def step(self, tokens: Tensor, state: TableState) -> TableStep:
        self.rows, self.steps = self.rows + len(tokens), self.steps + 1
        return self.decoder.step(tokens, state)


def plain_beam(decoder: TableDecoder, row: int, settings: SearchSettings) -> list[Hypothesis]:
    """Beam search to the greatest length for one sentence, by plain loops: nothing is ever given up."""
    live, ended = [((), 0.0)], []
    for length in range(1, settings.max_length + 2):
        continued = []
        for tokens, _ in live:
            before, last = (START, START, *tokens)[-2:]
            gains = decoder.table[row, before, last, min(length - 1, decoder.table.shape[3] - 1)].log_softmax(-1).tolist()
            allowed = [END] if length > settings.max_length else [t for t in range(len(gains)) if t not in (PAD, START)]
            so_far = next(total for known, total in live if known == tokens)
            continued += [((*tokens, token), so_far + gains[token]) for token in allowed]
        best = sorted(continued, key=lambda each: -each[1])[: settings.beam]
        ended += [(t[:-1], total) for t, total in best if t[-1] == END]
        live = [(t, total) for t, total in best if t[-1] != END]
    lists = [Hypothesis(t, score(total, len(t) + 1, settings.length_penalty), total) for t, total in ended]
    return sorted(lists, key=lambda h: (-h.score, h.tokens))[: settings.beam]


@given(
    seed=st.integers(0, 10_000),
    beam=st.integers(1, 5),
    penalty=st.sampled_from([0.0, 0.6, 1.0]),
    end_bonus=st.sampled_from([-1.0, 0.0, 2.0]),
)
@examples(max_examples=40)
def test_nothing_that_could_enter_a_list_is_given_up(seed: int, beam: int, penalty: float, end_bonus: float) -> None:
    decoder = TableDecoder(sentences=3, vocabulary=7, length=6, seed=seed, end_bonus=end_bonus)
    settings = SearchSettings(beam=beam, length_penalty=penalty, max_length=8)
    followed = Followed(decoder)
    found = search(followed, torch.arange(3), settings, torch.full((3,), 50))
    for row in range(3):
        assert_same(found[row], plain_beam(decoder, row, settings))
    assert followed.rows <= 3 * beam * followed.steps


@given(seed=st.integers(0, 10_000), beam=st.integers(2, 5), penalty=st.sampled_from([0.0, 0.6, 1.0]))
@examples(max_examples=30)
def test_stopping_sooner_takes_fewer_steps_and_finds_nothing_better(seed: int, beam: int, penalty: float) -> None:
    decoder = TableDecoder(sentences=4, vocabulary=7, length=6, seed=seed, end_bonus=1.0)
    lists, rows = {}, {}
    for stop in ("exact", "present", "full"):
        settings = SearchSettings.model_validate({"beam": beam, "length_penalty": penalty, "max_length": 12, "stop": stop})
        followed = Followed(decoder)
        lists[stop] = search(followed, torch.arange(4), settings, torch.full((4,), 50))
        rows[stop] = followed.rows
        alone = [search(decoder, torch.tensor([row]), settings, torch.tensor([50]))[0] for row in range(4)]
        assert lists[stop] == alone
    assert rows["exact"] >= rows["full"]
    assert rows["present"] >= rows["full"]
    for exact, present, full in zip(lists["exact"], lists["present"], lists["full"], strict=True):
        assert exact[0].score >= present[0].score >= full[0].score
