"""Every number of a probe has what makes it mean something: n, an interval, and what it is held against."""

from collections.abc import Iterator
from typing import Any

import pytest

import embedseq
from embedseq.pipeline.reporting.probes import Probed, drift_facts, probe_facts, scores_of
from embedseq.probes.registry import ProbeKind, probes
from embedseq.report.content import ProbeFacts, Report, ScoreRow, ScoreTable
from embedseq.report.score_tables import score_table

PIPELINE = """\
name: probed
seeds: [1]
data:
  captions: {dataset: multi30k, source: en, target: de, tokens: {kind: word}, limits: {train: 60, valid: 10, test: 10}}
  trees: {dataset: ud-english-ewt, task: trees, limits: {train: 40, valid: 10, test: 15}}
embeddings:
  skipgram: {text: captions.source, dim: 6, min_count: 1, epochs: 1}
models:
  translator:
    data: captions
    architecture: gru
    embedding: {from: skipgram, as: tuned}
    dim: 6
    train: {epochs: 1, batch_tokens: 400}
    evaluate: {beam: 1, max_length: 5, metrics: [chrf]}
probes:
  pairs: {kind: word-similarity, of: skipgram, sets: [pairs.txt]}
  drift: {kind: drift, of: translator, bands: 3}
  tags: {kind: tag, of: translator, data: trees}
  back: {kind: recall, of: translator, data: trees, steps: 2, words: 5}
  shape: {kind: state-geometry, of: translator, data: trees}
claims:
  states-know:
    says: States know more of the tags than the vectors that they are made of.
    better: {of: translator, part: encoder 1}
    worse: {of: translator, part: embedding}
    probe: tags
    metric: accuracy
    smallest: 0.02
expect:
  - {probe: back, of: translator, score: half-life, at_least: 0}
"""
PAIRS = "man\twoman\t8.0\ndog\tcat\t7.0\nman\tdog\t1.0\ntwo\tthree\t9.0\nred\tblue\t6.0\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> embedseq.Run:
    folder = tmp_path_factory.mktemp("probed")
    (folder / "pairs.txt").write_text(PAIRS, encoding="utf-8")
    (folder / "probed.yaml").write_text(PIPELINE, encoding="utf-8")
    return embedseq.run(folder / "probed.yaml", store=folder / "store", jobs=1)


@pytest.fixture(scope="module")
def content(run: embedseq.Run) -> Report:
    assert run.failures == {}
    return run.content()


def rows_of(content: Report) -> Iterator[tuple[ProbeFacts, ScoreTable, ScoreRow]]:
    return ((probe, table, row) for probe in content.probes for table in probe.tables for row in table.rows)


@pytest.mark.slow
def test_every_number_of_a_probe_has_n_an_interval_and_something_that_it_is_held_against(content: Report) -> None:
    shown = list(rows_of(content))
    assert {probe.name for probe, _, _ in shown} == {"pairs", "tags", "back", "shape"}
    for probe, table, row in shown:
        where = (probe.name, table.metric, row.part)
        assert row.n > 0 or row.problem or row.value is None, where
        notes = " ".join(score_table(table).notes) + score_table(table).how_to_read
        assert row.low is not None or row.value is None or "o interval" in notes, where
        assert row.baselines or row.controls, where
        assert any(each.value is not None for each in (*row.baselines, *row.controls)) or row.value is None, where
    assert not any("Held against nothing" in note for _, table, _ in shown for note in score_table(table).notes)


@pytest.mark.slow
def test_drift_has_what_it_is_held_against(content: Report) -> None:
    (facts,) = content.drift
    assert facts.bands
    for band in facts.bands:
        assert band.n > 0
        assert [each.label for each in band.baselines] == ["vector of another word"]


@pytest.mark.slow
def test_probes_say_what_they_ask_and_what_the_file_set(content: Report) -> None:
    told = {probe.name: (probe.level, probe.settings) for probe in content.probes}
    assert told == {
        "pairs": ("word", "sets pairs.txt"),
        "tags": ("token", "data trees"),
        "back": ("memory", "data trees, steps 2, words 5"),
        "shape": ("geometry", "data trees"),
    }
    assert all(probe.question == probes()[probe.kind].about.question for probe in content.probes)


@pytest.mark.slow
def test_what_probes_found_beside_their_scores_is_told(content: Report) -> None:
    also = {probe.name: {each.subject: each.found for each in probe.also} for probe in content.probes}
    assert also["tags"]["translator"]["training words"] > 0
    assert also["shape"]["translator"]["blocks"] > 0
    assert [probe.notes for probe in content.probes] == [()] * 4


@pytest.mark.slow
def test_a_claim_is_told_in_the_unit_of_its_score(content: Report) -> None:
    (claim,) = content.claims
    assert (claim.unit, claim.smallest) == ("% points", 2.0)
    assert claim.score == "accuracy of the probe tags"
    assert "translator (encoder 1) against translator (embedding)" in claim.compared
    assert not claim.late
    assert claim.verdict


