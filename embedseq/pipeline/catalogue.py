"""What there is to choose from in a pipeline file, each with a line that says what it is and where it comes from."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One choice. family: where in the pipeline file it is made, if a list has several such places."""

    name: str
    description: str
    family: str = ""


ARCHITECTURES = (
    Entry("rnn", "Elman's recurrent network with tanh (Elman 1990)", "architecture"),
    Entry("rnn-relu", "the same with a rectifier (Le et al. 2015)", "architecture"),
    Entry("lstm", "long short-term memory (Hochreiter and Schmidhuber 1997)", "architecture"),
    Entry("gru", "gated recurrent unit (Cho et al. 2014)", "architecture"),
    Entry("transformer", "self-attention in layers, pre- or post-norm (Vaswani et al. 2017; Xiong et al. 2020)", "architecture"),
    Entry("learned", "a recurrent decoder starts from a map of the final states (Bahdanau et al. 2015, A.2.2)", "bridge"),
    Entry("final", "it starts from these states themselves (Sutskever et al. 2014)", "bridge"),
    Entry("mean", "it starts from the mean of each layer's states", "bridge"),
    Entry("none", "it starts from zeros: attention alone joins the two", "bridge"),
    Entry("sinusoidal", "sines and cosines added to the embeddings (Vaswani et al. 2017)", "positions"),
    Entry("learned", "learned vectors added to the embeddings (Gehring et al. 2017)", "positions"),
    Entry("rotary", "queries and keys turned in self-attention (Su et al. 2021)", "positions"),
    Entry("none", "no positions", "positions"),
    Entry("layer", "layer norm (Ba et al. 2016)", "normalisation"),
    Entry("rms", "root-mean-square norm (Zhang and Sennrich 2019)", "normalisation"),
    Entry("relu", "max(0, x) (Vaswani et al. 2017)", "activation"),
    Entry("gelu", "x Φ(x) (Hendrycks and Gimpel 2016)", "activation"),
    Entry("geglu", "gated with GELU (Shazeer 2020)", "activation"),
    Entry("swiglu", "gated with x sigmoid(x) (Shazeer 2020)", "activation"),
)
AROUND_SCORERS = (
    Entry("heads", "several attentions side by side (Vaswani et al. 2017, 3.2.2), around any scorer", "around it"),
    Entry("experts", "a router picks `heads` of so many for each token (Zhang et al. 2022)", "around it"),
    Entry("projections", "false: the states are queries, keys and values themselves, Q = K = V in self-attention", "around it"),
    Entry("state", "the decoder's state asks (Bahdanau et al. 2015; Luong et al. 2015)", "query"),
    Entry("token", "the embedding of the last token asks", "query"),
    Entry("joined", "both ask, one behind the other", "query"),
    Entry("sum", "their sum asks", "query"),
    Entry("before", "attention before the recurrent step, which reads the context (Bahdanau et al. 2015)", "when"),
    Entry("after", "attention after it (Luong et al. 2015)", "when"),
    Entry("input_feeding", "the step reads the last attentional state (Luong et al. 2015, 3.3)", "memory of the past"),
    Entry("coverage", "scores know what was looked at before (Tu et al. 2016; See et al. 2017)", "memory of the past"),
)
PROBES = (
    Entry("word-similarity", "Spearman's rho of cosines and people's judgements (Finkelstein et al. 2002; Hill et al. 2015)"),
    Entry("neighbours", "the nearest words, side by side"),
    Entry("drift", "how far tuning moved the vectors, by frequency band"),
    Entry("previous-word", "reading the previous word off a hidden state, with a control task (Hewitt and Liang 2019)"),
)
TOKENS = (
    Entry("word", "words and punctuation marks; `segmenter: jieba` for Chinese"),
    Entry("char", "characters"),
    Entry("bpe", "byte-pair pieces of words (Sennrich et al. 2016)"),
    Entry("unigram", "pieces of words by a unigram language model (Kudo 2018)"),
)
METRICS = (
    Entry("bleu", "BLEU, cased (Papineni et al. 2002; Post 2018)"),
    Entry("bleu-lc", "BLEU on lower-cased text"),
    Entry("chrf", "character n-gram F-score (Popović 2015)"),
    Entry("accuracy", "the share of right labels, position by position"),
    Entry("macro-f1", "F1 of each label, averaged over the labels"),
)


def catalogue(what: str) -> tuple[Entry, ...]:
    """The entries of `models`, `attentions`, `probes`, `datasets`, `tokens` or `metrics`."""
    fixed = {"models": ARCHITECTURES, "probes": PROBES, "tokens": TOKENS, "metrics": METRICS}
    if what in fixed:
        return fixed[what]
    if what == "datasets":
        from embedseq.text.datasets import DATASETS

        return tuple(Entry(name, f"{dataset.description} ({dataset.licence})") for name, dataset in DATASETS.items())
    return (*_scorers(), *AROUND_SCORERS)


def _scorers() -> Iterator[Entry]:
    """What the registered members say of themselves."""
    from embedseq.models.attention.registry import position_scorers, scorers
    from embedseq.models.attention.spans import spans

    yield Entry("none", "a fixed-length context instead of attention (Sutskever et al. 2014; Cho et al. 2014)", "scorer")
    for family, members in (("scorer", scorers()), ("scorer of positions", position_scorers())):
        for member in members.values():
            about = member.about
            also = f"; also called {' and '.join(about.also)}" if about.also else ""
            yield Entry(about.name, f"{about.equation}   ({about.paper}{also})", family)
    for span in spans().values():
        yield Entry(span.about.name, f"{span.about.equation}   ({span.about.paper})", "span")
