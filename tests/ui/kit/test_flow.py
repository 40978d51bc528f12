from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.ui.kit.buttons import Button
from inspector.ui.kit.flow import button_bar
from inspector.ui.kit.theme import Theme


def test_buttons_that_would_take_a_third_line_show_their_icons_alone(qtbot: QtBot, qapp: QApplication) -> None:
    theme = Theme("dark")
    labels = ("Fire again", "Edit & fire", "Copy traceback", "Copy command", "Open in editor")
    buttons = [Button(theme, label, "copy") for label in labels]
    bar = button_bar(*buttons)
    qtbot.addWidget(bar)
    bar.show()

    def texts(width: int) -> list[str]:
        bar.resize(width, bar.heightForWidth(width))
        for _ in range(3):
            qapp.processEvents()
        return [button.caption() for button in buttons if button.sizeHint().width() >= button.whole_width()]

    assert texts(440) == list(labels)
    assert texts(330) == ["Fire again"]
    assert buttons[2].accessibleName() == "Copy traceback"
    assert "Copy traceback" in buttons[2].toolTip()
    assert texts(440) == list(labels)
