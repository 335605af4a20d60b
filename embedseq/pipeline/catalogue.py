"""What there is to choose from in a pipeline file, each with a line that says what it is and where it comes from."""

Rows = list[tuple[str, str]]

ARCHITECTURES: Rows = [
    ("rnn", "Elman's recurrent network with tanh (Elman 1990)"),
    ("lstm", "long short-term memory (Hochreiter and Schmidhuber 1997)"),
    ("gru", "gated recurrent unit (Cho et al. 2014)"),
    ("transformer", "self-attention in layers, pre-norm (Vaswani et al. 2017)"),
]
PROBES: Rows = [
    ("word-similarity", "Spearman's rho of cosines and people's judgements (Finkelstein et al. 2002; Hill et al. 2015)"),
    ("neighbours", "the nearest words, side by side"),
    ("drift", "how far tuning moved the vectors, by frequency band"),
    ("previous-word", "reading the previous word off a hidden state, with a control task (Hewitt and Liang 2019)"),
]
TOKENS: Rows = [
    ("word", "words and punctuation marks; `segmenter: jieba` for Chinese"),
    ("char", "characters"),
    ("bpe", "byte-pair pieces of words (Sennrich et al. 2016)"),
    ("unigram", "pieces of words by a unigram language model (Kudo 2018)"),
]
METRICS: Rows = [
    ("bleu", "BLEU, cased (Papineni et al. 2002; Post 2018)"),
    ("bleu-lc", "BLEU on lower-cased text"),
    ("chrf", "character n-gram F-score (Popović 2015)"),
    ("accuracy", "the share of right labels, position by position"),
    ("macro-f1", "F1 of each label, averaged over the labels"),
]


def catalogue(what: str) -> Rows:
    """The names and descriptions of `models`, `attentions`, `probes`, `datasets`, `tokens` or `metrics`."""
    fixed = {"models": ARCHITECTURES, "probes": PROBES, "tokens": TOKENS, "metrics": METRICS}
    if what in fixed:
        return fixed[what]
    if what == "datasets":
        from embedseq.text.datasets import DATASETS

        return [(name, f"{dataset.description} ({dataset.licence})") for name, dataset in DATASETS.items()]
    from embedseq.models.attention.registry import scorers

    return [
        ("none", "a fixed-length context instead of attention (Sutskever et al. 2014; Cho et al. 2014)"),
        *((name, f"{(scorer.__doc__ or '').splitlines()[0]}") for name, scorer in scorers().items()),
    ]
