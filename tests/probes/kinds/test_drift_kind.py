"""The drift probe: the same numbers as before, another word's vector beside them, and words that a real training never saw."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from embedseq.embeddings.handoff import align
from embedseq.embeddings.vectors import Vectors
from embedseq.errors import RequestError
from embedseq.models.build import HandedOver, Sizes, build_seq2seq
from embedseq.models.settings import ModelShape
from embedseq.probes.kinds.drift import DriftSettings, measure
from embedseq.probes.material import TableMaterial
from embedseq.statistics.measurement import Measurement
from embedseq.statistics.summary import compare
from embedseq.text.batches import TokenBatches
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import SPECIALS, Vocabulary
from embedseq.training.loop import TrainingData, train
from embedseq.training.settings import TrainSettings

COUNTS = (90, 60, 40, 25, 12, 6, 3, 2, 0, 0, 0)
WORDS = tuple(f"w{row}" for row in range(len(COUNTS)))
VOCABULARY = Vocabulary((*SPECIALS, *WORDS), (0, 0, 0, 0, *COUNTS))
BEFORE = Vectors(WORDS, np.random.default_rng(0).standard_normal((len(WORDS), 12)) * 3.7)
UNSEEN = "words never seen in training"
OTHER = "vector of another word"


def measured(after: Vectors, before: Vectors = BEFORE, bands: int = 2) -> dict[tuple[str, str], Measurement]:
    settings = DriftSettings(kind="drift", of="translator", bands=bands)
    found = measure(TableMaterial(after, before=before, vocabulary=VOCABULARY), settings)
    return {(each.part, each.label): each for each in found.measurements}


def test_planted_moves_are_found_where_they_were_planted() -> None:
    matrix = BEFORE.matrix.copy()
    matrix[0] *= -1
    found = measured(Vectors(WORDS, matrix))
    assert found["", ""].value == pytest.approx(2 / 8)
    assert found["band 1 of 2", ""].value == pytest.approx(2 / 1)  # more than a third of all running words are w0
    assert found["band 2 of 2", ""].value == 0.0
    assert (found["", UNSEEN].value, found["", UNSEEN].n) == (0.0, 3)


def test_details_say_what_the_bands_are_and_which_words_moved_most() -> None:
    matrix = BEFORE.matrix.copy()
    matrix[4] *= -1
    after = Vectors(WORDS, matrix)
    details = measure(TableMaterial(after, before=BEFORE, vocabulary=VOCABULARY), DriftSettings(kind="drift", of="m")).details
    assert details["bands"][0]["name"] == "band 1 of 5"
    assert sum(band["words"] for band in details["bands"]) == 8
    assert details["most_moved"][0] == {"word": "w4", "drift": pytest.approx(2.0), "count": 12}


def test_every_score_has_the_vector_of_another_word_beside_it_on_the_same_items() -> None:
    found = measured(BEFORE)
    parts = {part for part, label in found if label == ""}
    assert parts == {"", "band 1 of 2", "band 2 of 2"}
    for part in parts:
        assert found[part, OTHER].items.shape == found[part, ""].items.shape
        assert (found[part, ""].value, found[part, OTHER].role) == (0.0, "baseline")
    assert compare([found["", ""]], [found["", OTHER]]).high < -0.3


@pytest.mark.parametrize("draw", range(3))
def test_vectors_that_were_drawn_anew_have_drifted_as_far_as_another_word_is(draw: int) -> None:
    found = measured(Vectors(WORDS, np.random.default_rng(draw + 1).standard_normal((len(WORDS), 12))))
    difference = compare([found["", ""]], [found["", OTHER]])
    assert difference.low - 0.2 < 0 < difference.high + 0.2


def test_rounding_to_another_scale_and_back_is_no_drift_and_a_real_move_is_not_taken_for_rounding() -> None:
    norm = np.float32(3.1)
    rounded = Vectors(WORDS, BEFORE.matrix / norm * norm)
    assert (rounded.matrix != BEFORE.matrix).any()
    assert {each.value for (_, label), each in measured(rounded).items() if label != OTHER} == {0.0}
    matrix = BEFORE.matrix.copy()
    matrix[0, 0] *= 1 + 1e-5
    assert measured(Vectors(WORDS, matrix))["", ""].value > 0


def test_words_without_a_vector_before_or_after_are_left_out_and_lower_the_coverage() -> None:
    before, after = Vectors(WORDS[1:], BEFORE.matrix[1:]), Vectors(WORDS[:-1], BEFORE.matrix[:-1])
    found = measured(after, before)
    assert found["", ""].coverage == pytest.approx(9 / 11)
    assert (found["", ""].n, found["", UNSEEN].n) == (7, 2)
    assert found["", UNSEEN].value == 0.0


def test_a_table_that_nothing_was_handed_to_is_refused() -> None:
    with pytest.raises(RequestError, match="expected vectors that were handed over and tuned"):
        measure(TableMaterial(BEFORE), DriftSettings(kind="drift", of="m"))


@pytest.fixture
def trained(tmp_path: Path) -> Callable[..., Vectors]:
    """The source vectors of a small model after training on sentences of the words with a count, which it writes backwards."""

    def trained(tie_output: bool = False, **fields: object) -> Vectors:
        rng = np.random.default_rng(5)
        share = np.array(COUNTS) / sum(COUNTS)
        sentences = [(rng.choice(len(COUNTS), size=5, p=share) + len(SPECIALS)).tolist() for _ in range(40)]
        source = Encoded.write(tmp_path / "source", sentences)
        target = Encoded.write(tmp_path / "target", [sentence[::-1] for sentence in sentences])
        pairs = TokenBatches(source, target, 60)
        handed = align(BEFORE, VOCABULARY)
        embedding = {"source": {"from": "v", "as": "tuned"}, "target": {"from": "v", "as": "tuned"}}
        record = {"architecture": "gru", "dim": 16, "dropout": 0.1, "tie_output": tie_output, "embedding": embedding}
        model = build_seq2seq(
            ModelShape.model_validate(record), Sizes(len(VOCABULARY), len(VOCABULARY)), HandedOver(handed, handed), seed=1
        )
        side = "target" if tie_output else "source"
        train(model, TrainingData(pairs, pairs), TrainSettings.model_validate({"epochs": 3, "lr": 0.01, **fields}), seed=1)
        return Vectors(WORDS, model.vectors(side)[len(SPECIALS) :])

    return trained


def test_words_that_a_real_training_never_saw_drift_exactly_nought_and_the_others_do_not(trained: Callable[..., Vectors]) -> None:
    found = measured(trained())
    assert found["", UNSEEN].n == 3
    assert not found["", UNSEEN].items[:, 0].any()
    assert (found["", ""].items[:, 0] > 1e-6).all()


def test_a_tied_output_layer_moves_words_that_were_never_seen(trained: Callable[..., Vectors]) -> None:
    assert (measured(trained(tie_output=True))["", UNSEEN].items[:, 0] > 0).all()
