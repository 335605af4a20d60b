"""Drawing texts from a language model token by token: ancestral sampling from the distribution that the settings leave.

All prompts of a batch are read from the start symbol on in step, so that all rows stand at the same position: one with a shorter
prompt just begins to draw earlier. Rows that have ended leave. Each row has its own random numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from embedseq.decoding.candidates import NEVER
from embedseq.decoding.search import Stepped
from embedseq.decoding.settings import SamplingSettings
from embedseq.errors import RequestError, WorkError
from embedseq.seeds import stream
from embedseq.text.vocabulary import END, START


class Writes(Protocol):
    """A model that texts can be drawn from."""

    @property
    def longest(self) -> int | None:
        """The most tokens that it can read, the start symbol counted; None where no text is too long."""

    def start(self, rows: int) -> Any:
        """The state of so many texts before their first token."""

    def step(self, tokens: Tensor, state: Any) -> Stepped:
        """Reads the last tokens (R,) of all rows, the start symbol first."""


@dataclass(frozen=True)
class Prompt:
    """What a text begins with, and which of those that begin so it is. With the seed this decides its random numbers, so that it
    does not matter which other texts are drawn beside it."""

    tokens: tuple[int, ...]
    """Ids without the start symbol; none for free generation."""
    number: int = 1
    """Texts with the same prompt and other numbers are drawn independently."""


@dataclass(frozen=True)
class Sampled:
    """One text that was drawn."""

    tokens: tuple[int, ...]
    """Ids that follow the prompt, without the end symbol."""
    log_probability: float
    """The model's own, before anything was sharpened or cut, of these tokens after the prompt, in nats; of the end symbol, too,
    where the text has ended."""
    prompt_log_probability: float
    """The model's own of the prompt."""
    ended: bool
    """Whether the model wrote the end symbol, rather than reaching the greatest length or the last of the model's positions."""


def distribution(logits: Tensor, settings: SamplingSettings) -> Tensor:
    """What the next token is drawn from: logits (R, V) -> probabilities (R, V) float64, whose rows sum to one.

    In this order: PAD and START are taken out, the rest is divided by the temperature, cut to the best `top_k`, and of what these
    have among themselves to the fewest with `top_p` together. Of equally likely tokens those with the lower ids stay. Raises
    WorkError where the model's probabilities are not numbers.
    """
    scores = logits.double().index_fill(1, torch.tensor(NEVER, device=logits.device), -torch.inf)
    best = scores.amax(dim=1, keepdim=True)
    if not bool(best.isfinite().all()):
        raise WorkError("No text can be drawn: the model's probabilities are not numbers.")
    greedy = settings.temperature == 0
    # The best score becomes 0 first, so that no temperature is too low to divide by.
    scores = scores - best if greedy else (scores - best) / settings.temperature
    kept = 1 if greedy else settings.top_k
    if kept is None and settings.top_p == 1:
        return scores.softmax(dim=1)
    ordered, order = scores.sort(dim=1, descending=True, stable=True)
    if kept is not None:
        ordered[:, kept:] = -torch.inf
    probabilities = ordered.softmax(dim=1)
    if settings.top_p < 1:
        before = probabilities.cumsum(dim=1).roll(1, dims=1)  # what the likelier tokens have together
        before[:, 0] = 0.0
        probabilities = probabilities.masked_fill(before >= settings.top_p, 0.0)
        probabilities = probabilities / probabilities.sum(dim=1, keepdim=True)
    return torch.zeros_like(probabilities).scatter(1, order, probabilities)


def draw(probabilities: Tensor, uniforms: Tensor) -> Tensor:
    """The token in whose part of the line from 0 to 1 a uniform number falls, the parts in the order of the ids.

    probabilities (R, V) and uniforms (R,) in [0, 1), both float64 -> (R,). A token without probability is never drawn.
    """
    ends = probabilities.cumsum(dim=1)
    # The last end is 1 but for rounding. A number below 1 times the last end is below it, whatever is rounded.
    return torch.searchsorted(ends, (uniforms * ends[:, -1]).unsqueeze(1), right=True).squeeze(1)


