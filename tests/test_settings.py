"""Settings: what of them a key is made of."""

from typing import Annotated

from pydantic import Field

from embedseq.settings import Later, Settings
from embedseq.training.settings import TrainSettings


class Toy(Settings):
    first: int = 1
    after: Annotated[int, Later()] = 2
    named: Annotated[str, Later(), Field(alias="as")] = "x"


def test_a_later_field_is_in_no_key_until_it_says_something() -> None:
    assert Toy().decisive() == {"first": 1}
    assert Toy(after=3).decisive() == {"first": 1, "after": 3}
    assert Toy.model_validate({"as": "y"}).decisive() == {"first": 1, "as": "y"}
    assert Toy().record() == {"first": 1, "after": 2, "as": "x"}
    assert Toy.from_record(Toy(after=3).decisive()) == Toy(after=3)


def test_training_without_accumulation_has_the_key_that_it_had_before_there_was_any() -> None:
    assert "accumulate" not in TrainSettings().decisive()
    assert TrainSettings.from_record(TrainSettings().decisive()) == TrainSettings()
