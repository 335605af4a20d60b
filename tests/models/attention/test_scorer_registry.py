"""The registry, the settings and the files say the same."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest

from embedseq.models.attention import position_scorers as position_folder
from embedseq.models.attention import scorers as folder
from embedseq.models.attention.registry import position_scorers, scorers
from embedseq.models.settings import ALIASES, POSITION_SCORERS, ScorerName

MEMBERS = {**scorers(), **position_scorers()}


def test_the_pipeline_file_knows_exactly_the_registered_scorers() -> None:
    assert set(get_args(ScorerName)) == {*MEMBERS, *ALIASES}
    assert set(POSITION_SCORERS) == set(position_scorers())


def test_an_alias_is_another_name_of_one_member() -> None:
    assert {name: other for other, member in MEMBERS.items() for name in member.about.also} == ALIASES


@pytest.mark.parametrize(("package", "members"), [(folder, scorers()), (position_folder, position_scorers())])
def test_every_file_of_a_folder_holds_one_scorer_named_after_it(package: ModuleType, members: dict[str, Any]) -> None:
    files = {path.stem.replace("_", "-") for path in Path(package.__path__[0]).glob("*.py") if path.stem != "__init__"}
    assert files == set(members)


def test_a_file_is_enough_to_add_a_scorer_and_what_it_imports_is_not_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "negative_dot.py").write_text(
        "from embedseq.models.attention.position_scorer import ByPosition\n"
        "from embedseq.models.attention.scorer import About\n"
        "from embedseq.models.attention.scorers.dot import Dot\n"
        "class NegativeDot(Dot):\n"
        "    about = About('negative-dot', '-q · k', 'nowhere')\n"
    )
    monkeypatch.setattr(folder, "__path__", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, f"{folder.__name__}.negative_dot", raising=False)
    assert list(scorers.__wrapped__()) == ["negative-dot"]


def test_every_scorer_says_what_it_is_and_where_it_comes_from() -> None:
    for name, member in MEMBERS.items():
        assert member.about.name == name
        assert member.about.equation in (member.__doc__ or "")
        assert member.about.paper in (member.__doc__ or "")
