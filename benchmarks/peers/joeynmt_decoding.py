"""JoeyNMT as a process of its own, which `benchmarks/decoding.py` starts: `python joeynmt_decoding.py FOLDER THREADS`.

FOLDER holds weights.npz and task.json, as for CTranslate2 (`ctranslate2_decoding.py`), and what is read and printed is the same.
A model of JoeyNMT's is built and given these weights, with a bias in its output and, for an LSTM, a bridge to its cell, which it
has not of itself. What decodes is its own `search`, outputs at most 1.5 times as long as the longest source of a batch, as it
does if nothing is said.
"""

import json
import sys
import time
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from joeynmt.batch import Batch
from joeynmt.model import build_model
from joeynmt.search import search
from joeynmt.vocabulary import Vocabulary
from numpy.typing import NDArray

PAD, UNK, START, END = 1, 0, 2, 3
"""Where JoeyNMT has its symbols; in the weights the first two have changed places."""
EPSILON = 1e-5
ALPHA = 1.0
SPECIALS = SimpleNamespace(
    pad_token="<pad>",
    unk_token="<unk>",
    bos_token="<s>",
    eos_token="</s>",
    pad_id=PAD,
    unk_id=UNK,
    bos_id=START,
    eos_id=END,
    lang_tags=[],
    sep_token=None,
    sep_id=None,
)
TABLES = ("source", "target", "output.weight", "output.bias")
Weights = dict[str, NDArray[np.float32]]


def vocabulary_of(tokens: list[str]) -> Vocabulary:
    """A vocabulary with a side's tokens, its symbols where JoeyNMT wants them."""
    return Vocabulary(tokens[4:], SPECIALS)


def model_of(task: dict[str, Any], weights: Weights) -> Any:
    """JoeyNMT's model with these weights."""
    vocabularies = [vocabulary_of(task["tokens"][name]) for name in ("source", "target")]
    build = transformer if task["architecture"] == "transformer" else recurrent
    return build(task, weights, vocabularies).eval()


def fill(model: Any, weights: Weights) -> None:
    """Give the model these weights, its tables and its output, which gets a bias."""
    own = {"src_embed.lut.weight": swapped(weights["source"]), "trg_embed.lut.weight": swapped(weights["target"])}
    own |= {f"decoder.output_layer.{what}": swapped(weights[f"output.{what}"]) for what in ("weight", "bias")}
    model.decoder.output_layer = torch.nn.Linear(*reversed(weights["output.weight"].shape))
    with torch.no_grad():
        for name, value in (own | weights).items():
            if name.startswith(("encoder.", "decoder.", "src_embed.", "trg_embed.")):
                model.get_parameter(name).copy_(torch.from_numpy(value))


