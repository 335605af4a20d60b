"""Word2Vec: equal to gensim called by hand, repeatable, every setting handed on, nothing lost on the way."""

import hashlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gensim.models.word2vec import Word2Vec

from embedseq.embeddings.settings import Word2VecSettings
from embedseq.embeddings.vectors import mean_cosine
from embedseq.embeddings.word2vec import new_model, train_word2vec
from embedseq.errors import RequestError
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import SPECIALS, UNK, Vocabulary


def random_ids(sentences: int = 400, words: int = 40, seed: int = 0) -> list[list[int]]:
    """Sentences of 0 to 20 ids, Zipf-like; some unknown tokens, some sentences empty."""
    rng = np.random.default_rng(seed)
    ids = [(rng.zipf(1.5, rng.integers(0, 21)) % words + len(SPECIALS)).tolist() for _ in range(sentences)]
    return [[UNK if rng.random() < 0.05 else token for token in sentence] for sentence in ids]


def vocabulary_of(words: int = 40) -> Vocabulary:
    names = tuple(f"word {row}" if row % 7 == 0 else f"word{row}" for row in range(words))  # some hold a space
    return Vocabulary(SPECIALS + names, (0,) * (words + len(SPECIALS)))


def words_seen(ids: list[list[int]], vocabulary: Vocabulary) -> list[list[str]]:
    return [[vocabulary.tokens[token] for token in sentence if token >= len(SPECIALS)] for sentence in ids]


ALGORITHMS = [(a, o) for a in ("skip-gram", "cbow") for o in ("negative-sampling", "hierarchical-softmax", "both")]


@pytest.mark.parametrize(("algorithm", "output"), ALGORITHMS)
def test_vectors_equal_those_of_gensim_called_by_hand(tmp_path: Path, algorithm: Any, output: Any) -> None:
    ids, vocabulary = random_ids(), vocabulary_of()
    settings = Word2VecSettings(
        text="t.source", algorithm=algorithm, output=output, dim=12, min_count=3, epochs=4, batch_words=500
    )
    ours = train_word2vec(Encoded.write(tmp_path / "ids", ids), vocabulary, settings, seed=5).vectors
    by_hand = Word2Vec(
        words_seen(ids, vocabulary),
        vector_size=12,
        sg=int(algorithm == "skip-gram"),
        hs={"negative-sampling": 0, "hierarchical-softmax": 1, "both": 1}[output],
        negative={"negative-sampling": 5, "hierarchical-softmax": 0, "both": 5}[output],
        min_count=3,
        epochs=4,
        seed=5,
        workers=1,
        batch_words=500,
    )
    assert list(ours.words) == by_hand.wv.index_to_key
    assert ours.matrix.tobytes() == by_hand.wv.vectors.tobytes()


UNUSUAL = Word2VecSettings(
    text="t.source",
    algorithm="cbow",
    dim=7,
    window=3,
    output="negative-sampling",
    negative=9,
    ns_exponent=0.5,
    sample=1e-4,
    min_count=2,
    max_final_vocab=11,
    max_vocab_size=500,
    epochs=3,
    alpha=0.04,
    min_alpha=0.001,
    cbow_mean=False,
    shrink_windows=False,
    batch_words=77,
    workers=2,
)
READ_BACK = {
    "vector_size": 7,
    "window": 3,
    "negative": 9,
    "hs": 0,
    "sg": 0,
    "ns_exponent": 0.5,
    "sample": 1e-4,
    "min_count": 2,
    "max_final_vocab": 11,
    "max_vocab_size": 500,
    "epochs": 3,
    "alpha": 0.04,
    "min_alpha": 0.001,
    "cbow_mean": 0,
    "shrink_windows": False,
    "batch_words": 77,
    "workers": 2,
    "seed": 13,
}


