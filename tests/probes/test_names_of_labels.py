"""What probes say that their scores are held against is what they measure."""

from embedseq.evaluation.baselines import baselines_of
from embedseq.evaluation.settings import METRICS
from embedseq.probes.registry import probes


def test_a_score_has_names_for_each_of_its_roles() -> None:
    for kind in probes().values():
        if kind.about.reads == "scores":
            continue  # they have those of the models' scores
        for score in kind.about.scores:
            beside = kind.about.reads == "states"
            assert ("baseline" in score.roles) == (bool(score.baselines) or beside), (kind.about.name, score.name)
            assert ("control" in score.roles) == bool(score.controls), (kind.about.name, score.name)


def test_every_metric_has_a_baseline_and_the_loss_has_none() -> None:
    for measured_as, metrics in METRICS.items():
        assert all(baselines_of(measured_as, metric) for metric in metrics)
        assert baselines_of(measured_as, "loss") == ()
