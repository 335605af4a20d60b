"""Reports of runs that found nothing, did only a part, or were interrupted."""

import os
import signal
from pathlib import Path

import pytest

import embedseq
from embedseq.pipeline.events import Event, NodeResult, Outcome
from embedseq.report.fact_tables import arm_table
from embedseq.report.problems import problems, status_line

PIPELINE = """\
name: captions
seeds: [1, 2]
data:
  captions: {dataset: multi30k, source: en, target: de, tokens: {kind: word}, limits: {train: 60, valid: 10, test: 1}}
embeddings:
  skipgram: {text: captions.source, dim: 6, min_count: 1, max_final_vocab: 30, epochs: 1, ns_exponent: 0.5}
  foreign: {file: foreign.txt, format: glove}
models:
  plain:
    data: captions
    embedding: {source: {from: skipgram, as: tuned}, target: {from: foreign, as: frozen}}
    architecture: gru
    dim: 6
    train: {epochs: 1, batch_tokens: 400}
    evaluate: {beam: 1, max_length: 5}
probes:
  similarity: {kind: word-similarity, of: embeddings, sets: [pairs.txt]}
  drift: {kind: drift, of: plain, bands: 12}
  neighbours: {kind: neighbours, of: skipgram, words: [a], top: 2}
expect:
  - {probe: similarity, score: rho, above: -1.1, of: skipgram}
  - {of: plain, score: chrf, at_least: 0}
"""


