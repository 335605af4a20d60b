"""What a pipeline file says about word vectors: how they are trained, or which file they come from."""

from typing import Annotated, Literal

from pydantic import Field

from embedseq.settings import Settings

Positive = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class Word2VecSettings(Settings):
    """Vectors trained with gensim's Word2Vec (Mikolov et al. 2013) on the token ids of one side of a corpus.

    Of gensim's parameters these are not here on purpose: `sentences`, `corpus_file` and `seed`, which the corpus and the seeds of
    the pipeline are; `compute_loss`, which is broken (the running sum stalls in single precision); `trim_rule`, `hashfxn` and
    `callbacks`, which are Python functions and no data; `null_word`, `sorted_vocab` and `comment`, which are internal to gensim
    (rows are always in the order of frequency).
    """

    text: str
    """The corpus and its side, `captions.source` for instance."""
    algorithm: Literal["skip-gram", "cbow"] = "skip-gram"
    """Skip-gram predicts the context from a word, CBOW a word from its context."""
    dim: Positive = 100
    """The length of a vector (gensim's `vector_size`)."""
    window: Positive = 5
    """How many words on either side count as context."""
    output: Literal["negative-sampling", "hierarchical-softmax", "both"] = "negative-sampling"
    """How the softmax over the vocabulary is avoided. With `both` each word learns by the one, then by the other, as it does in
    gensim where `hs` is set and `negative` is not zero."""
    negative: Positive = 5
    """Noise words drawn for each true one; for negative sampling."""
    ns_exponent: float = 0.75
    """Noise words are drawn by their frequency to this power."""
    sample: Fraction = 1e-3
    """Words more frequent than this share are thinned out; 0 keeps all."""
    min_count: Positive = 5
    """Rarer words get no vector."""
    max_final_vocab: Positive | None = None
    """Raise `min_count` until at most so many words have vectors."""
    max_vocab_size: Positive | None = None
    """Prune rare words while counting, whenever there are more different ones than this, so that counting takes bounded memory
    (ten million take about 1 GB). A pruned word that comes again is counted from 1 again."""
    epochs: Positive = 20
    """Passes over the text. gensim's own 5 give collapsed vectors on small corpora."""
    alpha: Annotated[float, Field(gt=0.0)] = 0.025
    """The learning rate at the start; 0.05 is usual for CBOW."""
    min_alpha: Annotated[float, Field(ge=0.0)] = 0.0001
    """The learning rate at the end; it falls linearly."""
    cbow_mean: bool = True
    """CBOW takes the mean of the context's vectors rather than their sum."""
    shrink_windows: bool = True
    """Each word draws its window from 1 to `window`, so that near words count more."""
    batch_words: Annotated[int, Field(ge=1, le=10_000)] = 10_000
    """Words that gensim hands to its training routine at a time; it would silently drop those beyond 10,000."""
    workers: Positive = 1
    """Training threads. Above 1 training is faster, and no longer repeatable bit for bit; the report says so."""


class VectorFileSettings(Settings):
    """Vectors from a file that somebody else trained."""

    file: str
    """The path, plain or compressed with gzip."""
    format: Literal["word2vec-text", "word2vec-binary", "glove"] = "word2vec-text"
    """GloVe's text has no first line with the counts."""
    limit: Positive | None = None
    """Only the first so many vectors are read."""


EmbeddingSettings = Word2VecSettings | VectorFileSettings
