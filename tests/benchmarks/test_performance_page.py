"""What `make bench` makes of the output of a benchmark, and the hand-written models that others are measured beside."""

import json
import sys
from pathlib import Path

import pytest
import torch

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SHAPES = {
    "transformer": {"architecture": "transformer", "layers": 2, "dim": 16, "embedding_dim": 16, "heads": 2, "feed_forward": 24},
    "lstm": {"architecture": "lstm", "dim": 16, "embedding_dim": 12, "attention": "general", "feeding": False},
    "lstm, feeding": {"architecture": "lstm", "dim": 16, "embedding_dim": 12, "attention": "general", "feeding": True},
    "gru, feeding": {"architecture": "gru", "dim": 16, "embedding_dim": 12, "attention": "additive", "feeding": True},
}
COUNTING = """
from itertools import count
from meter import Meter, job
meter = Meter(job(), "none")
for tokens in count():
    if meter.add(tokens):
        break
"""
"""A contestant whose updates have 0, 1, 2, … target tokens."""


@pytest.fixture(autouse=True)
def _beside_the_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (BENCHMARKS, BENCHMARKS / "contestants"):
        monkeypatch.syspath_prepend(str(folder))


def section(printed: str) -> str:
    from all import Section

    return Section("Speed", "benchmarks/speed.py", "a machine", "2026-01-01", printed).markdown()


def test_tables_stay_tables_below_the_heading_of_their_benchmark() -> None:
    from table import Table

    printed = Table("Fast", ["who", "speed"], [["we", "2"]], ["A note."]).markdown()
    assert section(printed) == (
        "## Speed\n\n`python benchmarks/speed.py`, 2026-01-01, a machine\n\n"
        "### Fast\n\n| who | speed |\n| --- | ---: |\n| we | 2 |\n\nA note.\n"
    )


def test_plain_text_stands_in_a_block() -> None:
    assert "```text\nwho  speed\n#1   2\n```" in section("\nwho  speed\n#1   2\n")


def test_what_is_measured_anew_leaves_the_other_sections_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import all as benchmarks

    def measure(each: benchmarks.Measured, work: Path) -> benchmarks.Section | None:
        section = benchmarks.Section(each.title, each.script, "a machine", today, f"{each.name}\n#1 \\2")
        return None if each.name == broken else section

    def run(*only: str) -> dict[str, str]:
        asked = [part for name in only for part in ("--only", name)]
        monkeypatch.setattr("sys.argv", ["all.py", "--work", str(tmp_path / "work"), "--page", str(page), *asked])
        benchmarks.main()
        return benchmarks.sections_of(page)

    monkeypatch.setattr(benchmarks, "measure", measure)
    page, today, broken = tmp_path / "page.md", "2026-01-01", ""
    first = run()
    ends = ["What is aimed at", "What limits what"]
    assert list(first) == [ends[0], *(each.title for each in benchmarks.MEASURED if not each.long), ends[1]]
    today, broken = "2026-02-02", "training"
    with pytest.raises(SystemExit, match=r"^failed, .*: training$"):
        run("training", "memory", "bleu")
    second = benchmarks.sections_of(page)
    changed = {title for title in second if second[title] != first.get(title)}
    assert changed == {"What is aimed at", "Where the memory goes", "BLEU after 25 minutes"}
    assert ("BLEU after 25 minutes" in first[ends[0]], "BLEU after 25 minutes" in second[ends[0]]) == (False, True)
    everyone = [each.title for each in benchmarks.MEASURED]
    assert list(second) == [title for title in [ends[0], *everyone, ends[1]] if title in second]


SECTION = """\
## Speed

### Of us, both ways

| who | speed | to it |
| --- | ---: | ---: |
| we | 1,234 (1,000 to 2,000) | 2.50 |
| they | none | 0.5% |

### Of others

| who | speed |
| --- | ---: |
| we | 7 |

gensim 0.9 s, ours 0.3 s
"""


def test_numbers_are_found_in_tables_and_texts() -> None:
    from aims import Cell, Text

    assert Cell("we", "speed").read(SECTION) == 1234.0
    assert Cell("we", "to it", "Of us").read(SECTION) == 2.5
    assert Cell("we", "speed", "Of others").read(SECTION) == 7.0
    assert Cell("they", "to it").read(SECTION) == 0.5
    for nowhere in (Cell("they", "speed"), Cell("we", "width"), Cell("nobody", "speed"), Cell("we", "speed", "Of nobody")):
        assert nowhere.read(SECTION) is None
    assert Cell("we", "speed").read("") is None
    assert Text(r"ours NUMBER s").read(SECTION) == 0.3
    assert Text(r"gensim NUMBER s, ours NUMBER s").read(SECTION) == pytest.approx(3.0)
    assert Text(r"theirs NUMBER s").read(SECTION) is None


