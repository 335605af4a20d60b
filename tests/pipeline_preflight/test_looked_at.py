"""Heads, bands, contexts and distances that claims name and that will not be there, told before anything is trained."""

from pathlib import Path

import pytest

import embedseq
from embedseq.errors import Problems
from embedseq.pipeline.file import read_pipeline
from embedseq.pipeline.graph import build_graph
from embedseq.pipeline.plan import PlanItem
from embedseq.pipeline.preflight import check_before_work

START = """\
name: looked
data:
  pairs: {generated: {kind: language, train: 60, valid: 20, test: 20}}
  text: {dataset: wikipedia-sample, task: text, limits: {train: 50, valid: 10, test: 10}}
embeddings:
  own: {text: pairs.source, dim: 8, min_count: 1, epochs: 1}
models:
  flat: {data: pairs, architecture: gru, dim: 8, attention: {scorer: dot}, embedding: {from: own, as: tuned}}
  deep: {data: pairs, architecture: transformer, dim: 8, heads: 4, layers: 2}
  deaf: {data: pairs, architecture: lstm, dim: 8, attention: none}
  writer: {data: text, architecture: transformer, dim: 8, heads: 2, layers: 1}
probes:
  entropy: {kind: attention-entropy, of: flat + deep + deaf, data: pairs}
  own: {kind: self-attention-entropy, of: deep, data: pairs}
  written: {kind: self-attention-entropy, of: deep, data: pairs, side: target}
  heads: {kind: syntactic-heads, of: deep, data: pairs}
  links: {kind: alignment, of: flat + deep + deaf, data: pairs}
  faith: {kind: faithfulness, of: flat + deep + deaf, data: pairs}
  recall: {kind: recall, of: flat + deaf, data: pairs, steps: 3}
  context: {kind: effective-context, of: flat + writer, contexts: [1, 2, 4]}
  reach: {kind: gradient-reach, of: flat + writer, distance: 9}
  drift: {kind: drift, of: flat, bands: 3}
claims:
  c: CLAIM
"""


def write(folder: Path, claim: str) -> Path:
    path = folder / "looked.yaml"
    path.write_text(START.replace("CLAIM", claim))
    return path


def only_problem(path: Path) -> str:
    with pytest.raises(Problems) as found:
        embedseq.check(path)
    (message,) = found.value.messages
    return message


def claim(probe: str, metric: str, more: str, less: str) -> str:
    return f"{{says: a, probe: {probe}, metric: {metric}, more: {more}, less: {less}}}"


@pytest.mark.parametrize(
    ("probe", "metric", "more", "less", "said"),
    [
        (
            "entropy", "entropy", "{of: flat, part: head 2}", "{of: deep, part: all heads}",
            "more.part: 'head 2' is nothing that entropy measures of flat. Did you mean 'head 1'? (head 1, all heads)",
        ),
        (
            "entropy", "entropy", "{of: flat, part: head 1}", "{of: deep, part: head 1}",
            "less.part: 'head 1' is nothing that entropy measures of deep (layer 1, head 1; layer 1, head 2; ",
        ),
        (
            "entropy", "entropy", "{of: deaf, part: all heads}", "{of: deep, part: all heads}",
            "more.part: 'all heads' is nothing that entropy measures of deaf",
        ),
        (
            "heads", "head-accuracy", "{of: deep, part: best head}", "{of: deep, part: 'layer 3, head 1'}",
            "less.part: 'layer 3, head 1' is nothing that heads measures of deep.",
        ),
        (
            "links", "aer", "{of: flat, part: gradient × input}", "{of: deaf, part: 'attention, best head'}",
            "less.part: 'attention, best head' is nothing that links measures of deaf (gradient × input)",
        ),
        (
            "faith", "erasure-gain", "{of: flat, part: 'attention, best head'}", "{of: deaf, part: gradient × input}",
            "more.part: 'attention, best head' is nothing that faith measures of flat",
        ),
        (
            "recall", "accuracy", "{of: flat, part: 'encoder 1, 4 back'}", "{of: deaf, part: 'encoder 1, 3 back'}",
            "more.part: 'encoder 1, 4 back' is not a part of flat that recall measures.",
        ),
        (
            "recall", "half-life", "{of: flat, part: 'encoder 1, 3 back'}", "{of: deaf, part: encoder 1}",
            "more.part: 'encoder 1, 3 back' is not a layer of flat that recall measures. Did you mean 'encoder 1'? (encoder 1)",
        ),
        (
            "context", "loss-increase", "{of: flat, part: context 3}", "{of: writer, part: context 2}",
            "more.part: 'context 3' is not a part of flat that context measures. Did you mean",
        ),
        (
            "context", "effective-context", "{of: flat, part: context 1}", "writer",
            "more.part: 'context 1' is not a part of flat that context measures",
        ),
        (
            "reach", "gradient-norm", "{of: flat, part: distance 10}", "{of: writer, part: distance 9}",
            "more.part: 'distance 10' is not a part of flat that reach measures.",
        ),
        (
            "drift", "drift", "{of: flat, part: band 1 of 5}", "{of: flat, part: band 3 of 3}",
            "more.part: 'band 1 of 5' is not a part of flat that drift measures.",
        ),
    ],
)  # fmt: skip
def test_what_will_not_be_measured_is_told(tmp_path: Path, probe: str, metric: str, more: str, less: str, said: str) -> None:
    assert f"claims.c.{said}" in only_problem(write(tmp_path, claim(probe, metric, more, less)))


