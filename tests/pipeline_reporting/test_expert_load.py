"""How busy attention experts are: from the training stage to the report."""

from pathlib import Path

import pytest

import embedseq
from embedseq.pipeline import node_names
from embedseq.pipeline.stages.records import read_record

PIPELINE = """\
name: experts
seeds: [1]
data:
  captions: {dataset: multi30k, source: en, target: de, tokens: {kind: word}, limits: {train: 60, valid: 10, test: 2}}
models:
  mixture:
    data: captions
    architecture: transformer
    attention: {scorer: additive, heads: 2, experts: 3}
    self_attention: {scorer: scaled-dot, heads: 2, experts: 5, balance: 0.1}
    dim: 8
    train: {epochs: 1, batch_tokens: 400}
  plain: {data: captions, architecture: gru, dim: 8, train: {epochs: 1, batch_tokens: 400}}
"""
EXPERTS = {"encoder.layers.0.attention": 5, "decoder.layers.0.attention": 5, "decoder.layers.0.look": 3}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> embedseq.Run:
    path = tmp_path_factory.mktemp("experts") / "experts.yaml"
    path.write_text(PIPELINE, encoding="utf-8")
    return embedseq.run(path, store=path.parent / "store", jobs=1, only=["train "])


def load_of(run: embedseq.Run, model: str) -> dict[str, list[float]]:
    folder = run.artifact(node_names.train_node(model, 1))
    assert folder is not None
    found: dict[str, list[float]] = read_record(Path(folder) / "facts.json")["expert_load"]
    return found


def test_training_writes_every_experts_share_of_the_tokens(run: embedseq.Run) -> None:
    assert run.failures == {}
    load = load_of(run, "mixture")
    assert {name: len(shares) for name, shares in load.items()} == EXPERTS
    assert all(sum(shares) == pytest.approx(2) and 0 <= min(shares) <= max(shares) <= 1 for shares in load.values())
    assert load_of(run, "plain") == {}


def test_the_page_tells_the_least_and_the_most_and_how_many_are_idle(run: embedseq.Run) -> None:
    mixture, plain = run.content().arms
    load = load_of(run, "mixture")
    assert mixture.expert_loads == tuple(map(tuple, load.values()))
    assert plain.expert_loads == ()
    busy = [share * len(shares) / 2 for shares in load.values() for share in shares]
    told = (
        f"Attention experts of mixture: {min(busy):.2f} to {max(busy):.2f} times an even share of the validation tokens; "
        f"{sum(each < 0.5 for each in busy)} of 13 experts got less than half of one."
    )
    page = run.report.read_text(encoding="utf-8")
    assert told in page
    assert page.count("Attention experts of") == 1
