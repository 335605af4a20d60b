"""Claims from their arms to their verdicts: in one run, and in the runs after it."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embedseq
from embedseq.pipeline.stages.records import read_record
from embedseq.pipeline.stages.tokens import encoded_of
from embedseq.statistics.bootstrap import statistic_value
from embedseq.statistics.measurement import Measurement, load_measurements
from embedseq.statistics.multiple import holm
from embedseq.statistics.verdict import Verdict

PIPELINE = """\
name: claiming
seeds: [1, 2]
data:
  language: {generated: {kind: language, train: 60, valid: 40, test: 120, vocabulary: 30}, task: text}
  captions: {dataset: multi30k, source: en, target: de, limits: {train: 100, valid: 2, test: 2}}
embeddings:
  small: {text: captions.source, dim: 4, min_count: 1, epochs: 1}
  middle: {text: captions.source, dim: 6, min_count: 1, epochs: 1}
  large: {text: captions.source, dim: 8, min_count: 1, epochs: 1}
  file: {file: vectors.txt}
models:
  writer:
    data: language
    architecture: gru
    layers: 2
    matrix: {dim: [4, 16]}
    train: {epochs: 3, lr: 3e-2, batch_tokens: 200}
probes:
  similarity: {kind: word-similarity, sets: [pairs.txt, mine.txt]}
  previous: {kind: previous-word, of: 'writer[16]', layers: all, words: 10}
claims:
  wider: {says: Wide writers foretell more., metric: perplexity, better: 'writer[16]', worse: 'writer[4]', smallest: 0.5}
  larger: {says: Large vectors rank words better., metric: rho, probe: similarity, part: pairs, better: large, worse: small}
  trained: {says: Training ranks words., metric: rho, probe: similarity, part: pairs, better: large, worse: file, family: files}
  growing:
    says: Vectors rank words the better the larger they are.
    metric: rho
    probe: similarity
    part: pairs
    trend: {of: 'embeddings[algorithm=skip-gram]', over: dim}
    family: trends
  deeper:
    says: Deep layers know more of the word before.
    metric: accuracy
    probe: previous
    trend: {of: 'writer[16]', over: part}
    family: trends
  recalled:
    says: The word before can be read off the first layer.
    metric: accuracy
    probe: previous
    part: layer 1
    better: writer[16]
    worse: {of: 'writer[16]', role: control}
    family: controls
  sliced:
    says: Wide writers foretell more of sentences of more than three words.
    metric: perplexity
    slice: {above: 3, at_most: 500}
    better: writer[16]
    worse: writer[4]
    family: slices
  long: {says: Of long ones., metric: loss, slice: {above: 50}, better: 'writer[16]', worse: 'writer[4]', family: slices}
"""
WORDS = ["a", "man", "woman", "dog", "is", "in", "the", "on", "two", "people", "street", "boy", "girl", "and", "with", "red"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pipeline with its files."""
    path, draw = tmp_path_factory.mktemp("claiming"), random.Random(0)
    vectors = "".join(f"{word} {draw.random():.3f} {draw.random():.3f} {draw.random():.3f}\n" for word in WORDS)
    (path / "vectors.txt").write_text(f"{len(WORDS)} 3\n{vectors}")
    for name in ("pairs", "mine"):
        pairs = [(first, second) for number, first in enumerate(WORDS) for second in WORDS[number + 1 :]]
        (path / f"{name}.txt").write_text("".join(f"{first} {second} {draw.randint(0, 10)}\n" for first, second in pairs))
    (path / "claiming.yaml").write_text(PIPELINE)
    return path


Again = Callable[..., embedseq.Run]


@pytest.fixture(scope="module")
def run(folder: Path) -> embedseq.Run:
    return embedseq.run(folder / "claiming.yaml", store=folder / "store", jobs=1)


@pytest.fixture
def again(folder: Path, run: embedseq.Run) -> Again:
    """`again(("old", "new"), ..., more="...")`: the pipeline with other text, on the same store."""

    def runs(*changes: tuple[str, str], more: str = "", **options: Any) -> embedseq.Run:
        text = PIPELINE
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (folder / "other.yaml").write_text(text + more)
        return embedseq.run(folder / "other.yaml", store=folder / "store", jobs=1, **options)

    return runs


def done(run: embedseq.Run) -> set[str]:
    return {name for name, node in run.record.nodes.items() if node.status == "done"}


def late(run: embedseq.Run) -> dict[str, bool]:
    return {each["name"]: each["after_results"] for each in run.record.content["claims"]}


