"""`embedseq list`: what it names is what the registries and the settings have, and the page in docs is what it prints."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from embedseq.evaluation.settings import METRICS, USUAL, EvaluateSettings
from embedseq.models.attention.registry import position_scorers, scorers
from embedseq.models.attention.spans import spans
from embedseq.models.pools import pools
from embedseq.models.settings import AttentionSettings, ModelShape
from embedseq.pipeline.catalogue import LISTS, Entry, as_markdown, catalogue
from embedseq.pipeline.file.shapes import list_item, literals
from embedseq.probes.probe import Level
from embedseq.probes.registry import probes
from embedseq.text.datasets import DATASETS
from embedseq.text.settings import TokenSettings

PAGE = Path(__file__).parents[2] / "docs" / "catalogue.md"


@pytest.mark.parametrize(
    ("what", "some"),
    [
        ("models", ["lstm", "gru", "transformer", "self-attentive", "classifier"]),
        ("attentions", ["additive", "scaled-dot", "none", "hierarchical"]),
        ("probes", ["word-similarity", "neighbours", "drift", "previous-word"]),
        ("datasets", ["multi30k", "wikipedia-sample"]),
        ("tokens", ["word", "bpe", "unigram", "char"]),
        ("metrics", ["bleu", "chrf", "accuracy"]),
    ],
)
def test_everything_is_listed_with_a_description(what: str, some: list[str], embedseq_command: Any) -> None:
    rows = json.loads(embedseq_command("list", what, "--json").out)
    names = [row["name"] for row in rows]
    assert set(some) <= set(names)
    assert all(row["description"] for row in rows)
    printed = [line for line in embedseq_command("list", what).out.strip().split("\n") if not line.startswith("[")]
    assert [line.split()[0] for line in printed] == names


def test_without_a_name_all_lists_are_printed(embedseq_command: Any) -> None:
    assert set(json.loads(embedseq_command("list", "--json").out)) == set(LISTS)
    printed = embedseq_command("list").out
    for what in LISTS:
        assert f"{what}:\n{embedseq_command('list', what).out}" in printed


CHOICES = {
    "kind": (ModelShape, "kind"),
    "architecture": (ModelShape, "architecture"),
    "bridge": (ModelShape, "bridge"),
    "pooling": (ModelShape, "pooling"),
    "positions": (ModelShape, "positions"),
    "norm": (ModelShape, "norm"),
    "normalisation": (ModelShape, "normalisation"),
    "activation": (ModelShape, "activation"),
    "span": (AttentionSettings, "span"),
    "query": (AttentionSettings, "query"),
    "when": (AttentionSettings, "when"),
    "memories": (AttentionSettings, "memories"),
}


def of_family(family: str) -> list[str]:
    return [entry.name for what in ("models", "attentions") for entry in catalogue(what) if entry.family == family]


@pytest.mark.parametrize("family", CHOICES)
def test_a_family_has_just_the_choices_of_the_pipeline_file(family: str) -> None:
    settings, field = CHOICES[family]
    assert sorted(of_family(family)) == sorted(literals(settings.model_fields[field].annotation))


def test_what_is_no_choice_and_no_scorer_is_a_field_of_the_pipeline_file() -> None:
    fields = {"models": ModelShape, "attentions": AttentionSettings}
    for what, settings in fields.items():
        others = [entry for entry in catalogue(what) if entry.family not in (*CHOICES, "scorer", "scorer of positions")]
        assert others
        assert {entry.name for entry in others} <= set(settings.model_fields)


def test_probes_tokens_and_metrics_are_those_of_the_pipeline_file() -> None:
    assert {entry.name for entry in catalogue("probes")} == set(probes())
    assert {entry.name for entry in catalogue("tokens")} == set(literals(TokenSettings.model_fields["kind"].annotation))
    metrics = EvaluateSettings.model_fields["metrics"].annotation
    assert {entry.name for entry in catalogue("metrics")} == set(literals(list_item(get_args(metrics)[0])))


def test_metrics_say_what_they_are_usual_for_and_what_else_they_may_be_named_for() -> None:
    for entry in catalogue("metrics"):
        usual = {measured for measured, names in USUAL.items() if entry.name in names}
        fitting = {measured for measured, names in METRICS.items() if entry.name in names}
        told_usual, told_named = ("usual for" in entry.description, "if named" in entry.description)
        assert all(measured in entry.description for measured in fitting)
        assert (told_usual, told_named) == (bool(usual), fitting > usual)


def test_every_registered_member_is_listed_with_its_equation_its_paper_and_its_other_names(embedseq_command: Any) -> None:
    attentions, models = embedseq_command("list", "attentions").out, embedseq_command("list", "models").out
    for scorer in (*scorers().values(), *position_scorers().values()):
        assert f"{scorer.about.equation}" in attentions
        assert scorer.about.paper in attentions
        assert all(name in attentions for name in scorer.about.also)
    for span in spans().values():
        assert f"{span.about.equation}   ({span.about.paper})" in attentions
    for pool in pools().values():
        assert f"{pool.about.equation}   ({pool.about.paper})" in models


def test_whatever_comes_from_a_paper_names_it() -> None:
    for what in ("models", "attentions", "probes"):
        assert all(entry.paper for entry in catalogue(what) if entry.name != "none")


def test_probes_are_listed_level_by_level_with_what_they_ask_and_what_they_are_held_against(embedseq_command: Any) -> None:
    printed, page = embedseq_command("list", "probes").out, embedseq_command("list", "probes", "--markdown").out
    told = {row["name"]: row for row in json.loads(embedseq_command("list", "probes", "--json").out)}
    for name, kind in probes().items():
        assert f"{kind.about.question}?   ({kind.about.paper})" in printed
        assert kind.about.control.replace("|", "\\|") in page
        assert (told[name]["family"], told[name]["control"]) == (kind.about.level, kind.about.control)
    headings = [line.strip("[]") for line in printed.split("\n") if line.startswith("[")]
    assert headings == [level for level in get_args(Level) if any(kind.about.level == level for kind in probes().values())]


def test_datasets_are_listed_with_their_licence_and_citation(embedseq_command: Any) -> None:
    printed, page = embedseq_command("list", "datasets").out, embedseq_command("list", "datasets", "--markdown").out
    assert [entry.name for entry in catalogue("datasets")] == list(DATASETS)
    for dataset in DATASETS.values():
        assert all(part in printed and part in page for part in (dataset.description, dataset.licence, dataset.citation))


def rows_of(page: str) -> list[list[str]]:
    """The cells of a page's tables, headings and lines under them included."""
    lines = [line for line in page.split("\n") if line.startswith("|")]
    return [line.replace("\\|", "¦").strip("|").split("|") for line in lines]


