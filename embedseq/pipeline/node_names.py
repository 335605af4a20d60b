"""What the nodes of a pipeline's graph are called: unique, and for people."""

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


def evaluate_node(label: str, seed: int) -> str:
    """The node that evaluates a model on the test split."""
    return f"evaluate {label}, seed {seed}"


def probe_node(probe: str, subject: str, seed: int) -> str:
    """The node of one probe on one subject."""
    return f"probe {probe} of {subject}, seed {seed}"


def summary_node(measuring: str) -> str:
    """The node that puts together what a model's evaluation or a probe found under each seed; `measuring` names them together."""
    return f"summary of {measuring}"