def test_an_aim_is_reached_or_not_or_unknown() -> None:
    from aims import Aim, Cell

    speed, sections = Cell("we", "to it"), {"Speed": SECTION}
    assert Aim("ours", "Speed", speed, least=2.5).row(sections) == ["Speed: ours", "at least 2.5", "2.5", "reached"]
    assert Aim("ours", "Speed", speed, least=2.6).row(sections)[-1] == "**not reached**"
    assert Aim("ours", "Speed", speed, most=2.5).row(sections) == ["Speed: ours", "at most 2.5", "2.5", "reached"]
    assert Aim("ours", "Speed", speed, most=2.4).row(sections)[-1] == "**not reached**"
    assert Aim("ours", "Width", speed, most=2.4).row(sections) == ["Width: ours", "at most 2.4", "", "not measured"]


def test_the_page_has_the_number_of_every_aim() -> None:
    """A benchmark that names its rows anew would leave aims that nobody measures."""
    import all as benchmarks
    from aims import AIMS

    sections = benchmarks.sections_of(benchmarks.PAGE)
    assert [aim.row(sections)[0] for aim in AIMS if aim.found.read(sections.get(aim.section, "")) is None] == []
    titles = {each.title for each in benchmarks.MEASURED}
    assert {aim.section for aim in AIMS} <= titles


@pytest.mark.parametrize("name", SHAPES)
def test_padding_never_changes_the_loss_of_the_models_by_hand(name: str) -> None:
    from plain_models import Recurrent, Transformer

    torch.manual_seed(0)
    kind = Transformer if name == "transformer" else Recurrent
    model = kind(SHAPES[name], 10, padding=0, dropout=0.3).eval().double()
    source, begun, ended = (
        torch.tensor(rows) for rows in ([[5, 6, 7, 3], [8, 3, 0, 0]], [[2, 5, 6], [2, 9, 0]], [[5, 6, 3], [9, 3, 0]])
    )
    together = 5 * model.loss(source, begun, ended, 0.1)
    apart = 3 * model.loss(source[:1], begun[:1], ended[:1], 0.1) + 2 * model.loss(
        source[1:, :2], begun[1:, :2], ended[1:, :2], 0.1
    )
    assert together.item() == pytest.approx(apart.item(), rel=1e-12)


def test_contestants_count_from_the_end_of_the_warm_up(capsys: pytest.CaptureFixture[str]) -> None:
    from meter import Meter

    meter = Meter({"warm_up": 2, "seconds": 0.0}, "none")
    assert [meter.add(tokens) for tokens in (100, 200, 30)] == [False, False, True]
    told = json.loads(capsys.readouterr().out)
    assert (told["updates"], told["tokens"]) == (1, 30)
    assert told["peak_mib"] > 50
    assert told["first_update_seconds"] >= 0.0


def test_contestants_wait_between_their_turns_in_one_process() -> None:
    from training import Turns

    job = json.dumps({"warm_up": 2, "updates": 3, "turns": True})
    with Turns("counting", [sys.executable, "-c", COUNTING, job], {"PYTHONPATH": str(BENCHMARKS / "contestants")}) as turns:
        told = [turns.another() for _ in range(3)]
    assert [each["tokens"] for each in told] == [2 + 3 + 4, 6 + 7 + 8, 10 + 11 + 12]  # after warm-ups of two updates and of one
    assert turns.process is not None
    assert turns.process.returncode == 0


def test_a_contestant_that_fails_is_told_with_what_it_said() -> None:
    from training import Turns

    failing = "print('begun'); raise ValueError('no such layer')"
    told = r"failing failed:\nbegun\n[\s\S]*no such layer"
    with Turns("failing", [sys.executable, "-c", failing], {}) as turns, pytest.raises(SystemExit, match=told):
        turns.another()


def test_a_contestant_that_has_died_between_its_turns_is_told_by_its_name() -> None:
    from training import Turns

    job = json.dumps({"warm_up": 1, "updates": 1})  # it does not wait for another turn
    with Turns("mortal", [sys.executable, "-c", COUNTING, job], {"PYTHONPATH": str(BENCHMARKS / "contestants")}) as turns:
        assert turns.another()["updates"] == 1
        assert turns.process is not None
        turns.process.wait()
        with pytest.raises(SystemExit, match="mortal failed"):
            turns.another()


def test_a_turn_that_begins_anew_forgets_what_it_had_counted(capsys: pytest.CaptureFixture[str]) -> None:
    from meter import Meter

    meter = Meter({"warm_up": 1, "updates": 2}, "none")
    assert not any(meter.add(tokens) for tokens in (1, 10))
    meter.again()
    assert [meter.add(tokens) for tokens in (1, 20, 30)] == [False, False, True]
    assert json.loads(capsys.readouterr().out)["tokens"] == 50