def test_every_setting_reaches_gensim() -> None:
    model = new_model(UNUSUAL, seed=13)
    assert {name: getattr(model, name) for name in READ_BACK} == READ_BACK
    assert set(READ_BACK) - {"hs", "sg", "vector_size", "seed"} | {"text", "algorithm", "dim", "output"} == set(
        Word2VecSettings.model_fields
    ), "a new setting must be handed on, and read back here"


def test_every_parameter_of_gensim_is_a_setting_or_named_as_left_out() -> None:
    parameters = set(inspect.signature(Word2Vec.__init__).parameters) - {"self"}
    named = set(re.findall(r"`(\w+)`", str(Word2VecSettings.__doc__)))
    assert named == parameters - (set(READ_BACK) - {"seed"})


def test_hierarchical_softmax_switches_negative_sampling_off() -> None:
    model = new_model(Word2VecSettings(text="t.source", output="hierarchical-softmax"), seed=1)
    assert (model.hs, model.negative, model.sg) == (1, 0, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"dim": 5},
        {"window": 2},
        {"negative": 2},
        {"ns_exponent": 0.1},
        {"sample": 1e-2},
        {"epochs": 3},
        {"alpha": 0.01},
        {"min_alpha": 0.01},
        {"cbow_mean": False},
        {"shrink_windows": False},
        {"batch_words": 100},
        {"min_count": 20},
        {"max_final_vocab": 5},
        {"max_vocab_size": 10},
        {"output": "hierarchical-softmax"},
        {"algorithm": "skip-gram"},
    ],
)
def test_every_setting_changes_the_vectors(tmp_path: Path, change: dict[str, Any]) -> None:
    text = Encoded.write(tmp_path / "ids", random_ids())
    base = Word2VecSettings(text="t.source", algorithm="cbow", dim=6, epochs=2, sample=0.0)
    before = train_word2vec(text, vocabulary_of(), base, 1).vectors
    after = train_word2vec(text, vocabulary_of(), base.model_copy(update=change), 1).vectors
    assert before.matrix.tobytes() != after.matrix.tobytes()


def test_another_seed_gives_other_vectors(tmp_path: Path) -> None:
    text, settings = Encoded.write(tmp_path / "ids", random_ids()), Word2VecSettings(text="t.source", dim=6, epochs=1)
    one, other = (train_word2vec(text, vocabulary_of(), settings, seed).vectors.matrix for seed in (1, 2))
    assert not np.array_equal(one, other)


def test_a_sample_of_one_thins_out_nothing(tmp_path: Path) -> None:
    text = Encoded.write(tmp_path / "ids", random_ids())
    all_kept, none_thinned = (
        train_word2vec(text, vocabulary_of(), Word2VecSettings(text="t.source", dim=6, sample=sample), 1).vectors.matrix
        for sample in (0.0, 1.0)
    )
    assert np.array_equal(all_kept, none_thinned)


def test_min_count_counts_what_word2vec_sees_and_not_what_the_vocabulary_counted(tmp_path: Path) -> None:
    vocabulary = Vocabulary((*SPECIALS, "often", "rare"), (0, 0, 0, 0, 1, 1000))
    text = Encoded.write(tmp_path / "ids", [[4, 4, 4, 5, UNK]] * 2)
    trained = train_word2vec(text, vocabulary, Word2VecSettings(text="t.source", dim=4, min_count=3), 1)
    assert trained.vectors.words == ("often",)
    assert trained.running_words == 8


def test_special_tokens_have_no_vector(tmp_path: Path) -> None:
    text = Encoded.write(tmp_path / "ids", [[2, 4, 1, 5, 3, 0]] * 20)
    trained = train_word2vec(text, vocabulary_of(2), Word2VecSettings(text="t.source", dim=4, min_count=1), 1)
    assert set(trained.vectors.words) == {"word 0", "word1"}