def measured(run: embedseq.Run, node: str, score: str, role: str = "score", part: str = "") -> Measurement:
    folder = run.artifact(node)
    assert folder is not None
    (found,) = (
        each for each in load_measurements(folder / "measurements") if (each.score, each.role, each.part) == (score, role, part)
    )
    return found


# What is claimed is what is tested.


def test_every_claim_is_judged_in_the_order_of_the_file(run: embedseq.Run) -> None:
    assert run.failures == {}
    assert list(run.verdicts) == ["wider", "larger", "trained", "growing", "deeper", "recalled", "sliced", "long"]
    assert all(isinstance(verdict, Verdict) for verdict in run.verdicts.values())


def test_a_contrast_of_two_models_is_that_of_their_scores(run: embedseq.Run) -> None:
    values = [
        [measured(run, f"evaluate writer[dim={dim}], seed {seed}", "perplexity").value for seed in (1, 2)] for dim in (16, 4)
    ]
    found = run.verdicts["wider"].contrast
    assert found.per_seed == pytest.approx([narrow - wide for wide, narrow in zip(*values, strict=True)])
    assert found.effect == pytest.approx(np.mean(found.per_seed))
    assert found.effect > 0, "a lower perplexity is better, and above 0 means: as claimed"
    assert (found.kind, found.score, found.seeds, found.n) == ("difference", "perplexity", 2, 120)


def test_a_contrast_of_embeddings_is_that_of_one_part_of_a_probe(run: embedseq.Run) -> None:
    values = [
        [measured(run, f"probe similarity of {name}, seed {seed}", "rho", part="pairs").value for seed in (1, 2)]
        for name in ("large", "small")
    ]
    found = run.verdicts["larger"].contrast
    assert found.per_seed == pytest.approx([large - small for large, small in zip(*values, strict=True)])
    assert found.n == measured(run, "probe similarity of small, seed 1", "rho", part="pairs").n


def test_vectors_from_a_file_are_the_same_for_every_seed(run: embedseq.Run) -> None:
    file = measured(run, "probe similarity of file, seed 1", "rho", part="pairs").value
    assert "probe similarity of file, seed 2" not in run.record.nodes
    trained = [measured(run, f"probe similarity of large, seed {seed}", "rho", part="pairs").value for seed in (1, 2)]
    assert run.verdicts["trained"].contrast.per_seed == pytest.approx([value - file for value in trained])


def test_a_trend_is_the_slope_over_a_field(run: embedseq.Run) -> None:
    names = {"small": 4, "middle": 6, "large": 8}
    slopes = [
        np.polyfit(
            list(names.values()),
            [measured(run, f"probe similarity of {name}, seed {seed}", "rho", part="pairs").value for name in names],
            1,
        )[0]
        for seed in (1, 2)
    ]
    found = run.verdicts["growing"].contrast
    assert found.kind == "trend"
    assert found.per_seed == pytest.approx(slopes)


def test_a_trend_over_parts_has_the_numbers_in_their_names(run: embedseq.Run) -> None:
    node = "probe previous of writer[dim=16], seed {}"
    slopes = [
        np.polyfit(
            [0, 1, 2], [measured(run, node.format(seed), "accuracy", part=f"layer {number}").value for number in range(3)], 1
        )[0]
        for seed in (1, 2)
    ]
    assert run.verdicts["deeper"].contrast.per_seed == pytest.approx(slopes)


def test_an_arm_may_be_a_control(run: embedseq.Run) -> None:
    node = "probe previous of writer[dim=16], seed {}"
    differences = [
        measured(run, node.format(seed), "accuracy", part="layer 1").value
        - measured(run, node.format(seed), "accuracy", "control", "layer 1").value
        for seed in (1, 2)
    ]
    assert run.verdicts["recalled"].contrast.per_seed == pytest.approx(differences)


def test_a_slice_is_of_the_sentences_that_it_says(run: embedseq.Run) -> None:
    tokens = run.artifact("tokens language")
    assert tokens is not None
    rows = np.flatnonzero(encoded_of(tokens, "test", "source").lengths > 3)
    assert 100 <= len(rows) < 120
    found = run.verdicts["sliced"].contrast
    items = [[measured(run, f"evaluate writer[dim={dim}], seed {seed}", "perplexity") for seed in (1, 2)] for dim in (16, 4)]
    from embedseq.evaluation.metrics import STATISTICS

    wide, narrow = ([statistic_value(each.statistic, each.items[rows], STATISTICS) for each in arm] for arm in items)
    assert found.n == len(rows)
    assert found.per_seed == pytest.approx(np.subtract(narrow, wide))


