"""Whoever cannot see the window is told what each control is: its accessibility tree is walked, panel by panel."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QApplication, QWidget

from tests.ui.windows import opened

ROLE = QAccessible.Role
#: What a person works with, or reads in: each needs a name.
CONTROLS = frozenset(
    {
        *(
            ROLE.Button,
            ROLE.ButtonMenu,
            ROLE.ButtonDropDown,
            ROLE.CheckBox,
            ROLE.RadioButton,
            ROLE.ComboBox,
            ROLE.SpinBox,
        ),
        *(ROLE.EditableText, ROLE.Table, ROLE.Tree, ROLE.List, ROLE.PageTabList, ROLE.PageTab, ROLE.MenuItem),
        *(ROLE.ProgressBar, ROLE.Slider, ROLE.Link, ROLE.Chart, ROLE.Canvas),
    }
)
#: Cells and rows tell themselves; there may be a million.
LEAVES = frozenset({ROLE.Table, ROLE.Tree, ROLE.List})


def below(interface: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    yield interface
    if interface.role() in LEAVES:
        return
    for number in range(interface.childCount()):
        child = interface.child(number)
        if child is not None and child.isValid():
            yield from below(child)


def nameless(widget: QWidget) -> list[str]:
    """Describe the controls that have no name."""
    result = []
    top = QAccessible.queryAccessibleInterface(widget)
    for interface in below(top):
        name = interface.text(QAccessible.Text.Name).strip()
        if interface.role() in CONTROLS and not name and not interface.state().invisible:
            at = interface.object()
            chain = []
            while at is not None and at is not widget:
                chain.append(f"{type(at).__name__} {at.objectName()}".strip())
                at = at.parent()
            result.append(f"{interface.role().name}: {' < '.join(chain[:5])}")
    return result


@pytest.mark.allow_log("inspector.core.bus")
async def test_every_control_of_the_window_has_a_name(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as window:
        shell = window.window.shell
        await window.fire("SessionCreatedEvent")
        for name in shell.panel_ids():
            shell.raise_panel(name)
            await asyncio.sleep(0.01)
            assert nameless(shell.panel(name)) == [], name
        for part in (shell.bar, shell.menuBar(), shell.statusBar(), shell.centralWidget()):
            assert nameless(part) == [], type(part).__name__


def test_a_control_without_a_name_is_found(qapp: QApplication) -> None:
    from PySide6.QtWidgets import QLineEdit, QPushButton

    box = QWidget()
    for control in (QPushButton(box), QLineEdit(box)):
        control.show()
    box.show()
    assert len(nameless(box)) == 2
    box.close()
    box.deleteLater()
