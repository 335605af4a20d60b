import pytest

from embedseq.training.schedule import learning_rate
from embedseq.training.settings import TrainSettings


def rates(updates: int = 20, **fields: object) -> list[float]:
    settings = TrainSettings.model_validate({"lr": 0.4, **fields})
    return [learning_rate(settings, update, updates) for update in range(1, updates + 1)]


def test_a_constant_rate_is_the_highest_from_the_first_update() -> None:
    assert set(rates()) == {0.4}


@pytest.mark.parametrize("schedule", ["constant", "inverse-sqrt", "cosine", "plateau"])
def test_the_rate_rises_linearly_over_the_warm_up_and_is_highest_at_its_end(schedule: str) -> None:
    seen = rates(schedule=schedule, warmup=4)
    assert seen[:4] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert max(seen) == 0.4


def test_the_inverse_square_root_halves_at_four_times_the_warm_up() -> None:
    seen = rates(schedule="inverse-sqrt", warmup=4)
    assert seen[15] == pytest.approx(0.2)
    assert rates(schedule="inverse-sqrt")[:4] == pytest.approx([0.4, 0.4 / 2**0.5, 0.4 / 3**0.5, 0.2])


def test_the_cosine_is_half_way_down_in_the_middle_and_0_at_the_end_and_beyond() -> None:
    seen = rates(schedule="cosine", warmup=4)
    assert seen[11] == pytest.approx(0.2)
    assert seen[19] == pytest.approx(0.0)
    settings = TrainSettings(schedule="cosine", warmup=4)
    assert learning_rate(settings, 25, 20) == pytest.approx(0.0)
    assert learning_rate(settings, 4, 4) == settings.lr


def test_each_plateau_halves_the_rate_and_the_warm_up_is_as_it_was() -> None:
    settings = TrainSettings(lr=0.4, schedule="plateau", warmup=4)
    assert [learning_rate(settings, 9, 20, plateaus) for plateaus in range(3)] == [0.4, 0.2, 0.1]
    assert learning_rate(settings, 2, 20, 5) == 0.2


@pytest.mark.parametrize("schedule", ["inverse-sqrt", "cosine"])
def test_the_rate_only_falls_after_the_warm_up(schedule: str) -> None:
    seen = rates(schedule=schedule, warmup=4)[3:]
    assert seen == sorted(seen, reverse=True)
