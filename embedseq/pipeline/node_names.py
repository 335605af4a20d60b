"""What the nodes of a pipeline's graph are called: unique, and for people."""

from collections.abc import Sequence

from embedseq.embeddings.settings import VectorFileSettings, Word2VecSettings


def text_node(name: str) -> str:
    """The node that reads the corpus `name`."""
    return f"text {name}"


def tokens_node(name: str) -> str:
    """The node that cuts the corpus `name` into tokens."""
    return f"tokens {name}"


def embedding_node(name: str, settings: Word2VecSettings | VectorFileSettings, seed: int) -> str:
    """The node of an embedding; vectors from a file are the same for every seed."""
    return f"vectors {name}" if isinstance(settings, VectorFileSettings) else f"word2vec {name}, seed {seed}"


def train_node(label: str, seed: int) -> str:
    """The node that trains a model."""
    return f"train {label}, seed {seed}"


def trial_node(values: str, label: str, seed: int) -> str:
    """The node that tries a model with some `values`."""
    return f"trial {values}, of {label}, seed {seed}"


def choose_node(label: str) -> str:
    """The node that chooses the values that a model is trained with."""
    return f"choose for {label}"


def evaluate_node(label: str, seed: int) -> str:
    """The node that evaluates a model on the test split."""
    return f"evaluate {label}, seed {seed}"


def probe_node(probe: str, subject: str, seed: int) -> str:
    """The node of one probe on one subject."""
    return f"probe {probe} of {subject}, seed {seed}"


def summary_node(measuring: str) -> str:
    """The node that puts together what a model's evaluation or a probe found under each seed; `measuring` names them together."""
    return f"summary of {measuring}"


def capture_node(data: str, label: str, seed: int, ways: Sequence[str] = ()) -> str:
    """The node that captures a model's states on the corpus `data`; `ways` tell it from others."""
    return f"capture {', '.join([data, *ways])}, of {label}, seed {seed}"


def shared_words_node(probe: str, seed: int) -> str:
    """The node of the words that all tables of a probe have."""
    return f"shared words of probe {probe}, seed {seed}"


def attention_node(data: str, label: str, seed: int, ways: Sequence[str] = ()) -> str:
    """The node that sees where a model looks in the corpus `data`; `ways` tell it from others."""
    return f"attention maps {', '.join([data, *ways])}, of {label}, seed {seed}"


def self_attention_node(data: str, label: str, seed: int, ways: Sequence[str] = ()) -> str:
    """The node that sees what words of the corpus `data` look at in their own sentence; `ways` tell it from others."""
    return f"self-attention maps {', '.join([data, *ways])}, of {label}, seed {seed}"


def claim_node(name: str) -> str:
    """The node that computes the contrast of a claim."""
    return f"claim {name}"


def verdicts_node(family: str) -> str:
    """The node that judges a family of claims."""
    return f"verdicts on {family}"
