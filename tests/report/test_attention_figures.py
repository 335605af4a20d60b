"""Heat maps of attention as SVG and PNG."""

import re
from xml.etree import ElementTree

import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st

from embedseq.report.figures.attention import (
    CELL,
    COLOURS,
    AttentionPicture,
    HeatMap,
    attention_png,
    attention_svg,
    describe_attention,
    undrawable,
)

SVG = "{http://www.w3.org/2000/svg}"
SOURCE, OUTPUT = ("a", "dog", "and", "a", "cat", "</s>"), ("ein", "Hund", "</s>")
RISING = ((0.0, 0.0, 0.0, 1.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0, 0.5, 0.5))


def heat_map(title: str = "layer 1, head 1", source: tuple[str, ...] = SOURCE, output: tuple[str, ...] = OUTPUT) -> HeatMap:
    """Zero everywhere, unless the tokens are those above."""
    weights = RISING if (source, output) == (SOURCE, OUTPUT) else ((0.0,) * len(source),) * len(output)
    return HeatMap(title, source, output, weights)


def picture(*maps: HeatMap, notes: tuple[str, ...] = ()) -> AttentionPicture:
    return AttentionPicture("Attention of m, seed 1", (maps or (heat_map(),),), notes)


def texts(svg: str) -> list[str]:
    """Every text, and every line of those that have several."""
    return [line for text in ElementTree.fromstring(svg).iter(f"{SVG}text") for line in text.itertext()]


def cells(svg: str) -> dict[tuple[int, int], str]:
    """(row, column) -> the colour of a picture's one map."""
    found = {}
    for path in ElementTree.fromstring(svg).iter(f"{SVG}path"):
        place = re.fullmatch(rf"M(\d+),(\d+)h{CELL}v{CELL}h-{CELL}Z", path.get("d") or "")
        if place is not None:
            found[int(place[2]) // CELL, int(place[1]) // CELL] = path.get("fill") or ""
    return found


def rgb(colour: str) -> str:
    return "rgb({}, {}, {})".format(*bytes.fromhex(colour[1:]))


def test_source_tokens_stand_above_the_columns_and_output_tokens_beside_the_rows() -> None:
    drawn = texts(attention_svg(picture()))
    assert drawn[drawn.index("layer 1, head 1") + 1 :][: len(SOURCE) + len(OUTPUT) + 2] == [*SOURCE, "source", *OUTPUT, "output"]


def test_labels_stand_at_the_middle_of_their_cells() -> None:
    places = {"across": [], "down": []}  # type: dict[str, list[float]]
    for text in ElementTree.fromstring(attention_svg(picture())).iter(f"{SVG}text"):
        x, y = map(float, re.findall(r"-?[\d.]+", text.get("transform") or "")[:2])
        if "rotate(315)" in (text.get("transform") or ""):
            places["across"].append(x)
        elif text.get("text-anchor") == "end" and text.text in OUTPUT:
            places["down"].append(y)
    assert [int(x // CELL) for x in places["across"]] == list(range(len(SOURCE)))
    assert [int(y // CELL) for y in places["down"]] == list(range(len(OUTPUT)))


def test_a_cell_is_as_dark_as_its_weight() -> None:
    found = cells(attention_svg(picture()))
    assert len(found) == len(SOURCE) * len(OUTPUT)
    shade = {0.0: rgb(COLOURS[0]), 0.5: rgb(COLOURS[2]), 1.0: rgb(COLOURS[-1])}
    assert found == {(row, column): shade[weight] for row, line in enumerate(RISING) for column, weight in enumerate(line)}


def test_a_word_that_stands_twice_has_two_columns() -> None:
    found = cells(attention_svg(picture()))
    assert found[0, 3] == rgb(COLOURS[-1])
    assert found[0, 0] == rgb(COLOURS[0])


def test_every_layer_and_head_has_its_map_in_order_and_all_share_one_legend() -> None:
    names = [[f"layer {layer}, head {head}" for head in range(1, 7)] for layer in (1, 2)]
    lines = tuple(tuple(heat_map(name) for name in line) for line in names)
    drawn = texts(attention_svg(AttentionPicture("Attention", lines)))
    assert [text for text in drawn if text.startswith("layer ")] == names[0] + names[1]
    assert drawn.count("weight") == 1
    assert [text for text in drawn if re.fullmatch(r"\d\.\d", text)] == ["0.0", "0.5", "1.0"]


def test_title_and_notes_are_drawn() -> None:
    drawn = texts(attention_svg(picture(notes=("Rows sum to one.", "￭ joins."))))
    assert {"Attention of m, seed 1", "Rows sum to one.", "▪ joins."} <= set(drawn)


def test_the_joiner_is_drawn_as_a_mark_that_most_fonts_have() -> None:
    joined = picture(heat_map(source=("dogs", "￭.", "</s>")))
    assert "▪." in texts(attention_svg(joined))
    assert undrawable(joined) == ""


def test_a_picture_is_the_same_each_time() -> None:
    assert attention_svg(picture()) == attention_svg(picture())
    assert attention_png(picture()) == attention_png(picture())


def test_a_png_begins_with_its_signature_and_is_twice_as_large_as_the_svg() -> None:
    png = attention_png(picture())
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    root = ElementTree.fromstring(attention_svg(picture()))
    sizes = [int.from_bytes(png[place : place + 4], "big") for place in (16, 20)]
    assert sizes == [2 * int(float(root.get(name) or 0)) for name in ("width", "height")]


def test_labels_of_any_script_are_text_in_an_svg_and_no_error_in_a_png() -> None:
    source = ("两只", "狗", "собака", "كلب", "कुत्ता", "🐕", "</s>")
    mixed = picture(heat_map(source=source))
    assert set(source) <= set(texts(attention_svg(mixed)))
    assert attention_png(mixed).startswith(b"\x89PNG")


def test_characters_without_a_font_are_named_and_others_are_not() -> None:
    nobody = "\U000effff"  # in no font: a private plane's last
    assert undrawable(picture(heat_map(source=("é", "Hund", nobody, "</s>", nobody)))) == nobody
    assert undrawable(picture(heat_map(source=("Größe", "</s>")))) == ""


@settings(max_examples=15)
@given(st.text(min_size=1, max_size=8))
def test_any_token_makes_a_sound_picture(token: str) -> None:
    drawn = texts(attention_svg(picture(heat_map(source=(token, "</s>"), output=("x", token, "</s>")))))
    assert drawn.count("</s>") == 2


@pytest.mark.parametrize("token", ['"', "\\", "</svg><script>alert(1)</script>", "'+x+'", "]", "${1}", "if", "datum"])
def test_markup_and_quotes_in_a_token_stay_text(token: str) -> None:
    svg = attention_svg(picture(heat_map(source=(token, "</s>"))))
    assert token in texts(svg)
    assert "<script" not in svg


def test_the_description_is_valid_vega_lite() -> None:
    altair = pytest.importorskip("altair")
    altair.VConcatChart.from_dict(describe_attention(picture(heat_map(), heat_map("layer 1, head 2"))), validate=True)


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    described = []
    monkeypatch.setattr(vl_convert, "vegalite_to_svg", lambda spec: described.append(str(spec)) or "")
    attention_svg(picture())
    assert "url" not in described[0]
    assert described[0].count("http") == 1  # the name of the grammar
