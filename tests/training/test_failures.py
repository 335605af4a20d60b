"""What is said of a training that cannot go on."""

import pytest

from embedseq.training.failures import bad_epoch, bad_update
from embedseq.training.history import Epoch

MESSAGES = {
    "an update": str(bad_update(2, 7, float("nan"), 3.0, 0.01, range(12), ())),
    "an update with a culprit": str(bad_update(2, 7, float("nan"), 3.0, 0.01, range(12), [10, 11])),
    "an epoch": str(bad_epoch(Epoch(2, 7, 100, 9.5, 9.25, 0.01, 1.0), 14)),
}


@pytest.mark.parametrize("case", MESSAGES)
def test_the_advice_holds_whether_gradients_are_clipped_or_not(case: str) -> None:
    assert "a smaller `clip`" not in MESSAGES[case]
    assert "a lower limit for the norm of the gradients (`clip`; null sets none)" in MESSAGES[case]


def test_a_bad_update_names_where_it_was_and_the_first_rows_of_the_batch() -> None:
    message = MESSAGES["an update"]
    assert "epoch 2, update 7: the loss per token is nan and the norm of the gradients 3" in message
    assert "rows 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more of the training split" in message
    assert "Looked at one by one, without dropout, all their losses are finite." in message


def test_rows_whose_own_loss_is_no_number_are_named_apart() -> None:
    assert "one by one, without dropout, the loss of rows 11, 12 is not finite." in MESSAGES["an update with a culprit"]


def test_a_bad_epoch_names_both_losses_and_what_guessing_costs() -> None:
    assert "the training loss is 9.5 nats per token and the validation loss 9.25" in MESSAGES["an epoch"]
    assert "among 14 tokens costs 2.639" in MESSAGES["an epoch"]
