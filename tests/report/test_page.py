import re
import subprocess
import sys
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from embedseq.report import page
from embedseq.report.content import Report, RunFacts
from embedseq.report.examples import TokenExample, TokenLine
from embedseq.report.page import render

VOID = {"meta", "link", "br", "wbr", "hr", "img", "input"}
EVIL = "</script><script>alert('x')</script><img src=x onerror=alert(1)>\"' onmouseover=\"alert(1)&amp;"
KINDS = {"answers", "better", "level", "pieces", "state", "status"}
"""Fields whose values are fixed words."""


class Reader(HTMLParser):
    """Collects tags, attributes, ids, links and text, and insists that every tag is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def values(self, name: str) -> list[str]:
        return [value for attribute, value in self.attributes if attribute == name]


def poisoned(thing: Any) -> Any:
    """The same report with an attack in every text of it."""
    if isinstance(thing, str):
        return thing + EVIL
    if isinstance(thing, tuple):
        return tuple(poisoned(each) for each in thing)
    if isinstance(thing, dict):
        return {poisoned(key): poisoned(value) for key, value in thing.items()}
    if is_dataclass(thing) and not isinstance(thing, type):
        return replace(thing, **{f.name: poisoned(getattr(thing, f.name)) for f in fields(thing) if f.name not in KINDS})
    return thing


@pytest.fixture(scope="module")
def html(one_seed: Report) -> str:
    return render(one_seed)


def test_the_page_is_well_formed_and_small(html: str) -> None:
    Reader(html)
    assert len(html.encode()) < 400_000


def test_the_page_is_self_contained(html: str) -> None:
    reader = Reader(html)
    assert all(link.startswith(("#", "data:")) for link in (*reader.values("href"), *reader.values("src")))
    assert "script" not in reader.tags
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", html)
    assert any("default-src 'none'" in policy for policy in reader.values("content"))


def test_no_text_from_outside_becomes_markup(one_seed: Report, html: str) -> None:
    reader = Reader(render(poisoned(one_seed)))
    assert set(reader.tags) == set(Reader(html).tags)
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    assert any(EVIL in text for text in reader.text)


def test_the_contents_lead_to_sections_and_ids_are_unique(html: str) -> None:
    reader = Reader(html)
    ids = reader.values("id")
    assert len(ids) == len(set(ids))
    targets = [link[1:] for link in reader.values("href") if link.startswith("#")]
    assert {
        "problems",
        "findings",
        "text",
        "vectors",
        "models",
        "scores",
        "drift",
        "probes-word",
        "probes-token",
        "claims",
        "cost",
        "again",
    } <= set(targets)
    named = {name for value in reader.values("aria-labelledby") for name in value.split()}
    assert set(targets) | named <= set(ids)


def test_failures_stand_before_everything_else(html: str) -> None:
    assert html.index("the loss was no number") < html.index('id="findings"') < html.index('id="scores"')
    unmet = html.index('<h2 id="unmet-title">What was expected and is not so</h2>')
    assert html.index("the loss was no number") < unmet < html.index('id="findings"')
    assert unmet < html.index("restorer[transformer,skipgram,tuned] has an accuracy above 0.9") < html.index('id="findings"')


def test_a_sound_run_has_no_panel_of_failures(one_seed: Report) -> None:
    page = render(replace(one_seed, failures=(), warnings=(), expectations=one_seed.expectations[:2], arms=one_seed.arms[:5]))
    assert 'id="problems"' not in page
    assert "5 models trained; 2 of 2 expectations hold" in page


def test_warnings_alone_are_called_warnings(one_seed: Report) -> None:
    page = render(replace(one_seed, failures=(), expectations=(), arms=one_seed.arms[:5]))
    assert "What went wrong" not in page
    assert ">Warnings</a>" in page


def test_the_number_of_seeds_decides_what_the_intervals_speak_of(html: str, three_seeds: Report) -> None:
    assert "speaks of these models only" in html
    assert "95 % interval over 3 seeds and 21,483 words" in render(three_seeds)


def test_tables_have_captions_heads_and_boxes_that_scroll(html: str) -> None:
    tables = re.findall(r"<table>.*?</table>", html, re.DOTALL)
    assert len(tables) == html.count('<div class="scroll" role="region"') > 10
    for table in tables:
        assert table.count("<caption>") == 1
        assert 'scope="col"' in table
        assert 'scope="row"' in table


def test_answers_are_held_against_the_true_ones(html: str) -> None:
    text = "".join(Reader(html).text)
    assert "However, Aristotle disagreed with his teacher in Athens. = reference" in text
    assert "They PRON do AUX n't PART agree VERB all right" in " ".join(text.split())
    assert "agree NOUN ✗" in text
    assert html.count('class="labelled wrong"') == 1
    assert "row 1 of the test split" in text
    assert "An image of 2 columns of 3 numbers." in html
    assert "… and 1,204 more" in text


def test_marks_in_tokens_are_told_where_they_occur(one_seed: Report) -> None:
    line = TokenLine("source", ("don", "\uffed't", "▁x", "<unk>"))
    marked = replace(one_seed.corpora[0], examples=(TokenExample((line,)),))
    text = "".join(Reader(render(replace(one_seed, corpora=(marked,)))).text)
    assert "‿ is where no space stands. ▁ is a space, or begins a word. <unk> is outside the vocabulary." in text
    assert "‿'t" in text
    assert "goes on with the word before" not in text


def test_text_that_corpora_share_is_told_once(one_seed: Report) -> None:
    (corpus,) = one_seed.corpora
    assert render(replace(one_seed, corpora=(corpus, replace(corpus, name="again")))).count(corpus.text) == 1


def test_models_of_other_corpora_are_not_missed(one_seed: Report, html: str) -> None:
    assert f"because the training failed: {one_seed.arms[-1].label}" in html
    unrelated = replace(one_seed, scores=tuple(replace(table, expected=()) for table in one_seed.scores))
    assert "because the training failed" not in render(unrelated)


def test_figures_say_what_they_show(html: str) -> None:
    images = re.findall(r'role="img" aria-label="([^"]*)"', html)
    drawn = html.count("<svg ") - html.count('<svg class="key"')
    assert len(images) == html.count('role="img"') == drawn > 10
    assert all(len(alt) > 20 for alt in images)
    assert any(alt.startswith("Dots with intervals: lstm, random: 0.913 (0.909 to 0.916)") for alt in images)


def test_a_report_of_nothing_is_a_page() -> None:
    run = RunFacts("r", "p.yaml", "now", 0.0, "m", {}, (1,), "embedseq run p.yaml")
    reader = Reader(render(Report("Nothing", "", run)))
    assert [link for link in reader.values("href") if link.startswith("#")] == ["#content", "#again"]


def test_rendering_twice_gives_the_same_bytes(one_seed: Report, html: str) -> None:
    assert render(one_seed) == html


def test_content_and_summary_load_no_template_engine_and_no_figures() -> None:
    heavy = ("altair", "jinja2", "vl_convert", "torch", "numpy")
    code = f"import embedseq.report.content, embedseq.report.summary, sys; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def palettes() -> dict[str, dict[str, str]]:
    css = (Path(page.TEMPLATES) / "page.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    found = [dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})", block)) for block in blocks]
    return dict(zip(("light", "dark", "print"), found, strict=True))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
@pytest.mark.parametrize(
    ("text", "paper"),
    [
        *((name, "paper") for name in ("ink", "muted", "accent", "control", "baseline", "good", "bad", "mild")),
        *((name, "raised") for name in ("ink", "control")),
        *((name, "bad-paper") for name in ("ink", "bad")),
        *((name, "mild-paper") for name in ("ink", "mild")),
        ("ink", "bar"),
    ],
)
def test_text_has_the_contrast_of_wcag_aa(scheme: str, text: str, paper: str) -> None:
    palette = palettes()[scheme]
    assert contrast(palette[text], palette[paper]) >= 4.5


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
