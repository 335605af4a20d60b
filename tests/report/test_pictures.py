import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from embedseq.report.examples import Picture
from embedseq.report.figures.pictures import LEVELS, SQUARE, picture_alt, picture_svg


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3).map(tuple), min_size=1, max_size=9).map(tuple))
def test_every_number_is_a_square_of_its_shade_in_its_place(columns: tuple[tuple[float, ...], ...]) -> None:
    root = ElementTree.fromstring(picture_svg(Picture(columns)))
    found = {
        (int(x), int(y)): float(path.get("fill-opacity") or 0)
        for path in root.iter("path")
        for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", path.get("d") or "")
    }
    for x, column in enumerate(columns):
        for y, number in enumerate(column):
            assert abs(found.get((x, y), 0.0) - number) <= 0.5 / LEVELS + 1e-9
    assert (root.get("width"), root.get("height")) == (str(SQUARE * len(columns)), str(SQUARE * 3))


def test_numbers_beyond_the_scale_are_its_ends() -> None:
    assert picture_svg(Picture(((-3.0, 7.0),))) == picture_svg(Picture(((0.0, 1.0),)))


def test_a_picture_is_told_to_those_who_do_not_see_it() -> None:
    assert picture_alt(Picture(((0.0, 1.0, 0.5), (0.0, 0.0, 1.0)))) == "An image of 2 columns of 3 numbers."
    assert picture_alt(Picture(())) == "An image of 0 columns of 0 numbers."
