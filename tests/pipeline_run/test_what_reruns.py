"""Which stages a changed pipeline computes anew, what a failure leaves alone, and what a run is held against."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import embedseq

Variant = Callable[..., embedseq.Run]
PLAIN = {"train plain, seed 1", "evaluate plain, seed 1", "probe previous-word of plain, seed 1"}
OF_PLAIN = {"summary of plain", "summary of previous-word of plain"}
"""Where so small a model finds the same as before, there is nothing to put together anew."""


def with_status(run: embedseq.Run, *statuses: str) -> set[str]:
    return {name for name, node in run.record.nodes.items() if node.status in statuses}


def test_a_changed_field_reruns_its_model_and_what_hangs_on_it(variant: Variant, finished: embedseq.Run) -> None:
    run = variant(overrides=["models.plain.train.label_smoothing=0.1"])
    assert run.exit_code == 0
    done = with_status(run, "done")
    assert done - OF_PLAIN == PLAIN
    assert with_status(run, "cached") == set(finished.record.nodes) - done
    nodes, before = run.record.nodes, finished.record.nodes
    assert nodes["train plain, seed 1"].digest != before["train plain, seed 1"].digest


def test_a_changed_search_trains_nothing(variant: Variant) -> None:
    run = variant(overrides=["models.plain.evaluate.max_length=2"])
    assert with_status(run, "done") - OF_PLAIN == {"evaluate plain, seed 1"}


def test_however_many_processes_translate_the_scores_are_the_same(variant: Variant, finished: embedseq.Run) -> None:
    run = variant(overrides=["models.plain.evaluate.replicas=2"])
    assert with_status(run, "done") - OF_PLAIN == {"evaluate plain, seed 1"}
    evaluated, before = (each.record.nodes["evaluate plain, seed 1"] for each in (run, finished))
    assert evaluated.key != before.key
    assert evaluated.digest == before.digest


def test_a_comment_and_another_order_recompute_nothing(variant: Variant, tiny_text: str) -> None:
    start, end = tiny_text.index("  translator:\n"), tiny_text.index("  plain:\n")
    stop = tiny_text.index("probes:")
    turned = tiny_text[end:stop].rstrip() + "\n" + tiny_text[start:end] + "\n"
    run = variant((tiny_text[start:stop], turned), ("name: captions", "# A remark.\nname: captions"), ("seeds: [1]\n", ""))
    assert with_status(run, "cached") == set(run.record.nodes)


def test_another_test_split_trains_nothing(variant: Variant, finished: embedseq.Run) -> None:
    run = variant(overrides=["data.captions.limits.test=5"])
    tested = {f"{what} {label}" for label in run.models for what in ("evaluate", "summary of")}
    tested = {f"{name}, seed 1" if name.startswith("evaluate") else name for name in tested}
    assert with_status(run, "done") == {"text captions", "tokens captions", *tested}
    assert [row["n"] for row in run.summary if row["score"] == "bleu"] == [5] * 6
    assert len([row for row in finished.summary if row["score"] == "bleu"]) == 6


def test_another_target_side_trains_no_vectors_of_the_source(variant: Variant, finished: embedseq.Run) -> None:
    run = variant(overrides=["data.captions.target_tokens={kind: char}"], only=["word2vec"])
    assert with_status(run, "done") == {"tokens captions"}


def test_new_names_for_everything_recompute_nothing(variant: Variant, finished: embedseq.Run) -> None:
    run = variant(
        ("  captions:\n", "  pictures:\n"),
        ("data: captions", "data: pictures"),
        ("captions.source", "pictures.source"),
        ("name: captions", "name: renamed"),
        ("translator", "interpreter"),
        ("skipgram", "sg"),
        ("  plain:", "  simple:"),
        ("of: plain", "of: simple"),
        ("  drift:", "  moved:"),
    )
    assert run.exit_code == 0
    assert with_status(run, "cached") == set(run.record.nodes)
    assert run.name == "renamed-1"
    assert list(run.models) == ["interpreter[sg,frozen]", "interpreter[sg,tuned]", "simple"]
    assert {row["subject"] for row in run.summary if row["section"] == "models"} == set(run.models)
    values = [[row["value"] for row in each.summary] for each in (run, finished)]
    assert values[0] == values[1]


def test_a_second_seed_leaves_the_first_one_alone(variant: Variant, finished: embedseq.Run) -> None:
    run = variant(overrides=["seeds=[1,2]"], only=["word2vec"])
    assert with_status(run, "done") == {"word2vec skipgram, seed 2", "word2vec cbow, seed 2"}
    nodes = run.record.nodes
    assert nodes["word2vec skipgram, seed 2"].digest != nodes["word2vec skipgram, seed 1"].digest
    assert nodes["word2vec skipgram, seed 1"].digest == finished.record.nodes["word2vec skipgram, seed 1"].digest


@pytest.fixture(scope="module")
def diverged(tiny_file: Path, variants: Path, tmp_path_factory: pytest.TempPathFactory) -> embedseq.Run:
    """A run in which the model `plain` cannot be trained, with expectations of it."""
    path = tmp_path_factory.mktemp("diverged") / "diverged.yaml"
    expect = """
