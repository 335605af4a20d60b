"""The table of neighbours."""

from embedseq.embeddings.vectors import Vectors
from embedseq.probes.neighbours import neighbour_table

TABLES = {
    "before": Vectors(["city", "town", "tree"], [[1, 0], [1, 0.1], [0, 1]]),
    "after": Vectors(["town", "tree", "leaf"], [[1, 0], [0, 1], [0.1, 1]]),
}


def test_every_word_is_looked_up_in_every_table() -> None:
    table = neighbour_table(TABLES, ["tree", "town"], top=1)
    assert (table.words, table.vectors) == (("tree", "town"), ("before", "after"))
    assert [each.word for each in table.of("tree", "before").neighbours] == ["town"]
    assert [each.word for each in table.of("tree", "after").neighbours] == ["leaf"]
    assert [each.word for each in table.of("town", "before").neighbours] == ["city"]


def test_a_word_that_one_table_lacks_has_near_spellings_there() -> None:
    table = neighbour_table(TABLES, ["city", "tre"])
    assert table.of("city", "before").known
    assert not table.of("city", "after").known
    assert table.of("tre", "after").near_spellings == ("tree",)


def test_a_word_asked_for_twice_is_there_once() -> None:
    assert neighbour_table(TABLES, ["tree", "tree"]).words == ("tree",)
