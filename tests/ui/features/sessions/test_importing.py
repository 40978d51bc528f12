"""A run log is taken in by the menu or dropped on the window, and shown."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog

from inspector.store.jsonl import export_jsonl
from inspector.store.jsonl_import import JsonlStream
from inspector.store.store import Store
from tests.patience import until
from tests.store.runs import ListStream, plain_run
from tests.ui.windows import Opened, drop_file, opened

pytestmark = [
    pytest.mark.allow_log("inspector.demo"),
    pytest.mark.allow_log("inspector.qt", "This plugin does not support"),
    pytest.mark.allow_log("inspector.notices"),
]


@pytest.fixture
async def log(tmp_path: Path) -> Path:
    """A run of five publications."""
    rows = plain_run(5)
    rows[0] = (*rows[0][:5], '{"program": "elsewhere", "events": [], "handlers": []}', *rows[0][6:])
    path = tmp_path / "run.jsonl"
    await export_jsonl(ListStream(rows), path, name="from elsewhere")
    return path


def drop(window: Opened, path: Path) -> bool:
    return drop_file(window.window.shell, path)


async def shown(window: Opened, name: str) -> None:
    await until(lambda: window.window.shell.bar.session.caption() == f"{name} (stored)")
    await until(lambda: len(window.log()) == 5)


async def test_the_menu_asks_for_a_file_and_shows_what_is_in_it(tmp_path: Path, log: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        assert window.window.commands.get("session.import").menu == "File"
        assert window.window.commands.run("session.import")
        asked = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible())
        asked.fileSelected.emit(str(log))
        asked.close()
        await shown(window, "from elsewhere")
        await until(lambda: any("Imported run.jsonl (" in notice.text for notice in window.notices))
        known = window.desk.sessions
        await until(
            lambda: (known.known[0].name, known.known[0].source) == ("from elsewhere", "import"), "it is listed"
        )


async def test_a_dropped_run_log_is_shown_and_lines_that_are_none_are_told(tmp_path: Path, log: Path) -> None:
    with log.open("ab") as file:
        file.write(b"nonsense\n")
    async with opened(tmp_path / "s.db") as window:
        assert drop(window, log)
        await shown(window, "from elsewhere")
        await until(lambda: any("run.jsonl" in notice.text for notice in window.notices), "the notice")
        (told,) = [notice for notice in window.notices if "run.jsonl" in notice.text]
        assert told.severity == "warning"
        assert told.hint.startswith("1 line skipped: line ")
        assert not drop(window, tmp_path / "s.db")


async def test_a_file_that_is_no_run_log_is_told_and_nothing_else_is_shown(tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_text("{}\n")
    async with opened(tmp_path / "s.db") as window:
        assert drop(window, tmp_path / "other.jsonl")
        await until(lambda: any("is not an inspector run log" in notice.text for notice in window.notices))
        assert window.window.workbench.live
        await until(lambda: len(window.desk.sessions.known) == 1)


async def test_where_nothing_is_stored_nothing_is_taken_in(tmp_path: Path, log: Path) -> None:
    async with opened(None) as window:
        assert window.window.commands.reason("session.import") == "No sessions database"
        assert drop(window, log)
        await until(lambda: any("No sessions database" in notice.text for notice in window.notices))


async def test_closing_the_window_ends_an_import_without_a_trace(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()
    read = JsonlStream.read

    async def held(self: JsonlStream, after: int = 0):  # type: ignore[no-untyped-def]
        async for batch in read(self, after):
            yield batch
            begun.set()
            await asyncio.Event().wait()

    monkeypatch.setattr(JsonlStream, "read", held)
    async with opened(tmp_path / "s.db") as window:
        window.desk.importing.take(log)
        await begun.wait()
        assert await window.close() == 0
        assert not [notice for notice in window.notices if notice.severity in ("error", "bug")]
    store = Store(tmp_path / "s.db")
    await store.open()
    assert await store.sessions() == []  # the live one had no event, the import no end
    await store.close()
