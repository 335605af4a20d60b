"""Attention that has collapsed on one place, planted, and attention that has not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from embedseq.evaluation.collapse import collapsed_attention, weight_on_one_place
from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.interfaces import Decoded
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import ModelShape
from embedseq.text.batches import Batch, TokenBatches
from embedseq.text.encoded import Encoded


@pytest.fixture
def batches(tmp_path: Path) -> TokenBatches:
    draw = np.random.default_rng(1)
    source, target = ([draw.integers(4, 14, size=draw.integers(1, 9)).tolist() for _ in range(90)] for _ in range(2))
    return TokenBatches(Encoded.write(tmp_path / "source", source), Encoded.write(tmp_path / "target", target), 100)


def model(**fields: object) -> Seq2Seq:
    shape = ModelShape.model_validate({"architecture": "gru", "dim": 16, "heads": 2, **fields})
    return build_seq2seq(shape, Sizes(14, 14), HandedOver(), 1)


class Looking(Seq2Seq):
    """Puts `share` of its attention on the place that `where` says for each step, and spreads the rest."""

    share: float
    moving: bool

    def predict(self, batch: Batch, weights: bool = False) -> Decoded:
        (rows, steps), places = batch.target_out.shape, batch.source.shape[1]
        real = batch.source_valid.double()
        even = (real / real.sum(dim=1, keepdim=True)).view(rows, 1, 1, places).expand(rows, steps, 1, places)
        step = torch.arange(steps) if self.moving else torch.ones(steps, dtype=torch.long)
        chosen = torch.minimum(step.expand(rows, steps), batch.source_valid.sum(dim=1, keepdim=True) - 1)
        one = torch.nn.functional.one_hot(chosen, places).double().unsqueeze(2)
        return Decoded(torch.zeros(rows, steps, 14), self.share * one + (1.0 - self.share) * even)


def looking(share: float, moving: bool) -> Seq2Seq:
    found = model()
    found.__class__ = Looking
    found.share, found.moving = share, moving
    return found


@pytest.mark.parametrize("architecture", ["lstm", "gru", "transformer"])
def test_attention_of_usual_models_is_spread(architecture: str, batches: TokenBatches) -> None:
    share = weight_on_one_place(model(architecture=architecture), batches)
    assert share is not None
    assert 0.1 < share < 0.6
    assert collapsed_attention(model(architecture=architecture), batches) == []


def test_attention_on_one_place_whatever_is_written_is_told(batches: TokenBatches) -> None:
    (caution,) = collapsed_attention(looking(0.99, moving=False), batches)
    assert caution.sign == "attention-collapsed"
    assert "Attention puts 99% of its weight on one source position" in caution.seen


def test_experts_that_were_not_chosen_do_not_count(batches: TokenBatches) -> None:
    class Chosen(Looking):
        """One expert of four sees all that is seen."""

        def predict(self, batch: Batch, weights: bool = False) -> Decoded:
            decoded = super().predict(batch, weights)
            assert decoded.attention is not None
            return replace(decoded, attention=torch.nn.functional.pad(decoded.attention, (0, 0, 1, 2)))

    found = looking(0.99, moving=False)
    found.__class__ = Chosen
    assert len(collapsed_attention(found, batches)) == 1


def test_attention_that_is_sharp_and_moves_is_not_collapsed(batches: TokenBatches) -> None:
    assert collapsed_attention(looking(0.99, moving=True), batches) == []
    assert collapsed_attention(looking(0.5, moving=False), batches) == []


def test_a_model_without_attention_has_none_that_could_collapse(batches: TokenBatches) -> None:
    found = model(attention="none")
    assert weight_on_one_place(found, batches) is None
    assert found.training
    assert collapsed_attention(found, batches) == []
