"""Buttons at the foot of a panel."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from inspector.ui.kit.buttons import Button
from inspector.ui.kit.flow import ButtonBar, button_bar
from inspector.ui.kit.theme import Theme

NAMES = ("Fire again", "Edit & fire", "Copy traceback", "Copy command", "Open in editor")


@pytest.fixture
def bar(qtbot: QtBot) -> Iterator[ButtonBar]:
    theme = Theme("dark")
    foot, bar = button_bar(theme, *(Button(theme, name, "copy") for name in NAMES))
    qtbot.addWidget(foot)
    foot.resize(1000, 60)
    foot.show()
    yield bar
    foot.hide()


def shown(bar: ButtonBar) -> list[str]:
    return [button.caption() for button in bar.findChildren(Button) if not button.isHidden()]


def set_width(bar: ButtonBar, width: int) -> None:
    foot = bar.parentWidget()
    assert foot is not None
    foot.resize(width, 60)
    bar.fit()


def test_every_button_keeps_its_words_and_the_last_go_into_a_menu(bar: ButtonBar, qtbot: QtBot) -> None:
    assert shown(bar) == list(NAMES)
    set_width(bar, 400)
    assert shown(bar) == [*NAMES[:2], "More"]
    assert [item.label for item in bar._items()] == list(NAMES[2:])
    ran: list[str] = []
    bar._folded[1].clicked.connect(lambda: ran.append("copy command"))
    item = bar._items()[1]
    assert item.run is not None
    item.run()
    assert ran == ["copy command"]
    set_width(bar, 1000)
    assert shown(bar) == list(NAMES)


def test_the_first_stays_however_narrow_it_is(bar: ButtonBar) -> None:
    set_width(bar, 360)
    assert shown(bar) == [*NAMES[:2], "More"]
    for width in (240, 120):
        set_width(bar, width)
        assert shown(bar) == [NAMES[0], "More"]


def test_what_is_not_offered_is_in_no_menu(bar: ButtonBar) -> None:
    set_width(bar, 400)
    bar.offer(bar._order[2], offered=False)
    assert "Copy traceback" not in [*shown(bar), *(item.label for item in bar._items())]
    bar.offer(bar._order[2], offered=True)
    assert "Copy traceback" in [*shown(bar), *(item.label for item in bar._items())]
