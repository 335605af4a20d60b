"""The registry of poolings, the settings and the files say the same; settings that mean nothing to a pooling are refused."""

import sys
from pathlib import Path
from typing import get_args

import pytest

from embedseq.models import pooling as folder
from embedseq.models.pool import PoolSetting
from embedseq.models.pools import new_pool, pooling_problems, pools
from embedseq.models.settings import PoolingName, PoolingSettings


def test_the_pipeline_file_knows_exactly_the_registered_poolings() -> None:
    assert set(get_args(PoolingName)) == set(pools())


def test_every_file_of_the_folder_holds_one_pooling_named_after_it() -> None:
    files = {path.stem.replace("_", "-") for path in Path(folder.__path__[0]).glob("*.py") if path.stem != "__init__"}
    assert files == set(pools())


def test_a_file_is_enough_to_add_a_pooling_and_what_it_imports_is_not_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mean_again.py").write_text(
        "from embedseq.models.pool import PoolAbout\n"
        "from embedseq.models.pooling.mean import Mean\n"
        "class MeanAgain(Mean):\n"
        "    about = PoolAbout('mean-again', 'v = Σ_s h_s / n', 'nowhere')\n"
    )
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, f"{folder.__name__}.mean_again", raising=False)
    assert set(pools.__wrapped__()) == {*pools(), "mean-again"}


def test_every_pooling_says_what_it_is_and_where_it_comes_from() -> None:
    for name, member in pools().items():
        assert member.about.name == name
        assert member.about.equation in (member.__doc__ or "")
        assert member.about.paper in (member.__doc__ or "")


@pytest.mark.parametrize("name", sorted(pools()))
def test_a_bare_name_is_that_pooling_with_its_usual_settings(name: str) -> None:
    bare, told = new_pool(name, 6), new_pool(PoolingSettings(kind=name), 6)
    assert type(bare) is type(told) is pools()[name]
    assert {n: w.shape for n, w in bare.named_parameters()} == {n: w.shape for n, w in told.named_parameters()}


def test_hops_and_the_inner_width_are_those_of_the_settings() -> None:
    pool = new_pool(PoolingSettings(hops=3, hidden_dim=5), 6)
    assert {name: tuple(weight.shape) for name, weight in pool.named_parameters()} == {
        "hidden.weight": (5, 6),
        "score.weight": (3, 5),
    }
    assert pool.width == 18
    assert new_pool("self-attentive", 6).get_parameter("hidden.weight").shape == (6, 6)


UNUSUAL = {"hops": 2, "hidden_dim": 7, "penalty": 0.5}


@pytest.mark.parametrize("field", get_args(PoolSetting))
@pytest.mark.parametrize("name", sorted(pools()))
def test_a_setting_is_refused_just_where_it_means_nothing(name: str, field: str) -> None:
    problems = list(pooling_problems(PoolingSettings.model_validate({"kind": name, field: UNUSUAL[field]})))
    if field in pools()[name].about.heeds:
        assert problems == []
    else:
        assert problems == [f"pooling: '{name}' has no {field}: leave {field} out, or choose 'self-attentive'"]


def test_all_problems_are_told_and_a_bare_name_has_none() -> None:
    assert len(list(pooling_problems(PoolingSettings.model_validate({"kind": "max", **UNUSUAL})))) == len(UNUSUAL)
    assert not [problem for name in pools() for problem in pooling_problems(name)]
    assert list(pooling_problems(PoolingSettings.model_validate(UNUSUAL))) == []
