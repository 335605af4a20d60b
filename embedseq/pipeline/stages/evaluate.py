"""A trained model and the test split -> what it writes there, and its scores. No other stage looks at the test split."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from embedseq.evaluation.settings import EvaluateSettings
from embedseq.pipeline.stage import StageContext, StageKind
from embedseq.pipeline.stages.text import sentences_of
from embedseq.pipeline.stages.tokens import encoded_of, tokeniser_of, vocabulary_of
from embedseq.pipeline.stages.train import MODEL, load_model
from embedseq.statistics.measurement import Measurement, save_measurements

if TYPE_CHECKING:
    from embedseq.evaluation.labels import LabelMetric
    from embedseq.evaluation.metrics import TranslationMetric
    from embedseq.models.seq2seq import Seq2Seq

LABEL_METRICS: tuple["LabelMetric", ...] = ("accuracy", "macro-f1")
TRANSLATION_METRICS: tuple["TranslationMetric", ...] = ("bleu", "bleu-lc", "chrf")


def predictions_of(folder: Path) -> list[str]:
    """What the model wrote, one text a test sentence, from this stage's artifact."""
    with (folder / "predictions.txt").open(encoding="utf-8", newline="\n") as lines:
        return [line.removesuffix("\n") for line in lines]


def run(context: StageContext) -> None:
    """Write `predictions.txt`, one line a test sentence in their order, and `measurements/`."""
    settings = EvaluateSettings.from_record({name: context.spec[name] for name in EvaluateSettings.model_fields})
    tokens, text = context.inputs["tokens"], context.inputs["text"]
    model = load_model(context.inputs["model"])
    predictions = _predict(context, model, settings)
    with (context.output / "predictions.txt").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(prediction.replace("\n", " ") + "\n" for prediction in predictions)
    measurements = _score(settings, context.spec["task"], tokens, text, predictions)
    measurements.append(_loss(model, tokens, settings, context.spec["stretch"]))
    save_measurements(context.output / "measurements", measurements)


def _predict(context: StageContext, model: "Seq2Seq", settings: EvaluateSettings) -> list[str]:
    import time

    from embedseq.decoding.translate import translate

    tokens = context.inputs["tokens"]
    stretch = context.spec["stretch"]
    sentences = [ids.tolist() for ids in encoded_of(tokens, "test", "source", stretch)]
    vocabulary, tokeniser = vocabulary_of(tokens, "target"), tokeniser_of(tokens, "target")
    start = time.perf_counter()
    best = [hypotheses[0] for hypotheses in translate(model, sentences, settings, settings.batch_tokens)]
    context.fact("sentences_per_second", len(sentences) / (time.perf_counter() - start))
    texts = [tokeniser.detokenise(vocabulary.tokens_of(hypothesis.tokens)) for hypothesis in best]
    return texts if stretch is None else _joined(texts, encoded_of(tokens, "test", "source").lengths.tolist(), stretch)


def _joined(texts: Sequence[str], lengths: Sequence[int], stretch: int) -> list[str]:
    """The texts of the stretches put together again into sentences of these lengths."""
    parts = iter(texts)
    return [" ".join(islice(parts, -(-length // stretch))) for length in lengths]


def _score(settings: EvaluateSettings, task: str, tokens: Path, text: Path, predictions: Sequence[str]) -> list[Measurement]:
    from embedseq.evaluation.baselines import MajorityLabels, copy_baseline, label_baselines
    from embedseq.evaluation.labels import score_labels
    from embedseq.evaluation.metrics import score_translations

    sources, references = (list(sentences_of(text, "test", side)) for side in ("source", "target"))
    if task != "restoration":
        wanted = [metric for metric in TRANSLATION_METRICS if metric in settings.metrics]
        scores = score_translations("", wanted, predictions, references)
        return [*scores, *copy_baseline("", wanted, sources, references)]
    tokeniser = tokeniser_of(tokens, "source")
    training = zip(sentences_of(text, "train", "source"), sentences_of(text, "train", "target"), strict=True)
    majority = MajorityLabels.count((tokeniser.tokenise(words), labels.split()) for words, labels in training)
    metrics = [metric for metric in LABEL_METRICS if metric in settings.metrics]
    gold = [labels.split() for labels in references]
    scores = score_labels("", metrics, [prediction.split() for prediction in predictions], gold)
    return [*scores, *label_baselines("", metrics, majority, [tokeniser.tokenise(words) for words in sources], gold)]


def _loss(model: "Seq2Seq", tokens: Path, settings: EvaluateSettings, stretch: int | None) -> Measurement:
    from embedseq.evaluation.token_loss import measure_loss
    from embedseq.text.batches import TokenBatches

    source, target = (encoded_of(tokens, "test", side, stretch) for side in ("source", "target"))
    return measure_loss("", model, TokenBatches(source, target, settings.batch_tokens))


STAGE = StageKind(
    name="evaluate",
    version=1,
    run=run,
    needs_torch=True,
    # The majority label of a word is counted in the training split.
    reads={"model": MODEL, "tokens": ("source.*", "target.*", "test.*"), "text": ("train.*", "test.*")},
)
