"""How this program is read: shown, changed where it stands, written into the project's file, compared with what ran."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from inspector.analysis.observed import FoundHandler
from inspector.core.description import Problem
from inspector.core.spec import (
    ADAPTER,
    ALSO,
    DECLARED,
    DRAIN,
    HANDLERS,
    IDENTITY,
    LIBRARY,
    OBSERVED,
    PATTERNS,
    PROPOSED,
    PUBLISH,
    BusSpec,
    Reading,
    SpecLine,
    SpecTrouble,
    read_tables,
    to_toml,
)
from inspector.hosts.project import Project
from inspector.ui.features.catalog.model import CatalogRole
from inspector.ui.features.spec.editor import SpecEditor
from inspector.ui.features.spec.model import CHANGE, WHAT, SpecModel, SpecRole
from inspector.ui.features.spec.window import SpecWindow
from inspector.ui.kit.theme import Theme
from tests.hosts.children import INTERPRETERS
from tests.patience import until
from tests.ui.windows import Opened, opened

OBSERVED_BY = [path for version, path in INTERPRETERS.items() if int(version.split(".")[1]) >= 12]
HUB = """
class Placed:
    def __init__(self, number: int = 1) -> None:
        self.number = number

def ship(event: Placed) -> None: ...
def count(event: Placed) -> None: ...

class Hub:
    def __init__(self):
        self._routes = {Placed: [ship]}
        self.others = {Placed: [ship, count]}
    def publish(self, event):
        for handler in self._routes[type(event)]:
            handler(event)
    def relay(self, event):
        self.publish(event)

