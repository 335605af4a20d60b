"""One YAML file takes a corpus to word vectors, sequence models, probes and a report.

    import embedseq

    run = embedseq.run("pipelines/quickstart.yaml")
    run.embeddings["skipgram"].most_similar("city")
    run.models["restorer[lstm,skipgram,tuned]"].translate(["welcome to the city"])

Importing this module is cheap: torch, gensim and scikit-learn are loaded where they are used.
"""

from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embedseq.pipeline.run import Run, check, open_run, run

__all__ = ["Run", "__version__", "check", "open_run", "run"]
__version__ = metadata.version("embedseq")


def __getattr__(name: str) -> Any:
    """Load the Python interface on first use (PEP 562)."""
    if name in __all__:
        from embedseq.pipeline import run as interface

        return getattr(interface, name)
    raise AttributeError(f"module 'embedseq' has no attribute '{name}'")
