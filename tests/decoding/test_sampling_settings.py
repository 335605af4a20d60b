"""How texts are drawn, as a person says it."""

import math

import pytest

from embedseq.decoding.settings import SamplingSettings
from embedseq.errors import RequestError


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"temperature": math.nan}, "temperature: input should be a finite number, found nan"),
        ({"temperature": math.inf}, "temperature: input should be a finite number, found inf"),
        ({"temperature": -1}, "temperature: input should be greater than or equal to 0, found -1"),
        ({"top_p": math.nan}, "top_p: input should be a finite number, found nan"),
        ({"max_length": -3}, "max_length: input should be greater than or equal to 1, found -3"),
        ({"top_k": 0, "seed": 2.5}, "top_k: input .* found 0\nseed: input should be a valid integer, found 2.5"),
        ({"heat": 2}, "heat: extra inputs are not permitted, found 2"),
    ],
)
def test_settings_that_cannot_be_are_an_error_for_people(values: dict[str, float], said: str) -> None:
    with pytest.raises(RequestError, match=f"^{said}$"):
        SamplingSettings(**values)


def test_settings_are_those_of_their_record() -> None:
    settings = SamplingSettings(temperature=0.5, top_k=3, top_p=0.25, max_length=7, seed=2)
    assert SamplingSettings.from_record(settings.record()) == settings
    with pytest.raises(RequestError, match="top_p"):
        SamplingSettings.from_record({"top_p": 2})