class Interrupter:
    """Sends this process Ctrl-C when a stage has ended."""

    def __init__(self, node: str) -> None:
        self.node = node

    def begin(self, nodes: object, jobs: int) -> None: ...

    def note(self, event: Event) -> None: ...

    def finish(self, result: NodeResult) -> None:
        if result.id == self.node:
            os.kill(os.getpid(), signal.SIGINT)

    def end(self, outcome: Outcome) -> None: ...


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    (folder / "foreign.txt").write_text("ein 0.1 0.2 0.3 0.4 0.5 0.6\nauf 0.4 0.1 0.2 0.9 0.1 0.2\n", encoding="utf-8")
    (folder / "pairs.txt").write_text("xyzzy\tplugh\t3.0\n", encoding="utf-8")
    path = folder / "captions.yaml"
    path.write_text(PIPELINE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def part(file: Path) -> embedseq.Run:
    """A run of the embeddings alone."""
    return embedseq.run(file, store=file.parent / "store", jobs=1, only=["word2vec", "vectors foreign"])


@pytest.fixture(scope="module")
def whole(file: Path, part: embedseq.Run) -> embedseq.Run:
    return embedseq.run(file, store=file.parent / "store", jobs=1)


@pytest.fixture(scope="module")
def interrupted(file: Path) -> embedseq.Run:
    return embedseq.run(file, store=file.parent / "other", jobs=1, observer=Interrupter("tokens captions"))


# A run with undefined numbers.


def test_undefined_numbers_cost_no_other_score(whole: embedseq.Run) -> None:
    assert whole.failures == {}
    rows = {(row["subject"], row["score"], row["role"]): row for row in whole.summary}
    assert rows["skipgram", "rho", "score"]["value"] is None
    assert rows["skipgram", "rho", "score"]["n"] == 0
    chrf = rows["plain", "chrf", "score"]  # one test sentence: a value without an interval
    assert chrf["value"] is not None
    assert (chrf["low"], chrf["high"]) == (None, None)


def test_the_page_and_the_text_show_what_is_undefined(whole: embedseq.Run) -> None:
    text = whole.text()
    assert "pairs: Spearman's ρ is undefined for both sets of vectors." in text
    assert "rho of skipgram (pairs) is above -1.1 – Found: undefined (0 pairs)" in text
    assert "undefined" in whole.report.read_text(encoding="utf-8")
    assert "no number" not in text
    assert "nan" not in text.lower().split()
    assert "1 of 2 expectations holds" in text
    assert "1 model trained" in text


def test_bands_of_one_word_have_no_interval(whole: embedseq.Run) -> None:
    (drift,) = whole.content().drift
    alone = [band for band in drift.bands if band.n == 1]
    assert alone
    assert all(band.value is not None and band.low is None for band in alone)


def test_the_settings_and_the_seeds_of_embeddings_are_told(whole: embedseq.Run) -> None:
    skipgram, foreign = whole.content().embeddings
    assert "max_final_vocab 30)" in skipgram.settings
    assert "min_count 1 (raised to " in skipgram.settings
    assert skipgram.settings.endswith("1 epoch, alpha 0.025, ns_exponent 0.5")
    assert [len(each.words) for each in (skipgram, foreign)] == [2, 1]
    assert len(skipgram.mean_cosine) == len(skipgram.words_per_second) == 2
    assert "nearest first, of the first seed." in whole.report.read_text(encoding="utf-8")


def test_coverage_is_told_side_by_side_with_a_warning_where_it_is_low(whole: embedseq.Run) -> None:
    content = whole.content()
    (handed,) = content.arms
    assert (handed.embedding, handed.hand_off) == ("source skipgram, target foreign", "source tuned, target frozen")
    assert [handoff.side for handoff in handed.handoffs] == ["source", "target"]
    target = handed.handoffs[1]
    assert target.coverage < 0.5
    assert "ein" not in target.missing
    assert handed.frozen_rows in (1, 2)
    assert any(line.startswith("foreign has vectors for only ") and "on the target side" in line for line in content.warnings)
    assert any(f"without one: “{target.missing[0]}”, " in note for note in arm_table(content.arms).notes)


# Runs that are not whole.


def test_a_partial_run_trained_no_model_and_judges_nothing(part: embedseq.Run) -> None:
    assert part.exit_code == 0
    content = part.content()
    assert "0 of 1 model trained; 2 expectations not judged" in status_line(content)
    assert not any(part.anchor in ("problems", "unmet") for part in problems(content).parts)
    assert [outcome.holds for outcome in part.expectations] == [False, False]
    assert all(outcome.found.startswith("not run: ") and not outcome.ran for outcome in part.expectations)
    assert "What went wrong" not in part.report.read_text(encoding="utf-8")


def test_a_partial_run_is_reproduced_as_such(part: embedseq.Run, whole: embedseq.Run) -> None:
    assert part.record.content["only"] == ["word2vec", "vectors foreign"]
    assert part.content().run.command.endswith("captions.yaml --only word2vec --only 'vectors foreign'")
    assert whole.content().run.command.endswith("captions.yaml")


def test_an_interrupted_run_says_what_is_left(interrupted: embedseq.Run) -> None:
    assert interrupted.exit_code == 130
    content = interrupted.content()
    left = [row.stage for row in content.costs if row.status == "left"]
    total = len(interrupted.record.nodes)
    assert 0 < len(left) < total
    assert content.run.state == "interrupted"
    assert status_line(content).startswith(
        f"interrupted: {len(left)} of {total} stages left; run the same command to go on; 0 of"
    )
    assert [part.anchor for part in problems(content).parts if not part.mild] == []
    assert all(arm.failure is None for arm in content.arms)
    assert {outcome.found for outcome in interrupted.expectations} == {"not run: the run was interrupted"}


def test_a_run_that_was_killed_has_lasted_until_it_was_last_heard_of(interrupted: embedseq.Run) -> None:
    record = interrupted.record.path / "run.json"
    text = record.read_text(encoding="utf-8")
    assert '"status": "cancelled"' in text
    ended = interrupted.record.ended
    killed = text.replace('"status": "cancelled",\n "started"', '"status": "running",\n "started"')
    killed = killed.replace(f'"ended": {ended!r}', '"ended": null')
    assert killed.count("null") > text.count("null")
    try:
        record.write_text(killed, encoding="utf-8")
        run = embedseq.open_run(interrupted.name, store=interrupted.store.root)
        assert run.record.status == "interrupted"
        assert run.content().run.seconds == pytest.approx(interrupted.content().run.seconds, abs=1.0)
        assert "run the same command to go on" in run.text()
    finally:
        record.write_text(text, encoding="utf-8")
