"""What a pipeline file says about probes: one class a kind. Light to import."""

from typing import Annotated, Literal

from pydantic import Field

from embedseq.settings import Settings

Positive = Annotated[int, Field(ge=1)]
BUNDLED = {"wordsim353": "wordsim353.tsv", "simlex999": "simlex999.txt"}
"""Sets of word pairs that install with gensim: WordSim-353 (Finkelstein et al. 2002) and SimLex-999 (Hill et al. 2015)."""


class WordSimilaritySettings(Settings):
    """Spearman's rank correlation between the cosines of word pairs and people's judgements."""

    kind: Literal["word-similarity"]
    """The probe."""
    of: str = "embeddings"
    """A selector of embeddings, or of models (their source vectors)."""
    sets: tuple[str, ...] = ("wordsim353", "simlex999")
    """`wordsim353` (Finkelstein et al. 2002), `simlex999` (Hill et al. 2015), or a file of `word word score` lines."""


class NeighboursSettings(Settings):
    """The nearest words of some words, side by side in all the vectors."""

    kind: Literal["neighbours"]
    """The probe."""
    of: str = "embeddings"
    """A selector of embeddings, or of models (their source vectors)."""
    words: tuple[str, ...]
    """The words to look up."""
    top: Positive = 8
    """How many neighbours are shown."""


class DriftSettings(Settings):
    """How far tuning moved the vectors from where the embedding had put them: 1 - cosine, by frequency band."""

    kind: Literal["drift"]
    """The probe."""
    of: str
    """A selector of models with tuned vectors."""
    bands: Positive = 5
    """Frequency bands, each with an equal share of the running words."""


class PreviousWordSettings(Settings):
    """Can a linear classifier read the previous word off a hidden state? Its control: the same words with labels drawn at random
    by word type (Hewitt and Liang 2019); its baselines: the commonest word, and the classifier on the current word's vector."""

    kind: Literal["previous-word"]
    """The probe."""
    of: str
    """A selector of models."""
    words: Positive = 200
    """The commonest so many words are the classes; other positions are left out."""
    layers: Literal["all", "last"] = "last"
    """Which layers of the encoder are read."""
    sentences: Positive = 1000
    """Sentences of the validation split that are read; two thirds train the classifier, the rest test it."""


ProbeSettings = Annotated[
    WordSimilaritySettings | NeighboursSettings | DriftSettings | PreviousWordSettings, Field(discriminator="kind")
]
