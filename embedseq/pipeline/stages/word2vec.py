"""Token ids of one side of a corpus -> Word2Vec vectors, one table a seed."""

import time
from dataclasses import asdict

from embedseq.embeddings.handoff import coverage
from embedseq.embeddings.held_out import held_out_auc
from embedseq.embeddings.settings import Word2VecSettings
from embedseq.embeddings.vectors import Vectors, rounded_mean_cosine
from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.records import write_record
from embedseq.pipeline.stages.tokens import encoded_of, vocabulary_of
from embedseq.seeds import stream
from embedseq.text.vocabulary import Vocabulary


def run(context: StageContext) -> None:
    """Write `vectors.*` and `facts.json`: what was trained on, what of the vocabulary has a vector, and two checks:
    the mean cosine of random pairs, and the cosine on held-out text."""
    from embedseq.embeddings.word2vec import train_word2vec

    tokens, side = context.inputs["tokens"], context.spec["side"]
    settings = Word2VecSettings.from_record({**context.spec["settings"], "text": context.execution["text"]})
    sentences = encoded_of(tokens, "train", side)
    start = time.perf_counter()

    def progress(done: int, total: int) -> None:
        speed = done / (time.perf_counter() - start)
        context.progress(done, total, words_per_second=speed, seconds_left=(total - done) / speed)

    if settings.workers > 1:
        context.log(f"{settings.workers} workers: these vectors, and all that is made of them, are not repeatable bit for bit")
    vocabulary = vocabulary_of(tokens, side)
    seed = stream(context.spec["seed"], "word2vec")
    trained = train_word2vec(sentences, vocabulary, settings, seed, progress, context.output)
    trained.vectors.save(context.output / "vectors")
    facts = {
        "words": len(trained.vectors.words),
        "coverage": asdict(coverage(trained.vectors, vocabulary)),
        "running_words": trained.running_words,
        "min_count": trained.min_count,
        "repeatable": trained.repeatable,
        "split_sentences": trained.split_sentences,
        "mean_cosine": rounded_mean_cosine(trained.vectors),
        "held_out_auc": _held_out(context, trained.vectors, vocabulary, settings.window),
    }
    write_record(context.output / "facts.json", facts)
    context.fact("words_per_second", trained.running_words * settings.epochs / (time.perf_counter() - start))


def _held_out(context: StageContext, vectors: Vectors, vocabulary: Vocabulary, window: int) -> float | None:
    """The check on the validation split; none where the corpus has no such split."""
    tokens, side = context.inputs["tokens"], context.spec["side"]
    if not (tokens / f"valid.{side}.ids.npy").exists():
        return None
    seed = stream(context.spec["seed"], "held-out")
    auc = held_out_auc(vectors, encoded_of(tokens, "valid", side), vocabulary, window, seed)
    return None if auc is None else round(auc, 4)


STAGE = StageKind(
    name="word2vec",
    version=1,
    run=run,
    preload=("gensim.models.word2vec",),
    reads={"tokens": ("{side}.*", "train.{side}.*", "valid.{side}.*")},
)
