"""Drawing texts: the distribution after each filter, the draws from it, and whole texts from a model that is a table."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy.stats import chisquare
from torch import Tensor

from embedseq.decoding.sampling import Prompt, Sampled, distribution, draw, sample
from embedseq.decoding.settings import SamplingSettings
from embedseq.errors import RequestError, WorkError
from embedseq.text.vocabulary import END, PAD, START

LOGITS = st.lists(st.sampled_from([-3.0, -1.0, 0.0, 0.5, 0.5, 2.0, 4.25]), min_size=5, max_size=12)


def by_hand(logits: Sequence[float], settings: SamplingSettings) -> list[float]:
    """The distribution after all filters, by plain loops."""
    allowed = [token for token in range(len(logits)) if token not in (PAD, START)]
    ranked = sorted(allowed, key=lambda token: (-logits[token], token))
    if settings.temperature == 0:
        return [float(token == ranked[0]) for token in range(len(logits))]
    kept = ranked[: settings.top_k]
    highest = max(logits[token] for token in kept)
    weights = {token: math.exp((logits[token] - highest) / settings.temperature) for token in kept}
    total = sum(weights.values())
    mass, nucleus = 0.0, []
    for token in kept:
        if mass >= settings.top_p:
            break
        nucleus.append(token)
        mass += weights[token] / total
    return [weights[token] / total / mass if token in nucleus else 0.0 for token in range(len(logits))]


# One distribution.


@given(
    rows=st.integers(1, 3).flatmap(lambda rows: st.lists(LOGITS.filter(lambda row: len(row) == 5), min_size=1, max_size=rows)),
    temperature=st.sampled_from([0.0, 0.3, 1.0, 2.5]),
    top_k=st.sampled_from([None, 1, 2, 3, 50]),
    top_p=st.sampled_from([1.0, 0.95, 0.6, 0.35, 0.01]),
)
@examples(max_examples=150)
def test_the_filters_are_those_of_a_plain_loop(
    rows: list[list[float]], temperature: float, top_k: int | None, top_p: float
) -> None:
    settings = SamplingSettings(temperature=temperature, top_k=top_k, top_p=top_p)
    found = distribution(torch.tensor(rows), settings)
    assert found.dtype == torch.float64
    for row, logits in enumerate(rows):
        assert found[row].tolist() == pytest.approx(by_hand(logits, settings), abs=1e-12)


@given(logits=LOGITS)
@examples(max_examples=50)
def test_without_filters_it_is_the_softmax_of_what_may_be_written(logits: list[float]) -> None:
    scores = torch.tensor([logits], dtype=torch.float64)
    scores[:, [PAD, START]] = -math.inf
    torch.testing.assert_close(distribution(torch.tensor([logits]), SamplingSettings()), scores.softmax(dim=1))


@given(logits=LOGITS, top_p=st.floats(0.01, 0.999))
@examples(max_examples=100)
def test_the_nucleus_is_the_smallest_set_with_at_least_its_mass(logits: list[float], top_p: float) -> None:
    plain = distribution(torch.tensor([logits]), SamplingSettings())[0]
    kept = distribution(torch.tensor([logits]), SamplingSettings(top_p=top_p))[0] > 0
    assert float(plain[kept].sum()) >= top_p - 1e-12
    fewer = plain.sort(descending=True).values[: int(kept.sum()) - 1]  # no set of so many has more
    assert float(fewer.sum()) < top_p + 1e-12
    assert not bool((plain[~kept] > plain[kept].min()).any())


@pytest.mark.parametrize("settings", [{"temperature": 0.0}, {"top_k": 1}, {"top_p": 1e-9}, {"temperature": 1e-300}])
def test_these_all_take_the_likeliest_token_of_equals_the_lower_id(settings: dict[str, float]) -> None:
    logits = torch.tensor([[9.0, -1.0, 9.0, 0.0, 2.0, 2.0, 1.0], [0.0, 3.0, 0.0, 1.0, 1.0, 2.0, 2.5]])
    found = distribution(logits, SamplingSettings.model_validate(settings))
    if "temperature" in settings and settings["temperature"] > 0:
        assert found[0].tolist() == [0, 0, 0, 0, 0.5, 0.5, 0]  # the limit: what is exactly as likely stays so
        assert found[1].tolist() == [0, 1, 0, 0, 0, 0, 0]
        return
    assert found.argmax(dim=1).tolist() == [4, 1]
    assert found.max(dim=1).values.tolist() == [1, 1]


def test_the_temperature_goes_before_the_nucleus() -> None:
    logits = torch.tensor([[0.0, 0.0, 0.0, math.log(0.5), math.log(0.3), math.log(0.2)]])
    logits[:, 1] = -math.inf
    flat = distribution(logits, SamplingSettings(top_p=0.6, temperature=1e6))
    assert int((flat > 0).sum()) == 2  # two of three alike tokens
    sharp = distribution(logits, SamplingSettings(top_p=0.6, temperature=0.1))
    assert int((sharp > 0).sum()) == 1
    among_two = distribution(logits, SamplingSettings(top_k=2, top_p=0.6))
    assert int((among_two > 0).sum()) == 1  # 0.5 of 0.8 is more than 0.6


@pytest.mark.parametrize("logits", [[math.nan] * 6, [0, 0, 0, math.inf, 0, 0], [5, -math.inf, 5, *[-math.inf] * 3]])
def test_probabilities_that_are_no_numbers_are_an_error(logits: list[float]) -> None:
    with pytest.raises(WorkError, match="not numbers"):
        distribution(torch.tensor([logits]), SamplingSettings())


# One draw.


@given(weights=st.lists(st.sampled_from([0.0, 0.1, 1.0, 3.0]), min_size=1, max_size=8), data=st.data())
@examples(max_examples=100)
def test_a_draw_falls_into_the_part_of_its_token(weights: list[float], data: st.DataObject) -> None:
    if not any(weights):
        weights[0] = 1.0
    probabilities = torch.tensor([weights], dtype=torch.float64) / sum(weights)
    uniform = data.draw(st.one_of(st.floats(0, 1, exclude_max=True), st.sampled_from([0.0, 1 - 2**-53])))
    (token,) = draw(probabilities, torch.tensor([uniform], dtype=torch.float64)).tolist()
    assert weights[token] > 0
    before, until = sum(weights[:token]) / sum(weights), sum(weights[: token + 1]) / sum(weights)
    assert before - 1e-12 <= uniform <= until + 1e-12


def test_draws_have_the_frequencies_of_their_probabilities() -> None:
    logits = torch.linspace(-2, 2, 12)
    for settings in (SamplingSettings(), SamplingSettings(temperature=0.7, top_k=6), SamplingSettings(top_p=0.8)):
        probabilities = distribution(logits.unsqueeze(0), settings)
        uniforms = torch.from_numpy(np.random.default_rng(4).random(20_000))
        counts = np.bincount(draw(probabilities.expand(20_000, -1), uniforms).numpy(), minlength=12)
        expected = 20_000 * probabilities[0].numpy()
        assert not counts[expected == 0].any()
        assert chisquare(counts[expected > 0], expected[expected > 0]).pvalue > 0.01


# Whole texts.


@dataclass(frozen=True)
class TableState:
    last: Tensor

    def select(self, rows: Tensor) -> "TableState":
        return TableState(self.last[rows])


@dataclass(frozen=True)
class TableStep:
    logits: Tensor
    state: TableState


class TableWriter:
    """A language model that is a table: logits by the last two tokens."""

    def __init__(self, vocabulary: int, seed: int, end_bonus: float = 0.0, longest: int | None = None) -> None:
        self.longest = longest
        generator = torch.Generator().manual_seed(seed)
        self.table = 1.5 * torch.randn((vocabulary,) * 3, generator=generator, dtype=torch.float64)
        self.table[..., END] += end_bonus
        self.rows: list[int] = []

    def start(self, rows: int) -> TableState:
        return TableState(torch.full((rows,), PAD))

    def step(self, tokens: Tensor, state: TableState) -> TableStep:
        self.rows.append(len(tokens))
        return TableStep(self.table[state.last, tokens], TableState(tokens))

    def log_probability(self, tokens: Sequence[int]) -> list[float]:
        """Of each token after those before it, by a plain loop."""
        before, last, found = PAD, START, []
        for token in tokens:
            found.append(float(self.table[before, last].log_softmax(-1)[token]))
            before, last = last, token
        return found


WORDS = st.integers(4, 7)
PROMPTS = st.lists(st.builds(Prompt, st.lists(WORDS, max_size=5).map(tuple), st.integers(1, 3)), min_size=1, max_size=6)


@given(prompts=PROMPTS, seed=st.integers(0, 99), order=st.randoms(), top_p=st.sampled_from([1.0, 0.7]))
@examples(max_examples=60)
def test_a_text_depends_on_its_prompt_and_seed_alone(prompts: list[Prompt], seed: int, order, top_p: float) -> None:
    model, settings = TableWriter(8, seed), SamplingSettings(seed=seed, max_length=7, top_p=top_p)
    together = sample(model, prompts, settings)
    assert together == [sample(model, [prompt], settings)[0] for prompt in prompts]
    places = list(range(len(prompts)))
    order.shuffle(places)
    assert sample(model, [prompts[place] for place in places], settings) == [together[place] for place in places]


@given(prompts=PROMPTS, seed=st.integers(0, 99), end_bonus=st.sampled_from([-9.0, 0.0, 3.0]), limit=st.integers(1, 6))
@examples(max_examples=60)
def test_texts_are_well_formed_and_their_probabilities_are_the_models_own(
    prompts: list[Prompt], seed: int, end_bonus: float, limit: int
) -> None:
    model = TableWriter(8, seed, end_bonus)
    settings = SamplingSettings(temperature=0.8, top_k=4, top_p=0.9, seed=seed, max_length=limit)
    for prompt, text in zip(prompts, sample(model, prompts, settings), strict=True):
        assert not {PAD, START, END} & set(text.tokens)
        assert len(text.tokens) <= limit
        assert text.ended or len(text.tokens) == limit
        gains = model.log_probability([*prompt.tokens, *text.tokens, *([END] if text.ended else [])])
        size = len(prompt.tokens)
        assert text.prompt_log_probability == pytest.approx(sum(gains[:size]), abs=1e-12)
        assert text.log_probability == pytest.approx(sum(gains[size:]), abs=1e-12)


def test_whole_texts_have_the_frequencies_of_their_probabilities() -> None:
    model = TableWriter(7, seed=3, end_bonus=1.5)
    model.table[..., [PAD, START]] = -math.inf  # so that the model's own probabilities are those of the draws
    prompts = [Prompt((5,), number) for number in range(4000)]
    texts = sample(model, prompts, SamplingSettings(max_length=2, seed=5))
    counts = Counter((text.tokens, text.ended) for text in texts)
    probability = {(text.tokens, text.ended): math.exp(text.log_probability) for text in texts}
    common = [text for text in counts if 4000 * probability[text] >= 5]
    rest = 1 - sum(probability[text] for text in common)
    found = [counts[text] for text in common] + [4000 - sum(counts[text] for text in common)]
    expected = [4000 * probability[text] for text in common] + [4000 * rest]
    assert len(common) > 8
    assert chisquare(found, expected).pvalue > 0.01


@pytest.mark.parametrize("settings", [SamplingSettings(temperature=0.0), SamplingSettings(top_k=1, seed=7)])
def test_greedy_texts_follow_the_likeliest_tokens(settings: SamplingSettings) -> None:
    model = TableWriter(9, seed=2, end_bonus=-1.0)
    (text,) = sample(model, [Prompt((6, 4))], settings.model_copy(update={"max_length": 12}))
    before, last, expected = 6, 4, []
    while len(expected) < 12:
        logits = model.table[before, last].clone()
        logits[[PAD, START]] = -math.inf
        if (token := int(logits.argmax())) == END:
            break
        expected.append(token)
        before, last = last, token
    assert list(text.tokens) == expected


def test_other_seeds_numbers_and_prompts_draw_other_numbers() -> None:
    model = TableWriter(30, seed=1)
    model.table.zero_()  # whatever was read, all tokens are alike
    asked = [(seed, Prompt(tokens, number)) for seed in (1, 2) for tokens in ((), (5,)) for number in (1, 2)]
    texts = {sample(model, [prompt], SamplingSettings(seed=seed, max_length=8))[0].tokens for seed, prompt in asked}
    assert len(texts) == len(asked)


def test_texts_that_have_ended_are_read_no_further() -> None:
    model = TableWriter(8, seed=1, end_bonus=2.0)
    texts = sample(model, [Prompt((4,), number) for number in range(9)], SamplingSettings(max_length=30))
    assert sum(model.rows) == sum(1 + len(text.tokens) + text.ended for text in texts)


@given(prompts=PROMPTS, seed=st.integers(0, 99), longest=st.integers(6, 12))
@examples(max_examples=60)
def test_a_text_is_cut_where_the_positions_of_the_model_end(prompts: list[Prompt], seed: int, longest: int) -> None:
    settings = SamplingSettings(seed=seed, max_length=9)
    free = sample(TableWriter(8, seed), prompts, settings)
    model = TableWriter(8, seed, longest=longest)
    for prompt, text, whole in zip(prompts, sample(model, prompts, settings), free, strict=True):
        room = longest - len(prompt.tokens)
        assert text.tokens == whole.tokens[:room]
        assert text.ended == (whole.ended and len(whole.tokens) < room)
        assert text.prompt_log_probability == whole.prompt_log_probability
        said = [*prompt.tokens, *text.tokens, *([END] if text.ended else [])]
        assert text.log_probability == pytest.approx(sum(model.log_probability(said)[len(prompt.tokens) :]), abs=1e-12)
    assert len(model.rows) <= longest


def test_a_prompt_that_leaves_no_position_is_refused_with_the_numbers() -> None:
    model = TableWriter(8, seed=1, longest=5)
    assert len(sample(model, [Prompt((4, 5, 6, 7))], SamplingSettings(top_k=1))[0].tokens) <= 1
    with pytest.raises(RequestError, match=r"prompt has 5 tokens, .* learned 5 positions, .*: shorten it to 4 tokens or fewer"):
        sample(model, [Prompt((4,)), Prompt((4, 5, 6, 7, 4))], SamplingSettings())


def test_no_prompts_give_no_texts() -> None:
    assert sample(TableWriter(8, seed=1), [], SamplingSettings()) == []


def test_the_empty_prompt_has_the_probability_of_one() -> None:
    (text,) = sample(TableWriter(8, seed=1), [Prompt(())], SamplingSettings(max_length=3))
    assert isinstance(text, Sampled)
    assert text.prompt_log_probability == 0.0
