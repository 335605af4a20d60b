from typing import get_args

import pytest

from embedseq.evaluation.settings import METRICS, USUAL, MetricName, fitting_metrics, usual_metrics


def test_every_metric_fits_something_and_nothing_else_does() -> None:
    assert {metric for metrics in METRICS.values() for metric in metrics} == set(get_args(MetricName))


def test_usual_metrics_fit() -> None:
    assert set(USUAL) == set(METRICS)
    for name, usual in USUAL.items():
        assert usual
        assert set(usual) <= set(METRICS[name])


@pytest.mark.parametrize(
    ("kind", "task", "usual"),
    [
        ("encoder-decoder", "pairs", ("bleu", "bleu-lc", "chrf")),
        ("encoder-decoder", "restoration", ("accuracy", "macro-f1")),
        ("language-model", "text", ("perplexity", "word-perplexity")),
        ("masked-language-model", "text", ("accuracy", "perplexity")),
        ("tagger", "tagging", ("accuracy", "macro-f1", "unknown-accuracy")),
        ("classifier", "classification", ("accuracy", "macro-f1")),
    ],
)
def test_each_kind_has_its_usual_metrics(kind: str, task: str, usual: tuple[str, ...]) -> None:
    assert usual_metrics(kind, task) == usual


def test_translations_may_be_given_rouge_and_exact_matches() -> None:
    fitting = fitting_metrics("encoder-decoder", "pairs")
    assert {"rouge-1", "rouge-2", "rouge-l", "exact-match"} <= set(fitting) - set(usual_metrics("encoder-decoder", "pairs"))


def test_nothing_fits_what_does_not_go_together() -> None:
    assert fitting_metrics("encoder-decoder", "text") == usual_metrics("encoder-decoder", "tagging") == ()
