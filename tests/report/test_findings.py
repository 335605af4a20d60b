from dataclasses import replace

from embedseq.report.content import DriftBand, DriftFacts, Lead, Reference, Report, ScoreRow, ScoreTable
from embedseq.report.findings import headlines, seed_caution


def row(subject: str, value: float, low: float, high: float, baseline: float = 0.5, control: float | None = None) -> ScoreRow:
    held = (Reference("shuffled", control),) if control is not None else ()
    return ScoreRow(subject, value, low, high, 100, baselines=(Reference("majority", baseline),), controls=held)


def only(report: Report, table: ScoreTable) -> str:
    empty = replace(report, scores=(table,), probes=(), drift=(), claims=())
    (finding,) = headlines(empty)
    return finding


def test_all_beat_a_baseline_that_lies_below_every_interval(one_seed: Report) -> None:
    table = ScoreTable("accuracy", (row("a", 0.9, 0.8, 0.95), row("b", 0.7, 0.6, 0.75)))
    finding = only(one_seed, table)
    assert finding == "Accuracy: both models beat the baseline “majority”; a has the highest accuracy, 0.90 (0.80 to 0.95)."


def test_an_interval_that_holds_the_baseline_beats_nothing(one_seed: Report) -> None:
    table = ScoreTable("accuracy", (row("a", 0.9, 0.8, 0.95), row("b", 0.55, 0.45, 0.65)))
    assert "1 of 2 models beats the baseline “majority”, but not b;" in only(one_seed, table)


def test_nothing_beats_a_better_baseline(one_seed: Report) -> None:
    assert "no model beats the baseline “majority”" in only(one_seed, ScoreTable("accuracy", (row("a", 0.4, 0.3, 0.45),)))


def test_lower_is_better_turns_everything_round(one_seed: Report) -> None:
    table = ScoreTable("loss", (row("a", 0.3, 0.2, 0.4), row("b", 0.9, 0.8, 0.95)), better="lower", unit="nats")
    assert only(one_seed, table).endswith(
        "1 of 2 models beats the baseline “majority”, but not b; a has the lowest loss, 0.30 nats (0.20 to 0.40)."
    )


def test_a_winner_whose_interval_holds_the_next_is_not_left_alone(one_seed: Report) -> None:
    table = ScoreTable("accuracy", (row("a", 0.9, 0.85, 0.95), row("b", 0.88, 0.82, 0.93)))
    assert only(one_seed, table).endswith("an interval that also holds the 0.88 of b.")


def test_controls_are_held_against_scores_too(one_seed: Report) -> None:
    table = ScoreTable("accuracy", (row("a", 0.9, 0.85, 0.95, control=0.87), row("b", 0.8, 0.75, 0.85, control=0.6)))
    assert "1 of 2 models beats the control “shuffled”, but not a" in only(one_seed, table)


def test_what_is_paired_is_judged_by_the_difference(one_seed: Report) -> None:
    def paired(subject: str, low: float, high: float) -> ScoreRow:
        lead = Lead((low + high) / 2, low, high)
        return replace(row(subject, 0.6, 0.4, 0.8), baselines=(Reference("majority", 0.5, lead=lead),))

    table = ScoreTable("accuracy", (paired("a", 0.02, 0.18), paired("b", -0.02, 0.22)))
    assert "1 of 2 models beats the baseline “majority”, but not b;" in only(one_seed, table)
    lower = ScoreTable("loss", (paired("a", -0.18, -0.02), paired("b", 0.02, 0.2)), better="lower")
    assert "1 of 2 models beats the baseline “majority”, but not b;" in only(one_seed, lower)


def test_braces_in_names_do_no_harm(one_seed: Report) -> None:
    table = ScoreTable("accuracy", (row("{0}", 0.55, 0.4, 0.6), row("{x}", 0.9, 0.85, 0.95)))
    assert "but not {0}" in only(one_seed, table)


def test_drift_is_counted_at_both_ends(one_seed: Report) -> None:
    def arm(*values: float) -> DriftFacts:
        return DriftFacts("a", tuple(DriftBand(str(i), value, None, None, 9) for i, value in enumerate(values)))

    report = replace(one_seed, scores=(), probes=(), claims=(), drift=(arm(0.3, 0.1), arm(0.1, 0.2), arm(0.1, 0.3, 0.2)))
    assert headlines(report) == ("Drift: tuning moved the commonest words furthest in 1 of 3 models, the rarest in 1.",)


def test_one_model_alone_is_not_counted(one_seed: Report) -> None:
    def said(*values: float | None) -> tuple[str, ...]:
        bands = tuple(DriftBand(f"band {i}", value, None, None, 9) for i, value in enumerate(values, start=1))
        return headlines(replace(one_seed, scores=(), probes=(), claims=(), drift=(DriftFacts("a", bands),)))

    assert said(0.3, 0.1, 0.2) == ("Drift: tuning moved the commonest words furthest.",)
    assert said(0.1, None, 0.2) == ("Drift: tuning moved the rarest words furthest.",)
    assert said(0.1, 0.3, 0.2) == ("Drift: tuning moved the words of band 2 furthest.",)
    assert said(None, 0.3, None) == ()


UNKNOWN = ScoreRow("c", None, None, None, 0, baselines=(Reference("majority", 0.5),))


def test_undefined_scores_beat_nothing_and_are_named(one_seed: Report) -> None:
    table = ScoreTable("accuracy", (row("a", 0.9, 0.8, 0.95), row("b", 0.7, 0.6, 0.75), UNKNOWN))
    assert only(one_seed, table) == (
        "Accuracy: both models beat the baseline “majority”; a has the highest accuracy, 0.90 (0.80 to 0.95); "
        "it is undefined for c."
    )


def test_nothing_is_said_against_an_undefined_baseline(one_seed: Report) -> None:
    alone = replace(row("a", 0.9, 0.8, 0.95), baselines=(Reference("permuted", None),), controls=(Reference("shuffled", None),))
    assert only(one_seed, ScoreTable("accuracy", (alone,))) == "Accuracy: a has accuracy 0.90 (0.80 to 0.95)."


def test_a_table_of_undefined_scores_says_no_more(one_seed: Report) -> None:
    table = ScoreTable("ρ", (UNKNOWN, replace(UNKNOWN, subject="d")), title="WordSim-353", subjects="vectors")
    assert only(one_seed, table) == "WordSim-353: ρ is undefined for both sets of vectors."
    assert only(one_seed, ScoreTable("accuracy", (UNKNOWN,))) == "Accuracy: undefined for c."


def test_own_findings_replace_the_computed_ones(one_seed: Report) -> None:
    assert headlines(replace(one_seed, findings=("Every arm beats the baseline.",))) == ("Every arm beats the baseline.",)


def test_only_a_run_with_one_seed_is_cautioned(one_seed: Report, three_seeds: Report) -> None:
    assert "speaks of these models only" in (seed_caution(one_seed) or "")
    assert seed_caution(three_seeds) is None
