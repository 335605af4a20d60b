"""What docs/claims.md says: its example is a file that can be checked, and its numbers are those of the code."""

import re
from pathlib import Path

import pytest

from embedseq.pipeline.claims import claims_of
from embedseq.pipeline.file import check_pipeline, read_pipeline
from embedseq.pipeline.file.claim_checks import LEAST_OF_TREND
from embedseq.pipeline.graph import build_graph
from embedseq.statistics.contrast import LEAST_IN_ALL, LEAST_ITEMS
from embedseq.statistics.needed import SEEDS_FOR_TRAINING, seeds_for_level
from embedseq.statistics.permutation import least_p

PAGE = (Path(__file__).parents[2] / "docs" / "claims.md").read_text(encoding="utf-8")
FLOWING = " ".join(PAGE.split())


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example of the page as a file."""
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    path = tmp_path / "pretraining.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_is_a_sound_pipeline(example: Path) -> None:
    assert list(check_pipeline(example).spec.claims) == [
        "pretrained-helps",
        "pretrained-helps-long",
        "freezing-costs-nothing",
        "larger-is-better",
    ]


def test_the_claims_of_the_example_are_about_what_they_say(example: Path) -> None:
    claims = {claim.name: claim for claim in claims_of(read_pipeline(example))}
    labels = {name: [arm.label for arm in claim.arms] for name, claim in claims.items()}
    tuned, frozen, random = (f"translator[{values}]" for values in ("middle,tuned", "middle,frozen", "random"))
    assert labels == {
        "pretrained-helps": [tuned, random],
        "pretrained-helps-long": [tuned, random],
        "freezing-costs-nothing": [tuned, frozen],
        "larger-is-better": ["small", "middle", "large"],
    }
    assert [arm.x for arm in claims["larger-is-better"].arms] == [64, 128, 256]
    assert all(len(arm.nodes) == 8 for claim in claims.values() for arm in claim.arms)


def test_the_example_has_seeds_enough_for_its_families(example: Path) -> None:
    pipeline = read_pipeline(example)
    for family, size in (("claims", 3), ("widths", 1)):
        assert [claim.settings.family for claim in claims_of(pipeline)].count(family) == size
        assert len(pipeline.spec.seeds) >= seeds_for_level(family=size)


def test_each_claim_of_the_example_has_a_stage_and_each_family_one(example: Path) -> None:
    judged = [node.id for node in build_graph(read_pipeline(example)) if node.kind in ("claim", "verdicts")]
    assert judged == [
        "claim pretrained-helps",
        "claim pretrained-helps-long",
        "claim freezing-costs-nothing",
        "claim larger-is-better",
        "verdicts on claims",
        "verdicts on widths",
    ]


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    assert SEEDS_FOR_TRAINING == 6
    assert "**Six or more seeds" in PAGE
    assert LEAST_ITEMS == 100
    assert FLOWING.count("fewer than 100") == 2
    assert LEAST_IN_ALL == 20
    assert FLOWING.count("ewer than 20") == 2
    assert LEAST_OF_TREND == 3
    assert "three different values or more" in FLOWING
    assert f"{least_p(3):.2f} with three, {least_p(6):.3f} with six" in FLOWING


def test_the_claim_with_more_and_less_is_sound_in_the_example(example: Path) -> None:
    (claim,) = re.findall(r"^  narrower: .*$", PAGE, re.MULTILINE)
    text = example.read_text(encoding="utf-8").replace("\nprobes:\n", "\nprobes:\n  isotropy: {kind: isotropy}\n")
    example.write_text(f"{text}{claim}\n", encoding="utf-8")
    claims = check_pipeline(example).spec.claims
    assert claims["narrower"].by_number
    assert not claims["pretrained-helps"].by_number


def test_the_table_says_how_many_claims_so_many_seeds_can_bear() -> None:
    rows = [re.findall(r"\d+", line) for line in PAGE.splitlines() if line.startswith(("| seeds |", "| claims in a family"))]
    seeds, claims = ([int(number) for number in row] for row in rows)
    for number, most in zip(seeds, claims, strict=True):
        assert seeds_for_level(family=most) <= number < seeds_for_level(family=most + 1)