def start(weight: torch.Tensor, bias: torch.Tensor, final: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """What an LSTM decoder starts from: the state and the cell (1, B, D), each from a map of its own."""
    both = torch.tanh(torch.nn.functional.linear(final, weight, bias))
    return tuple(half.unsqueeze(0).contiguous() for half in both.chunk(2, dim=-1))


def recurrent(task: dict[str, Any], weights: Weights, vocabularies: list[Vocabulary]) -> Any:
    """JoeyNMT's LSTM with general attention and input feeding. Its tables are as wide as the LSTM reads them."""
    layer, dim = "layers.0.recurrence", weights["decoder.combine.bias"].shape[0]
    half = weights["encoder.layers.0.rightward.recurrence.weight_hh_l0"].shape[1]
    embeddings = {"embedding_dim": weights["source"].shape[1], "scale": False, "dropout": 0.0}
    side = {"type": "recurrent", "rnn_type": task["architecture"], "num_layers": 1, "embeddings": embeddings, "dropout": 0.0}
    encoder = {**side, "hidden_size": half, "bidirectional": True}
    decoder = {
        **side,
        "hidden_size": dim,
        "attention": "luong",
        "input_feeding": True,
        "init_hidden": "zero",
        "hidden_dropout": 0.0,
    }
    model = build_model({"encoder": encoder, "decoder": decoder, "initializer": "xavier_uniform"}, *vocabularies)
    found: Weights = {}
    for what in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
        found[f"encoder.rnn.{what}"] = weights[f"encoder.layers.0.rightward.recurrence.{what}"]
        found[f"encoder.rnn.{what}_reverse"] = weights[f"encoder.layers.0.leftward.recurrence.{what}"]
        found[f"decoder.rnn.{what}"] = weights[f"decoder.{layer}.{what}"]
    context, state = np.split(weights["decoder.combine.weight"], 2, axis=1)  # it reads them the other way round
    found["decoder.att_vector_layer.weight"] = np.concatenate([state, context], axis=1)
    found["decoder.att_vector_layer.bias"] = weights["decoder.combine.bias"]
    found["decoder.attention.key_layer.weight"] = weights["decoder.look.scorer.key_projection.weight"]
    fill(model, found | {name: weights[name] for name in TABLES})
    bridge = (torch.from_numpy(weights[f"decoder.bridge.maps.0.{what}"]) for what in ("weight", "bias"))
    model.decoder._init_hidden = partial(start, *bridge)
    return model


def transformer(task: dict[str, Any], weights: Weights, vocabularies: list[Vocabulary]) -> Any:
    """JoeyNMT's Transformer."""
    side = {
        "type": "transformer",
        "num_layers": task["layers"],
        "num_heads": task["heads"],
        "hidden_size": weights["source"].shape[1],
        "ff_size": len(weights["encoder.layers.0.feed_forward.inner.bias"]),
        "layer_norm": "pre",
        "dropout": 0.0,
        "embeddings": {"embedding_dim": weights["source"].shape[1], "scale": True, "dropout": 0.0},
    }
    model = build_model({"encoder": side, "decoder": dict(side), "initializer": "xavier_uniform"}, *vocabularies)
    for module in model.modules():
        if isinstance(module, torch.nn.LayerNorm):
            module.eps = EPSILON
    fill(model, named(task["layers"], weights) | {name: weights[name] for name in TABLES})
    for part in (model.encoder, model.decoder):
        part.pe.pe = torch.from_numpy(weights["positions"])[None]
    return model


def named(layers: int, weights: Weights) -> Weights:
    """The weights of a Transformer's layers under the names that they have in JoeyNMT."""
    parts = {"q_layer": "query", "k_layer": "key", "v_layer": "value", "output_layer": "output"}
    pairs = {"encoder.layer_norm": "encoder.norm", "decoder.layer_norm": "decoder.norm"}
    for number in range(layers):
        for side, attention, norm in (("encoder", "src_src_att", "layer_norm"), ("decoder", "trg_trg_att", "x_layer_norm")):
            layer = f"{side}.layers.{number}"
            pairs |= {f"{layer}.{attention}.{to}": f"{layer}.attention.projections.{own}" for to, own in parts.items()}
            pairs |= {
                f"{layer}.{norm}": f"{layer}.attention_residual.before",
                f"{layer}.feed_forward.layer_norm": f"{layer}.feed_forward_residual.before",
                f"{layer}.feed_forward.pwff_layer.0": f"{layer}.feed_forward.inner",
                f"{layer}.feed_forward.pwff_layer.3": f"{layer}.feed_forward.outer",
            }
        pairs |= {f"{layer}.src_trg_att.{to}": f"{layer}.look.projections.{own}" for to, own in parts.items()}
        pairs |= {f"{layer}.dec_layer_norm": f"{layer}.look_residual.before"}
    return {f"{to}.{what}": weights[f"{own}.{what}"] for to, own in pairs.items() for what in ("weight", "bias")}


def swapped(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows of a vocabulary, the first two having changed places."""
    return np.concatenate([rows[1::-1], rows[2:]])


def decoded(model: Any, sentences: list[list[str]], batch: int, beam: int) -> list[list[str]]:
    """The best output of each sentence, in batches of like length."""
    order = sorted(range(len(sentences)), key=lambda row: len(sentences[row]))
    found: dict[int, list[str]] = {}
    for first in range(0, len(order), batch):
        rows = order[first : first + batch][::-1]  # its recurrent encoder reads the longest first
        ids = [[model.src_vocab.lookup(token) for token in sentences[row]] for row in rows]
        lengths = [len(each) for each in ids]
        source = torch.tensor([each + [PAD] * (max(lengths) - len(each)) for each in ids])
        read = Batch(
            source, torch.tensor(lengths), None, None, None, torch.arange(len(rows)), source.device, PAD, END, is_train=False
        )  # fmt: skip
        outputs, _, _ = search(model, read, max_output_length=-1, beam_size=beam, beam_alpha=ALPHA)
        for row, output in zip(rows, outputs, strict=True):
            tokens = model.trg_vocab.arrays_to_sentences([output])[0]
            found[row] = tokens[:-1] if tokens and tokens[-1] == SPECIALS.eos_token else tokens
    return [found[row] for row in range(len(sentences))]


def main() -> None:
    """Decode whenever a beam is asked for."""
    folder, threads = Path(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(threads)
    task = json.loads((folder / "task.json").read_text())
    with np.load(folder / "weights.npz") as weights:
        model = model_of(task, dict(weights))
    print(json.dumps({"version": version("joeynmt")}), flush=True)
    for line in sys.stdin:
        began = time.perf_counter()
        outputs = decoded(model, task["sentences"], task["batch"], int(line.split()[0]))
        print(json.dumps({"seconds": time.perf_counter() - began, "outputs": outputs}), flush=True)


if __name__ == "__main__":
    main()