def test_max_final_vocab_raises_min_count_and_says_so(tmp_path: Path) -> None:
    text = Encoded.write(tmp_path / "ids", random_ids())
    trained = train_word2vec(text, vocabulary_of(), Word2VecSettings(text="t.source", dim=4, min_count=1, max_final_vocab=6), 1)
    assert len(trained.vectors) <= 6
    assert trained.min_count > 1


def test_max_vocab_size_prunes_rare_words_while_counting(tmp_path: Path) -> None:
    """Two frequent words among a thousand that come once: with pruning the thousand are never all counted."""
    ids = [[4, 5, 6 + number] for number in range(1000)]
    text, vocabulary = Encoded.write(tmp_path / "ids", ids), vocabulary_of(1010)
    settings = Word2VecSettings(text="t.source", dim=4, min_count=1, epochs=1)
    everything = train_word2vec(text, vocabulary, settings, 1)
    pruned = train_word2vec(text, vocabulary, settings.model_copy(update={"max_vocab_size": 50}), 1)
    assert len(everything.vectors) == 1002
    assert len(pruned.vectors) <= 51
    assert {"word 0", "word1"} < set(pruned.vectors.words)
    assert pruned.running_words == everything.running_words == 3000


def test_a_text_that_was_pruned_away_is_an_error_that_says_so(tmp_path: Path) -> None:
    text = Encoded.write(tmp_path / "ids", [[number + 4] for number in range(40)])
    settings = Word2VecSettings(text="t.source", min_count=2, max_vocab_size=3)
    with pytest.raises(RequestError, match="raise max_vocab_size"):
        train_word2vec(text, vocabulary_of(), settings, 1)


def test_long_sentences_are_split_and_lose_no_word(tmp_path: Path) -> None:
    long = (np.random.default_rng(0).integers(0, 40, 25_000) + len(SPECIALS)).tolist()
    text = Encoded.write(tmp_path / "ids", [long, long[:10_000], [4, 5]])
    settings = Word2VecSettings(text="t.source", dim=4, epochs=1)
    trained = train_word2vec(text, vocabulary_of(), settings, 1)
    assert (trained.split_sentences, trained.running_words) == (1, 35_002)
    pieces = [long[:10_000], long[10_000:20_000], long[20_000:], long[:10_000], [4, 5]]
    in_pieces = train_word2vec(Encoded.write(tmp_path / "pieces", pieces), vocabulary_of(), settings, 1)
    assert trained.vectors.matrix.tobytes() == in_pieces.vectors.matrix.tobytes()
    assert in_pieces.split_sentences == 0


def test_no_frequent_word_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    text = Encoded.write(tmp_path / "ids", [[4, 5], [6]])
    with pytest.raises(RequestError, match=r"t\.source.*5 times.*3 running words.*Lower min_count"):
        train_word2vec(text, vocabulary_of(), Word2VecSettings(text="t.source"), 1)


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_grows_to_the_total(tmp_path: Path, workers: int) -> None:
    text = Encoded.write(tmp_path / "ids", random_ids(6000))
    seen: list[tuple[int, int]] = []
    settings = Word2VecSettings(text="t.source", dim=4, epochs=3, workers=workers)
    trained = train_word2vec(text, vocabulary_of(), settings, 1, lambda done, total: seen.append((done, total)))
    total = 3 * trained.running_words
    assert {each for _, each in seen} == {total}
    done = [each for each, _ in seen]
    assert done == sorted(done)
    assert done[-1] == total
    assert len(done) > 3 if workers == 1 else len(done) == 3


def test_watching_progress_changes_no_byte(tmp_path: Path) -> None:
    text, settings = Encoded.write(tmp_path / "ids", random_ids(3000)), Word2VecSettings(text="t.source", dim=4, epochs=2)
    watched = train_word2vec(text, vocabulary_of(), settings, 1, lambda done, total: None).vectors
    assert watched.matrix.tobytes() == train_word2vec(text, vocabulary_of(), settings, 1).vectors.matrix.tobytes()


