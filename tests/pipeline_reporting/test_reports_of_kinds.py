"""One report of models of every kind, on corpora of every form."""

import re
from pathlib import Path

import pytest

import embedseq
from embedseq.report.content import CorpusFacts, Report
from embedseq.report.corpus_tables import corpus_table
from embedseq.report.examples import Examples

FEW = "limits: {train: 30, valid: 5, test: 5}"
TAGS = "dataset: ud-english-ewt, task: tagging, label: upos, vocabulary: reading.source"
TINY = "architecture: gru, dim: 8, train: {epochs: 1, batch_tokens: 400}"
WRITING = f"{TINY}, evaluate: {{beam: 1, max_length: 6}}"
PIPELINE = f"""\
name: kinds
seeds: [1]
data:
  reading: {{dataset: us-speeches, task: text, tokens: {{kind: bpe, size: 200}}, {FEW}}}
  tags: {{{TAGS}, {FEW}}}
  few-tags: {{{TAGS}, {FEW.replace("30", "10")}}}
  genres: {{dataset: ud-english-ewt, task: classification, label: genre, {FEW}}}
  both: {{dataset: multi30k, source: [en, fr], target: de, joint: true, {FEW}}}
  papers: {{dataset: scitldr, source: abstract, target: summary, sections: true, {FEW}}}
  numbers: {{dataset: digits, source: images, target: words, {FEW}}}
models:
  writer: {{data: reading, {TINY}}}
  masked: {{data: reading, kind: masked-language-model, {TINY}}}
  tagger: {{data: tags, {TINY}}}
  few-tagger: {{data: few-tags, pretrained: {{from: masked, as: frozen}}, {TINY}}}
  teller: {{data: genres, pooling: max, {TINY}}}
  translator: {{data: both, attention: {{memories: hierarchical}}, {WRITING}}}
  summariser: {{data: papers, sections: true, {WRITING}}}
  reader: {{data: numbers, {WRITING}}}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kinds") / "kinds.yaml"
    path.write_text(PIPELINE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def cut(file: Path) -> Report:
    """The report of a run that cut the corpora into tokens and trained nothing."""
    return embedseq.run(file, store=file.parent / "store", jobs=1, only=["tokens "]).content()


@pytest.fixture(scope="module")
def run(file: Path) -> embedseq.Run:
    return embedseq.run(file, store=file.parent / "store", jobs=1)


@pytest.fixture(scope="module")
def content(run: embedseq.Run) -> Report:
    assert run.failures == {}
    return run.content()


def corpus(content: Report, name: str) -> CorpusFacts:
    return next(each for each in content.corpora if each.name == name)


def said(content: Report, name: str) -> str:
    return corpus_table(corpus(content, name)).how_to_read


def examples(content: Report, name: str) -> Examples:
    return next(each for each in content.examples if each.corpus == name)


def test_corpora_have_their_sides_and_say_what_they_consist_of(cut: Report) -> None:
    sides = {each.name: [side.name for side in each.sides] for each in cut.corpora}
    assert sides["reading"] == ["source"]
    assert sides["both"] == ["source", "source2", "target"]
    assert [corpus(cut, name).items for name in ("reading", "tags", "genres", "papers", "numbers")] == [
        "lines",
        "sentences",
        "texts",
        "texts",
        "images",
    ]
    assert all([split.items for split in each.splits][1:] == [5, 5] for each in cut.corpora)


def test_corpora_say_how_they_were_cut(cut: Report) -> None:
    assert said(cut, "tags").startswith("Tokens are byte-pair pieces, the vocabulary of reading.source. Vocabulary: 200 tokens.")
    assert re.search(
        r"Labels: \d+ \(upos\); the commonest is \w+, with \d+\.\d % of those in the training split\.", said(cut, "tags")
    )
    assert re.search(r"Labels: \d+ \(genre\); the commonest is \w+, with [\d.]+ % of the training texts\.", said(cut, "genres"))
    assert "tokens, the same ones for source (en), source2 (fr) and target (de)." in said(cut, "both")
    assert "An image is read column by column, 8 numbers each." in said(cut, "numbers")
    assert all(split.sentences and split.sentences > 1 for split in corpus(cut, "papers").splits)


def test_models_share_a_truth_that_are_held_against_the_same_labels(cut: Report) -> None:
    truths = {arm.label: arm.truth for arm in cut.arms}
    assert truths["tagger"] == truths["few-tagger"]
    assert len(set(truths.values())) == len(truths) - 1


@pytest.mark.slow
def test_models_say_what_they_are_and_what_they_predict(content: Report) -> None:
    kinds = {arm.label: (arm.kind, arm.answers) for arm in content.arms}
    assert kinds == {
        "writer": ("language model", "tokens"),
        "masked": ("masked language model", "masked tokens"),
        "tagger": ("tagger", "labels"),
        "few-tagger": ("tagger", "labels"),
        "teller": ("classifier, max pooling", "labels"),
        "translator": ("", "tokens"),
        "summariser": ("", "tokens"),
        "reader": ("", "tokens"),
    }
    attentions = {arm.label: arm.attention for arm in content.arms if arm.attention}
    assert attentions == {"translator": "additive, hierarchical memories", "summariser": "additive", "reader": "additive"}
    few = next(arm for arm in content.arms if arm.label == "few-tagger")
    assert (few.embedding, few.hand_off, few.frozen_rows) == ("masked, with its encoder", "frozen", None)


@pytest.mark.slow
def test_only_scores_on_the_same_truth_share_a_table(content: Report) -> None:
    found = {table.title: [row.subject for row in table.rows] for table in content.scores}
    assert found["Accuracy on tags and few-tags"] == ["tagger", "few-tagger"]
    assert found["Loss on tags and few-tags"] == ["tagger", "few-tagger"]
    assert found["Accuracy of masked language models on reading"] == ["masked"]
    assert found["Perplexity of language models on reading"] == ["writer"]
    assert found["Accuracy on unknown words on few-tags"] == ["few-tagger"]
    assert found["BLEU on both"] == ["translator"]
    assert all(tuple(rows) == table.expected for table, rows in zip(content.scores, found.values(), strict=True))
    panels = [arm.yardstick for arm in content.arms]
    assert len(set(panels)) == len(panels) - 1
    assert panels[2] == panels[3]


@pytest.mark.slow
def test_examples_fit_their_task(content: Report) -> None:
    assert [each.corpus for each in content.examples] == ["tags and few-tags", "genres", "both", "papers", "numbers"]
    tagged = examples(content, "tags and few-tags").examples[0]
    assert [output.arm for output in tagged.outputs] == ["tagger", "few-tagger"]
    assert [word.word for word in tagged.outputs[0].words] == [word.word for word in tagged.reference.words]
    assert [text.name for text in examples(content, "both").examples[0].sources] == ["source", "source2"]
    assert examples(content, "numbers").examples[1].sources[0].text == "row 2 of the test split"
    assert not any("␞" in text.text for each in examples(content, "papers").examples for text in each.sources)
    assert examples(content, "genres").examples[0].outputs[0].text != ""


@pytest.mark.slow
def test_the_page_shows_it_all(run: embedseq.Run) -> None:
    page = run.report.read_text(encoding="utf-8")
    assert page.count("Learning curves o") == 7
    assert page.count("An image of ") == 8
    assert "Examples of tags and few-tags" in page
    assert "␞" not in page
    assert Path(run.report).stat().st_size < 1_000_000
