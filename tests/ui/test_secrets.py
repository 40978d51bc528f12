"""The window shows no secret of the table: not live, not stored, in no text, tooltip, model or clipboard."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QAbstractItemModel, QAbstractProxyModel, QModelIndex, QObject, Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QPlainTextEdit, QTextEdit, QWidget

from inspector.core.records.numbers import ExecutionIndex
from inspector.hosts.project import Project
from tests.patience import until
from tests.secrets.program import EVERY_PART, Planted, leaks, write_program
from tests.ui.windows import Opened, opened

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.allow_log("inspector.qt", "This plugin does not support"),
    pytest.mark.allow_log("inspector.notices"),
]
#: The table is looked at in so many parts, as each secret is looked for in every panel; one of them in ``make test``,
#: all in ``make torture``.
PARTS = 40
#: Texts of messages, docstrings, log lines, printed lines, rows, mails, source, locals.
SEEN = ("refused", "What happened.", "<redacted:", "args ", "ada@example.org", "noted:", "kept", "held")
_ROLES = (*range(16), *range(int(Qt.ItemDataRole.UserRole), int(Qt.ItemDataRole.UserRole) + 8))


def texts_of(window: QWidget) -> list[str]:
    """Return every text that the widgets of a window and their models have."""
    texts: list[str] = []
    models: dict[int, QAbstractItemModel] = {}
    for widget in [*QApplication.topLevelWidgets(), *window.findChildren(QWidget)]:
        texts += _properties(widget)
        texts += _python_texts(vars(widget) if hasattr(widget, "__dict__") else {})
        if isinstance(widget, (QPlainTextEdit, QTextEdit)):
            texts.append(widget.toPlainText())
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            models[id(widget.model())] = widget.model()
    models |= {id(model): model for model in window.findChildren(QAbstractItemModel)}
    # What sorts another model has the same cells.
    proxies = [model for model in models.values() if isinstance(model, QAbstractProxyModel)]
    models |= {id(model.sourceModel()): model.sourceModel() for model in proxies}
    for model in [model for model in models.values() if model not in proxies]:
        texts += _cells(model, QModelIndex())
    return texts


def _properties(owner: QObject) -> list[str]:
    meta = owner.metaObject()
    properties = [meta.property(place) for place in range(meta.propertyCount())]
    values = [kind.read(owner) for kind in properties if kind.typeName() == "QString"]
    return [value for value in values if isinstance(value, str)]


def _python_texts(value: Any, depth: int = 3) -> list[str]:
    if isinstance(value, str):
        return [value]
    if depth and isinstance(value, dict):
        return [text for item in value.items() for text in _python_texts(item, depth - 1)]
    if depth and isinstance(value, (list, tuple)):
        return [text for item in value for text in _python_texts(item, depth - 1)]
    return []


def _cells(model: QAbstractItemModel, parent: QModelIndex) -> list[str]:
    texts = []
    for row in range(model.rowCount(parent)):
        for column in range(model.columnCount(parent)):
            index = model.index(row, column, parent)
            for role in _ROLES:
                texts += _python_texts(model.data(index, role))
        texts += _cells(model, model.index(row, 0, parent))
    return texts


async def everything(shown: Opened) -> list[str]:
    """Select one after another all events and executions, and return what is there to be read meanwhile."""
    window, selection = shown.window.shell, shown.desk.selection
    texts = texts_of(window)
    for event in shown.journal.events:
        selection.select_event(event.name)
        await asyncio.sleep(0)
        texts += texts_of(shown.desk.event_panel) + texts_of(shown.desk.fire_panel)
        texts += copied(shown, "fire.copy")
    for execution in range(len(shown.journal.executions)):
        selection.select_in(shown.journal, ExecutionIndex(execution))
        await asyncio.sleep(0)
        texts += texts_of(shown.desk.execution)
    for command in shown.window.commands:
        if "copy" in command.id:
            texts += copied(shown, command.id)
    await asyncio.sleep(0.1)
    return texts + texts_of(window)


def copied(shown: Opened, command: str) -> list[str]:
    """Return what a command copies."""
    QApplication.clipboard().setText("")
    shown.window.commands.run(command)
    return [QApplication.clipboard().text()]


def found(planted: list[Planted], texts: list[str]) -> list[str]:
    return leaks(planted, "\n".join(dict.fromkeys(texts)))


@pytest.mark.parametrize("part", range(PARTS if os.environ.get(EVERY_PART) else 1))
async def test_no_secret_is_on_the_screen_live_or_stored(tmp_path: Path, part: int) -> None:
    planted = write_program(tmp_path, PARTS, part)
    project = Project(app=("shop:bus",), cwd=tmp_path)
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.window.workbench.view is not None, "the program runs")
        await shown.activate()
        await shown.fire("Go")
        texts = await everything(shown)
        # What is beside the secrets is there to be read: else nothing was looked at.
        together = "\n".join(texts)
        assert [word for word in SEEN if word not in together] == []
        assert len(shown.journal.executions) > 50
        assert found(planted, texts) == []
    async with opened(tmp_path / "s.db") as shown:
        shown.desk.sessions.open(1)
        await until(lambda: len(shown.journal.executions) > 50, "the stored session is shown")
        assert found(planted, await everything(shown)) == []
