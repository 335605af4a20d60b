"""One YAML file takes a corpus to word vectors, sequence models, probes and a report.

    import embedseq

    run = embedseq.run("pipelines/quickstart.yaml")
    run.embeddings["skipgram"].most_similar("city")
    run.models["restorer[lstm,skipgram,tuned]"].translate(["welcome to the city"])

Importing this module is cheap: torch, gensim and scikit-learn are loaded where they are used.
"""

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embedseq.decoding.settings import SamplingSettings
    from embedseq.pipeline.passing import Captures
    from embedseq.pipeline.preflight import check
    from embedseq.pipeline.run import Run, open_run
    from embedseq.pipeline.running import run
    from embedseq.pipeline.source_text import SentenceOfTest

__all__ = ["Captures", "Run", "SamplingSettings", "SentenceOfTest", "__version__", "check", "open_run", "run"]
_HOMES = {
    "Captures": "embedseq.pipeline.passing",
    "Run": "embedseq.pipeline.run",
    "SamplingSettings": "embedseq.decoding.settings",
    "SentenceOfTest": "embedseq.pipeline.source_text",
    "check": "embedseq.pipeline.preflight",
    "open_run": "embedseq.pipeline.run",
    "run": "embedseq.pipeline.running",
}
__version__ = metadata.version("embedseq")


def __getattr__(name: str) -> Any:
    """Load the Python interface on first use (PEP 562)."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'embedseq' has no attribute '{name}'")
