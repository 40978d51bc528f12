"""The output panel: lines with their process and handler, which lead to the execution."""

from __future__ import annotations

from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from inspector.analysis import output as analysis
from inspector.analysis.journal import Journal
from inspector.core.records.host import NotedOutside, ProgramPrinted
from inspector.ui.features.output.model import HANDLER, KIND, PROCESS, TEXT, OutputModel
from inspector.ui.features.output.panel import OutputPanel
from inspector.ui.kit.rows import Role
from inspector.ui.kit.theme import Theme
from inspector.ui.selection import Selection
from tests.catalog.runs import MS, Run
from tests.ui.features.conftest import FEW, failing_run, texts


def printing_run() -> Run:
    run = Run(FEW)
    failing_run(run)
    run.host(ProgramPrinted, stream="stdout", text="ready")
    run.note(2, 1, "output", "charged")
    run.host(ProgramPrinted, stream="stderr", text="odd\x1b[31m")
    run.host(NotedOutside, kind="sql", level="error", text="SELECT 1", process=0)
    run.fold()
    return run


def cells(model: OutputModel, *columns: int) -> list[tuple[str, ...]]:
    return [tuple(model.text(row, column) for column in columns) for row in range(model.rowCount())]


def test_a_line_has_its_stream_and_handler() -> None:
    run = printing_run()
    model = OutputModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    model.set_journal(run.journal)
    handler = run.journal.execution(run.journal.execution_index(2)).handler.label
    assert cells(model, KIND, PROCESS, HANDLER)[:2] == [("stdout", "", ""), ("stdout", "", handler)]
    assert cells(model, KIND, TEXT, HANDLER)[3] == ("sql", "SELECT 1", "unknown")
    assert "\x1b" not in model.text(2, TEXT)
    tones = [model.index(row, TEXT).data(Role.TONE) for row in range(4)]
    assert tones == ["", "", "", "failed"]


def test_lines_come_and_the_oldest_go(monkeypatch) -> None:
    monkeypatch.setattr(analysis, "MOST", 8)
    run = Run(FEW)
    model = OutputModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    model.set_journal(run.journal)
    for number in range(12):
        run.host(ProgramPrinted, stream="stdout", text=str(number))
        run.fold()
        assert model.refresh()
    assert not model.refresh()
    assert cells(model, TEXT) == [(str(number),) for number in range(2, 12)]


def test_a_line_leads_to_its_execution(theme: Theme, selection: Selection, show) -> None:
    run = printing_run()
    panel = show(OutputPanel(theme, selection), 900, 240)
    assert "No output" in texts(panel)
    panel.set_journal(run.journal)
    assert "4 lines" in texts(panel)
    panel.table.setCurrentIndex(panel.table.index_of(0))
    panel.table.activated_row.emit(panel.table.index_of(0))
    assert selection.execution == -1
    panel.table.activated_row.emit(panel.table.index_of(1))
    assert selection.execution == run.journal.execution_index(2)
    show_line, _, copy_line, _ = panel.menu_items(0)
    assert not show_line.enabled
    copy_line.run()
    assert QApplication.clipboard().text() == "ready"


def test_new_lines_are_shown_while_the_panel_is_seen_and_followed_to_the_end(
    theme: Theme, selection: Selection, show
) -> None:
    run = printing_run()
    panel = show(OutputPanel(theme, selection), 900, 240)
    panel.set_journal(run.journal)
    for number in range(100):
        run.at += MS
        run.host(ProgramPrinted, stream="stdout", text=f"line {number}")
    panel.folded(run.fold())
    assert panel.model.rowCount() == 4
    panel.refresh()
    QApplication.processEvents()
    bar = panel.table.verticalScrollBar()
    assert panel.model.rowCount() == 104
    assert bar.value() == bar.maximum() > 0
    bar.setValue(0)
    run.host(ProgramPrinted, stream="stdout", text="one more")
    run.fold()
    panel.refresh()
    assert bar.value() == 0


def test_an_empty_journal_has_no_output(theme: Theme, selection: Selection, show) -> None:
    panel = show(OutputPanel(theme, selection), 900, 240)
    panel.set_journal(Journal())
    assert panel.model.rowCount() == 0
