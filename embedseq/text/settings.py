"""What a pipeline file says about text: where it comes from and how it is cut into tokens."""

from typing import Annotated, Literal

from pydantic import Field

from embedseq.settings import Settings

Positive = Annotated[int, Field(ge=1)]
Several = Annotated[tuple[str, ...], Field(min_length=2)]


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

    source: str | Several
    """One sentence a line, plain or compressed with gzip; a list of files where a model reads several sources side by side."""
    target: str
    """Line N is the counterpart of line N of `source`."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The files that are read, in order."""
        return (self.source,) if isinstance(self.source, str) else self.source


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


class GeneratedSettings(Settings):
    """Sentence pairs that are made up as they are needed, with exact gold: always the same ones, in splits that share no source.

    A `language` has two sides that say the same, with trees, agreement and word alignment: subject, verb, object on the source
    side, the verb last on the target side. The other kinds are tasks over random symbols with an exact alignment. `copy`:
    write what was read. `reverse`: write it backwards. `dictionary`: write the counterpart of each word, stretch by stretch
    backwards. `key-value`: read keys with their values, and write the value of the key that is asked for.
    """

    kind: Literal["language", "copy", "reverse", "dictionary", "key-value"]
    """What is generated."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Another seed gives other words and sentences. The seeds of the models have no part in it."""
    train: Positive = 10000
    """How many pairs there are to train on."""
    valid: Positive = 500
    """How many pairs there are for validation."""
    test: Positive = 1000
    """How many pairs there are for the final evaluation."""
    vocabulary: Annotated[int, Field(ge=8, le=100000)] = 200
    """How many words there are, twelve function words of a language and its inflected forms not counted (20 or more; frequencies
    follow Zipf), or how many symbols a side has, each as frequent. For `key-value`: keys, and as many values."""
    dependency_length: Annotated[int, Field(ge=0)] = 4
    """For `language`: the most words that the source side has between the subject of a main clause and its verb. All numbers from
    0 to this are equally frequent."""
    distractors: Annotated[float, Field(ge=0, le=1)] = 0.5
    """For `language`: how likely a noun between a subject and its verb has the other number than the subject."""
    longest: Annotated[int, Field(ge=2)] = 20
    """For tasks over symbols: the most symbols of a source in training and validation. For `key-value`: the most tokens between
    the value that is asked for and the question. All lengths are equally frequent."""
    test_factor: Positive = 4
    """For tasks over symbols: sources of the test split have up to this many times `longest`."""
    reorder: Positive = 3
    """For `dictionary`: stretches of so many words are written backwards; 1 leaves the order as it is."""

    def count(self, split: Literal["train", "valid", "test"]) -> int:
        """How many pairs a split has."""
        return {"train": self.train, "valid": self.valid, "test": self.test}[split]


class DataSettings(Settings):
    """One corpus: its files, the name of a known dataset or what is generated, the task it sets, and its tokens."""

    dataset: str | Several | None = None
    """A known dataset (`embedseq list datasets`), or for `task: text` several of them, one after the other; otherwise give
    `generated`, or `train`, `valid` and `test`."""
    generated: GeneratedSettings | None = None
    """Pairs that are made up, in the place of a dataset or files, for `task: pairs` or `task: text` (the source side alone); of a
    language for `task: trees`, too."""
    train: Files | None = None
    """A text file, `{source: FILE, target: FILE}`, or `{pairs: FILE}`. A name that ends in .conllu or .conllu.gz is read as
    CoNLL-U. For `task: classification` a pair is a text and its label, in which white space becomes `_`."""
    valid: Files | None = None
    """As `train`; what early stopping and tuning look at."""
    test: Files | None = None
    """As `train`; read by the final evaluation alone."""
    source: str | Several | None = None
    """The language of a known dataset that the model reads, `en` for instance; a list where it reads several side by side."""
    target: str | None = None
    """The language of a known dataset that the model writes."""
    task: Literal["pairs", "restoration", "text", "tagging", "classification", "trees"] = "pairs"
    """`pairs`: read one side, write the other. `restoration`: read the words of a sentence in lower case and without punctuation,
    write for each word its case and the mark that follows it. `text`: no target, for embeddings and language models. `tagging`: a
    label for each gold word of a treebank. `classification`: a label for each text. `trees`: the sentences of a treebank with
    their gold words and trees, which probes read and no model learns."""
    label: Literal["upos", "deprel", "genre"] | None = None
    """What a treebank's sentences are labelled with. For `tagging`: the universal part of speech or the dependency relation of
    each word. For `classification`: the genre, which UD English EWT has in its sentence ids (weblog, newsgroup, email, answers,
    reviews)."""
    sections: bool = False
    """The texts of a known dataset that consist of several sentences keep their bounds, so that a model may read each sentence
    apart (its `sections`)."""
    stretch: Positive | None = None
    """For `restoration`: models read and label a sentence in stretches of at most so many words, which are joined again. Short
    stretches are much easier to align. Embeddings are trained on whole sentences all the same."""
    lowercase: bool = False
    """Turn all text to lower case first."""
    limits: SplitLimits = SplitLimits()
    """How much of each split is used."""
    max_length: Positive | None = None
    """Pairs with more tokens (or frames of an image) than this on any side are left out of the training split, and counted."""
    tokens: TokenSettings = TokenSettings()
    """The tokens of the source side, and of the target side too unless `target_tokens` says otherwise."""
    target_tokens: TokenSettings | None = None
    """The tokens of the target side where they differ."""
    joint: bool = False
    """One tokeniser and one vocabulary for all sides, trained on all."""
    vocabulary: str | None = None
    """`CORPUS.source` or `CORPUS.target` of this file: the source side is cut with that tokeniser and numbered with that
    vocabulary, so that what was learned there fits here. `tokens` is then left out."""

    @property
    def datasets(self) -> tuple[str, ...]:
        """The known datasets that are named, in order; none where there are files."""
        return (self.dataset,) if isinstance(self.dataset, str) else self.dataset or ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The languages that are named to be read, in order."""
        return (self.source,) if isinstance(self.source, str) else self.source or ()

    @property
    def source_sides(self) -> tuple[str, ...]:
        """The names of the sides that a model reads: `source`, and `source2` and on where it reads several side by side."""
        count = len(self.train.sources if isinstance(self.train, PairFiles) else self.sources)
        return ("source", *(f"source{number}" for number in range(2, count + 1)))

    @property
    def word_sides(self) -> tuple[str, ...]:
        """The sides that consist of words, not of images or labels."""
        if self.task == "pairs":
            return ("target",) if self.reads_images else (*self.source_sides, "target")
        return ("source", "target") if self.task == "restoration" else ("source",)

    @property
    def read_in_lower_case(self) -> bool:
        """Whether a model reads words in lower case: where the corpus says so, and to restore their case."""
        return self.lowercase or self.task == "restoration"

    @property
    def reads_images(self) -> bool:
        """Whether the source are images, which have no words."""
        return self.source == "images"

    @property
    def tree_sides(self) -> tuple[str, ...]:
        """The sides whose sentences have trees."""
        if self.generated is not None and self.generated.kind == "language":
            return ("source", "target") if self.task == "pairs" else ("source",)
        return ("source",) if self.task == "trees" else ()

    @property
    def has_alignment(self) -> bool:
        """Whether it is known which words of the two sides belong together."""
        return self.generated is not None and self.task == "pairs"