class InterruptionError(Exception):
    """Raised by the watcher of progress."""


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failure_in_gensims_reading_thread_is_raised_and_does_not_hang(tmp_path: Path, workers: int) -> None:
    def fail(done: int, total: int) -> None:
        raise InterruptionError

    text = Encoded.write(tmp_path / "ids", random_ids(6000))
    with pytest.raises(InterruptionError):
        train_word2vec(text, vocabulary_of(), Word2VecSettings(text="t.source", dim=4, epochs=2, workers=workers), 1, fail)


def test_an_id_beyond_the_vocabulary_is_an_error_and_does_not_hang(tmp_path: Path) -> None:
    text = Encoded.write(tmp_path / "ids", [[4, 5, 999]] * 10)
    with pytest.raises(IndexError):
        train_word2vec(text, vocabulary_of(), Word2VecSettings(text="t.source", dim=4, min_count=1), 1)


def test_several_workers_train_the_same_words_from_a_file(tmp_path: Path) -> None:
    ids = [sentence for sentence in random_ids(3000) if len(sentence) != 1]
    text, vocabulary = Encoded.write(tmp_path / "ids", ids), vocabulary_of()
    settings = Word2VecSettings(text="t.source", dim=8, epochs=3)
    one = train_word2vec(text, vocabulary, settings, 1)
    many = train_word2vec(text, vocabulary, settings.model_copy(update={"workers": 3}), 1)
    assert many.vectors.words == one.vectors.words
    assert many.vectors.matrix.shape == one.vectors.matrix.shape
    assert (one.repeatable, many.repeatable) == (True, False)
    untrained = new_model(settings, 1)
    untrained.build_vocab(words_seen(ids, vocabulary))
    assert not np.allclose(many.vectors.matrix, untrained.wv.vectors, atol=1e-3)


def test_a_warm_corpus_is_told_apart_from_collapsed_vectors(tmp_path: Path) -> None:
    """Two topics of ten words each that never meet: enough epochs part them, one epoch leaves all vectors alike or untrained."""
    rng = np.random.default_rng(0)
    topics = [(rng.integers(0, 10, 12) + 10 * (number % 2) + len(SPECIALS)).tolist() for number in range(600)]
    text = Encoded.write(tmp_path / "ids", topics)
    settings = Word2VecSettings(text="t.source", dim=10, epochs=15, sample=0.0)
    vectors = train_word2vec(text, vocabulary_of(20), settings, 1).vectors
    assert vectors.similarity("word1", "word2") > vectors.similarity("word1", "word15") + 0.3
    mean = mean_cosine(vectors)
    assert mean is not None
    assert mean < 0.8


CHILD = """
import sys, hashlib
from pathlib import Path
from embedseq.embeddings.settings import Word2VecSettings
from embedseq.embeddings.word2vec import train_word2vec
from embedseq.text.encoded import Encoded
from embedseq.text.vocabulary import Vocabulary
folder = Path(sys.argv[1])
settings = Word2VecSettings(text="t.source", dim=10, epochs=2)
trained = train_word2vec(Encoded.open(folder / "ids"), Vocabulary.load(folder / "vocabulary.json"), settings, 3)
trained.vectors.save(folder / sys.argv[2])
assert "torch" not in sys.modules
"""


def test_fresh_processes_give_the_same_bytes_whatever_their_hash_seed(tmp_path: Path) -> None:
    Encoded.write(tmp_path / "ids", random_ids())
    vocabulary_of().save(tmp_path / "vocabulary.json")
    digests = set()
    for hash_seed in ("1", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        subprocess.run([sys.executable, "-c", CHILD, str(tmp_path), hash_seed], check=True, env=environment)
        files = [tmp_path / f"{hash_seed}.safetensors", tmp_path / f"{hash_seed}.words.json"]
        digests.add(tuple(hashlib.sha256(file.read_bytes()).hexdigest() for file in files))
    assert len(digests) == 1
