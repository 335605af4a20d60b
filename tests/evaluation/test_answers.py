from pathlib import Path

import numpy as np
import pytest
import torch

from embedseq.evaluation.answers import ask
from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.seq2seq import Seq2Seq
from embedseq.models.settings import ModelShape
from embedseq.text.batches import TokenBatches
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import END, PAD, START, UNK
from embedseq.training.loop import valid_loss

SOURCES = [[4, 5], [6, 7, 8, 9, 4], [5], [8, 8, 8], [9, 4]]
SPECIAL = (PAD, UNK, START, END)


def a_model() -> Seq2Seq:
    return build_seq2seq(ModelShape(dim=8, dropout=0.5), Sizes(10, 10), HandedOver(), seed=1)


@pytest.fixture
def encoded(tmp_path: Path) -> Encoded:
    return Encoded.write(tmp_path / "text", SOURCES)


def test_the_loss_is_the_validation_loss_with_an_item_for_each_pair_in_order(encoded: Encoded, tmp_path: Path) -> None:
    model = a_model()
    answers = ask(model, TokenBatches(encoded, encoded, batch_tokens=8))
    assert answers.counts.tolist() == [len(sentence) + 1 for sentence in SOURCES]
    expected = valid_loss(model, TokenBatches(encoded, encoded, batch_tokens=99))
    assert answers.nats.sum() / answers.counts.sum() == pytest.approx(expected, rel=1e-6)
    assert answers.coverage == 1.0
    alone = Encoded.write(tmp_path / "alone", [SOURCES[1]])
    assert answers.nats[1] == pytest.approx(ask(model, TokenBatches(alone, alone, 99)).nats[0], rel=1e-5)


def test_pairs_that_are_too_long_lower_the_coverage_and_the_mode_is_kept(encoded: Encoded) -> None:
    model = a_model()
    answers = ask(model, TokenBatches(encoded, encoded, 99, max_length=3), never=SPECIAL)
    assert (len(answers.nats), answers.left_out, answers.coverage) == (4, 1, 0.8)
    assert [each.tolist() for each in answers.true] == [[*SOURCES[row], END] for row in (0, 2, 3, 4)]
    assert model.training
    assert torch.is_grad_enabled()


def test_no_answers_are_kept_that_were_not_asked_for(encoded: Encoded) -> None:
    answers = ask(a_model(), TokenBatches(encoded, encoded, 99))
    assert answers.true == answers.given == ()


@pytest.mark.parametrize("never", [(), (PAD, START, END), SPECIAL, tuple(range(9))])
def test_the_likeliest_ids_are_given_but_those_that_are_barred(encoded: Encoded, never: tuple[int, ...]) -> None:
    model = a_model()
    batches = TokenBatches(encoded, encoded, batch_tokens=8)
    answers = ask(model, batches, never=never)
    model.eval()
    for batch in batches.epoch(None):
        logits = model.predict(batch).logits.detach().numpy()
        for row, of_row in zip(batch.rows.tolist(), logits, strict=True):
            length = len(SOURCES[row]) + 1
            allowed = [each for each in range(10) if each not in never]
            expected = [allowed[int(np.argmax(position[allowed]))] for position in of_row[:length]]
            assert answers.given[row].tolist() == expected