class _Text:
    """A text that grows."""

    def __init__(self, prompt: Prompt, seed: int) -> None:
        self.prompt = prompt.tokens
        self.random = np.random.default_rng(stream(seed, "generate", prompt.number, *prompt.tokens))
        self.tokens: list[int] = []
        self.log_probability = self.prompt_log_probability = 0.0
        self.ended = False

    def given(self, position: int) -> int | None:
        """The token of the prompt at a position, None after it."""
        return self.prompt[position] if position < len(self.prompt) else None

    def take(self, token: int, log_probability: float, given: bool) -> None:
        """One token more."""
        if given:
            self.prompt_log_probability += log_probability
            return
        self.log_probability += log_probability
        self.ended = token == END
        if not self.ended:
            self.tokens.append(token)

    def finished(self) -> Sampled:
        return Sampled(tuple(self.tokens), self.log_probability, self.prompt_log_probability, self.ended)


@torch.inference_mode()
def sample(
    model: Writes, prompts: Sequence[Prompt], settings: SamplingSettings, device: torch.device | str = "cpu"
) -> list[Sampled]:
    """Continue each prompt until the end symbol, `max_length` further tokens, or the last position that the model can read. PAD
    and START are never produced.

    A text depends on its prompt and on the settings with their seed, and not on the batch that it is drawn in, but for the last
    digits of the model's probabilities. The model is in evaluation mode on `device`. Raises RequestError where a prompt leaves
    the model no position to draw from, WorkError where its probabilities are not numbers.
    """
    if model.longest is not None:
        _check_lengths(prompts, model.longest)
    texts = [_Text(prompt, settings.seed) for prompt in prompts]
    live, position = texts, 0
    last = torch.full((len(live),), START, device=device)
    state = model.start(len(live)) if live else None
    while live:
        step = model.step(last, state)
        chosen = _choose(step.logits, live, position, settings)
        position += 1
        if position == model.longest:
            break
        going = [row for row, text in enumerate(live) if not text.ended and len(text.tokens) < settings.max_length]
        state, last = step.state, torch.tensor(chosen, device=device)
        if 0 < len(going) < len(live):
            rows = torch.tensor(going, device=device)
            state, last = state.select(rows), last[rows]
        live = [live[row] for row in going]
    return [text.finished() for text in texts]


def _check_lengths(prompts: Sequence[Prompt], positions: int) -> None:
    """The start symbol and a prompt must be read before anything is drawn."""
    longest = max((len(prompt.tokens) for prompt in prompts), default=0)
    if longest >= positions:
        raise RequestError(
            f"the prompt has {longest:,} tokens, but the model has learned {positions:,} positions, the first of them for the "
            f"start symbol: shorten it to {positions - 1:,} tokens or fewer"
        )


def _choose(logits: Tensor, texts: Sequence[_Text], position: int, settings: SamplingSettings) -> list[int]:
    """The token at a position of each text, which takes it: from its prompt, or drawn.  logits (R, V)"""
    given = [text.given(position) for text in texts]
    uniforms = [text.random.random() if token is None else 0.0 for text, token in zip(texts, given, strict=True)]
    drawn = draw(distribution(logits, settings), torch.tensor(uniforms, dtype=torch.float64, device=logits.device)).tolist()
    chosen: list[int] = [new if token is None else token for token, new in zip(given, drawn, strict=True)]
    log_probabilities = logits.double().log_softmax(dim=1)
    found = log_probabilities.gather(1, torch.tensor(chosen, device=logits.device).unsqueeze(1)).squeeze(1).tolist()
    for text, token, gain, each in zip(texts, chosen, found, given, strict=True):
        text.take(token, gain, each is not None)
    return chosen
