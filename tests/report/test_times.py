from dataclasses import replace

from embedseq.report.content import Report
from embedseq.report.page import render
from embedseq.report.times import StageTimes, times_table, trace_table


def test_the_longest_stage_is_on_top_and_what_no_log_tells_has_no_column() -> None:
    short = StageTimes("tokens", 2.0, waited=0.0, loading=0.5, work=1.0, writing=0.5, processor=1.2)
    table = times_table((short, replace(short, stage="train", seconds=70.0, work=68.5)))
    assert [row[0].text for row in table.rows] == ["train", "tokens"]
    titles = [column.title for column in table.columns]
    assert titles == ["stage", "waited", "loading", "work", "writing", "time", "processor"]
    assert [cell.text for cell in table.rows[0]][3:6] == ["1 min 08 s", "0.5 s", "1 min 10 s"]
    assert table.rows[1][5].bar == 2.0 / 70.0


def test_operators_are_told_with_their_share_and_the_updates(one_seed: Report) -> None:
    table = trace_table(one_seed.traces[0])
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["aten::mm", "1,200", "0.800 s", "50.0 %"],
        ["aten::add_", "90", "0.200 s", "12.5 %"],
    ]
    assert table.how_to_read.startswith("Updates 21 to 30 took 2.0 s under the profiler;")
    single = trace_table(replace(one_seed.traces[0], last=21, validations=1))
    assert single.how_to_read.startswith("Update 21 took 2.0 s under the profiler, with the validation split read 1 time;")


def test_the_page_says_where_the_time_went(one_seed: Report) -> None:
    page = render(one_seed)
    assert "Where the time went" in page
    assert "traces/7-model.json.gz" in page
