from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from embedseq.report.content import Reference, Report, ScoreRow, ScoreTable
from embedseq.report.ordered_parts import charts, held_against, held_by_all


def table(parts: Sequence[tuple[str, str]], part_name: str = "layer", ordered: bool = True) -> ScoreTable:
    rows = tuple(ScoreRow(subject, 0.1 * place, None, None, 9, part=part) for place, (subject, part) in enumerate(parts))
    return ScoreTable("accuracy", rows, part_name=part_name, ordered=ordered)


def test_layers_stand_in_their_order_the_embedding_first() -> None:
    (chart,) = charts(table([("a", "encoder 10"), ("a", "encoder 2"), ("a", "embedding")]))
    assert chart.ticks == ("emb.", "2", "10")
    assert chart.axis == "layer of the encoder"
    assert [place for place, _ in chart.lines[0].points] == [0, 1, 2]


def test_models_of_other_depths_share_the_axis() -> None:
    (chart,) = charts(table([("a", "encoder 1"), ("a", "encoder 2"), ("b", "encoder 1")]))
    assert chart.ticks == ("1", "2")
    assert [len(line.points) for line in chart.lines] == [2, 1]


def test_distances_of_each_models_last_layer_are_one_chart() -> None:
    parts = [
        (subject, f"{layer}, {back} back") for subject, layer in (("a", "encoder 1"), ("b", "encoder 4")) for back in range(3)
    ]
    (chart,) = charts(table(parts, "layer and distance"))
    assert (chart.what, chart.axis, chart.ticks) == ("", "words back", ("0", "1", "2"))


def test_distances_of_several_layers_are_a_chart_a_layer() -> None:
    parts = [("a", f"encoder {layer}, {back} back") for layer in (1, 2) for back in range(3)]
    assert [chart.what for chart in charts(table(parts, "layer and distance"))] == ["encoder 1", "encoder 2"]


def test_what_was_made_of_a_layer_has_a_chart_of_its_own() -> None:
    parts = [("a", f"encoder {layer} {what}") for layer in (1, 2) for what in ("mean", "last")]
    assert [(chart.what, chart.ticks) for chart in charts(table(parts))] == [("mean", ("1", "2")), ("last", ("1", "2"))]


def test_contexts_and_lengths_lose_the_word_that_they_share() -> None:
    assert charts(table([("a", "context 1"), ("a", "context 50"), ("a", "context 5")], "context"))[0].ticks == ("1", "5", "50")
    lengths = table([("a", "length 1 to 10"), ("a", "length 21 and more"), ("a", "length 11 to 20")], "length")
    (chart,) = charts(lengths)
    assert (chart.axis, chart.ticks) == ("length", ("1 to 10", "11 to 20", "21 and more"))


def test_bare_numbers_are_called_by_the_name_of_the_part() -> None:
    (chart,) = charts(table([("a", "1"), ("a", "2")]))
    assert (chart.axis, chart.ticks) == ("layer", ("1", "2"))


def test_what_is_not_ordered_or_has_one_part_makes_no_chart() -> None:
    assert charts(table([("a", "encoder 1"), ("a", "encoder 2")], ordered=False)) == ()
    assert charts(table([("a", "encoder 1"), ("b", "encoder 1")])) == ()
    assert charts(table([("a", ""), ("b", "encoder 1")])) == ()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(min_size=1, max_size=12)), min_size=1, max_size=8))
def test_any_names_of_parts_keep_every_row_or_make_no_chart(parts: list[tuple[str, str]]) -> None:
    for chart in charts(table(parts)):
        assert all(0 <= place < len(chart.ticks) for line in chart.lines for place, _ in line.points)


def test_only_what_is_the_same_for_all_is_held_by_all(one_seed: Report) -> None:
    tags = one_seed.probes[1].tables[0]
    (chart,) = charts(tags)
    assert [held.label for held in held_against(tags, chart.lines[0])] == [
        "majority class",
        "untrained model",
        "random label by word type",
    ]
    shared = held_by_all(tags, chart)
    assert [(held.label, held.control) for held in shared] == [("majority class", False), ("random label by word type", True)]
    assert [place for place, _ in shared[0].points] == [0, 1, 2, 3]  # the deeper model's last layer, too


def test_an_undefined_baseline_is_not_held_by_all() -> None:
    rows = [ScoreRow(each, 0.5, None, None, 9, part=part, baselines=(Reference("b", value),))
            for each, value in (("a", 0.1), ("b", None)) for part in ("1", "2")]  # fmt: skip
    known = ScoreTable("accuracy", tuple(rows), part_name="layer", ordered=True)
    assert held_by_all(known, charts(known)[0]) == ()
