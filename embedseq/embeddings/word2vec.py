"""Training with gensim's Word2Vec (Mikolov et al. 2013) on the very tokens that the models read. The only file that loads gensim.

gensim's training loss is not read: its running sum stalls in single precision.
"""

import logging
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gensim.models.callbacks import CallbackAny2Vec
from gensim.models.word2vec import MAX_WORDS_IN_BATCH, Word2Vec

from embedseq.embeddings.running_words import Counts, RunningWords
from embedseq.embeddings.settings import Word2VecSettings
from embedseq.embeddings.vectors import Vectors
from embedseq.errors import RequestError
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import SPECIALS, Vocabulary

Progress = Callable[[int, int], None]
"""Called with the words done and the words in all (running words times epochs), from gensim's threads too."""

_WORDS_A_REPORT = 20_000


@dataclass(frozen=True)
class TrainedVectors:
    """Word vectors and what their training saw."""

    vectors: Vectors
    running_words: int
    """Words of the text, special tokens not counted."""
    split_sentences: int
    """Sentences above 10,000 words, which were cut into pieces of that size since gensim would drop the rest."""
    min_count: int
    """The count from which words have vectors; above that of the settings where `max_final_vocab` raised it."""
    repeatable: bool
    """Whether the same text, settings and seed give the same bytes again: with one worker."""


class _Sentences:
    """The sentences that gensim sees, as a restartable stream: words, no special tokens, at most 10,000 words each.

    gensim reads it in a thread, and waits for ever if that thread raises: a failure is kept, and raised when the epoch has ended.
    """

    def __init__(self, encoded: Encoded, spellings: tuple[str, ...]) -> None:
        self._encoded = encoded
        self._spellings = spellings
        self.stopped = False
        self.failure: BaseException | None = None
        self.heard: Callable[[int], None] | None = None
        """Told how many words have gone by since it was told last."""

    def __iter__(self) -> Iterator[list[str]]:
        unreported = 0
        try:
            for number in range(len(self._encoded)):
                sentence = self._words(number)
                # A sentence without words goes to gensim as well, which counts it when it lowers the learning rate.
                for start in range(0, max(1, len(sentence)), MAX_WORDS_IN_BATCH):
                    yield sentence[start : start + MAX_WORDS_IN_BATCH]
                if self.stopped:
                    return
                unreported += len(sentence)
                if unreported >= _WORDS_A_REPORT:
                    self._encoded.let_go()
                    if self.heard is not None:
                        self.heard(unreported)
                    unreported = 0
        except Exception as error:
            self.failure = error

    def check(self) -> None:
        """Raise the failure that was kept, if there is one."""
        if self.failure is not None:
            raise self.failure

    def _words(self, number: int) -> list[str]:
        spellings = self._spellings
        return [spellings[token] for token in self._encoded[number].tolist() if token >= len(SPECIALS)]


class _Reporter(CallbackAny2Vec):  # type: ignore[misc]  # gensim has no types
    """Turns the words that a stream has handed out, and the ends of epochs, into progress."""

    def __init__(self, stream: _Sentences, words: int, epochs: int, progress: Progress) -> None:
        self._stream = stream
        self._words = words
        self._total = words * epochs
        self._epochs_done = 0
        self._in_epoch = 0
        self._progress = progress
        stream.heard = self._heard

    def _heard(self, words: int) -> None:
        self._in_epoch += words
        self._progress(self._epochs_done * self._words + self._in_epoch, self._total)

    def on_epoch_end(self, model: Any) -> None:
        """Called by gensim, in the thread that trains."""
        self._stream.check()
        self._epochs_done += 1
        self._in_epoch = 0
        self._progress(self._epochs_done * self._words, self._total)


