"""What there is to choose from in a pipeline file, each with a line that says what it is and where it comes from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

LISTS = ("models", "attentions", "probes", "datasets", "tokens", "metrics")


@dataclass(frozen=True)
class Entry:
    """One choice. family: where in the pipeline file it is made, if a list has several such places; of a probe, its level.
    paper: where it comes from. control: what a probe's numbers are held against. licence: of a dataset."""

    name: str
    description: str
    family: str = ""
    paper: str = ""
    licence: str = ""
    control: str = ""


_KINDS = (
    Entry("encoder-decoder", "reads a source and writes a target", "kind", "Sutskever et al. 2014; Cho et al. 2014"),
    Entry("language-model", "a decoder without a source: each token from those before it", "kind", "Mikolov et al. 2010"),
    Entry("masked-language-model", "an encoder that guesses hidden tokens", "kind", "Devlin et al. 2019, section 3.1"),
    Entry("tagger", "an encoder that labels each word by its state", "kind", "Ling et al. 2015"),
    Entry("classifier", "an encoder that labels a text by its pooled states", "kind", "Lin et al. 2017"),
)
_PARTS = (
    Entry("rnn", "Elman's recurrent network with tanh", "architecture", "Elman 1990"),
    Entry("rnn-relu", "the same with a rectifier", "architecture", "Le et al. 2015"),
    Entry("lstm", "long short-term memory", "architecture", "Hochreiter and Schmidhuber 1997"),
    Entry("gru", "gated recurrent unit", "architecture", "Cho et al. 2014"),
    Entry("transformer", "self-attention in layers", "architecture", "Vaswani et al. 2017"),
    Entry("bidirectional", "a recurrent encoder reads in both directions", "layers", "Schuster and Paliwal 1997"),
    Entry("residual", "a recurrent layer's input is added to its output", "layers", "Wu et al. 2016"),
    Entry("self_attention", "a recurrent side looks at its own states", "layers", "Cheng et al. 2016; Paulus et al. 2018"),
    Entry("learned", "a recurrent decoder starts from a map of the final states", "bridge", "Bahdanau et al. 2015, A.2.2"),
    Entry("final", "it starts from these states themselves", "bridge", "Sutskever et al. 2014"),
    Entry("mean", "it starts from the mean of each layer's states", "bridge", "after Sennrich et al. 2017"),
    Entry("none", "it starts from zeros: attention alone joins the two", "bridge"),
)
_DETAILS = (
    Entry("sinusoidal", "sines and cosines added to the embeddings", "positions", "Vaswani et al. 2017, section 3.5"),
    Entry("learned", "learned vectors added to the embeddings", "positions", "Gehring et al. 2017, section 3.1"),
    Entry("rotary", "queries and keys turned in self-attention", "positions", "Su et al. 2021"),
    Entry("none", "no positions", "positions", "Haviv et al. 2022"),
    Entry("pre", "the norm before each sub-layer of a Transformer", "norm", "Xiong et al. 2020"),
    Entry("post", "the norm after its residual", "norm", "Vaswani et al. 2017"),
    Entry("layer", "layer norm", "normalisation", "Ba et al. 2016"),
    Entry("rms", "root-mean-square norm", "normalisation", "Zhang and Sennrich 2019"),
    Entry("relu", "max(0, x)", "activation", "Vaswani et al. 2017"),
    Entry("gelu", "x Φ(x)", "activation", "Hendrycks and Gimpel 2016"),
    Entry("geglu", "gated with GELU", "activation", "Shazeer 2020"),
    Entry("swiglu", "gated with x sigmoid(x)", "activation", "Shazeer 2020"),
    Entry("pretrained", "the encoder starts from that of another model", "weights", "Devlin et al. 2019"),
    Entry("tie_output", "the output layer is the target embedding's table", "weights", "Press and Wolf 2017"),
    Entry("sections", "the sentences of a source are encoded apart", "source", "Izacard and Grave 2021"),
)
_AROUND_SCORERS = (
    Entry("heads", "several attentions side by side, around any scorer", "around it", "Vaswani et al. 2017, 3.2.2"),
    Entry("experts", "a router picks `heads` of so many for each token", "around it", "Zhang et al. 2022"),
    Entry(
        "projections",
        "false: the states are queries, keys and values themselves, Q = K = V in self-attention",
        "around it",
        "Vaswani et al. 2017, 3.2.1",
    ),
    Entry("state", "the decoder's state asks", "query", "Bahdanau et al. 2015; Luong et al. 2015"),
    Entry("token", "the embedding of the last token asks", "query", "after Robertson 2017, where both ask"),
    Entry("joined", "both ask, one behind the other", "query", "Robertson 2017"),
    Entry("sum", "their sum asks", "query", "Gehring et al. 2017, section 3.3"),
    Entry("before", "attention before the recurrent step, which reads the context", "when", "Bahdanau et al. 2015"),
    Entry("after", "attention after it", "when", "Luong et al. 2015"),
    Entry("input_feeding", "the step reads the last attentional state", "memory of the past", "Luong et al. 2015, section 3.3"),
    Entry("coverage", "scores know what was looked at before", "memory of the past", "Tu et al. 2016; See et al. 2017"),
    Entry("copying", "a step may copy a source token that it looks at", "output", "See et al. 2017, section 2.2"),
    Entry("flat", "of several sources: one attention over the states of all", "memories", "Libovický and Helcl 2017"),
    Entry("parallel", "one for each source, and the mean of what they see", "memories", "Libovický et al. 2018"),
    Entry("hierarchical", "one for each, and another over what they see", "memories", "Libovický and Helcl 2017"),
    Entry("serial", "one after the other, in a Transformer", "memories", "Libovický et al. 2018"),
)
_TOKENS = (
    Entry("word", "words and punctuation marks; `segmenter: jieba` for Chinese"),
    Entry("char", "characters"),
    Entry("bpe", "byte-pair pieces of words", paper="Sennrich et al. 2016"),
    Entry("unigram", "pieces of words by a unigram language model", paper="Kudo 2018"),
)
_METRICS = (
    Entry("bleu", "BLEU, cased", paper="Papineni et al. 2002; Post 2018"),
    Entry("bleu-lc", "BLEU on lower-cased text", paper="Papineni et al. 2002; Post 2018"),
    Entry("chrf", "character n-gram F-score", paper="Popović 2015"),
    Entry("rouge-1", "F-score of words", paper="Lin 2004"),
    Entry("rouge-2", "F-score of pairs of words", paper="Lin 2004"),
    Entry("rouge-l", "F-score of the longest common subsequence of words", paper="Lin 2004"),
    Entry("exact-match", "the share of outputs that are a reference to the letter"),
    Entry("accuracy", "the share of right labels, position by position"),
    Entry("macro-f1", "F1 of each label, averaged over the labels"),
    Entry("unknown-accuracy", "the accuracy on words that the training split lacks"),
    Entry("perplexity", "e to the loss a token", paper="Jelinek et al. 1977"),
    Entry("word-perplexity", "e to the loss a word, which does not depend on how words are cut", paper="Jelinek et al. 1977"),
)


