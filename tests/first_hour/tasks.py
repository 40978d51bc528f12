"""What people want to do in their first hour, each on the shortest way: how many clicks and keys it takes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QTableView, QWidget

from inspector.ui.features.catalog.panel import CatalogPanel
from inspector.ui.features.conformance.panel import ConformancePanel
from inspector.ui.features.failures.panel import FailuresPanel
from inspector.ui.features.findings.panel import FindingsPanel
from inspector.ui.features.latency.panel import LatencyPanel
from inspector.ui.features.log.panel import LogPanel
from inspector.ui.features.sessions.panel import SessionsPanel
from tests.first_hour.hands import Hands, rows_of
from tests.patience import until


class Shortest(NamedTuple):
    """A task and what it takes at most.

    Attributes:
        do: Does it.
        clicks: Clicks; a double click is two.
        keys: Keys and shortcuts; a text that is typed is one.
        project: It is done on a project that is open, not on the demo.
    """

    do: Callable[[Hands, Path], Awaitable[None]]
    clicks: int
    keys: int
    project: bool


TASKS: Final[dict[str, Shortest]] = {}


def task(
    *, clicks: int, keys: int = 0, project: bool = False
) -> Callable[[Callable[[Hands, Path], Awaitable[None]]], None]:
    """Enter a task with what it takes."""

    def enter(do: Callable[[Hands, Path], Awaitable[None]]) -> None:
        TASKS[do.__name__] = Shortest(do, clicks, keys, project)

    return enter


# -- what was before: not counted ------------------------------------------------------------------------------------


def _published(hands: Hands) -> int:
    journal = hands.window.context.journal
    return 0 if journal is None else len(journal.publications)


async def _fired(hands: Hands, *events: str, faults: bool = False) -> None:
    """Fire events without anybody's hands, and wait until all that came of them is over and shown."""
    window = hands.window
    window.workbench.set_faults(faults)
    for name in events:
        before = _published(hands)
        window.context.selection.select_event(name)
        assert window.commands.run("fire.selected")
        await until(lambda before=before: _published(hands) > before, f"{name} was published")  # type: ignore[misc]
    await _over(hands)


async def _over(hands: Hands) -> None:
    """Wait until all that came of what was published is over and shown."""
    journal = hands.window.context.journal
    assert journal is not None
    await until(lambda: not journal.running and bool((journal.publications["end"] >= 0).all()), "all is over")
    log = hands.part(LogPanel).model
    await until(lambda: log.rowCount() >= len(journal.publications), "the log shows it")


_SETTINGS: Final = """
[project]
name = "parcels"

[tool.inspector]
app = "parcels:bus"
catalog = "parcels:EVENTS"
"""
_PROGRAM: Final = """
import os
from dataclasses import dataclass

KEY = os.environ["PARCELS_KEY"]


@dataclass(frozen=True)
class ParcelSent:
    number: int = 7


@dataclass(frozen=True)
class ParcelLost:
    number: int = 7


EVENTS = [ParcelSent, ParcelLost]


class Bus:
    def __init__(self):
        self.handlers = {}

    def subscribe(self, kind, handler):
        self.handlers.setdefault(kind, []).append(handler)

    def publish(self, event):
        for handler in self.handlers.get(type(event), []):
            handler(event)


bus = Bus()


def write_down(event):
    pass


bus.subscribe(ParcelSent, write_down)


def lose():
    bus.publish(ParcelLost())
"""


def write_project(folder: Path) -> Path:
    """Write a project with a handler, an event that nobody hears, and a variable that it needs; return its folder."""
    project = folder / "parcels"
    project.mkdir()
    (project / "pyproject.toml").write_text(_SETTINGS)
    (project / "parcels.py").write_text(_PROGRAM)
    return project


async def _loaded(hands: Hands, *events: str) -> None:
    def shown() -> bool:
        journal = hands.window.context.journal
        return journal is not None and {event.name for event in journal.events} >= {*events}

    await until(shown, f"the catalog has {events}")


def _text_in(widget: QWidget) -> str:
    """Return everything that is written in the visible parts of a widget."""
    said = []
    for inner in (widget, *widget.findChildren(QWidget)):
        if inner.isVisible():
            text = inner.property("text")
            said.append(f"{text or ''} {inner.accessibleName()}")
    return "\n".join(said)


# -- the twelve ------------------------------------------------------------------------------------------------------


@task(clicks=2)
async def fire_an_event(hands: Hands, _folder: Path) -> None:
    """Choose it in the catalog, press Fire."""
    tree = hands.part(CatalogPanel).tree
    before = _published(hands)
    await hands.click_row(tree, await hands.row_soon(tree, "UserLoginSucceeded"))
    fire = await hands.control_soon("Fire UserLoginSucceeded")
    await hands.click(fire)
    await until(lambda: _published(hands) > before, "it was published")


