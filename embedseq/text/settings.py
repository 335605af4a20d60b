"""What a pipeline file says about text: where it comes from and how it is cut into tokens."""

from typing import Annotated, Literal

from pydantic import Field

from embedseq.settings import Settings

Positive = Annotated[int, Field(ge=1)]


class TokenSettings(Settings):
    """How sentences become tokens. All kinds are reversible: joining the tokens again gives the sentence back."""

    kind: Literal["word", "char", "bpe", "unigram"] = "word"
    """Words and punctuation, characters, byte-pair pieces (Sennrich et al. 2016) or unigram pieces (Kudo 2018)."""
    size: Annotated[int, Field(ge=8)] | None = None
    """The most tokens that the vocabulary may hold, special ones included; none means all of them (8000 for bpe and unigram)."""
    min_count: Positive = 1
    """Words and characters that are rarer in the training text become the unknown token."""
    segmenter: Literal["none", "jieba"] = "none"
    """How text without spaces is cut into words first; `jieba` is for Chinese and needs the extra `chinese`."""


class PairFiles(Settings):
    """Two files that pair line by line."""

    source: str
    """One sentence a line, plain or compressed with gzip."""
    target: str
    """Line N is the counterpart of line N of `source`."""


class TabFile(Settings):
    """One file with a sentence pair a line, parted by one tab."""

    pairs: str
    """The path of the file, plain or compressed with gzip; further columns are ignored."""


Files = str | PairFiles | TabFile


class SplitLimits(Settings):
    """Only the first so many sentences of each split are used."""

    train: Positive | None = None
    """For the training split."""
    valid: Positive | None = None
    """For the validation split."""
    test: Positive | None = None
    """For the test split."""


class DataSettings(Settings):
    """One corpus: its files or the name of a known dataset, the task it sets, and its tokens."""

    dataset: str | None = None
    """A known dataset (`embedseq list datasets`); otherwise give `train`, `valid` and `test`."""
    train: Files | None = None
    """A text file, `{source: FILE, target: FILE}`, or `{pairs: FILE}`. A name that ends in .conllu or .conllu.gz is read as
    CoNLL-U."""
    valid: Files | None = None
    """As `train`; what early stopping and tuning look at."""
    test: Files | None = None
    """As `train`; read by the final evaluation alone."""
    source: str | None = None
    """The language of a known dataset that the model reads, `en` for instance."""
    target: str | None = None
    """The language of a known dataset that the model writes."""
    task: Literal["pairs", "restoration", "text"] = "pairs"
    """`pairs`: read one side, write the other. `restoration`: read the words of a sentence in lower case and without punctuation,
    write for each word its case and the mark that follows it. `text`: no target, for embeddings alone."""
    stretch: Positive | None = None
    """For `restoration`: models read and label a sentence in stretches of at most so many words, which are joined again. Short
    stretches are much easier to align. Embeddings are trained on whole sentences all the same."""
    lowercase: bool = False
    """Turn all text to lower case first."""
    limits: SplitLimits = SplitLimits()
    """How much of each split is used."""
    max_length: Positive | None = None
    """Pairs with more tokens than this on either side are left out of the training split, and counted."""
    tokens: TokenSettings = TokenSettings()
    """The tokens of the source side, and of the target side too unless `target_tokens` says otherwise."""
    target_tokens: TokenSettings | None = None
    """The tokens of the target side where they differ."""
    joint: bool = False
    """One tokeniser and one vocabulary for both sides, trained on both."""
