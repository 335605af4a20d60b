"""How busy each expert is, counted on a split."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from embedseq.models.attention.router import Routed
from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import ModelShape
from embedseq.text.batches import TokenBatches
from embedseq.text.encoded import Encoded
from embedseq.training.load import expert_load

SOURCES = [[4, 5, 6, 7], [8], [9, 4, 5], [6, 6], [7, 8, 9, 4, 5, 6]]
TOKENS = sum(len(source) + 1 for source in SOURCES)  # the end symbol is a token, too


def model_of(**fields: object) -> Seq2Seq:
    attention = {"scorer": "additive", "heads": 2, "experts": 5}
    shape = {"architecture": "transformer", "dim": 8, "heads": 2, "self_attention": attention, **fields}
    return build_seq2seq(ModelShape.model_validate(shape), Sizes(10, 10), HandedOver(), 1)


def split(folder: Path, batch_tokens: int) -> TokenBatches:
    source, target = (Encoded.write(folder / f"{side}{batch_tokens}", SOURCES) for side in ("source", "target"))
    return TokenBatches(source, target, batch_tokens)


def test_the_shares_are_those_of_a_count_sentence_by_sentence(tmp_path: Path) -> None:
    model = model_of().eval()
    counts = {"encoder.layers.0.attention": [0] * 5, "decoder.layers.0.attention": [0] * 5}

    def counting(name: str) -> object:
        def count(_: nn.Module, __: tuple[Tensor, ...], routed: Routed) -> None:
            for expert in routed.chosen.flatten().tolist():
                counts[name][expert] += 1

        return model.get_submodule(f"{name}.router").register_forward_hook(count)

    handles = [counting(name) for name in counts]
    for batch in split(tmp_path, 1).epoch(None):
        model(batch.source, batch.source_valid, batch.target_in)
    for handle in handles:
        handle.remove()  # type: ignore[attr-defined]
    found = expert_load(model, split(tmp_path, 1000))
    assert found.keys() == counts.keys()
    for name, shares in found.items():
        assert shares == pytest.approx([count / TOKENS for count in counts[name]])
        assert sum(shares) == pytest.approx(2)


def test_the_model_is_left_as_it_was(tmp_path: Path) -> None:
    model, batches = model_of(dropout=0.5).train(), split(tmp_path, 20)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    first, second = expert_load(model, batches), expert_load(model, batches)
    assert first == second
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_a_model_without_experts_has_no_load(tmp_path: Path) -> None:
    assert expert_load(model_of(self_attention="scaled-dot"), split(tmp_path, 20)) == {}
