import csv
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage

from inspector.analysis.latency import FAILED, OUTCOMES
from inspector.analysis.query.query import parse
from inspector.ui.features.latency import model as columns
from inspector.ui.features.latency.charts import LatencyCharts
from inspector.ui.features.latency.panel import LatencyPanel
from inspector.ui.selection import NOTHING, Hover
from tests.analysis.sample_runs import MS, Run, Story, Told
from tests.ui.features.stories import told


@pytest.fixture
def panel(theme, selection, notices, story, shown):
    panel = LatencyPanel(theme, selection, notices)
    panel.set_journal(story.journal)
    return shown(panel)


def names(panel):
    return [panel.sorted.index(row, columns.NAME).data() for row in range(panel.sorted.rowCount())]


def choose(panel, name):
    panel.table.setCurrentIndex(panel.sorted.index(names(panel).index(name), 0))


def test_pyqtgraph_is_loaded_only_when_a_chart_is_seen():
    code = "import sys, inspector.ui.features.latency.panel; sys.exit('pyqtgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_chart_shows_the_chosen_row_with_its_percentiles(panel):
    choose(panel, "Audit")
    assert (panel.charts._title.text(), panel.charts._about.text()) == ("Audit", "log scale")
    stats = panel.model.latency.handler(0, outcomes=panel.model.outcomes)
    marks = panel.charts._histogram.marks
    assert [10**mark.value for mark in marks] == pytest.approx([stats.p50, stats.p95, stats.p99])
    picture = panel.charts._histogram._picture
    assert (picture.measured.counts.sum(), picture.failed.counts.sum()) == (36, 4)
    assert panel.charts._wrong.text() == "✕ 4 failed ↓"


def test_the_head_of_the_charts_is_cut_at_no_width_and_does_not_move_for_what_is_pointed_at(theme, panel, shown):
    charts = LatencyCharts(theme, panel.model)
    charts.set_row(0)
    shown(charts)
    charts._title.setText("A" * 14)
    directions = set()
    for width in range(170, 420, 10):
        charts.resize(width, 300)
        charts.layout().activate()
        assert charts.width() == width
        for label in (charts._title, charts._about):
            assert label.width() >= label.sizeHint().width()
        direction = charts._head.direction()
        charts._pointed.setText("10 to 12 ms: 4 executions")
        charts._fit_head()
        assert charts._head.direction() == direction
        charts._pointed.setText("")
        directions.add(direction)
    assert len(directions) == 2


def test_figures_and_charts_follow_the_run(panel, story):
    choose(panel, "Audit")
    panel.folded(story.tell(told(n) for n in range(40, 50)))
    panel.refresh()
    row = names(panel).index("Audit")
    assert panel.sorted.index(row, columns.RUNS).data() == "50"
    assert panel.charts._histogram._picture.measured.counts.sum() == 45
    assert panel.charts._over.band().count.sum() == 45


def test_figures_wait_for_the_next_refresh_and_for_being_seen(panel, story):
    panel.folded(story.tell([told(40)]))
    assert panel.sorted.index(0, columns.RUNS).data() == "40"
    assert panel._timer.isActive()
    panel.hide()
    assert not panel._timer.isActive()
    panel.folded(story.tell([told(41)]))
    assert not panel._timer.isActive()
    panel.show()
    assert panel.sorted.index(0, columns.RUNS).data() == "42"


def test_the_selection_goes_both_ways(panel, selection):
    choose(panel, "Mail")
    assert selection.handler == 1
    selection.select_execution(0, 0, "Event0", 0)
    assert panel.table.currentIndex().data() == "Audit"
    panel.set_grouping(columns.EVENT)
    selection.select_event("Event2")
    assert panel.table.currentIndex().data() == "Event2"
    choose(panel, "Event1")
    assert selection.event_name == "Event1"


def test_the_first_execution_of_a_run_brings_row_and_chart(theme, selection, notices, shown):
    story = Story()
    panel = LatencyPanel(theme, selection, notices)
    panel.set_journal(story.journal)
    shown(panel)
    assert panel._empty.isVisible()
    assert not panel.charts._histogram.isVisible()
    panel.folded(story.tell([Told("Paid", 0, [Run(0, MS)])]))
    panel.refresh()
    assert names(panel) == ["Audit"]
    assert panel.charts._histogram.isVisible()
    assert not panel._empty.isVisible()


def test_a_range_and_a_filter_limit_figures_and_charts(panel, selection):
    choose(panel, "Audit")
    selection.select_range(0, 1000 * MS)
    assert panel.sorted.index(names(panel).index("Audit"), columns.RUNS).data() == "10"
    assert panel.charts._over.band().count.sum() == 9
    panel.set_filter(parse("handler:Mail"))
    assert names(panel) == ["Mail"]
    assert panel.charts._title.text().startswith("Mail")


