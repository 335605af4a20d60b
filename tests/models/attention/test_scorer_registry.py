"""The registry, the settings and the files say the same."""

from pathlib import Path
from typing import get_args

from embedseq.models.attention import scorers as folder
from embedseq.models.attention.registry import scorers
from embedseq.models.settings import ScorerName


def test_the_pipeline_file_knows_exactly_the_registered_scorers() -> None:
    assert set(get_args(ScorerName)) == set(scorers())


def test_every_file_of_the_folder_holds_one_scorer_named_after_it() -> None:
    files = {path.stem.replace("_", "-") for path in Path(folder.__path__[0]).glob("*.py") if path.stem != "__init__"}
    assert files == set(scorers())


def test_every_scorer_says_what_it_is_and_where_it_comes_from() -> None:
    for name, member in scorers().items():
        assert member.about.name == name
        assert member.about.equation in (member.__doc__ or "")
        assert member.about.paper in (member.__doc__ or "")
