"""Which words of a table are looked at, and under which form."""

import numpy as np

from embedseq.embeddings.vectors import Vectors
from embedseq.probes.material import TableMaterial
from embedseq.probes.word_tables import chosen_table, known_form, restricted

TABLE = Vectors(["sun", "Moon", "ice", "moon"], np.arange(8).reshape(4, 2))


def test_words_stand_in_one_order_with_their_own_vectors() -> None:
    kept = restricted(TABLE, None)
    assert kept.words == ("Moon", "ice", "moon", "sun")
    for word in TABLE.words:
        np.testing.assert_array_equal(kept[word], TABLE[word])


def test_only_shared_words_are_kept_unless_nobody_cares() -> None:
    material = TableMaterial(TABLE, shared=frozenset({"ice", "sun", "tram"}))
    assert chosen_table(material, shared=True).words == ("ice", "sun")
    assert len(chosen_table(material, shared=False)) == len(chosen_table(TableMaterial(TABLE), shared=True)) == 4
    assert restricted(TABLE, ()).matrix.shape == (0, 2)


def test_a_word_is_looked_up_as_it_is_written_and_then_in_lower_case() -> None:
    assert [known_form(TABLE, word) for word in ("Moon", "moon", "ICE", "Tram")] == ["Moon", "moon", "ice", None]
