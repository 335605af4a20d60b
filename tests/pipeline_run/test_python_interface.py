"""`embedseq.run`, `embedseq.open_run`, and what a run answers."""

from pathlib import Path

import numpy as np
import pytest
from gensim.models import Word2Vec

import embedseq
from embedseq.embeddings.vectors import UnknownWordError, Vectors
from embedseq.errors import Problems, RequestError
from embedseq.pipeline.stages.evaluate import predictions_of
from embedseq.pipeline.stages.records import read_record
from embedseq.pipeline.stages.text import sentences_of
from embedseq.pipeline.stages.tokens import encoded_of, vocabulary_of
from embedseq.pipeline.translator import Translator
from embedseq.seeds import stream
from embedseq.text.vocabulary import SPECIALS

FROZEN, TUNED = "translator[skipgram,frozen]", "translator[skipgram,tuned]"


def artifact(run: embedseq.Run, node: str) -> Path:
    folder = run.artifact(node)
    assert folder is not None
    return folder


@pytest.fixture(scope="module")
def tuned(finished: embedseq.Run) -> Translator:
    return finished.models[TUNED]


def test_run_answers_as_open_run_does(tiny_file: Path, variants: Path, finished: embedseq.Run) -> None:
    run = embedseq.run(tiny_file, store=variants, jobs=1)
    assert run.name != finished.name
    assert run.exit_code == finished.exit_code == 0
    assert run.summary == finished.summary
    assert run.report.is_file()
    assert embedseq.open_run(run.name, store=variants).name == run.name
    assert embedseq.open_run("captions", store=str(variants)).record.pipeline == "captions"


def test_vectors_answer_queries(finished: embedseq.Run) -> None:
    assert list(finished.embeddings) == ["skipgram", "cbow"]
    nearest = finished.embeddings["skipgram"].most_similar("dog", top=3)
    assert len(nearest) == 3
    vectors = finished.embeddings["skipgram"]
    for near in nearest:
        assert near.similarity == pytest.approx(vectors.similarity("dog", near.word), abs=1e-6)
    with pytest.raises(UnknownWordError, match="dog"):
        vectors.most_similar("dgo")


def test_models_translate(finished: embedseq.Run, tuned: Translator) -> None:
    assert list(finished.models) == [FROZEN, TUNED, "plain"]
    assert FROZEN in finished.models
    assert len(finished.models) == 3
    written = tuned.translate(["A dog is running in the park.", ""])
    assert written[0]
    assert written[1] == ""
    assert tuned.translate([]) == []


def test_a_selector_that_names_one_thing_is_a_name(finished: embedseq.Run, tuned: Translator) -> None:
    sentences = ["Two men are waiting."]
    assert finished.models["translator[tuned]"].translate(sentences) == tuned.translate(sentences)
    assert finished.models["translator[embedding.as=tuned]"].translate(sentences) == tuned.translate(sentences)


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("embeddings", "skipgrm", "Did you mean 'skipgram'?"),
        ("embeddings", "plain", "no embedding is called 'plain'"),
        ("models", "translater", "Did you mean 'translator'?"),
        ("models", "translator", "choose one of"),
        ("models", "translator[lstm]", "'lstm' is not a value"),
        ("models", "skipgram", "no model is called 'skipgram'"),
    ],
)
def test_unknown_names_are_refused(finished: embedseq.Run, kind: str, name: str, said: str) -> None:
    with pytest.raises(RequestError) as refused:
        getattr(finished, kind)[name]
    assert said in str(refused.value)