def test_a_slice_of_few_sentences_is_refused_and_the_run_goes_on(run: embedseq.Run) -> None:
    refused = run.verdicts["long"]
    assert refused.kind == "refused"
    assert "fewer than 100" in refused.reason
    sliced = run.verdicts["sliced"]
    assert (sliced.family, sliced.p_adjusted) == (2, min(1.0, 2 * sliced.contrast.p)), "what was refused was declared"


def test_two_seeds_speak_of_these_models_only(run: embedseq.Run) -> None:
    assert {verdict.scope for verdict in run.verdicts.values()} == {"these models only"}


def test_claims_of_a_family_are_corrected_together(run: embedseq.Run) -> None:
    verdicts = run.verdicts
    family = [verdicts[name] for name in ("wider", "larger")]
    assert [each.p_adjusted for each in family] == holm([each.contrast.p for each in family])
    assert verdicts["trained"].p_adjusted == verdicts["trained"].contrast.p


def test_claims_that_were_in_the_file_before_anything_ran_are_not_marked(run: embedseq.Run) -> None:
    assert not any(late(run).values())
    assert list(late(run)) == list(run.verdicts)
    assert "added to the file after results existed" not in run.text()


def test_the_report_shows_verdict_effect_p_and_n(run: embedseq.Run) -> None:
    page, text = run.report.read_text(encoding="utf-8"), run.text()
    for shown in (page, text):
        assert "Wide writers foretell more." in shown
        assert run.verdicts["wider"].kind in shown
        assert "these models only" in shown
    (row,) = (line for line in text.splitlines() if line.startswith("| Wide writers foretell more. "))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    verdict = run.verdicts["wider"]
    assert verdict.kind in cells[1]
    assert float(cells[2]) == pytest.approx(verdict.contrast.effect, abs=0.05)
    assert "120" in cells
    assert f"{verdict.p_adjusted:.3f}" in cells or "< 0.001" in row.replace("\\", "")


# What later runs do.


def test_a_rerun_judges_nothing_anew_and_comes_to_the_same(run: embedseq.Run, again: Again) -> None:
    repeated = again()
    assert done(repeated) == set()
    assert {name: each.record() for name, each in repeated.verdicts.items()} == {
        name: each.record() for name, each in run.verdicts.items()
    }


def test_another_smallest_effect_judges_the_family_anew_and_measures_nothing(run: embedseq.Run, again: Again) -> None:
    changed = again(("smallest: 0.5", "smallest: 500"))
    assert done(changed) == {"verdicts on claims"}
    assert changed.verdicts["wider"].kind == "no difference worth the name"
    assert changed.verdicts["larger"].record() == run.verdicts["larger"].record()


def test_a_smallest_effect_that_was_chosen_after_results_is_another_claim(again: Again) -> None:
    changed = again(("smallest: 0.5", "smallest: 0.25"))
    assert late(changed)["wider"]
    assert not late(changed)["larger"]


def test_other_words_another_family_and_other_names_keep_a_claim_what_it_was(run: embedseq.Run, again: Again) -> None:
    changed = again(
        ("Wide writers foretell more.", "The wider the better."),
        ("  larger:", "  bigger:"),
        ("family: files", "family: others"),
        ("writer", "author"),
        ("language", "tongue"),
        ("kind: tongue", "kind: language"),
    )
    assert not any(late(changed).values())
    assert list(changed.verdicts) == [{"larger": "bigger"}.get(name, name) for name in run.verdicts]
    assert done(changed) == set()
    assert "The wider the better." in changed.text()


ADDED = """\
  added: {says: Middle ones do., metric: rho, probe: similarity, part: pairs, better: middle, worse: small}
"""


def test_a_claim_that_is_added_after_results_existed_is_marked_for_good(run: embedseq.Run, again: Again) -> None:
    first = again(more=ADDED)
    assert [name for name, after in late(first).items() if after] == ["added"]
    for later in (first, again(("Wide writers", "Wider ones"), more=ADDED.replace("Middle ones", "These"))):
        assert late(later)["added"]
        assert sum(late(later).values()) == 1
        (note,) = (line for line in later.text().splitlines() if line.startswith("- added:"))
        assert "added to the file after results existed" in note.lower().replace("it was ", "")
        assert "after results existed" in later.report.read_text(encoding="utf-8")


