"""Word probes that read files say before any work that one is faulty."""

from pathlib import Path

import pytest

from embedseq.errors import RequestError
from embedseq.probes.kinds import analogy, outlier, word_similarity

KINDS = [
    pytest.param(word_similarity, word_similarity.WordSimilaritySettings(kind="word-similarity"), id="word-similarity"),
    pytest.param(analogy, analogy.AnalogySettings(kind="analogy"), id="analogy"),
    pytest.param(outlier, outlier.OutlierSettings(kind="outlier"), id="outlier"),
]


@pytest.mark.parametrize(("kind", "settings"), KINDS)
def test_bundled_sets_are_found_and_named_among_the_files(kind, settings, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    kind.check_files(settings, tmp_path)
    assert set(settings.sets) <= set(kind.ABOUT.files["sets"])


@pytest.mark.parametrize(("kind", "settings"), KINDS)
def test_a_faulty_file_is_told_with_its_line_and_a_missing_one_with_the_choices(  # type: ignore[no-untyped-def]
    kind, settings, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("# a set\none\n")
    with pytest.raises(RequestError, match=r"mine\.txt:2: expected"):
        kind.check_files(settings.model_copy(update={"sets": ("mine.txt",)}), tmp_path)
    with pytest.raises(RequestError, match=kind.ABOUT.files["sets"][0]):
        kind.check_files(settings.model_copy(update={"sets": ("none.txt",)}), tmp_path)