@task(clicks=2)
async def find_why_a_handler_failed(hands: Hands, _folder: Path) -> None:
    """Failures, its row: the exception, its message and the lines are there."""
    await _fired(hands, "UserLoginSucceeded", "UserLogoutSucceeded", faults=True)
    panel = hands.part(FailuresPanel)
    await hands.click_tab("Failures")
    await hands.click_row(panel.table, await hands.row_soon(panel.table, ""))
    await until(lambda: "the session store knows no such login" in _text_in(panel), "the message is shown")


@task(clicks=2)
async def find_the_slowest_handler(hands: Hands, _folder: Path) -> None:
    """Latency, the head of its slowest run: the slowest handler comes first."""
    await _fired(hands, "UserLoginSucceeded", "UserRegistrationSucceeded")
    table = hands.part(LatencyPanel).table
    await hands.click_tab("Latency")
    await hands.click_heading(table.horizontalHeader(), column_called(table, "Max"))
    model = table.model()

    def slowest() -> bool:
        names = [str(model.index(row, 0).data()) for row in range(model.rowCount())]
        return len(names) > 1 and names == sorted(names, key=lambda name: -_longest(hands, name))

    await until(slowest, "the slowest stands first")


@task(clicks=2, project=True)
async def find_what_nobody_handles(hands: Hands, _folder: Path) -> None:
    """Findings, the finding: the catalog stands on the event that nobody hears."""
    await _loaded(hands, "ParcelSent", "ParcelLost")
    panel = hands.part(FindingsPanel)
    await hands.click_tab("Findings")
    await until(lambda: panel.tree.model().rowCount() > 0, "there are findings")
    await hands.click_row(panel.tree, await hands.row_soon(panel.tree, "ParcelLost"))
    await until(lambda: hands.window.context.selection.event_name == "ParcelLost", "the event is chosen")


@task(clicks=0, keys=3)
async def find_failed_audit_executions(hands: Hands, _folder: Path) -> None:
    """The filter says it: a handler and a status; the log holds nothing else."""
    await _fired(hands, "UserLoginSucceeded", "ProviderConnectionSucceeded", faults=True)
    await hands.key("ctrl+f")
    await hands.write("handler:Audit* status:failed")
    await hands.key("Return")
    log = hands.part(LogPanel).table
    await until(lambda: log.model().rowCount() == 1, "one event is left")
    await hands.row_soon(log, "ProviderConnectionSucceeded", 2)


@task(clicks=3, keys=3)
async def fire_it_again_with_another_value(hands: Hands, _folder: Path) -> None:
    """Its row in the log, Edit & Fire, the field; then the value and the key that fires."""
    await _fired(hands, "UserLoginSucceeded")
    log = hands.part(LogPanel).table
    before = _published(hands)
    await hands.click_row(log, await hands.row_soon(log, "UserLoginSucceeded", 2))
    await hands.click(await hands.control_soon("Edit & fire"))
    await hands.click(await hands.control_soon("email", QLineEdit))
    await hands.key("ctrl+a")
    await hands.write("new@example.org")
    await hands.key("ctrl+Return")
    await until(lambda: _published(hands) > before, "it was published again")
    journal = hands.window.context.journal
    assert journal is not None
    payloads = [text for _, (text, _) in journal.payloads.items()]
    assert "new@example.org" not in payloads[0]
    assert "new@example.org" in payloads[-1]


@task(clicks=3)
async def copy_a_bug_report(hands: Hands, _folder: Path) -> None:
    """Failures, its row, Copy: what was raised, and where, is in the clipboard."""
    await _fired(hands, "UserLogoutSucceeded", faults=True)
    panel = hands.part(FailuresPanel)
    await hands.click_tab("Failures")
    await hands.click_row(panel.table, await hands.row_soon(panel.table, ""))
    await hands.click(await hands.control_soon("Copy traceback"))
    await until(lambda: "LookupError: the session store knows no such login" in _clipboard(), "it was copied")


@task(clicks=2)
async def see_whether_everything_conforms(hands: Hands, _folder: Path) -> None:
    """Conformance, Fire Everything: every event is fired, and what does not conform is listed."""
    panel = hands.part(ConformancePanel)
    await hands.click_tab("Conformance")
    await hands.click(panel.fire)
    await until(lambda: "77 events fired" in _text_in(panel), "all events were fired")


@task(clicks=3, keys=4)
async def rename_and_delete_a_session(hands: Hands, folder: Path) -> None:
    """Sessions, its row; F2, the name, Return; Delete, and the answer."""
    await _inspector("fire", "UserLoginSucceeded", "--db", str(folder / "sessions.db"))
    panel = hands.part(SessionsPanel)
    await hands.click_tab("Sessions")
    await until(lambda: panel.table.model().rowCount() == 2, "both sessions are listed")
    await hands.click_row(panel.table, await hands.row_soon(panel.table, "UserLogin"))
    await hands.key("F2")
    await hands.write("Before the mend")
    await hands.key("Return")
    await until(lambda: any("Before the mend" in str(row.data()) for row in rows_of(panel.table)), "it is renamed")
    await hands.key("Delete")
    await hands.click(await hands.control_soon("Delete"))
    await until(lambda: panel.table.model().rowCount() == 1, "it is deleted")


