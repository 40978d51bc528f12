"""The tasks of the live program in a window of their own, as text."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QWidget

from inspector.app.dumping import TaskHost, count_text, dump_text, execution_text
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.fields import PlainArea
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.newest import Newest
from inspector.ui.kit.text import PlainLabel, copy_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.core.taskdump import TaskDump
    from inspector.ui.context import Context
    from inspector.ui.kit.theme import Theme

_WIDTH, _HEIGHT = 860, 600
#: Where no task is of the execution. The end of one whose task was thrown away may never have been seen.
_NO_TASK = "This execution has no task now: it has ended, its task was garbage-collected, or it runs in a thread."


class TaskWindow(QDialog):
    """Shows tasks as text, to be copied.

    Args:
        theme: Its look.
        title: What it is of.
        parent: The window that it belongs to.

    Signals:
        refresh_wanted: Look again.
    """

    refresh_wanted = Signal()

    def __init__(self, theme: Theme, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(_WIDTH, _HEIGHT)
        self.area = PlainArea(theme)
        self.area.setReadOnly(True)
        self.words = PlainLabel("", "dim")
        self.again = Button(theme, "Take again", "refresh", on_click=self.refresh_wanted)
        copy = Button(theme, "Copy", "copy", on_click=lambda: copy_text(self.area.toPlainText(), "tasks"))
        close = Button(theme, "Close", on_click=self.reject)
        foot = hbox((self.words, 1), self.again, copy, close, spacing=6)
        vbox((self.area, 1), foot, owner=self, margins=(12, 12, 12, 12), spacing=8)

    def show_text(self, text: str, words: str) -> None:
        """Show the tasks, and how many and when."""
        self.area.setPlainText(text)
        self.words.setText(words)


class TaskDumps(QObject):
    """Asks the live program for its tasks, and shows them.

    Args:
        context: The window.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context

    def show(self, execution: int = 0) -> None:
        """Show all tasks, or those of one execution (its number), in a window of their own."""
        self._context.tasks.start("Reading the tasks", self._show(execution))

    async def _show(self, execution: int) -> None:
        host = self._context.workbench.host
        if not isinstance(host, TaskHost):
            return
        dump = await host.dump_tasks()
        title = f"Await Chain · Execution {execution}" if execution else "All Tasks"
        window = TaskWindow(self._context.theme, title, self._context.shell)
        looking = Newest()
        window.refresh_wanted.connect(
            lambda: self._context.tasks.start("Reading the tasks", self._refresh(execution, window, looking.ask()))
        )
        window.finished.connect(lambda _: looking.forget())
        window.show()
        self._fill(window, dump, execution)

    async def _refresh(self, execution: int, window: TaskWindow, wanted: Callable[[], bool]) -> None:
        host = self._context.workbench.host
        if isinstance(host, TaskHost):
            dump = await host.dump_tasks()
            if wanted():  # else it was taken again meanwhile, or the window was closed
                self._fill(window, dump, execution)

    @staticmethod
    def _fill(window: TaskWindow, dump: TaskDump, execution: int) -> None:
        window.show_text(_text_of(dump, execution), f"{count_text(dump.tasks)} · {time.strftime('%H:%M:%S')}")


def _text_of(dump: TaskDump, execution: int) -> str:
    if not execution:
        return dump_text(dump)
    return execution_text(dump, execution) or _NO_TASK