def test_what_is_left_out_is_not_said_to_be_unmeasured(panel, selection):
    panel.set_filter(parse("handler:Nobody"))
    assert panel._empty.words() == "No matches Nothing in this range matches the filter."
    panel.set_filter(None)
    selection.select_range(900 * MS, 901 * MS)
    assert panel._empty.words().startswith("No matches")
    selection.select_range(-1, -1)
    assert panel._empty.words().startswith("Nothing measured yet")


def test_a_moment_in_which_all_ran_is_a_dot_for_a_line_needs_two(panel):
    chart = panel.charts._overtime
    band = panel.charts._over.band()
    assert len(band.at) > 1
    assert len(chart._only.getData()[0]) == 0
    one = {name: getattr(band, name)[:1] for name in ("at", "count", "p50", "p95", "p99")}
    chart.show_band(replace(band, **one), 10 * MS, 60_000 * MS)
    assert len(chart._only.getData()[0]) == 1
    chart.show_band(band, 10 * MS, 60_000 * MS)
    assert len(chart._only.getData()[0]) == 0


def test_other_outcomes_are_measured_on_request(panel):
    choose(panel, "Audit")
    panel.set_outcomes((FAILED,))
    picture = panel.charts._histogram._picture
    assert (picture.measured.counts.sum(), picture.failed.counts.sum()) == (4, 0)
    panel.set_outcomes(OUTCOMES)
    assert panel.charts._histogram._picture.measured.counts.sum() == 40


def test_another_row_is_laid_over_as_an_outline(panel):
    choose(panel, "Audit")
    panel.charts.compare("Mail")
    assert panel.charts._against.text() == "━ Mail"
    x, y = panel.charts._histogram._outline.getData()
    assert len(x) == len(y) + 1
    assert 10 ** np.median(x) == pytest.approx(2 * MS, rel=0.2)
    panel.charts.compare("")
    assert not panel.charts._histogram._outline.isVisible()


def test_names_of_marks_do_not_lie_over_each_other(panel):
    choose(panel, "Mail")  # every run as long as the others: all marks at one place
    tops = {round(mark.label.pos().y(), 3) for mark in panel.charts._histogram.marks}
    assert len(tops) == 3


def test_the_pointer_reads_the_bars(panel):
    choose(panel, "Mail")
    chart = panel.charts._histogram
    words = []
    chart.pointed.connect(words.append)
    at = chart.plot.box.mapViewToScene(QPointF(float(np.log10(2.01 * MS)), 1.0))
    chart._pointer_moved(at)
    chart._pointer_moved(QPointF(-5, -5))
    assert words == ["2.0 ms: 40 runs", ""]


def test_a_dot_leads_to_its_execution(panel, selection):
    choose(panel, "Audit")
    activated = []
    panel.execution_activated.connect(activated.append)
    dots = panel.charts._overtime._failures
    panel.charts._overtime._clicked(dots, dots.points()[:1])
    assert selection.execution in {2 * n for n in (5, 15, 25, 35)}
    assert activated == [selection.execution]


def test_the_whole_session_can_be_shown(panel):
    choose(panel, "Audit")
    panel.charts.set_rolling(False)
    assert panel.charts._span.caption() == "Whole session"
    assert panel.charts._over.band().count.sum() == 36


def test_more_columns_come_with_more_room_until_a_person_chooses(panel):
    panel.resize(700, 330)
    assert panel.table.isColumnHidden(columns.MEAN)
    panel.resize(1900, 330)
    assert not panel.table.isColumnHidden(columns.MEAN)
    next(item for item in panel.table.columns.menu_items() if item.label == "Mean").run()
    panel.resize(2000, 330)
    assert panel.table.isColumnHidden(columns.MEAN)


def test_a_click_on_a_title_sorts_the_greatest_first(panel, qtbot):
    header = panel.table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(columns.MAX) + 20, 8)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert names(panel) == ["Audit", "Mail"]
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert names(panel) == ["Mail", "Audit"]


@pytest.mark.parametrize("width", [676, 859])  # in windows of 1280 and 1600 pixels
def test_all_percentiles_are_there_where_room_is_short(panel, width):
    panel.resize(width, 330)
    panel.show()
    table = panel.table
    assert not any(table.isColumnHidden(column) for column in range(columns.P50, columns.MAX + 1))
    assert table.horizontalScrollBar().maximum() == 0
    assert table.columnWidth(columns.NAME) >= 80