@task(clicks=0, keys=6)
async def open_a_project_of_ones_own(hands: Hands, folder: Path) -> None:
    """Its folder, the variable that it misses; then it is changed, and read anew."""
    project = write_project(folder)
    await hands.key("ctrl+shift+o")
    shell = hands.window.shell
    await until(lambda: QApplication.activeWindow() not in (None, shell), "the dialog has the keyboard")
    await hands.write(str(project))
    await hands.key("Return")
    field = await hands.control_soon("PARCELS_KEY", QLineEdit)
    await until(field.hasFocus, "the field has the keyboard")
    await hands.write("1")
    await hands.key("Return")
    await _loaded(hands, "ParcelSent", "ParcelLost")
    source = project / "parcels.py"
    source.write_text(source.read_text().replace("ParcelLost", "ParcelGone"))
    await until(lambda: QApplication.activeWindow() is shell, "the window has the keyboard again")
    await until(lambda: hands.window.commands.enabled("project.reload"), "it can be reloaded")
    await hands.key("F5")
    await _loaded(hands, "ParcelSent", "ParcelGone")


@task(clicks=0, keys=7)
async def fire_and_look_without_a_mouse(hands: Hands, _folder: Path) -> None:
    """Search, letters of the event, down, the key that fires; the key of the log, down, Return: its execution."""
    before = _published(hands)
    await hands.key("ctrl+e")
    await hands.write("UserLogoutSucc")
    await hands.key("Down", "ctrl+Return")
    await until(lambda: _published(hands) > before, "it was published")
    assert hands.window.context.selection.event_name == "UserLogoutSucceeded"
    await _over(hands)
    await hands.key("alt+6", "Down", "Return")
    await until(lambda: hands.window.context.selection.execution >= 0, "an execution is chosen")


@task(clicks=4, keys=8)
async def reopen_export_and_import(hands: Hands, folder: Path) -> None:
    """Sessions, a double click; Export and where to; then Import in the palette, and the file."""
    await _inspector("fire", "UserLoginSucceeded", "--db", str(folder / "sessions.db"))
    panel = hands.part(SessionsPanel)
    shell = hands.window.shell
    await hands.click_tab("Sessions")
    await hands.click_row(panel.table, await hands.row_soon(panel.table, "UserLogin"), times=2)
    await until(lambda: _published(hands) == 1, "it is open")
    await hands.click(await hands.control_soon("Export…"))
    await _asked_for_a_file(shell)
    await hands.key("ctrl+a")
    await _write_a_file(hands, folder / "run.jsonl")
    await until((folder / "run.jsonl").exists, "it is exported")
    await until(lambda: QApplication.activeWindow() is shell, "the window has the keyboard again")
    before = panel.table.model().rowCount()
    await hands.key("ctrl+k")
    field = await hands.control_soon("Command", QLineEdit)
    await until(field.hasFocus, "the palette has the keyboard")
    await hands.write("Import Run")
    await hands.key("Return")
    await _asked_for_a_file(shell)
    await _write_a_file(hands, folder / "run.jsonl")
    await until(lambda: panel.table.model().rowCount() == before + 1, "it is imported")


async def _asked_for_a_file(shell: QWidget) -> None:
    """Wait until a dialog of files has the keyboard."""
    await until(lambda: QApplication.activeWindow() not in (None, shell), "the dialog has the keyboard")
    await until(lambda: isinstance(QApplication.focusWidget(), QLineEdit), "and its field")


async def _write_a_file(hands: Hands, file: Path) -> None:
    """Write the name of a file into the field that has the keyboard, and press Return once it stands there."""
    field = QApplication.focusWidget()
    await hands.write(str(file))
    await until(lambda: isinstance(field, QLineEdit) and field.text() == str(file), "it is written")
    await hands.key("Return")


def _clipboard() -> str:
    return QApplication.clipboard().text()


async def _inspector(*words: str) -> None:
    """Run the command."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "inspector", *words), stdout=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0, words


def _longest(hands: Hands, owner: str) -> int:
    """Return the longest run of a handler class, ns."""
    journal = hands.window.context.journal
    assert journal is not None
    executions = journal.executions
    mine = [int(number) for number, handler in enumerate(journal.handlers) if handler.owner == owner]
    return max(
        int(executions["end"][row] - executions["start"][row])
        for row in range(len(executions))
        if int(executions["handler"][row]) in mine
    )


def column_called(table: QTableView, name: str) -> int:
    """Return the number of a column by its head."""
    model = table.model()
    heads = [str(model.headerData(column, Qt.Orientation.Horizontal)) for column in range(model.columnCount())]
    return next(column for column, head in enumerate(heads) if head.startswith(name))
