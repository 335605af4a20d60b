"""The word-property probe: labels from trees and counts, folds by type, planted and absent properties."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedseq.embeddings.vectors import Vectors
from embedseq.errors import RequestError
from embedseq.probes.kinds.word_property import WordPropertySettings, measure
from embedseq.probes.material import TableMaterial
from embedseq.probes.probe import Found
from embedseq.probes.random_vectors import permuted
from embedseq.probes.type_labels import frequency_bands, labelled_types
from embedseq.probes.word_property import FOLDS, folds
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare, summarise
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import Tree

TAGS = ("ADJ", "NOUN", "VERB")
WORDS = [f"w{row:03d}" for row in range(300)]
TAG_OF = dict(zip(WORDS, np.random.default_rng(0).choice(TAGS, size=300, p=[0.2, 0.5, 0.3]).tolist(), strict=True))


def settings(**fields: object) -> WordPropertySettings:
    given = {"kind": "word-property", "property": "tag", "data": "treebank", "min_count": 1, **fields}
    return WordPropertySettings.model_validate(given)


def tree(*words: tuple[str, str, str | None]) -> Tree:
    """A flat sentence of words with tags and perhaps numbers."""
    count = len(words)
    return Tree(
        GoldWords(tuple(word for word, _, _ in words), (False,) * count),
        tuple(tag for _, tag, _ in words),
        (0, *(1,) * (count - 1)),
        ("root", *("dep",) * (count - 1)),
        tuple({"Number": number} if number else {} for _, _, number in words),
    )


def treebank() -> tuple[Tree, ...]:
    return tuple(tree((word, tag, None)) for word, tag in TAG_OF.items())


def table(planted: float, seed: int = 0, words: list[str] = WORDS) -> Vectors:
    """Noise in 16 dimensions, and so much of the tag in three of them."""
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((len(words), 16))
    for row, word in enumerate(words):
        matrix[row, TAGS.index(TAG_OF[word])] += planted
    return Vectors(words, matrix)


def named(found: Found) -> dict[tuple[str, str], Measurement]:
    return {(each.score, each.label): each for each in found.measurements}


def test_a_planted_property_is_found_beyond_baselines_and_control() -> None:
    found = named(measure(TableMaterial(table(4.0), trees=treebank()), settings()))
    score = found["accuracy", ""]
    assert score.value > 0.9
    for label in ("commonest label", "random vectors of the same norms", "labels permuted across words"):
        assert compare([score], [found["accuracy", label]]).low > 0.3
    selectivity, of_random = (found["selectivity", label] for label in ("", "random vectors of the same norms"))
    assert selectivity.value == pytest.approx(score.value - found["accuracy", "labels permuted across words"].value)
    assert compare([selectivity], [of_random]).low > 0.3


@pytest.mark.parametrize("draw", range(4))
def test_vectors_that_know_nothing_score_no_more_than_the_commonest_label(draw: int) -> None:
    vectors = table(0.0, draw) if draw < 2 else permuted(table(4.0), draw)
    found = named(measure(TableMaterial(vectors, trees=treebank()), settings()))
    assert compare([found["accuracy", ""]], [found["accuracy", "commonest label"]]).low <= 0
    assert abs(found["accuracy", ""].value - found["accuracy", "random vectors of the same norms"].value) < 0.12
    selectivity = summarise([found["selectivity", ""]])
    assert selectivity.low - 0.03 < 0 < selectivity.high + 0.03


def test_a_classifier_is_never_asked_about_a_word_that_it_was_fitted_to() -> None:
    """With more dimensions than words it learns any labels by heart: by type, even then, the control stays at the commonest."""
    vectors = Vectors(WORDS, np.eye(300))
    found = named(measure(TableMaterial(vectors, trees=treebank()), settings()))
    for label in ("", "labels permuted across words"):
        assert found["accuracy", label].value < 0.56


@given(st.lists(st.text(alphabet="abAB", min_size=1, max_size=4), unique=True, max_size=60))
def test_a_word_type_is_in_one_fold_however_it_is_written(words: list[str]) -> None:
    fold_of: dict[str, int] = {}
    for word, fold in zip(words, folds(words).tolist(), strict=True):
        assert fold_of.setdefault(word.lower(), fold) == fold
    sizes = Counter(fold_of.values())
    assert not fold_of or max(sizes.values()) - min(sizes[number] for number in range(FOLDS)) <= 1


def test_folds_hang_on_the_set_of_words_and_not_on_their_order() -> None:
    assert folds(WORDS)[::-1].tolist() == folds(WORDS[::-1]).tolist()
    assert np.bincount(folds(WORDS)).tolist() == [60] * FOLDS


def test_tables_are_compared_on_the_words_that_all_of_them_have() -> None:
    full, part = table(4.0), table(0.0, 1, WORDS[250:49:-1])
    shared = frozenset(part.words)
    ours, theirs = (named(measure(TableMaterial(each, shared=shared, trees=treebank()), settings())) for each in (full, part))
    for key, one in ours.items():
        assert one.items.shape == theirs[key].items.shape == (201, 2)
        assert one.coverage == theirs[key].coverage == pytest.approx(201 / 300)
    np.testing.assert_array_equal(ours["accuracy", "commonest label"].items, theirs["accuracy", "commonest label"].items)
    assert compare([ours["accuracy", ""]], [theirs["accuracy", ""]]).low > 0.2
    apart = measure(TableMaterial(full, shared=shared, trees=treebank()), settings(shared=False)).measurements
    assert (apart[0].n, apart[0].coverage) == (300, 1.0)


def test_the_same_material_gives_the_same_numbers_in_any_order_of_the_table() -> None:
    turned = Vectors(WORDS[::-1], table(1.0).matrix[::-1])
    first, second = (measure(TableMaterial(each, trees=treebank()), settings()) for each in (table(1.0), turned))
    for one, other in zip(first.measurements, second.measurements, strict=True):
        np.testing.assert_array_equal(one.items, other.items)
    assert first.details == second.details
    assert sum(first.details["labels"].values()) == 300


def test_a_word_has_the_tag_that_it_mostly_has_under_the_form_that_has_a_vector() -> None:
    vectors = Vectors(["run", "Bern", "tie", "rare"], np.eye(4))
    sentences = (
        tree(("Run", "VERB", None), ("run", "NOUN", None), ("Bern", "PROPN", None), ("tie", "NOUN", None)),
        tree(("RUN", "VERB", None), ("Bern", "PROPN", None), ("tie", "ADJ", None), ("lost", "ADJ", None), ("lost", "ADJ", None)),
        tree(("rare", "ADJ", None)),
    )
    found = labelled_types(vectors, TableMaterial(vectors, trees=sentences), settings(min_count=2))
    assert found.labels == {"run": "VERB", "Bern": "PROPN", "tie": "ADJ"}
    assert found.coverage == 3 / 4


def test_number_is_that_of_nouns() -> None:
    vectors = Vectors(["dogs", "fish", "runs", "Bern"], np.eye(4))
    words = [("dogs", "NOUN", "Plur"), ("fish", "NOUN", "Plur"), ("fish", "NOUN", "Sing"), ("fish", "NOUN", "Plur")]
    others = [("runs", "VERB", "Sing"), ("Bern", "PROPN", "Sing"), ("dogs", "NOUN", None)]
    found = labelled_types(vectors, TableMaterial(vectors, trees=(tree(*words, *others),)), settings(property="number"))
    assert found.labels == {"dogs": "Plur", "fish": "Plur"}


def test_frequency_is_found_where_it_is_planted() -> None:
    counts = {word: 3 * (row + 2) for row, word in enumerate(WORDS)}
    matrix = np.random.default_rng(0).standard_normal((300, 8))
    matrix[:, 0] += [8 * np.log(counts[word]) for word in WORDS]
    material = TableMaterial(Vectors(WORDS, matrix), counts={**counts, "gone": 50, "once": 1})
    found = named(measure(material, settings(property="frequency", bands=3, min_count=5)))
    assert (found["accuracy", ""].part, found["accuracy", ""].n) == ("frequency", 300)
    assert found["accuracy", ""].coverage == pytest.approx(300 / 301)
    assert found["accuracy", ""].value > 0.6
    assert compare([found["accuracy", ""]], [found["accuracy", "commonest label"]]).low > 0.15


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 30), min_size=1), st.integers(2, 6))
def test_bands_fall_with_the_count_and_words_of_one_count_are_in_one(counts: dict[str, int], bands: int) -> None:
    band_of = {word: int(band.split()[1]) for word, band in frequency_bands(counts, bands).items()}
    for one, count in counts.items():
        for other, other_count in counts.items():
            assert count != other_count or band_of[one] == band_of[other]
            assert count <= other_count or band_of[one] <= band_of[other]


def test_words_of_different_counts_are_shared_out_evenly() -> None:
    sizes = Counter(frequency_bands({f"w{row}": row for row in range(1, 101)}, 5).values())
    assert sizes == {f"band {number} of 5": 20 for number in range(1, 6)}


def test_only_the_commonest_words_are_looked_at() -> None:
    vectors = Vectors(["a", "b", "c"], np.eye(3))
    material = TableMaterial(vectors, counts={"a": 5, "b": 9, "c": 5})
    assert set(labelled_types(vectors, material, settings(property="frequency", most_words=2)).labels) == {"a", "b"}


def test_what_the_material_does_not_say_is_refused() -> None:
    material = TableMaterial(table(1.0))
    with pytest.raises(RequestError, match="expected a treebank that says the tag of words, found none"):
        measure(material, settings())
    with pytest.raises(RequestError, match="found vectors without counts"):
        measure(material, settings(property="frequency"))


def test_too_few_words_or_labels_are_refused() -> None:
    with pytest.raises(RequestError, match="expected two labels or more and 5 words or more, found 2 labels of 2 words"):
        measure(TableMaterial(table(1.0, words=["w000", "w002"]), trees=treebank()), settings())
    alike = tuple(tree((word, "NOUN", None)) for word in WORDS)
    with pytest.raises(RequestError, match="found 1 labels of 300 words"):
        measure(TableMaterial(table(1.0), trees=alike), settings())


def test_special_tokens_are_no_words_of_a_text() -> None:
    vectors = Vectors(["a", "b"], np.eye(2))
    material = TableMaterial(vectors, counts={"<unk>": 40, "a": 5, "b": 9})
    found = labelled_types(vectors, material, settings(property="frequency", bands=2))
    assert found.labels == {"b": "band 1 of 2", "a": "band 2 of 2"}
    assert found.coverage == 1.0
