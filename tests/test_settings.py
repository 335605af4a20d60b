"""Settings: what of them a key is made of."""

from typing import Annotated

from pydantic import Field

from embedseq.settings import Later, Settings, documentation
from embedseq.training.settings import TrainSettings


class Toy(Settings):
    first: int = 1
    after: Annotated[int, Later()] = 2
    """What came later,

    in two paragraphs."""
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


def test_a_field_is_documented_by_the_text_behind_it() -> None:
    class Heir(Toy):
        """What is said of the class is none of a field's."""

        own: str = "x"
        """Its own."""
        first: int = 2
        """Said here, not there."""

        @property
        def twice(self) -> int:
            """No field."""
            return 2 * self.first

    assert documentation(Toy) == {"after": "What came later,\n\nin two paragraphs."}
    assert documentation(Heir) == {**documentation(Toy), "own": "Its own.", "first": "Said here, not there."}
    properties = Heir.model_json_schema()["properties"]
    assert {name: field.get("description") for name, field in properties.items()} == {**documentation(Heir), "as": None}
