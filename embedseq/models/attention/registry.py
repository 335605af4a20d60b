"""The scorers by name. To add one, put a file into `scorers/` or `position_scorers/`: its name is the file's, and the pipeline
file, the lists, the documentation and the tests find it there."""

from functools import cache

from embedseq.models.attention import position_scorers as position_folder
from embedseq.models.attention import scorers as folder
from embedseq.models.attention.position_scorer import PositionScorer
from embedseq.models.attention.scorer import Scorer
from embedseq.models.members import classes_of


@cache
def scorers() -> dict[str, type[Scorer]]:
    """Every scorer of keys, in the order of their names."""
    found = {member.about.name: member for member in classes_of(folder) if issubclass(member, Scorer)}
    return dict(sorted(found.items()))


@cache
def position_scorers() -> dict[str, type[PositionScorer]]:
    """Every scorer of numbered positions, in the order of their names."""
    found = {member.about.name: member for member in classes_of(position_folder) if issubclass(member, PositionScorer)}
    return dict(sorted(found.items()))