def train_word2vec(
    sentences: Encoded,
    vocabulary: Vocabulary,
    settings: Word2VecSettings,
    seed: int,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> TrainedVectors:
    """Train vectors for the words of `vocabulary` that `sentences` has `min_count` times or more.

    Special tokens are dropped before gensim sees (and counts) anything. With one worker the vectors are those of gensim called
    by hand with the same words, settings and seed, byte for byte, in any process. With more they are trained from a temporary
    file that gensim's threads read without holding each other up, and differ a little from run to run. It is as large as the
    text, and lies in `folder`, or where the system keeps temporary files.
    The text is read in parts in every pass and is never in memory as a whole.
    RequestError where no word is frequent enough.
    """
    # Warnings of a library about its own settings would otherwise reach the terminal.
    logging.getLogger("gensim").addHandler(logging.NullHandler())
    from_file = settings.workers > 1
    # A file of numbers, not of words: words may hold spaces. The letter keeps a worker that starts in the middle of a
    # number from taking its end for another word.
    spellings = tuple(f"w{row}" for row in range(len(vocabulary))) if from_file else vocabulary.tokens
    stream = _Sentences(sentences, spellings)
    words = RunningWords(sentences, len(vocabulary), MAX_WORDS_IN_BATCH)
    model = new_model(settings, seed)
    counts = words.count()
    _build_vocabulary(model, stream, counts, spellings)
    if len(model.wv) == 0:
        raise _no_words(settings, model)
    reporter = _Reporter(stream, model.corpus_total_words, settings.epochs, progress or (lambda done, total: None))
    try:
        _train(model, stream, reporter, words if from_file else None, folder)
    finally:
        stream.stopped = True  # after an interruption gensim's reading thread would go on to the end of the text
    known = model.wv.index_to_key
    return TrainedVectors(
        vectors=Vectors([vocabulary.tokens[int(word[1:])] for word in known] if from_file else known, model.wv.vectors),
        running_words=model.corpus_total_words,
        split_sentences=counts.split,
        min_count=model.effective_min_count,
        repeatable=not from_file,
    )


def _build_vocabulary(model: Any, stream: _Sentences, counts: Counts, spellings: tuple[str, ...]) -> None:
    """What gensim makes of the counts; where it is to prune while it counts, it counts itself."""
    if model.max_vocab_size is not None and len(counts.frequencies) > model.max_vocab_size:
        model.build_vocab(corpus_iterable=stream)
        stream.check()
        return
    frequencies = {spellings[word]: count for word, count in counts.frequencies.items()}
    model.build_vocab_from_freq(frequencies, corpus_count=counts.pieces)
    model.corpus_total_words = counts.words


def _no_words(settings: Word2VecSettings, model: Any) -> RequestError:
    """What to say of a text in which no word is frequent enough."""
    pruned = ", raise max_vocab_size (words were pruned while they were counted)" if settings.max_vocab_size is not None else ""
    return RequestError(
        f"embedding of {settings.text}: expected words that occur {model.effective_min_count:,} times or more, found none "
        f"among {model.corpus_total_words:,} running words. Lower min_count{pruned}, or train on more text."
    )


def new_model(settings: Word2VecSettings, seed: int) -> Any:
    """gensim's Word2Vec with every setting handed on, untrained and without a vocabulary."""
    return Word2Vec(
        vector_size=settings.dim,
        alpha=settings.alpha,
        window=settings.window,
        min_count=settings.min_count,
        # A share of 1 thins nothing out, but gensim takes numbers from 1 on for counts.
        sample=settings.sample if settings.sample < 1 else 0,
        seed=seed,
        workers=settings.workers,
        min_alpha=settings.min_alpha,
        sg=int(settings.algorithm == "skip-gram"),
        hs=int(settings.output != "negative-sampling"),
        negative=settings.negative if settings.output != "hierarchical-softmax" else 0,
        ns_exponent=settings.ns_exponent,
        cbow_mean=int(settings.cbow_mean),
        epochs=settings.epochs,
        batch_words=settings.batch_words,
        max_final_vocab=settings.max_final_vocab,
        max_vocab_size=settings.max_vocab_size,
        shrink_windows=settings.shrink_windows,
    )


def _train(model: Any, stream: _Sentences, reporter: _Reporter, words: RunningWords | None, folder: Path | None) -> None:
    """All epochs, over the stream, or where `words` are given over a temporary file with them in `folder`."""
    plan = {
        "total_examples": model.corpus_count,
        "total_words": model.corpus_total_words,
        "epochs": model.epochs,
        "start_alpha": model.alpha,
        "end_alpha": model.min_alpha,
        "callbacks": (reporter,),
    }
    if words is None:
        model.train(corpus_iterable=stream, **plan)
        return
    with tempfile.TemporaryDirectory(prefix="embedseq-", dir=folder) as temporary:
        lines = Path(temporary) / "sentences.txt"
        words.write(lines)
        model.train(corpus_file=str(lines), **plan)