@pytest.mark.slow
def test_the_page_draws_layers_and_distances_as_curves(run: embedseq.Run) -> None:
    page = run.report.read_text(encoding="utf-8")
    assert "Accuracy, by layer of the encoder" in page
    assert "Accuracy, by words back" in page
    assert "Participation ratio, by layer of the encoder" in page


# What probes declare.


@pytest.mark.parametrize("kind", probes().values(), ids=lambda kind: kind.about.name)
def test_every_score_of_a_probe_declares_what_it_is_held_against(kind: ProbeKind) -> None:
    assert [score.name for score in kind.about.scores if not score.roles] == []


@pytest.mark.parametrize("kind", probes().values(), ids=lambda kind: kind.about.name)
def test_every_probe_says_what_a_reader_must_know(kind: ProbeKind) -> None:
    about = kind.about
    assert all((about.question, about.equation, about.paper, about.control, about.statistic))
    assert not about.question.endswith((".", "?"))


# From the lines of the summary to tables.


def line(score: str, role: str = "score", value: float | None = 0.5, **more: Any) -> dict[str, Any]:
    named = {
        "section": "probes",
        "name": "p",
        "subject": "a",
        "score": score,
        "role": role,
        "label": "" if role == "score" else "b",
    }
    numbers = {"value": value, "low": 0.4, "high": 0.6, "level": 0.95, "per_seed": [0.5], "n": 9, "coverage": 1.0}
    return {**named, **numbers, "part": "", "better": "higher", "signature": "", "problem": "", **more}


def probed(kind: str, **settings: Any) -> Probed:
    return Probed("p", probes()[kind].settings.from_record({"kind": kind, **settings}))


def test_what_only_describes_is_not_called_better() -> None:
    (shape,) = probe_facts([line("mean-cosine")], [probed("isotropy")])
    (pairs,) = probe_facts([line("rho", part="x")], [probed("word-similarity")])
    assert (shape.tables[0].better, pairs.tables[0].better) == ("neither", "higher")


def test_a_probe_of_parts_of_an_evaluation_has_the_metric_that_it_was_asked_for() -> None:
    (score,) = scores_of(probed("score-by-length", of="a", score="accuracy").settings)
    assert (score.name, score.unit, score.factor, score.items) == ("accuracy", "%", 100.0, "sentences")


def test_words_that_training_never_saw_are_the_control_of_drift() -> None:
    bands = [line("drift", part=f"band {number} of 2") for number in (1, 2)]
    others = [line("drift", "baseline", 0.9, part=f"band {number} of 2") for number in (1, 2)]
    control = line("drift", "control", 0.0, label="words never seen in training")
    (facts,) = drift_facts([line("drift"), *bands, *others, control], [probed("drift", of="a")], {})
    assert [band.label for band in facts.bands] == ["band 1 of 2", "band 2 of 2"]
    assert facts.control is not None
    assert (facts.control.label, facts.control.value) == ("words never seen in training", 0.0)
    assert [band.baselines[0].value for band in facts.bands] == [0.9, 0.9]


WIDE, NARROW = {"widths": {"embedding": 128, "encoder 1": 256}}, {"widths": {"embedding": 128, "encoder 1": 128}}


def test_states_that_differ_in_width_are_pointed_out() -> None:
    tags = [probed("tag", of="a", data="trees")]
    (both,) = probe_facts([], tags, {"p": {"a": WIDE, "b": NARROW}})
    (narrow,) = probe_facts([], tags, {"p": {"a": NARROW, "b": NARROW}})
    (shape,) = probe_facts([], [probed("state-geometry", of="a", data="trees")], {"p": {"a": WIDE}})
    assert both.notes == (
        "The states differ in width (256, 128): numbers of wider ones are favoured; compare within a width, or set `width`.",
    )
    assert narrow.notes == ()
    assert shape.notes == ("The states differ in width (256, 128): compare within a width.",)


def test_a_probe_that_could_only_say_why_it_has_no_score_is_shown() -> None:
    (facts,) = probe_facts([], [probed("attention-entropy", of="a", data="d")], {"p": {"a": {"left out": "it has no weights"}}})
    assert facts.tables == ()
    assert [(each.subject, each.found) for each in facts.also] == [("a", {"left out": "it has no weights"})]


def test_lists_of_neighbours_and_drift_are_told_elsewhere() -> None:
    elsewhere = [probed("neighbours", words=["dog"]), probed("drift", of="a")]
    assert list(probe_facts([], elsewhere, {"p": {"a": {"lists": {"dog": [["cat", 0.5]]}}}})) == []


def test_a_probe_that_found_nothing_is_not_shown() -> None:
    assert list(probe_facts([], [probed("isotropy")])) == []
    assert list(probe_facts([replace_name(line("mean-cosine"))], [probed("isotropy")])) == []


def replace_name(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "name": "another"}