@pytest.mark.parametrize(
    ("probe", "metric", "more", "less"),
    [
        ("entropy", "entropy", "{of: flat, part: head 1}", "{of: deep, part: 'layer 2, head 4'}"),
        ("own", "entropy", "{of: deep, part: 'layer 1, head 4'}", "{of: deep, part: 'layer 2, head 1'}"),
        ("written", "end-mass", "{of: deep, part: 'layer 1, head 4'}", "{of: deep, part: all heads}"),
        ("heads", "head-accuracy", "{of: deep, part: best head by value-weighted norms}", "{of: deep, part: 'layer 1, head 4'}"),
        ("links", "aer", "{of: flat, part: 'attention, best head'}", "{of: deaf, part: gradient × input}"),
        ("faith", "erasure-gain", "{of: flat, part: 'attention, mean of heads'}", "{of: deaf, part: gradient × input}"),
        ("recall", "accuracy", "{of: flat, part: 'encoder 1, 3 back'}", "{of: deaf, part: 'encoder 1, 3 back'}"),
        ("context", "loss-increase", "{of: flat, part: context 4}", "{of: writer, part: context 4}"),
        ("reach", "gradient-norm", "{of: flat, part: distance 9}", "{of: writer, part: distance 1}"),
        ("drift", "drift", "{of: flat, part: band 1 of 3}", "{of: flat, part: band 3 of 3}"),
    ],
)
def test_what_will_be_measured_is_sound(tmp_path: Path, probe: str, metric: str, more: str, less: str) -> None:
    assert "is valid" in embedseq.check(write(tmp_path, claim(probe, metric, more, less)))


def test_a_run_tells_it_before_work(tmp_path: Path) -> None:
    path = write(tmp_path, claim("entropy", "entropy", "{of: flat, part: head 2}", "{of: deep, part: all heads}"))
    with pytest.raises(Problems, match="nothing that entropy measures of flat"):
        embedseq.run(path, store=tmp_path / "store")


@pytest.mark.parametrize("score", ["entropy", "end-mass"])
def test_a_part_of_both_arms_is_looked_for_in_each(tmp_path: Path, score: str) -> None:
    both = f"{{says: a, probe: entropy, metric: {score}, part: head 1, more: flat, less: deep}}"
    assert "claims.c.part: 'head 1' is nothing that entropy measures of deep" in only_problem(write(tmp_path, both))


@pytest.mark.parametrize(
    ("probe", "metric", "more", "less"),
    [
        # An arm is chosen among what the probe looks at.
        ("own", "entropy", "{of: models, part: 'layer 1, head 4'}", "{of: deep, part: 'layer 2, head 1'}"),
        # What is measured as a whole: the control of drift has no bands.
        ("drift", "drift", "{of: flat, part: band 1 of 3}", "{of: flat, role: control}"),
        ("drift", "drift", "{of: flat, part: ''}", "{of: flat, part: band 1 of 3}"),
        ("context", "effective-context", "flat", "writer"),
        ("reach", "decay", "flat", "writer"),
    ],
)
def test_what_is_chosen_among_the_probes_own_and_what_is_whole_is_sound(
    tmp_path: Path, probe: str, metric: str, more: str, less: str
) -> None:
    assert "is valid" in embedseq.check(write(tmp_path, claim(probe, metric, more, less)))


def test_the_whole_of_what_has_parts_beside_it_can_be_named(tmp_path: Path) -> None:
    whole = "{says: a, probe: drift, metric: drift, more: flat, less: {of: flat, role: control}, part: ''}"
    assert "is valid" in embedseq.check(write(tmp_path, whole))


@pytest.mark.parametrize(
    ("probe", "metric", "more", "less", "said"),
    [
        ("entropy", "entropy", "flat", "{of: deep, part: all heads}", "more: entropy measures flat in 2 parts, head 1 and all"),
        ("drift", "drift", "flat", "{of: flat, role: control}", "more: drift measures flat in 4 parts, '' (the whole), band"),
        ("reach", "gradient-norm", "flat", "writer", "more: reach measures flat in 9 parts, distance 1, distance 2"),
        ("recall", "accuracy", "flat", "deaf", "more: recall measures flat in 4 parts, encoder 1, 0 back, encoder 1, 1 back"),
        (
            "drift", "drift", "{of: flat, part: band 1 of 3}", "{of: flat, role: control, part: band 1 of 3}",
            "less.part: 'band 1 of 3' is not a part of flat that drift measures",
        ),
    ],
)  # fmt: skip
def test_a_side_that_could_mean_several_or_none_is_told(
    tmp_path: Path, probe: str, metric: str, more: str, less: str, said: str
) -> None:
    assert f"claims.c.{said}" in only_problem(write(tmp_path, claim(probe, metric, more, less)))


def test_heads_of_models_that_are_trained_already_are_told_where_their_probe_is_new(tmp_path: Path) -> None:
    path = write(tmp_path, claim("entropy", "entropy", "{of: flat, part: head 2}", "{of: deep, part: all heads}"))
    pipeline = read_pipeline(path)
    nodes = build_graph(pipeline)
    planned = [PlanItem(node.id, node.kind, "run" if node.kind == "attention-probe" else "cached", "") for node in nodes]
    assert {item.status for item in planned} == {"run", "cached"}
    with pytest.raises(Problems, match="nothing that entropy measures of flat"):
        check_before_work(pipeline, planned)