def test_the_page_has_a_table_for_each_list_and_a_row_for_each_entry(embedseq_command: Any) -> None:
    sections = embedseq_command("list", "--markdown").out.split("\n## ")[1:]
    for what, section in zip(LISTS, sections, strict=True):
        title, _, page = section.partition("\n")
        headings, _, *rows = rows_of(page)
        assert title == what.capitalize()
        assert [row[0].strip(" `") for row in rows] == [entry.name for entry in catalogue(what)]
        assert all(len(row) == len(headings) for row in rows)
        assert all(cell.strip() for row in rows for cell in row)


def test_a_page_of_one_list_has_that_one_alone(embedseq_command: Any) -> None:
    page = embedseq_command("list", "probes", "--markdown").out
    assert page.count("\n## ") == 1
    assert "| name | family | what it is | held against | where it comes from |" in page


def test_a_bar_in_an_equation_parts_no_cells_and_what_is_missing_is_a_dash() -> None:
    page = as_markdown({"things": (Entry("one", "|q|"), Entry("other", "x", paper="Somebody 2000"))})
    assert "| `one` | \\|q\\| | – |\n| `other` | x | Somebody 2000 |\n" in page


def test_the_documented_lists_are_those_of_the_registries(embedseq_command: Any) -> None:
    printed = embedseq_command("list", "--markdown").out
    assert PAGE.read_text(encoding="utf-8") == printed, "renew it: embedseq list --markdown > docs/catalogue.md"


def test_json_and_markdown_exclude_each_other(embedseq_command: Any) -> None:
    answer = embedseq_command("list", "--json", "--markdown")
    assert answer.code == 2
    assert "exclude each other" in answer.err


def test_what_cannot_be_listed_is_refused(embedseq_command: Any) -> None:
    answer = embedseq_command("list", "datsets")
    assert answer.code == 2
    assert "datasets" in answer.err
