"""Foreign text never becomes markup, and questions never stop the world."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication, QTextDocument
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.kit.badges import Badge
from inspector.ui.kit.fonts import bold_font, load_fonts, ui_font
from inspector.ui.kit.layouts import hbox
from inspector.ui.kit.text import (
    CountLabel,
    ElidedLabel,
    PlainLabel,
    SectionLabel,
    ask,
    ask_text,
    ask_then,
    copy_text,
    plain_tooltip,
    section_font,
    set_tone,
)
from inspector.ui.kit.theme import Theme
from inspector.ui.kit.wraplabel import WrapLabel

CANARY = '<b>bold</b> <img src="file:///etc/hostname"> &lt; {"a": "<i>x</i>"}'


def test_a_label_shows_markup_as_characters(qtbot: QtBot) -> None:
    label = PlainLabel(CANARY, wrap=True, selectable=True)
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text() == CANARY


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("By handler", "BY HANDLER"),
        ("2.40 s window", "2.40 s WINDOW"),
        ("Fire 12 · 3 publications · 850 µs", "FIRE 12 · 3 PUBLICATIONS · 850 µs"),
        ("Last 60 s", "LAST 60 s"),
        (
            "Path · same up to Mailer.send_receipt of UserLoggedIn",
            "PATH · SAME UP TO Mailer.send_receipt OF UserLoggedIn",
        ),
        ("1 min 15 s, 18.2 MB, 2 steps", "1 min 15 s, 18.2 MB, 2 STEPS"),
    ],
)
def test_a_section_is_in_capitals_and_units_are_not(text: str, shown: str, qtbot: QtBot) -> None:
    label = SectionLabel(text)
    qtbot.addWidget(label)
    assert QLabel.text(label) == shown
    assert (label.text(), label.accessibleName()) == (text, text)


def test_a_label_cuts_and_marks(qtbot: QtBot) -> None:
    label = PlainLabel("a\u202eb")
    qtbot.addWidget(label)
    assert label.text() == "a⟨U+202E⟩b"
    label.setText("x" * 1_000)
    assert len(label.text()) == 501
    label.set_whole("x" * 1_000)
    assert len(label.text()) == 1_000


def test_an_elided_label_gives_way_and_keeps_its_text_for_the_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel("<b>a long text</b> that does\nnot fit")
    qtbot.addWidget(label)
    label.resize(400, 20)
    label.show()
    assert label.toolTip() == ""
    label.resize(40, 20)
    assert label.minimumSizeHint().width() < 60
    document = QTextDocument()
    document.setHtml(label.toolTip())
    assert document.toPlainText() == "<b>a long text</b> that does⏎not fit"
    label.grab()


def test_a_tooltip_shows_these_very_characters(qtbot: QtBot) -> None:
    tip = plain_tooltip(CANARY + "\nsecond")
    assert GuiQt.mightBeRichText(tip)
    document = QTextDocument()
    document.setHtml(tip)
    assert document.toPlainText() == CANARY + "\nsecond"
    assert plain_tooltip("") == ""


@pytest.mark.parametrize(("text", "copied"), [("a\u202eb", "a\u202eb"), ("\ud800", "\\ud800"), ("🙂\n", "🙂\n")])
def test_copying_is_exact(qtbot: QtBot, text: str, copied: str) -> None:
    copy_text(text)
    assert QGuiApplication.clipboard().text() == copied


def test_a_wrap_label_breaks_long_names_and_copies_them_whole(qtbot: QtBot) -> None:
    name = "AuditEventHandler.handle_user_password_change_succeeded" * 3
    label = WrapLabel(name, "mono")
    qtbot.addWidget(label)
    assert label.heightForWidth(120) > 3 * label.heightForWidth(10_000)
    label.resize(120, label.heightForWidth(120))
    label.show()
    label.grab()
    label.setFocus()
    qtbot.keyClick(label, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == name


def test_a_tone_is_a_property_for_the_style_sheet(qtbot: QtBot) -> None:
    label = QLabel("x")
    qtbot.addWidget(label)
    set_tone(label, "section")
    assert label.property("tone") == "section"
    assert label.font() == section_font(QGuiApplication.font())


@pytest.mark.usefixtures("qapp")
def test_bold_text_is_drawn_in_the_weight_of_its_font_not_smeared() -> None:
    load_fonts()
    regular = ui_font()
    bold = bold_font(regular)
    assert not bold.bold(), "Qt would smear the regular face"
    assert QFontMetrics(bold).horizontalAdvance("Catalog" * 9) > QFontMetrics(regular).horizontalAdvance("Catalog" * 9)
    assert bold_font(bold, bold=False) == regular
    assert bold_font(QFont("DejaVu Sans")).bold()


async def test_a_question_lets_tasks_go_on(qtbot: QtBot) -> None:
    """A modal loop inside a coroutine would lose every task that becomes ready meanwhile."""
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    done: list[int] = []

    async def work(number: int) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
        done.append(number)

    answer = ask(window, "Delete", CANARY, CANARY, ["Cancel", "Delete"], danger="Delete")
    await asyncio.gather(*(work(n) for n in range(50)))
    assert sorted(done) == list(range(50))
    assert not answer.done()
    box = window.findChild(QMessageBox)
    assert box is not None
    assert box.textFormat() == Qt.TextFormat.PlainText
    assert box.defaultButton() is not None
    assert box.defaultButton().text() == "Cancel"
    delete = next(button for button in box.findChildren(QPushButton) if button.text() == "Delete")
    delete.click()
    assert await answer == "Delete"


def test_closing_a_question_chooses_the_way_out(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    answers: list[str | None] = []
    box = ask_then(window, "Delete", "Really?", "It is gone then.", ["Delete", "Keep"], answers.append)
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert answers == ["Keep"]


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_the_buttons_of_a_question_look_like_all_others(qtbot: QtBot, qapp: QApplication, choice: str) -> None:
    theme = Theme(choice)
    theme.apply(qapp)
    window = QWidget()
    theme.dress_part(window)
    qtbot.addWidget(window)
    box = ask_then(window, "Delete", "Really?", "It is gone then.", ["Keep", "Delete"], lambda _: None, danger="Delete")
    grounds = {}
    for button in box.findChildren(QPushButton):
        picture = button.grab().toImage()
        grounds[button.text()] = picture.pixelColor(button.width() // 2, 3).name()
    assert grounds == {"Keep": theme.tokens.primary, "Delete": theme.tokens.error_back}
    box.close()


def test_a_line_of_text_is_asked_for(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    given: list[str] = []
    dialog = ask_text(window, "Rename", "Name", "old", given.append)
    field = dialog.findChild(QLineEdit)
    assert field is not None
    field.clear()
    qtbot.keyClicks(field, "  new name ")
    dialog.accept()
    assert given == ["new name"]


def test_no_module_of_the_window_runs_a_nested_loop() -> None:
    """``exec`` inside a coroutine kills tasks: it is not written anywhere."""
    import inspector.ui

    folder = Path(inspector.ui.__file__).parent
    assert [path.name for path in folder.rglob("*.py") if ".exec(" in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("make", [lambda _: CountLabel("", "dim"), lambda theme: Badge(theme, "")])
def test_what_counts_up_moves_nothing_until_it_needs_more_room(qtbot: QtBot, make: Any) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    label = make(Theme("dark"))
    say = label.setText if isinstance(label, CountLabel) else label.set
    say("1,000 events")
    hbox(label, 1, owner=owner)
    owner.show()
    QApplication.processEvents()
    asked = Requests(owner)
    for number in (1_111, 4_444, 9_999):
        say(f"{number:,} events")
        QApplication.processEvents()
    assert asked.count == 0
    say("10,000 events")
    QApplication.processEvents()
    assert asked.count > 0
    assert label.accessibleName() == "10,000 events"


@pytest.mark.parametrize("size", [9.0, 9.5, 10.0, 11.25, 13.0])
def test_a_count_is_whole_in_the_room_that_it_asks_for(qtbot: QtBot, size: float) -> None:
    load_fonts()
    label = CountLabel()
    qtbot.addWidget(label)
    font = Theme("dark").ui_font()
    font.setPointSizeF(size)
    label.setFont(font)
    for text in ("0 events", "1,111 events", "12 of 48,212 events", "recording · 7 events/s"):
        label.setText(text)
        shown = label.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, label.sizeHint().width())
        assert shown == text


class Requests(QObject):
    """Counts how often a widget was asked to lay out anew."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False