def test_another_claim_in_a_family_changes_the_corrected_p_of_the_others(run: embedseq.Run, again: Again) -> None:
    after = again(more=ADDED.replace("part: pairs", "part: mine"))
    assert done(after) == {"claim added", "verdicts on claims"}
    family = [after.verdicts[name] for name in ("wider", "larger", "added")]
    assert [each.p_adjusted for each in family] == holm([each.contrast.p for each in family])
    assert {each.family for each in family} == {3}
    before = run.verdicts["wider"]
    assert family[0].contrast.p == before.contrast.p
    assert family[0].p_adjusted == pytest.approx(before.p_adjusted * 3 / 2)
    assert after.verdicts["trained"].record() == run.verdicts["trained"].record()


@pytest.mark.slow
def test_a_new_claim_about_new_models_is_not_marked(again: Again) -> None:
    more = "  fresh: {says: New ones do., metric: perplexity, better: 'writer[5]', worse: 'writer[4]'}\n"
    changed = again(("{dim: [4, 16]}", "{dim: [4, 5, 16]}"), more=more, only=["claim fresh", "verdicts on claims"])
    assert not late(changed)["fresh"]
    assert "fresh" in changed.verdicts


def test_a_new_claim_with_one_more_seed_is_marked(again: Again) -> None:
    """What the seeds before it showed could be seen."""
    more = ADDED.replace("part: pairs", "part: mine")
    changed = again(("seeds: [1, 2]", "seeds: [1, 2, 3]"), more=more, only=["claim added"])
    assert late(changed)["added"]


def test_a_new_claim_with_a_score_that_is_new_is_marked_where_other_scores_were_seen(again: Again) -> None:
    """Though nothing has measured it: the models are there, and have been looked at; other names hide nothing."""
    more = "  words: {says: By words too., metric: word-perplexity, better: 'author[16]', worse: 'author[4]'}\n"
    metrics = ("    train: {epochs: 3", "    evaluate: {metrics: [word-perplexity, perplexity]}\n    train: {epochs: 3")
    changed = again(metrics, ("writer", "author"), more=more, only=["claim w"])
    assert done(changed) >= {"evaluate author[dim=16], seed 1", "claim words"}
    assert {name for name, after in late(changed).items() if after} == {"words"}, "the claims of before stay what they were"


def test_models_that_were_trained_and_not_measured_are_no_results(folder: Path) -> None:
    trained = PIPELINE.partition("probes:")[0].replace("name: claiming", "name: training").replace("[4, 16]", "[6, 7]")
    (folder / "training.yaml").write_text(trained)
    embedseq.run(folder / "training.yaml", store=folder / "store", jobs=1, only=["train "])
    claim = "  c: {says: New ones do., metric: perplexity, better: 'writer[7]', worse: 'writer[6]'}\n"
    (folder / "training.yaml").write_text(f"{trained}claims:\n{claim}")
    run = embedseq.run(folder / "training.yaml", store=folder / "store", jobs=1)
    assert late(run) == {"c": False}
    second = claim.replace("  c:", "  d:").replace("perplexity", "loss")
    (folder / "training.yaml").write_text(f"{trained}claims:\n{claim}{second}")
    assert late(embedseq.run(folder / "training.yaml", store=folder / "store", jobs=1)) == {"c": False, "d": True}


def test_a_run_of_stages_that_no_claim_needs_says_nothing_of_claims(folder: Path, again: Again) -> None:
    more = ADDED.replace("better: middle", "better: file")
    assert "added" not in late(again(more=more, only=["tokens "]))
    assert late(again(more=more))["added"]


def test_what_a_claim_cannot_find_is_told_with_what_there_is(again: Again) -> None:
    more = """\
  vague: {says: Layers., metric: accuracy, probe: previous, better: 'writer[16]', worse: {of: 'writer[16]', role: control}}
  unlike:
    says: Baselines.
    metric: accuracy
    probe: previous
    part: layer 9
    better: writer[16]
    worse: {of: 'writer[16]', role: baseline, label: majority class}
"""
    failures = again(more=more, only=["claim vague", "claim unlike"]).failures
    assert failures["claim vague"].startswith(
        "writer[dim=16]: expected one score called accuracy of the claim's part and label, found several. "
        "There are: part 'layer 0'"
    )
    assert "found none. There are: part 'layer 0', label ''" in failures["claim unlike"]


# An arm that fails.

FAILING = """\
name: failing
data:
  language: {generated: {kind: language, train: 30, valid: 5, test: 120, vocabulary: 30}, task: text}
models:
  writer: {data: language, architecture: gru, matrix: {dim: [3, 4]}, train: {epochs: 1}}
  broken: {data: language, architecture: gru, dim: 4, train: {epochs: 2, lr: 1e30, clip: null, batch_tokens: 50}}
claims:
  broken: {says: A broken writer is worse., metric: perplexity, better: 'writer[4]', worse: broken}
  sound: {says: A wide one is better., metric: perplexity, better: 'writer[4]', worse: 'writer[3]'}
  alone: {says: So it is by itself., metric: loss, better: 'writer[4]', worse: broken, family: others}
"""