expect:
  - {of: plain, score: bleu, at_least: 0}
  - {of: translator, score: bleu, at_least: 0}
"""
    path.write_text(tiny_file.read_text(encoding="utf-8") + expect, encoding="utf-8")
    changes = ["models.plain.train={epochs: 3, batch_tokens: 300, lr: 1e30, clip: null}", "models.translator.dropout=0.2"]
    return embedseq.run(path, overrides=changes, store=variants, jobs=1)


def test_a_model_that_diverges_fails_with_a_clear_message(diverged: embedseq.Run) -> None:
    assert list(diverged.failures) == ["train plain, seed 1"]
    message = diverged.failures["train plain, seed 1"]
    assert "epoch" in message
    assert "learning rate" in message or "lr" in message
    assert "Traceback" not in message


def test_the_rest_goes_on_without_it(diverged: embedseq.Run) -> None:
    assert with_status(diverged, "skipped") == (PLAIN | OF_PLAIN) - {"train plain, seed 1"}
    assert {
        f"{each} translator[skipgram,tuned]{seed}" for each, seed in (("evaluate", ", seed 1"), ("summary of", ""))
    } <= with_status(diverged, "done")
    assert {row["subject"] for row in diverged.summary if row["section"] == "models"} == {
        "translator[skipgram,frozen]",
        "translator[skipgram,tuned]",
    }
    assert diverged.exit_code == 1


def test_the_report_shows_the_failure(diverged: embedseq.Run) -> None:
    page = diverged.report.read_text(encoding="utf-8")
    assert "train plain, seed 1" in page
    first_words = " ".join(diverged.failures["train plain, seed 1"].split()[:4])
    assert first_words in diverged.text()


def test_a_failed_model_is_refused_by_queries(diverged: embedseq.Run) -> None:
    with pytest.raises(embedseq.errors.RequestError, match="train plain, seed 1"):
        diverged.models["plain"]


def test_the_plan_says_that_it_failed_before(diverged: embedseq.Run, variants: Path, embedseq_command: Any) -> None:
    options = [part for change in diverged.record.content["overrides"] for part in ("--set", change)]
    answer = embedseq_command("plan", diverged.record.content["file"], "--store", variants, *options)
    assert "failed before: " in answer.out


# Expectations.


def test_what_was_not_measured_does_not_hold(diverged: embedseq.Run) -> None:
    found = {outcome.sentence: (outcome.holds, outcome.found) for outcome in diverged.expectations}
    holds, reason = found["bleu of plain is at least 0"]
    assert not holds
    assert "needs 'train plain, seed 1', which failed" in reason
    assert found["bleu of translator[skipgram,tuned] is at least 0"][0]


EXPECTED = """
expect:
  - {of: plain, score: bleu, at_least: 0}
  - {of: translator, score: bleu, below: 100}
  - {probe: drift, score: drift, at_least: 0}
  - {file: report.html}
"""
DISAPPOINTED = """
expect:
  - {of: plain, score: bleu, at_least: 0}
  - {of: translator, score: bleu, above: 100}
  - {of: plain, score: chrf, above: baseline}
  - {file: nothing.html}
"""


def test_expectations_hold_or_not_one_by_one(variant: Variant) -> None:
    assert all(outcome.holds for outcome in variant(more=EXPECTED).expectations)
    outcomes = variant(more=DISAPPOINTED).expectations
    assert [outcome.holds for outcome in outcomes] == [True, False, False, False, False]
    assert outcomes[1].sentence == "bleu of translator[skipgram,frozen] is above 100"
    assert outcomes[3].sentence == "chrf of plain is above its baseline"
    assert " against " in outcomes[3].found
    assert "there is no such file" in outcomes[4].found


@pytest.mark.parametrize(("expect", "code"), [(EXPECTED, 0), (DISAPPOINTED, 1)], ids=["all hold", "some fail"])
def test_the_command_test_says_what_holds(
    tiny_text: str, variants: Path, tmp_path: Path, embedseq_command: Any, expect: str, code: int
) -> None:
    path = tmp_path / "expecting.yaml"
    path.write_text(tiny_text + expect, encoding="utf-8")
    answer = embedseq_command("test", path, "--store", variants, "--jobs", 1)
    assert answer.code == code
    lines = answer.out.strip().split("\n")
    assert sum(line.startswith("FAILED") for line in lines) == (4 if code else 0)
    assert " expectations failed; report: " in lines[-1]


def test_the_command_run_does_not_fail_for_an_expectation(
    tiny_text: str, variants: Path, tmp_path: Path, embedseq_command: Any
) -> None:
    path = tmp_path / "expecting.yaml"
    path.write_text(tiny_text + DISAPPOINTED, encoding="utf-8")
    assert embedseq_command("run", path, "--store", variants, "--jobs", 1, "--quiet").code == 0
