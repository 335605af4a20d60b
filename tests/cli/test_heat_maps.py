"""Heat maps in the terminal."""

import io
import re

import pytest

from embedseq.cli.heat_maps import heat_map_text, print_heat_maps
from embedseq.report.figures.attention import AttentionPicture, HeatMap

SOURCE, OUTPUT = ("two", "dogs", "</s>"), ("zwei", "Hunde", "</s>")
WEIGHTS = ((0.75, 0.246, 0.004), (0.0, 1.0, 0.0), (0.2, 0.3, 0.5))
PICTURE = AttentionPicture("Attention of m", ((HeatMap("layer 1, head 1", SOURCE, OUTPUT, WEIGHTS),),), ("How to read.",))
EXPECTED = """\
layer 1, head 1
            d   <
        t   o   /
        w   g   s
        o   s   >
 zwei  75  25   ·
Hunde   · 100   ·
 </s>  20  30  50

Weights in per cent.
How to read.
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def one(source: tuple[str, ...], output: tuple[str, ...]) -> AttentionPicture:
    weights = tuple(tuple(1.0 if row == column else 0.0 for column in range(len(source))) for row in range(len(output)))
    return AttentionPicture("", ((HeatMap("layer 1, head 1", source, output, weights),),))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal with 256 colours, 100 characters wide."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    return Terminal()


def test_source_tokens_stand_above_the_columns_and_output_tokens_beside_the_rows() -> None:
    assert heat_map_text(PICTURE, 80) == EXPECTED


def test_what_is_no_terminal_gets_percentages() -> None:
    stream = io.StringIO()
    print_heat_maps(PICTURE, stream)
    assert stream.getvalue() == EXPECTED


def test_a_terminal_gets_blocks_from_nearly_white_to_nearly_black(terminal: Terminal) -> None:
    print_heat_maps(PICTURE, terminal)
    rows = {line.split(" ")[0]: re.findall(r"48;5;(\d+)m  ", line) for line in terminal.getvalue().split("\n") if "48;5;" in line}
    assert rows["Hunde"] == ["255", "232", "255"]
    assert "How to read." in terminal.getvalue()
    plain = re.sub(r"\x1b\[[\d;]*m", "", terminal.getvalue()).split("\n")
    assert plain[1:5] == ["         d <", "       t o /", "       w g s", "       o s >"]


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", "linux")])
def test_a_terminal_without_shades_gets_percentages(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    print_heat_maps(PICTURE, terminal)
    assert terminal.getvalue() == EXPECTED


def test_many_columns_are_broken_into_blocks_that_fit() -> None:
    source = tuple(f"{number}" for number in range(100, 130))
    text = heat_map_text(one(source, ("x", "</s>")), 60)
    assert max(map(len, text.split("\n"))) <= 60
    assert text.count("layer 1, head 1") == 3
    headers = re.findall(r"layer 1, head 1\n(.*)\n(.*)\n(.*)\n", text)
    read = ["".join(letters) for block in headers for letters in zip(*(line.split() for line in block), strict=True)]
    assert tuple(read) == source


def test_a_narrow_terminal_still_gets_a_column_at_a_time() -> None:
    assert heat_map_text(PICTURE, 3).count("layer 1, head 1") == len(SOURCE)


def test_wide_characters_take_two_places() -> None:
    lines = heat_map_text(one(("狗", "dog"), ("猫", "cat")), 80).split("\n")
    assert lines[1:6] == ["          d", "          o", "     狗   g", " 猫 100   ·", "cat   · 100"]


def test_marks_stay_with_their_letters() -> None:
    lines = heat_map_text(one(("e\u0301a", "</s>"), ("x", "</s>")), 80).split("\n")
    assert lines[3].endswith("e\u0301   s")


def test_long_labels_are_cut() -> None:
    lines = heat_map_text(one(("x" * 50, "</s>"), ("y" * 50, "</s>")), 80).split("\n")
    assert lines.index("y" * 23 + "… 100   ·") == 1 + 16
    assert lines[16].split() == ["…", ">"]


def test_a_token_cannot_move_the_cursor() -> None:
    assert "\x1b" not in heat_map_text(one(("\x1b[2J", "</s>"), ("\x1b[2J", "</s>")), 80)