def test_a_run_that_is_not_there_is_refused(tiny_store: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no run is called 'captions-99'"):
        embedseq.open_run("captions-99", store=tiny_store)
    with pytest.raises(RequestError, match="there are no runs"):
        embedseq.open_run(store=tmp_path)


def test_a_wrong_override_is_refused_before_work_begins(tiny_file: Path, tmp_path: Path) -> None:
    with pytest.raises(Problems, match="Did you mean 'dropout'"):
        embedseq.run(tiny_file, overrides=["models.plain.droput=0.3"], store=tmp_path / "store")
    with pytest.raises(RequestError, match="no stage has 'trian'"):
        embedseq.run(tiny_file, only=["trian"], store=tmp_path / "store")
    assert not (tmp_path / "store").exists()


# What is in the run.


def test_translating_one_by_one_is_translating_all_at_once(finished: embedseq.Run) -> None:
    sentences = list(sentences_of(artifact(finished, "text captions"), "test", "source"))
    for label in finished.models:
        translator = finished.models[label]
        assert [translator.translate([sentence])[0] for sentence in sentences] == translator.translate(sentences)


def test_a_translation_is_what_the_evaluation_scored(finished: embedseq.Run) -> None:
    sentences = list(sentences_of(artifact(finished, "text captions"), "test", "source"))
    for label in finished.models:
        scored = predictions_of(artifact(finished, f"evaluate {label}, seed 1"))
        assert finished.models[label].translate(sentences) == scored


@pytest.mark.parametrize("name", ["skipgram", "cbow"])
def test_word2vec_is_gensim_called_by_hand(finished: embedseq.Run, name: str) -> None:
    tokens = artifact(finished, "tokens captions")
    words = vocabulary_of(tokens, "source").tokens
    sentences = [
        [words[token] for token in ids.tolist() if token >= len(SPECIALS)] for ids in encoded_of(tokens, "train", "source")
    ]
    by_hand = Word2Vec(
        sentences,
        vector_size=12,
        sg=int(name == "skipgram"),
        min_count=1 if name == "skipgram" else 8,
        epochs=3,
        window=5,
        negative=5,
        sample=1e-3,
        alpha=0.025,
        min_alpha=1e-4,
        seed=stream(1, "word2vec"),
        workers=1,
    )
    vectors = finished.embeddings[name]
    assert vectors.words == tuple(by_hand.wv.index_to_key)
    assert vectors.matrix.tobytes() == by_hand.wv.vectors.tobytes()


def test_frozen_rows_are_those_of_the_embedding_by_word(finished: embedseq.Run) -> None:
    embedding = finished.embeddings["skipgram"]
    folder = artifact(finished, f"train {FROZEN}, seed 1")
    written = Vectors.load(folder / "source.vectors")
    for word in embedding.words:
        assert written[word].tobytes() == embedding[word].tobytes()
    vocabulary = vocabulary_of(artifact(finished, "tokens captions"), "source")
    model = finished.models[FROZEN].model
    assert read_record(folder / "facts.json")["frozen"] == {"source": model.frozen_digests()["source"]}
    table = model.source.original_vectors()
    for word in embedding.words:
        assert table[vocabulary.id(word)].tobytes() == embedding[word].tobytes()


def test_tuned_rows_have_moved_from_where_the_embedding_put_them(finished: embedseq.Run) -> None:
    embedding = finished.embeddings["skipgram"]
    written = Vectors.load(artifact(finished, f"train {TUNED}, seed 1") / "source.vectors")
    moved = [word for word in embedding.words if written[word].tobytes() != embedding[word].tobytes()]
    assert len(moved) > len(embedding) / 2
    assert np.mean([float(written[w] @ embedding[w]) for w in embedding.words]) > 0


def test_every_score_has_its_items_and_interval(finished: embedseq.Run) -> None:
    scores = [row for row in finished.summary if row["section"] == "models" and row["role"] == "score"]
    assert {(row["subject"], row["score"]) for row in scores} >= {
        (label, score) for label in finished.models for score in ("bleu", "chrf", "loss")
    }
    for row in scores:
        assert row["low"] <= row["value"] <= row["high"]
        assert row["n"] > 0
        assert row["coverage"] == 1.0


def test_the_log_knows_times_and_speeds_and_no_artifact_does(finished: embedseq.Run) -> None:
    node = f"train {TUNED}, seed 1"
    seconds = finished.log.seconds(node)
    assert seconds is not None
    assert seconds > 0
    assert finished.log.fact(node, "tokens_per_second") > 0
    for path in artifact(finished, node).rglob("*.json"):
        assert "second" not in path.read_text(encoding="utf-8")
