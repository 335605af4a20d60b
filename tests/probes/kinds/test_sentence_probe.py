"""The sentence probe: noise tells nothing, a planted property is read, a bag of words does not see two words inverted."""

import numpy as np
import pytest
from pydantic import ValidationError

from embedseq.errors import RequestError
from embedseq.probes.kinds.sentence import SentenceSettings, measure
from embedseq.probes.material import Split, StatesInMemory, StatesMaterial
from embedseq.probes.sentence_tasks import Property, labels_of, shift_half
from embedseq.statistics.bootstrap import statistic_value
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare, summarise
from embedseq.text.gold_words import GoldWords
from embedseq.text.trees import Tree

SIZES: dict[Split, int] = {"train": 600, "valid": 150, "test": 300}
WORDS = 20
WIDTH = 24
SHARES = 0.8 ** np.arange(WORDS) / (0.8 ** np.arange(WORDS)).sum()
ASKED = {"words": 4, "common": 8}


def sentence(rng: np.random.Generator) -> Tree:
    """A subject, a verb and words behind them, each with features at random."""
    size = int(rng.integers(4, 16))
    forms = tuple(chr(97 + code) for code in rng.choice(WORDS, size=size, p=SHARES))
    heads = (2, 0, *(int(rng.integers(1, place + 1)) for place in range(2, size)))
    number, tense = rng.choice(["Sing", "Plur"], p=[0.6, 0.4]), rng.choice(["Past", "Pres"])
    feats = ({"Number": str(number)}, {"Tense": str(tense), "VerbForm": "Fin"}, *({},) * (size - 2))
    return Tree(GoldWords(forms, (False,) * size), ("X",) * size, heads, ("nsubj", "root", *("dep",) * (size - 2)), feats)


def means(trees: list[Tree], vectors: np.ndarray) -> np.ndarray:
    return np.stack([vectors[[ord(form) - 97 for form in tree.words.words]].mean(axis=0) for tree in trees]).astype(np.float32)


def material(property: Property, seed: int = 0, summary: str = "mean", strength: float = 2.0) -> StatesMaterial:
    """Layers `embedding` (the mean of word vectors), `noise`, and `planted`, which has a direction for each class."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((WORDS, WIDTH))
    trees = {split: [sentence(rng) for _ in range(count)] for split, count in SIZES.items()}
    labels = labels_of(property, trees, **ASKED)
    classes = {label: place for place, label in enumerate(sorted({each for of in labels.values() for each in of if each}))}
    own: dict[tuple[str, str, str], np.ndarray] = {}
    words: dict[str, dict[str, np.ndarray]] = {}
    for split, of_split in trees.items():
        noise, other = rng.standard_normal((2, len(of_split), WIDTH)).astype(np.float32)
        planted = other.copy()
        for row, label in enumerate(labels[split]):
            if label is not None:
                planted[row, classes[label]] += 3 * strength
        own |= {(split, "embedding", "mean"): means([tree for tree, _ in shift_half(of_split, split)], vectors)}
        own |= {(split, "noise", summary): noise, (split, "planted", summary): planted}
        words[split] = dict.fromkeys(("embedding", "noise", "planted"), np.zeros((0, WIDTH), dtype=np.float32))
    untrained = {(split, layer, summary): own[split, "noise", summary][:, ::-1].copy() for split, layer, _ in own}
    beside = {"untrained model": StatesInMemory(words, untrained)}
    return StatesMaterial(trees, StatesInMemory(words, own), beside)


def settings(property: Property, summary: str = "mean") -> SentenceSettings:
    record = {"kind": "sentence", "of": "m", "data": "d", "property": property, "summary": summary, **ASKED}
    return SentenceSettings.from_record(record)


def keyed(measurements: object) -> dict[tuple[str, str], Measurement]:
    assert isinstance(measurements, list)
    return {(each.part, each.label): each for each in measurements}


PROPERTIES: list[Property] = ["length", "word-content", "tree-depth", "tense", "subject-number", "bigram-shift"]


@pytest.mark.parametrize("property", PROPERTIES)
def test_a_planted_property_is_read_and_beats_baselines_and_control(property: Property) -> None:
    found = keyed(measure(material(property), settings(property)).measurements)
    own = found["planted", ""]
    assert own.value > 0.9
    for label in ("majority class", "untrained model", "labels permuted across sentences"):
        assert compare([own], [found["planted", label]]).low > 0.2, label


@pytest.mark.parametrize("seed", range(4))
def test_noise_tells_no_more_than_the_majority_and_the_control(seed: int) -> None:
    found = keyed(measure(material("tense", seed), settings("tense")).measurements)
    for label in ("majority class", "labels permuted across sentences"):
        assert not compare([found["noise", ""]], [found["noise", label]]).low > 0.0, label
    assert found["noise", ""].value == pytest.approx(0.5, abs=0.1)


def test_the_mean_of_the_embeddings_sees_words_and_not_their_order() -> None:
    shift = keyed(measure(material("bigram-shift"), settings("bigram-shift")).measurements)
    assert not summarise([shift["planted", "mean of the embeddings"]]).low > 0.5
    content = keyed(measure(material("word-content"), settings("word-content")).measurements)
    assert content["noise", "mean of the embeddings"].value > content["noise", "majority class"].value + 0.1


def test_the_number_of_words_is_a_baseline_of_the_depth_of_trees_alone() -> None:
    depth = keyed(measure(material("tree-depth"), settings("tree-depth")).measurements)
    assert depth["noise", "number of words"].value > depth["noise", "majority class"].value
    assert not any(label == "number of words" for _, label in keyed(measure(material("tense"), settings("tense")).measurements))


def test_items_are_the_test_sentences_that_have_a_part_and_coverage_is_their_share() -> None:
    whole = material("word-content")
    found = measure(whole, settings("word-content"))
    asked = [each for each in labels_of("word-content", whole.trees, **ASKED)["test"] if each is not None]
    assert 20 < len(asked) < SIZES["test"]
    for each in found.measurements:
        assert each.items.shape == (len(asked), 2)
        assert each.value == pytest.approx(statistic_value("ratio", each.items))
        assert each.coverage == pytest.approx(len(asked) / SIZES["test"])
    assert sum(found.details["test"].values()) == len(asked)


def test_layers_without_the_summary_are_left_out() -> None:
    found = keyed(measure(material("tense", summary="last"), settings("tense", "last")).measurements)
    assert {part for part, _ in found} == {"noise", "planted"}
    assert ("planted", "mean of the embeddings") in found


def test_a_summary_that_no_layer_has_is_refused() -> None:
    with pytest.raises(RequestError, match="summary 'pooled'"):
        measure(material("tense"), settings("tense", "pooled"))


def test_a_task_without_two_classes_is_refused() -> None:
    with pytest.raises(RequestError, match="object-number: expected sentences of two classes or more"):
        measure(material("tense"), settings("object-number"))


def test_the_probe_gives_the_same_items_again() -> None:
    one, other = (measure(material("length"), settings("length")).measurements for _ in range(2))
    for first, second in zip(one, other, strict=True):
        np.testing.assert_array_equal(first.items, second.items)


def test_an_unknown_property_is_refused() -> None:
    with pytest.raises(ValidationError):
        SentenceSettings.from_record({"kind": "sentence", "of": "m", "data": "d", "property": "colour"})