@pytest.fixture(scope="module")
def failing(folder: Path) -> embedseq.Run:
    (folder / "failing.yaml").write_text(FAILING)
    return embedseq.run(folder / "failing.yaml", store=folder / "store", jobs=1)


def test_a_claim_whose_arm_failed_is_not_judged_and_the_others_are(failing: embedseq.Run) -> None:
    assert list(failing.failures) == ["train broken, seed 1"]
    statuses = [
        failing.record.nodes[name].status for name in ("claim broken", "claim sound", "verdicts on claims", "verdicts on others")
    ]
    assert statuses == ["skipped", "done", "done", "skipped"]
    assert list(failing.verdicts) == ["sound"]
    sound = failing.verdicts["sound"]
    assert (sound.family, sound.p_adjusted) == (2, min(1.0, 2 * sound.contrast.p)), "one that failed makes no other easier"


def test_the_report_says_why_a_claim_was_not_judged(failing: embedseq.Run) -> None:
    text = failing.text()
    (row,) = (line for line in text.splitlines() if line.startswith("| A broken writer is worse. "))
    assert "evaluate broken, seed 1" in row
    assert "A wide one is better." in text
    assert failing.exit_code == 1


# Arms that read different corpora.

CORPORA = """\
name: corpora
data:
  few: {generated: {kind: language, train: 20, valid: 5, test: 110, vocabulary: 30}, task: text}
  many: {generated: {kind: language, train: 60, valid: 5, test: 110, vocabulary: 30}, task: text, vocabulary: few.source}
  other: {generated: {kind: language, train: 20, valid: 5, test: 110, vocabulary: 30, seed: 2}, task: text}
  letters: {generated: {kind: language, train: 20, valid: 5, test: 110, vocabulary: 30}, task: text, tokens: {kind: char}}
models:
  few: {data: few, architecture: gru, dim: 4, train: {epochs: 1}}
  many: {data: many, architecture: gru, dim: 4, train: {epochs: 1}}
  other: {data: other, architecture: gru, dim: 4, train: {epochs: 1}}
  letters: {data: letters, architecture: gru, dim: 4, train: {epochs: 1}}
claims:
  more: {says: More text helps., metric: perplexity, better: many, worse: few}
  unlike: {says: Another text helps., metric: word-perplexity, better: other, worse: few}
  tokens: {says: Letters cost less., metric: perplexity, better: letters, worse: few}
  words: {says: Letters tell words., metric: word-perplexity, better: letters, worse: few}
"""


@pytest.mark.slow
def test_arms_with_other_corpora_are_paired_where_these_have_the_same_test_split(folder: Path) -> None:
    (folder / "corpora.yaml").write_text(CORPORA)
    run = embedseq.run(folder / "corpora.yaml", store=folder / "store", jobs=1)
    assert list(run.verdicts) == ["more", "words"]
    assert run.failures == {
        "claim unlike": "the arms are scored on different texts, so that their items cannot be paired: "
        "compare models with one test split",
        "claim tokens": "the arms foretell different tokens, which perplexity counts: give their corpora the same tokens",
    }


# Six seeds.

SIX = """\
name: six
seeds: [1, 2, 3, 4, 5, 6]
data:
  captions: {dataset: multi30k, source: en, target: de, limits: {train: 60, valid: 2, test: 2}}
embeddings:
  small: {text: captions.source, dim: 3, min_count: 1, epochs: 1}
  large: {text: captions.source, dim: 6, min_count: 1, epochs: 1}
probes:
  similarity: {kind: word-similarity, sets: [pairs.txt]}
claims:
  larger: {says: Large vectors rank words better., metric: rho, probe: similarity, better: large, worse: small, smallest: 2}
"""


def test_six_seeds_speak_of_training(folder: Path) -> None:
    (folder / "six.yaml").write_text(SIX)
    run = embedseq.run(folder / "six.yaml", store=folder / "store", jobs=1)
    verdict = run.verdicts["larger"]
    assert (verdict.scope, verdict.contrast.test, verdict.contrast.seeds) == ("training", "sign-flip", 6)
    assert verdict.kind == "no difference worth the name", "two correlations cannot differ by 2 in each of two directions"
    assert "these models only" not in run.text().partition("What was claimed")[2]
    record = read_record(run.artifact("verdicts on claims") / "verdicts.json")  # type: ignore[operator]
    assert Verdict.from_record(record["0"]).record() == verdict.record()
