"""The pipeline file: YAML -> a validated, frozen, typed spec, with every error of the file in one go.

`read_pipeline` is the door. No torch, gensim or scikit-learn anywhere here; pydantic and PyYAML load on first use.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embedseq.pipeline.file.matrix import Arm
    from embedseq.pipeline.file.read import Pipeline, check_pipeline, read_pipeline
    from embedseq.pipeline.file.selectors import Subject, select
    from embedseq.pipeline.file.spec import PipelineSpec

_HOMES = {
    "Arm": "matrix",
    "Pipeline": "read",
    "PipelineSpec": "spec",
    "Subject": "selectors",
    "check_pipeline": "read",
    "read_pipeline": "read",
    "select": "selectors",
}

__all__ = ["Arm", "Pipeline", "PipelineSpec", "Subject", "check_pipeline", "read_pipeline", "select"]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562), so that queries which only select load no pydantic."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
