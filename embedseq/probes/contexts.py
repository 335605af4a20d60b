"""The loss of single tokens when a model is given other contexts than the ones before them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from embedseq.errors import RequestError
from embedseq.models.interfaces import Decoder, Model
from embedseq.models.language_model import LanguageModel
from embedseq.models.memory import Memory
from embedseq.models.seq2seq import Seq2Seq
from embedseq.probes.places import chosen_places
from embedseq.seeds import stream
from embedseq.text.batches import pad
from embedseq.text.vocabulary import END, START

Floats = NDArray[np.float64]
Texts = Sequence[Sequence[int]]
_BATCH_TOKENS = 4096
_TEXTS_AT_ONCE = 64


@dataclass(frozen=True)
class Window:
    """A context and the token that comes after it. row: the text that it is of; context: token ids."""

    row: int
    context: tuple[int, ...]
    answer: int


@dataclass(frozen=True)
class Places:
    """Where in some texts losses are measured: `rows` (P,) texts and `positions` (P,) in them, that of the first token 0 and that
    of the end symbol the last. A position is the number of tokens before it."""

    texts: Texts
    rows: NDArray[np.int64]
    positions: NDArray[np.int64]

    @staticmethod
    def of(texts: Texts, count: int, reach: int) -> "Places":
        """At most `count` of each text."""
        chosen = [chosen_places(len(text) + 1, count, reach) for text in texts]
        rows = np.repeat(np.arange(len(texts)), [len(each) for each in chosen])
        return Places(texts, rows, np.concatenate([*chosen, np.zeros(0, np.int64)]))

    def beyond(self, context: int) -> "Places":
        """Those with more tokens before them than a context has."""
        longer = self.positions > context
        return Places(self.texts, self.rows[longer], self.positions[longer])

    def whole(self) -> list[Window]:
        """With all tokens before."""
        return [self._window(row, self._before(row, position), position) for row, position in self._each()]

    def last(self, context: int) -> list[Window]:
        """With the last `context` tokens."""
        return [self._window(row, self._before(row, position)[-context:], position) for row, position in self._each()]

    def shuffled(self, context: int) -> list[Window]:
        """With all tokens, those before the last `context` in random order; the same order for every model."""
        windows = []
        for row, position in self._each():
            before = self._before(row, position)
            random = np.random.default_rng(stream(0, "effective-context", context, row, position))
            further = random.permutation(np.array(before[:-context], dtype=np.int64))
            windows.append(self._window(row, (*further.tolist(), *before[-context:]), position))
        return windows

    def summed(self, values: Floats) -> Floats:
        """(N, 2): values (P,) summed over each text, and how many they are."""
        count = len(self.texts)
        return np.stack([np.bincount(self.rows, values, count), np.bincount(self.rows, minlength=count)], axis=-1)

    def _each(self) -> Iterator[tuple[int, int]]:
        return zip(self.rows.tolist(), self.positions.tolist(), strict=True)

    def _before(self, row: int, position: int) -> tuple[int, ...]:
        return tuple(int(token) for token in self.texts[row][:position])

    def _window(self, row: int, context: tuple[int, ...], position: int) -> Window:
        text = self.texts[row]
        return Window(row, context, int(text[position]) if position < len(text) else END)


@torch.inference_mode()
def losses(model: Model, sources: Texts, windows: Sequence[Window]) -> Floats:
    """(P,): the loss of each answer, nats, in evaluation mode. The decoder reads the start symbol, then the context alone.

    A language model reads nothing else; an encoder-decoder its whole source, too, sources[window.row]. Windows of one length
    share a batch, so that there is no padding. Raises RequestError for a model that writes no text.
    """
    if not isinstance(model, LanguageModel | Seq2Seq):
        raise RequestError(
            "probe effective-context: expected a language model or an encoder-decoder, found another: leave it out"
        )
    if isinstance(model, Seq2Seq) and (model.source.words is None or len(model.further) > 0):
        raise RequestError(
            "probe effective-context: expected a model that reads one source of words, found frames or several sources: "
            "leave it out"
        )
    training, found = model.training, np.zeros(len(windows))
    model.eval()
    try:
        with _last_logits(model.decoder):
            for rows, group in _groups(windows):
                memory = _memory(model, sources, rows)
                for some in group:
                    found[some] = _of_one_length(model, memory, [windows[each] for each in some], rows[0])
    finally:
        model.train(training)
    return found


def _groups(windows: Sequence[Window]) -> Iterator[tuple[range, list[list[int]]]]:
    """Some texts at a time, and their windows in batches of one length."""
    chunks: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, window in enumerate(windows):
        chunks[window.row // _TEXTS_AT_ONCE][len(window.context)].append(number)
    for chunk, by_length in sorted(chunks.items()):
        batches = []
        for length, numbers in sorted(by_length.items()):
            at_once = max(1, _BATCH_TOKENS // (length + 1))
            batches += [numbers[first : first + at_once] for first in range(0, len(numbers), at_once)]
        yield range(chunk * _TEXTS_AT_ONCE, (chunk + 1) * _TEXTS_AT_ONCE), batches


def _memory(model: LanguageModel | Seq2Seq, sources: Texts, rows: range) -> Memory | None:
    """The memory of some sources; a language model has none."""
    if isinstance(model, LanguageModel):
        return None
    source, valid = pad([[*sources[row], END] for row in rows if row < len(sources)])
    device = next(model.parameters()).device
    return model.encode(source.to(device), valid.to(device))


def _of_one_length(model: LanguageModel | Seq2Seq, memory: Memory | None, windows: Sequence[Window], first: int) -> Floats:
    """(B,): the losses of windows of one length, whose memory begins with that of text `first`."""
    device = next(model.parameters()).device
    tokens = torch.tensor([[START, *window.context] for window in windows], device=device)
    answers = torch.tensor([window.answer for window in windows], device=device)
    if isinstance(model, Seq2Seq):
        assert memory is not None, "an encoder-decoder has a memory"
        state = model.start(memory.select(torch.tensor([window.row - first for window in windows], device=device)))
    else:
        state = model.start(len(windows))
    logits = model.decoder.read(tokens, state).decoded.logits[:, -1]
    nats: Floats = torch.nn.functional.cross_entropy(logits, answers, reduction="none").double().numpy(force=True)
    return nats


@contextmanager
def _last_logits(decoder: Decoder[Any]) -> Iterator[None]:
    """Inside the block the decoder computes logits for the last position alone, which is most of the work where the vocabulary is
    large. One that copies tokens needs them all."""
    parts = dict(decoder.named_children())
    if parts.get("copying") is not None:
        yield
        return
    hook = parts["output"].register_forward_pre_hook(lambda module, given: (given[0][:, -1:],))
    try:
        yield
    finally:
        hook.remove()
