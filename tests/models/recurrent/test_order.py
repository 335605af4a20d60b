"""Sentences from either end."""

import torch

from embedseq.models.recurrent.order import Order
from embedseq.text.batches import pad


def test_turning_reverses_each_sentence_within_its_length_and_twice_is_nothing() -> None:
    tokens, valid = pad([[4, 5, 6], [7], []])
    order = Order.of(valid)
    states = tokens.unsqueeze(-1).double()
    assert order.turn(states).squeeze(-1).tolist() == [[6, 5, 4], [7, 0, 0], [0, 0, 0]]
    assert torch.equal(order.turn(order.turn(states)), states)
    assert order.final(states).squeeze(-1).tolist() == [6, 7, 0]
