"""The stages that claims stand for: what each is handed."""

from pathlib import Path

from embedseq.pipeline.claims import claim_nodes
from embedseq.pipeline.file import read_pipeline

PIPELINE = """
name: claiming
data: {copies: {generated: {kind: copy}}}
models:
  copier: {data: copies, matrix: {architecture: [gru, lstm]}, attention: additive, evaluate: {metrics: [chrf, exact-match]}}
claims:
  both: {says: One copies better., better: "copier[gru]", worse: "copier[lstm]", metric: chrf}
  simple: {says: It beats its baseline., better: "copier[gru]", worse: {of: "copier[gru]", role: baseline}, metric: chrf}
  sliced: {says: Of long ones., better: "copier[gru]", worse: "copier[lstm]", metric: chrf, slice: {above: 9}}
  other: {says: To the letter., better: "copier[gru]", worse: "copier[lstm]", metric: exact-match, family: letters}
"""


def test_sacrebleu_is_asked_of_two_models_outputs_alone(tmp_path: Path) -> None:
    path = tmp_path / "claiming.yaml"
    path.write_text(PIPELINE)
    nodes = {node.id: node for node in claim_nodes(read_pipeline(path))}
    asked = {name for name, node in nodes.items() if "references" in node.inputs}
    assert asked == {"claim both"}
    assert nodes["verdicts on claims"].inputs == {"0": "claim both", "1": "claim simple", "2": "claim sliced"}
    assert nodes["verdicts on letters"].inputs == {"0": "claim other"}
