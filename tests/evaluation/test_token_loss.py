from pathlib import Path

import pytest
import torch

from embedseq.evaluation.token_loss import measure_loss
from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.settings import ModelShape
from embedseq.text.batches import TokenBatches
from embedseq.text.encoded import Encoded
from embedseq.training.loop import valid_loss

SOURCES = [[4, 5], [6, 7, 8, 9, 4], [5], [8, 8, 8], [9, 4]]


def test_the_measured_loss_is_the_validation_loss_with_an_item_for_each_pair_in_order(tmp_path: Path) -> None:
    encoded = Encoded.write(tmp_path / "text", SOURCES)
    model = build_seq2seq(ModelShape(dim=8), Sizes(10, 10), HandedOver(), seed=1)
    measured = measure_loss("m", model, TokenBatches(encoded, encoded, batch_tokens=8))
    assert measured.items[:, 1].tolist() == [len(sentence) + 1 for sentence in SOURCES]
    assert measured.value == pytest.approx(valid_loss(model, TokenBatches(encoded, encoded, batch_tokens=99)), rel=1e-6)
    assert measured.coverage == 1.0
    alone = Encoded.write(tmp_path / "alone", [SOURCES[1]])
    assert measured.items[1, 0] == pytest.approx(measure_loss("m", model, TokenBatches(alone, alone, 99)).items[0, 0], rel=1e-5)


def test_pairs_that_are_too_long_lower_the_coverage(tmp_path: Path) -> None:
    encoded = Encoded.write(tmp_path / "text", SOURCES)
    model = build_seq2seq(ModelShape(dim=8), Sizes(10, 10), HandedOver(), seed=1)
    measured = measure_loss("m", model, TokenBatches(encoded, encoded, 99, max_length=3))
    assert (measured.n, measured.coverage) == (4, 0.8)
    assert model.training
    assert torch.is_grad_enabled()
