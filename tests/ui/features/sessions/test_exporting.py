"""A run log is written to a file: every exporter of the table is in the menus, a new one too."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog

from inspector.analysis.query.query import Filter
from inspector.app.export import EXPORTERS, Exporter
from inspector.core.records.stream import RecordStream
from tests.patience import until
from tests.ui.windows import opened

pytestmark = [
    pytest.mark.allow_log("inspector.demo"),
    pytest.mark.allow_log("inspector.core.bus"),
    pytest.mark.allow_log("inspector.notices"),
]


def dialog() -> QFileDialog:
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible())


async def test_a_new_exporter_is_a_command_with_a_dialog_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def write(stream: RecordStream, target: Path, name: str, chosen: Filter | None) -> int:
        target.write_text(name)  # noqa: ASYNC240 - a few bytes
        return 1

    exporter = Exporter("count", "Number of Records", "How many records", "count", "Counts", "record", write)
    monkeypatch.setitem(EXPORTERS, "count", exporter)
    async with opened(tmp_path / "s.db") as window:
        commands = window.window.commands
        assert commands.reason("export.count") == "Nothing recorded yet"
        await window.fire("UserLogoutSucceeded")
        await until(lambda: not commands.reason("export.count"))
        assert [commands.get(f"export.{id}").title for id in EXPORTERS] == [
            "Export Run Log as JSON Lines…",
            "Export Executions as CSV…",
            "Export Handler Summary as CSV…",
            "Export Report as Markdown…",
            "Export Number of Records…",
        ]
        assert commands.run("export.count")
        asked = dialog()
        assert asked.windowTitle() == "Export Number of Records"
        assert asked.nameFilters() == ["Counts (*.count)"]
        target = tmp_path / "run.count"
        asked.fileSelected.emit(str(target))
        asked.close()
        await until(lambda: any(notice.text == f"Exported 1 record to {target}." for notice in window.notices))
        assert target.read_text()


async def test_the_summary_gets_a_name_that_does_not_collide_with_the_table_of_executions(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        await window.fire("UserLogoutSucceeded")
        await until(lambda: not window.window.commands.reason("export.csv"))
        names = []
        for kind in ("csv", "summary"):
            assert window.window.commands.run(f"export.{kind}")
            asked = dialog()
            names += [Path(path).name for path in asked.selectedFiles()]
            asked.close()
        executions, summary = names
        assert summary == executions.replace(".csv", "-summary.csv")
