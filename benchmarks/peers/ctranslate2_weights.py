"""A Transformer's weights into the format of CTranslate2. Needs CTranslate2 and NumPy, and neither torch nor embedseq.

The model is one of `embedseq` with norms before its sub-layers, layer norm, ReLU and sinusoidal positions; its weights come under
the names that they have in its `state_dict`, and beside them `source` and `target`, (V, E), the tables as the model reads them
(unscaled), `output.weight` (V, D), `output.bias` (V,) and `positions` (P, D).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from numpy.typing import NDArray

Weights = Mapping[str, NDArray[np.float32]]


def convert(weights: Weights, layers: int, heads: int, tokens: Mapping[str, Sequence[str]], folder: Path) -> None:
    """Write the model into a new folder. tokens: side -> the token of each row, `<s>` and `</s>` where it starts and ends."""
    spec = ctranslate2.specs.TransformerSpec.from_config(layers, heads, pre_norm=True)
    _set_side(spec.encoder, weights, "encoder", weights["source"])
    _set_side(spec.decoder, weights, "decoder", weights["target"])
    _set_linear(spec.decoder.projection, weights, "output")
    spec.register_source_vocabulary(list(tokens["source"]))
    spec.register_target_vocabulary(list(tokens["target"]))
    spec.config.bos_token = spec.config.decoder_start_token = "<s>"
    spec.config.eos_token, spec.config.unk_token = "</s>", tokens["target"][1]
    spec.validate()
    spec.optimize(quantization="float32")
    folder.mkdir()
    spec.save(str(folder))


def _set_side(spec: Any, weights: Weights, side: str, table: NDArray[np.float32]) -> None:
    embeddings = spec.embeddings[0] if isinstance(spec.embeddings, list) else spec.embeddings
    embeddings.weight = table
    spec.scale_embeddings = True
    spec.position_encodings.encodings = weights["positions"]
    _set_norm(spec.layer_norm, weights, f"{side}.norm")
    for number, layer in enumerate(spec.layer):
        own = f"{side}.layers.{number}"
        _set_norm(layer.self_attention.layer_norm, weights, f"{own}.attention_residual.before")
        _set_joined(layer.self_attention.linear[0], weights, f"{own}.attention.projections", ("query", "key", "value"))
        _set_linear(layer.self_attention.linear[1], weights, f"{own}.attention.projections.output")
        if side == "decoder":
            _set_norm(layer.attention.layer_norm, weights, f"{own}.look_residual.before")
            _set_linear(layer.attention.linear[0], weights, f"{own}.look.projections.query")
            _set_joined(layer.attention.linear[1], weights, f"{own}.look.projections", ("key", "value"))
            _set_linear(layer.attention.linear[2], weights, f"{own}.look.projections.output")
        _set_norm(layer.ffn.layer_norm, weights, f"{own}.feed_forward_residual.before")
        _set_linear(layer.ffn.linear_0, weights, f"{own}.feed_forward.inner")
        _set_linear(layer.ffn.linear_1, weights, f"{own}.feed_forward.outer")


def _set_norm(spec: Any, weights: Weights, name: str) -> None:
    spec.gamma, spec.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _set_linear(spec: Any, weights: Weights, name: str) -> None:
    spec.weight, spec.bias = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _set_joined(spec: Any, weights: Weights, name: str, parts: Sequence[str]) -> None:
    """One map in place of several that read the same."""
    spec.weight, spec.bias = (np.concatenate([weights[f"{name}.{part}.{what}"] for part in parts]) for what in ("weight", "bias"))