hub = Hub()
"""
SETTINGS = '# Mine.\n[tool.inspector]\napp = "shop:hub"\n\n[tool.other]\nx = 1\n'


def line(kind: str, value: Any, origin: str = PROPOSED, **more: Any) -> SpecLine:
    return SpecLine(kind, value, str(value), origin, "it looks like it", **more)


HUB_SPEC = BusSpec(
    "shop:hub",
    (
        line(ADAPTER, "map"),
        line(PUBLISH, "publish", DECLARED, file="/shop/hub.py", line=41),
        line(PUBLISH, "send_robust", LIBRARY),
        line(IDENTITY, "class"),
        line(HANDLERS, "_routes"),
        line(HANDLERS, "taps"),
    ),
)


@pytest.fixture
def window(theme: Theme, qtbot: QtBot) -> SpecWindow:
    shown = SpecWindow(theme)
    qtbot.addWidget(shown)
    shown.set_specs("shop:hub", [HUB_SPEC], [], "")
    shown.show()
    return shown


def write(folder: Path, settings: str = SETTINGS, hub: str = HUB) -> Project:
    (folder / "shop.py").write_text(hub)
    (folder / "pyproject.toml").write_text(settings)
    project = Project.from_folder(folder)
    assert project is not None
    return project


def spec_window(shown: Opened) -> SpecWindow:
    found = shown.window.shell.findChild(SpecWindow)
    assert isinstance(found, SpecWindow)
    return found


def text_field(editor: SpecEditor, name: str) -> QLineEdit:
    return next(field for field in editor.findChildren(QLineEdit) if field.accessibleName() == name)


def choice(editor: SpecEditor, name: str) -> QComboBox:
    return next(box for box in editor.findChildren(QComboBox) if box.accessibleName() == name)


def texts(model: SpecModel) -> list[str]:
    return [str(model.index_of_node(row).data()) for row in model.lines()]


def test_the_model_is_a_tree_that_qt_agrees_with() -> None:
    model = SpecModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_specs([HUB_SPEC])
    assert texts(model) == ["map", "publish", "send_robust", "class", "_routes", "taps", "None", "None", "None"]
    model.set_edited(model.lines()[1])
    assert model.index_of_line(PUBLISH, "publish").data(SpecRole.EDITED)
    model.set_specs([HUB_SPEC, replace(HUB_SPEC, where="shop:other")])
    headings = [str(row.title) for row in model.root.children]
    assert headings[:2] == ["shop:hub", "Read by"]
    assert "shop:other" in headings
    assert not any(model.flags(model.index_of_node(row)) & Qt.ItemFlag.ItemIsSelectable for row in model.root.children)
    model.set_specs([])
    assert model.rowCount() == 0
    tester.deleteLater()


def test_return_edits_a_line_and_return_applies_what_can_be_read(window: SpecWindow) -> None:
    wanted: list[Any] = []
    changed: list[Any] = []
    window.reading_wanted.connect(lambda *asked: wanted.append(asked))
    window.change_wanted.connect(lambda *asked: changed.append(asked))
    window.show_line(HANDLERS, "_routes")
    QTest.keyClick(window.tree, Qt.Key.Key_Return)
    editor = window.editor
    assert editor is not None
    field = text_field(editor, "Container")
    assert field.hasFocus() or field.selectedText() == "_routes"
    assert "Editing 1 line" in window._count.text()
    assert not editor.apply.isEnabled()
    QTest.keyClicks(field, "_hubs")
    QTest.qWait(0)
    window._pause.timeout.emit()
    assert wanted[-1] == ("shop:hub", HUB_SPEC.lines[4], "_hubs")
    window.show_reading("_hubs", Reading(3, 41), (38, 3))
    assert editor.result.text() == "✓ Reads 41 handlers of 3 events · was 38"
    assert editor.apply.isEnabled()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert changed == [("shop:hub", HUB_SPEC.lines[4], "_hubs")]
    assert window.editor is None


def test_what_cannot_be_read_says_why_and_cannot_be_applied(window: SpecWindow) -> None:
    changed: list[Any] = []
    window.change_wanted.connect(lambda *asked: changed.append(asked))
    window.show_line(HANDLERS, "_routes")
    window.edit(window.tree.currentIndex())
    editor = window.editor
    assert editor is not None
    trouble = SpecTrouble("[tool.inspector.bus] handlers: no _routes found.", "Containers: taps.")
    window.show_reading("_routes", Reading(troubles=(trouble,)), (1, 1))
    assert editor.result.text() == "No _routes found. Containers: taps."
    field = text_field(editor, "Container")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert changed == []
    field.clear()
    field.textEdited.emit("")
    assert editor.result.text() == "Enter a name."
    window.show_reading("_routes", Reading(1, 1), (1, 1))  # of what stood there before
    assert not editor.apply.isEnabled()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert window.editor is None
    assert window.isVisible()


def test_only_one_line_is_edited_at_a_time(window: SpecWindow) -> None:
    for value in ("_routes", "taps"):
        window.edit(window.model.index_of_line(HANDLERS, value))
    assert [row.line.value for row in window.model.lines() if row is window.model.edited and row.line] == ["taps"]
    assert len([each for each in window.findChildren(SpecEditor) if each.isVisible()]) == 1


@pytest.mark.parametrize(
    ("edited", "fill", "value"),
    [
        (line(PUBLISH, "publish"), {"Method": "send"}, "send"),
        (line(PUBLISH, "publish"), {"event": "body"}, {"method": "publish", "event": "body"}),
        (
            line(PUBLISH, {"method": "send", "name": "topic", "session": "tx"}),
            {"payload": "body"},
            {"method": "send", "name": "topic", "payload": "body", "session": "tx"},
        ),
        (line(ALSO, "shop:keep"), {"for": "Placed, Paid"}, {"handler": "shop:keep", "events": ["Placed", "Paid"]}),
        (line(DRAIN, "work"), {"Method": ""}, ""),
        (line(ADAPTER, "map"), {"Adapter": "names"}, "names"),
    ],
)
def test_fields_give_what_stands_in_the_table(
    theme: Theme, edited: SpecLine, fill: dict[str, str], value: Any, qtbot: QtBot
) -> None:
    editor = SpecEditor(theme, edited)
    qtbot.addWidget(editor)
    assert editor.value() == edited.value
    for name, text in fill.items():
        field = next(each for each in editor.findChildren(QLineEdit) if each.accessibleName() == name)
        field.setText(text)
        field.textEdited.emit(text)
    assert editor.value() == value
    assert editor.trouble() == ""


@pytest.mark.parametrize(
    ("edited", "choice", "field", "value"),
    [
        (line(IDENTITY, "class"), "class with bases", "", "class with bases"),
        (line(IDENTITY, "class"), "name in a field", "kind", "name in kind"),
        (line(PATTERNS, "glob"), "exact", "", "exact"),
    ],
)
def test_choices_give_what_stands_in_the_table(
    theme: Theme, edited: SpecLine, choice: str, field: str, value: str, qtbot: QtBot
) -> None:
    editor = SpecEditor(theme, edited)
    qtbot.addWidget(editor)
    (box,) = editor.findChildren(QComboBox)
    assert editor.value() == edited.value
    box.setCurrentText(choice)
    if field:
        assert editor.trouble()
        (text,) = editor.findChildren(QLineEdit)
        text.setText(field)
    assert editor.value() == value
    assert editor.trouble() == ""


ROUTES = line(HANDLERS, "_routes", keyed_by="class", holds="handlers")
NOTIFIED = {"container": "taps", "keyed-by": "nothing", "holds": "objects run by notify"}


@pytest.mark.parametrize(
    ("edited", "choose", "method", "value"),
    [
        (ROUTES, {}, "", "_routes"),
        (ROUTES, {"keyed by": "class with bases"}, "", {"container": "_routes", "keyed-by": "class with bases"}),
        (ROUTES, {"keyed by": "automatic", "holds": "automatic"}, "", "_routes"),
        (
            ROUTES,
            {"holds": "objects, run by"},
            "draw",
            {"container": "_routes", "holds": "objects run by draw"},
        ),
        (line(HANDLERS, NOTIFIED, DECLARED, keyed_by="nothing", holds="objects run by notify"), {}, "", NOTIFIED),
        (
            line(HANDLERS, NOTIFIED, DECLARED, keyed_by="nothing", holds="objects run by notify"),
            {"keyed by": "automatic"},
            "tell",
            {"container": "taps", "holds": "objects run by tell"},
        ),
    ],
)
def test_a_container_says_what_its_keys_are_and_what_it_holds(
    theme: Theme, edited: SpecLine, choose: dict[str, str], method: str, value: Any, qtbot: QtBot
) -> None:
    editor = SpecEditor(theme, edited)
    qtbot.addWidget(editor)
    editor.show()
    said: list[Any] = []
    editor.edited.connect(said.append)
    for name, text in choose.items():
        choice(editor, name).setCurrentText(text)
    field = text_field(editor, "Method")
    assert field.isVisible() == (choice(editor, "holds").currentText() == "objects, run by")
    if method:
        field.setText(method)
        field.textEdited.emit(method)
    assert editor.value() == value
    assert editor.trouble() == ""
    assert not choose or said[-1] == value


def test_another_container_is_read_anew(theme: Theme, qtbot: QtBot) -> None:
    editor = SpecEditor(theme, ROUTES, {HANDLERS: ("_routes", "taps")})
    qtbot.addWidget(editor)
    choice(editor, "Container").setCurrentText("taps")
    assert choice(editor, "keyed by").currentText() == choice(editor, "holds").currentText() == "automatic"
    assert editor.value() == "taps"


def test_objects_need_a_method(theme: Theme, qtbot: QtBot) -> None:
    editor = SpecEditor(theme, ROUTES)
    qtbot.addWidget(editor)
    choice(editor, "holds").setCurrentText("objects, run by")
    assert "objects run by METHOD" in editor.trouble()


def test_a_field_offers_the_names_that_the_bus_has(theme: Theme, qtbot: QtBot) -> None:
    choices = {PUBLISH: ("publish", "send"), "publish publish": ("event",), "publish send": ("topic", "body", "tx")}
    editor = SpecEditor(theme, line(PUBLISH, "publish"), choices)
    qtbot.addWidget(editor)
    method, name = choice(editor, "Method"), choice(editor, "name")

    def offered(box: QComboBox) -> list[str]:
        return [box.itemText(place) for place in range(box.count())]

    assert (offered(method), offered(name)) == (["publish", "send"], ["event"])
    method.setCurrentText("send")
    assert offered(name) == ["topic", "body", "tx"]
    name.setCurrentText("topic")
    choice(editor, "session").setEditText("tx")
    assert editor.value() == {"method": "send", "name": "topic", "session": "tx"}
    assert editor.trouble() == ""
    drain = SpecEditor(theme, line(DRAIN, "work"), {DRAIN: ("work", "run_pending")})
    qtbot.addWidget(drain)
    choice(drain, "Method").setCurrentText("run_pending")
    assert drain.value() == "run_pending"


def test_return_and_escape_work_in_a_field_with_choices(window: SpecWindow) -> None:
    window.set_specs("shop:hub", [replace(HUB_SPEC, choices={HANDLERS: ("_routes", "taps")})], [], "")
    changed: list[Any] = []
    window.change_wanted.connect(lambda *asked: changed.append(asked[-1]))
    for key, text in ((Qt.Key.Key_Escape, ""), (Qt.Key.Key_Return, "taps")):
        window.show_line(HANDLERS, "_routes")
        window.edit(window.tree.currentIndex())
        editor = window.editor
        assert editor is not None
        field = text_field(editor, "Container")
        field.selectAll()
        QTest.keyClicks(field, "taps")
        window.show_reading("taps", Reading(1, 1), (1, 1))
        QTest.keyClick(field, key)
        assert window.editor is None
        assert changed == ([text] if text else [])
    assert window.isVisible()


def test_a_line_more_is_added_by_the_link_of_its_heading_or_insert(window: SpecWindow) -> None:
    changed: list[Any] = []
    window.change_wanted.connect(lambda *asked: changed.append((asked[1].kind, asked[2])))
    group = next(row for row in window.model.root.children if row.kind == PUBLISH)
    heading = window.model.index_of_node(group)
    place = window.delegate.add_rect(window.tree.visualRect(heading), heading)
    QTest.mouseClick(window.tree.viewport(), Qt.MouseButton.LeftButton, pos=place.center())
    editor = window.editor
    assert editor is not None
    assert len(group.children) == 3
    assert not heading.data(SpecRole.ADDS)
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert len(group.children) == 2
    window.show_line(HANDLERS, "taps")
    QTest.keyClick(window.tree, Qt.Key.Key_Insert)
    editor = window.editor
    assert editor is not None
    field = text_field(editor, "Container")
    QTest.keyClicks(field, "more")
    window.show_reading("more", Reading(1, 1), (1, 1))
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert changed == [(HANDLERS, "more")]
    window.show_line(IDENTITY, "class")
    QTest.keyClick(window.tree, Qt.Key.Key_Insert)
    assert window.editor is None  # of an identity there is one


def test_a_click_on_change_edits_and_a_click_on_the_place_opens_the_source(window: SpecWindow) -> None:
    opened_at: list[Any] = []
    window.source_wanted.connect(lambda *place: opened_at.append(place))
    index = window.model.index_of_line(PUBLISH, "publish")
    cell = window.tree.visualRect(index)
    place = window.delegate.place_rect(cell, index)
    QTest.mouseClick(window.tree.viewport(), Qt.MouseButton.LeftButton, pos=place.center())
    assert opened_at == [("/shop/hub.py", 41)]
    QTest.keyClick(window.tree, Qt.Key.Key_F4)
    assert len(opened_at) == 2
    link = window.tree.visualRect(index.siblingAtColumn(CHANGE))
    QTest.mouseClick(window.tree.viewport(), Qt.MouseButton.LeftButton, pos=link.center())
    assert window.editor is not None


def test_the_keyboard_steps_over_headings(window: SpecWindow) -> None:
    window.show_line(ADAPTER, "map")
    seen = []
    for _ in range(len(window.model.lines())):
        seen.append(window.tree.currentIndex().siblingAtColumn(WHAT).data())
        QTest.keyClick(window.tree, Qt.Key.Key_Down)
    assert seen == texts(window.model)


def test_found_handlers_are_told_until_they_are_answered(window: SpecWindow) -> None:
    answers: list[Any] = []
    window.add_wanted.connect(lambda found: answers.append(("add", *found)))
    window.ignore_wanted.connect(lambda found: answers.append(("ignore", *found)))
    keep = FoundHandler("shop:Archive.keep", "Archive.keep", "Hub._mirror", 1237, ("Placed",))
    window.set_found([keep])
    assert window._said.text() == "Archive.keep ran and is not in the spec"
    assert "called by Hub._mirror" in window._more.text()
    window.add.click()
    window.set_found([keep, replace(keep, label="b")])
    assert window._said.text() == "2 handlers ran and are not in the spec"
    window.ignore.click()
    assert answers == [("add", keep), ("ignore", keep, replace(keep, label="b"))]
    window.set_found([])
    assert not window._notice.isVisible()


def test_copy_gives_toml_that_says_the_same(window: SpecWindow) -> None:
    lines: list[int] = []
    window.copied.connect(lines.append)
    window.copy()
    text = QGuiApplication.clipboard().text()
    assert text == to_toml([HUB_SPEC])
    assert lines == [text.count("\n")]
    (bus,), troubles = read_tables(tomllib.loads(text)["tool"]["inspector"]["bus"])
    assert troubles == []
    assert bus.table[HANDLERS] == ("_routes", "taps")


def test_settings_that_cannot_be_used_are_told_and_what_cannot_be_changed_says_why(
    window: SpecWindow,
) -> None:
    problem = Problem("tool.inspector.bus", "[tool.inspector.bus] has no key x.", "It knows where.")
    window.set_specs("shop:hub", [HUB_SPEC], [problem], "Go back to the live session")
    assert window._problem.isVisible()
    window.edit(window.model.index_of_line(HANDLERS, "taps"))
    assert window.editor is None
    assert window._count.text() == "Go back to the live session"
    assert not window.reset.isEnabled()


async def test_a_changed_line_is_obeyed_and_saved_after_its_difference_was_shown(tmp_path: Path) -> None:
    project = write(tmp_path)
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        assert shown.window.commands.run("spec.show")
        window = spec_window(shown)
        assert "_routes" in [row.line.value for row in window.model.lines() if row.line]
        window.show_line(HANDLERS, "_routes")
        window.edit(window.tree.currentIndex())
        editor = window.editor
        assert editor is not None
        field = text_field(editor, "Container")
        await until(editor.apply.isEnabled, "it is read as it is")
        field.setText("nowhere")
        field.textEdited.emit("nowhere")
        await until(lambda: editor.result.text().startswith("No nowhere found."), "it cannot be read")
        field.setText("others")
        field.textEdited.emit("others")
        await until(editor.apply.isEnabled, "it can be read")
        assert editor.result.text().startswith("✓ Reads 2 handlers of 1 event")
        QTest.keyClick(field, Qt.Key.Key_Return)
        await until(
            lambda: window.model.index_of_line(HANDLERS, "others").data(SpecRole.ORIGIN) == DECLARED, "reloaded"
        )
        assert (tmp_path / "pyproject.toml").read_text() == SETTINGS
        assert window.save.isVisible()
        window.save.click()
        question = next(box for box in window.findChildren(QMessageBox) if box.isVisible())
        assert '+handlers = ["others"]' in question.informativeText()
        assert "# Mine." not in question.informativeText()
        next(button for button in question.buttons() if button.text() == "Save").click()
        await until(lambda: not window.save.isVisible(), "saved")
        text = (tmp_path / "pyproject.toml").read_text()
        declared = [row.line.value for row in window.model.lines() if row.line and row.line.kind == HANDLERS]
        assert tomllib.loads(text)["tool"]["inspector"]["bus"] == {"handlers": declared}
        assert text.startswith("# Mine.\n")
        assert "[tool.other]\nx = 1\n" in text
        window.reset.click()
        question = next(each for each in window.findChildren(QMessageBox) if each.isVisible())
        next(button for button in question.buttons() if button.text() == "Reset").click()
        await until(lambda: window.model.index_of_line(HANDLERS, "_routes").data(SpecRole.ORIGIN) == PROPOSED, "reset")
        assert window.save.isVisible()
        window.save.click()
        question = next(box for box in window.findChildren(QMessageBox) if box.isVisible())
        assert "-[tool.inspector.bus]" in question.informativeText()
        next(button for button in question.buttons() if button.text() == "Save").click()
        await until(lambda: not window.save.isVisible(), "saved")
        assert "bus" not in tomllib.loads((tmp_path / "pyproject.toml").read_text())["tool"]["inspector"]
        window.close()


async def test_settings_that_are_saved_elsewhere_are_obeyed_and_what_is_wrong_in_them_is_told(tmp_path: Path) -> None:
    project = write(tmp_path)
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        (tmp_path / "pyproject.toml").write_text(
            f'{SETTINGS}\n[tool.inspector.bus]\npublish = "relay"\nhandlrs = "x"\n'
        )

        def declared() -> bool:
            catalog = shown.journal.catalog
            return catalog is not None and any(line.origin == DECLARED for line in catalog.specs[0].lines)

        await until(declared, "reloaded")
        told = "[tool.inspector.bus]: unknown key handlrs."
        await until(lambda: any(notice.text == told for notice in shown.notices), "the notice")


def test_both_looks_are_painted(theme: Theme, window: SpecWindow) -> None:
    looks: list[Callable[[], None]] = [lambda: theme.set_choice("light"), lambda: theme.set_choice("dark")]
    window.edit(window.model.index_of_line(PUBLISH, "publish"))
    pictures = []
    for look in looks:
        look()
        pictures.append(window.grab().toImage())
    assert pictures[0] != pictures[1]


async def test_a_handler_that_was_found_gets_a_line_and_is_added_or_ignored(tmp_path: Path) -> None:
    if not OBSERVED_BY:
        assert not os.environ.get("INSPECTOR_REQUIRE_PYTHON_312")
        pytest.skip("There is no Python 3.12 or newer here, on PATH or in pyenv.")
    hub = HUB.replace("handler(event)\n", "handler(event)\n        mirror(event)\n        tap(event)\n", 1)
    more = "def mirror(event): ...\ndef tap(event): ...\n"
    project = write(tmp_path, f'[tool.inspector]\napp = "shop:hub"\npython = "{OBSERVED_BY[0]}"\n', f"{more}{hub}")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        window = spec_window(shown)
        shown.desk.selection.select_event("Placed")
        assert shown.window.commands.run("fire.selected")
        await shown.settled(1)
        told = "2 handlers ran and are not in the spec."
        await until(lambda: any(notice.text == told for notice in shown.notices), "the notice")
        await until(lambda: shown.desk.catalog.model.index_of("Placed").data(CatalogRole.FOUND), "the catalog shows it")
        assert shown.window.commands.run("spec.show")
        await until(lambda: window._said.text() == "2 handlers ran and are not in the spec")
        assert window._count.text().endswith("1 of 1 handler has run")
        value = {"handler": "shop:tap", "events": ["Placed"]}
        assert window.model.index_of_line(ALSO, value).data(SpecRole.ORIGIN) == OBSERVED
        window.change_wanted.emit("shop:hub", window.model.index_of_line(ALSO, value).data(SpecRole.LINE), value)
        await until(lambda: window.model.index_of_line(ALSO, value).data(SpecRole.ORIGIN) == DECLARED, "reloaded")
        window.save.click()
        question = next(box for box in window.findChildren(QMessageBox) if box.isVisible())
        next(button for button in question.buttons() if button.text() == "Save").click()
        await until(lambda: not window.save.isVisible(), "saved")
        bus = tomllib.loads((tmp_path / "pyproject.toml").read_text())["tool"]["inspector"]["bus"]
        assert bus == {"also-runs": [value]}
        assert window._said.text() == "mirror ran and is not in the spec"
        window.ignore.click()
        assert not window._notice.isVisible()
        window.close()


def test_ctrl_w_closes_the_window(window: SpecWindow) -> None:
    window.activateWindow()
    QTest.keyClick(window.tree, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert not window.isVisible()