def test_the_figures_are_copied_and_saved_whole(panel, tmp_path):
    panel.copy_table()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[:3] == ["Handler", "Runs", "Failed"]
    assert len(lines) == 3
    panel.resize(420, 300)
    panel.copy_table()
    assert QGuiApplication.clipboard().text().splitlines() == lines, "where there is room for few columns, too"
    panel.save(tmp_path / "figures.csv", "csv")
    with (tmp_path / "figures.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["class"]: row for row in csv.DictReader(file)}
    assert (rows["Audit"]["runs"], rows["Audit"]["failed"]) == ("40", "4")
    assert int(rows["Mail"]["p50_ns"]) == 2 * MS
    panel.save(tmp_path / "chart.png", "png")
    assert QImage(str(tmp_path / "chart.png")).width() >= panel.charts.width()
    panel.save(tmp_path / "chart.svg", "svg")
    assert "<svg" in (tmp_path / "chart.svg").read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_becomes_a_notice(panel, notices, tmp_path):
    told_of = []
    notices.attach(told_of.append)
    panel.save(tmp_path / "nowhere" / "figures.csv", "csv")
    notices.flush()
    assert "Cannot write" in told_of[0].text


def test_a_name_that_a_spreadsheet_would_run_is_disarmed(theme, selection, notices, shown, tmp_path):
    story = Story()
    story.tell([Told("=cmd()", 0, [Run(0, MS)])])
    panel = LatencyPanel(theme, selection, notices)
    panel.set_journal(story.journal)
    shown(panel).set_grouping(columns.EVENT)
    panel.save(tmp_path / "figures.csv", "csv")
    assert "'=cmd()," in (tmp_path / "figures.csv").read_text(encoding="utf-8")


def test_the_charts_change_colours_with_the_theme(panel, theme):
    choose(panel, "Audit")
    dark = panel.charts.grab().toImage()
    theme.set_choice("light")
    assert panel.charts._histogram.backgroundBrush().color() == theme.color("background")
    assert panel.charts.grab().toImage() != dark


def test_a_range_in_the_past_is_what_the_lower_chart_covers(panel, selection):
    choose(panel, "Audit")
    selection.select_range(0, 1000 * MS)
    band = panel.charts._over.band()
    assert band.count.sum() == 9
    assert (band.at <= 1100 * MS).all()
    assert not panel.charts._span.isVisible()
    assert "1.00 s from" in panel.charts._title.text()


def test_two_ranges_of_one_handler_are_compared(panel, selection):
    choose(panel, "Audit")
    selection.select_range(0, 1000 * MS)
    panel.charts.keep()
    selection.select_range(1000 * MS, 2000 * MS)
    assert panel.charts._against.text().startswith("━ Audit, 1.00 s from")
    assert panel.charts._histogram._outline.isVisible()
    assert panel.charts._title.text() != panel.charts._against.text()


def middle_of(chart, bars):
    number = int(bars.counts.argmax())
    return chart.plot.box.mapViewToScene(QPointF(float(np.log10(bars.edges[number : number + 2]).mean()), 0.5))


def test_a_click_on_a_bar_asks_for_a_filter_that_lets_through_what_it_counts(panel, story):
    choose(panel, "Audit")
    chart = panel.charts._histogram
    asked = []
    panel.filter_requested.connect(asked.append)
    chart._clicked(middle_of(chart, chart._picture.measured))
    chart._clicked(QPointF(-50, -50))
    (text,) = asked
    fits = parse(text).rows(story.journal, np.arange(len(story.journal.executions)))
    assert fits.sum() == chart._picture.measured.counts.max()


def test_pointing_goes_both_ways(panel, selection, story):
    choose(panel, "Audit")
    chart = panel.charts._histogram
    told_of = []
    selection.hovered_changed.connect(told_of.append)
    chart._pointer_moved(middle_of(chart, chart._picture.measured))
    assert told_of[-1].handlers == frozenset({0})
    low, high = told_of[-1].lengths
    assert low < high
    panel.table.entered.emit(panel.sorted.index(names(panel).index("Mail"), 0))
    assert told_of[-1] == Hover(handlers=frozenset({1}))
    selection.hover(Hover(execution=0))
    assert panel.sorted.index(panel.pointing.link.lit, 0).data() == "Audit"
    assert chart._elsewhere.isVisible()
    length = int(story.journal.executions["end"][0] - story.journal.executions["start"][0])
    assert 10 ** chart._elsewhere.value() == pytest.approx(length)
    selection.hover(NOTHING)
    assert panel.pointing.link.lit == -1
    assert not chart._elsewhere.isVisible()


def test_a_flood_is_counted_once_however_often_the_charts_are_made_anew(panel, story):
    choose(panel, "Audit")
    panel.folded(story.tell(told(n) for n in range(40, 100)))
    choose(panel, "Mail")
    choose(panel, "Audit")
    panel.folded(story.tell(told(n) for n in range(100, 150)))
    panel.charts.set_rolling(False)
    panel.refresh()
    runs = panel.sorted.index(names(panel).index("Audit"), columns.RUNS).data()
    assert runs == "150"
    assert panel.charts._over.band().count.sum() == panel.charts._histogram._picture.measured.counts.sum()