def catalogue(what: str) -> tuple[Entry, ...]:
    """The entries of one of `LISTS`."""
    if what == "models":
        return (*_KINDS, *_PARTS, *_pools(), *_DETAILS)
    if what == "attentions":
        return (*_scorers(), *_AROUND_SCORERS)
    if what == "datasets":
        return tuple(_datasets())
    if what == "probes":
        return tuple(_probes())
    return {"tokens": _TOKENS, "metrics": tuple(_metrics())}[what]


def as_markdown(lists: Mapping[str, Sequence[Entry]]) -> str:
    """A page with a section and a table for each list; columns in which a list has nothing are left out."""
    parts = [
        "# What there is to choose from",
        "<!-- Generated from the registries by `embedseq list --markdown`. Do not edit. -->",
        "The names of a pipeline file, each with the paper or the source that it comes from. What fields there are is in\n"
        "[pipeline-file.md](pipeline-file.md); what cannot be combined is refused by `embedseq check`, with the reason.",
    ]
    for name, entries in lists.items():
        parts += [f"## {name.capitalize()}", _table(entries)]
    return "\n\n".join(parts) + "\n"


def _table(entries: Sequence[Entry]) -> str:
    rows = [
        {
            "name": f"`{entry.name}`",
            "family": entry.family,
            "what it is": entry.description,
            "held against": entry.control,
            "licence": entry.licence,
            "where it comes from": entry.paper,
        }
        for entry in entries
    ]
    headings = [heading for heading in rows[0] if any(row[heading] for row in rows)]
    cells = [headings, ["---"] * len(headings), *([row[heading] or "–" for heading in headings] for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in cells)


def _scorers() -> Iterator[Entry]:
    """What the registered members say of themselves."""
    from embedseq.models.attention.registry import position_scorers, scorers
    from embedseq.models.attention.spans import spans

    fixed = "a fixed-length context instead of attention"
    yield Entry("none", fixed, "scorer", "Sutskever et al. 2014; Cho et al. 2014")
    for family, members in (("scorer", scorers()), ("scorer of positions", position_scorers())):
        for about in (member.about for member in members.values()):
            also = f", also called {' and '.join(about.also)}" if about.also else ""
            yield Entry(about.name, about.equation + also, family, about.paper)
    for span in spans().values():
        yield Entry(span.about.name, span.about.equation, "span", span.about.paper)


def _pools() -> Iterator[Entry]:
    from embedseq.models.pools import pools

    for member in pools().values():
        yield Entry(member.about.name, member.about.equation, "pooling", member.about.paper)


def _probes() -> Iterator[Entry]:
    """What the registered probes ask, level by level."""
    from embedseq.probes.probe import Level
    from embedseq.probes.registry import probes

    levels = get_args(Level)
    for about in sorted((kind.about for kind in probes().values()), key=lambda about: levels.index(about.level)):
        yield Entry(about.name, f"{about.question}?", about.level, about.paper, control=about.control)


def _datasets() -> Iterator[Entry]:
    from embedseq.text.datasets import DATASETS

    for name, dataset in DATASETS.items():
        yield Entry(name, dataset.description, paper=dataset.citation, licence=dataset.licence)


def _metrics() -> Iterator[Entry]:
    """Each metric with what it is usual for, and what it may be named for."""
    from embedseq.evaluation.settings import METRICS, USUAL

    for entry in _METRICS:
        usual = [measured for measured, names in USUAL.items() if entry.name in names]
        named = [measured for measured, names in METRICS.items() if entry.name in names and measured not in usual]
        uses = [f"usual for {', '.join(usual)}"] if usual else []
        uses += [f"for {', '.join(named)} if named"] if named else []
        yield Entry(entry.name, "; ".join((entry.description, *uses)), paper=entry.paper)
