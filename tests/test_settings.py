"""Settings: what of them a key is made of."""

from typing import Annotated, Any

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


def test_where_there_is_no_source_nothing_is_documented_and_nothing_fails() -> None:
    names: dict[str, Any] = {}
    exec(
        "class Typed(Settings):\n    a: int = 1\n    'No one can read this.'", {"Settings": Settings, "__name__": "typed"}, names
    )
    assert documentation(names["Typed"]) == {}
    assert names["Typed"].model_json_schema()["properties"]["a"]["default"] == 1


def test_documentation_stands_under_the_names_that_the_schema_has() -> None:
    class Aliased(Settings):
        inner: str = Field(default="x", alias="outer")
        """What it is."""
        hidden: int = Field(default=1, exclude=True)
        """Not written down."""

    for by_alias, key in ((True, "outer"), (False, "inner")):
        assert Aliased.model_json_schema(by_alias=by_alias)["properties"][key]["description"] == "What it is."
    assert "hidden" not in Aliased.model_json_schema(mode="serialization")["properties"]
