from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QTabBar
from pytestqt.qtbot import QtBot

from inspector.ui.kit.badges import Badge
from inspector.ui.kit.theme import Theme
from inspector.ui.shell.tab_fold import TabFold

TITLES = (
    *("Log", "Failures", "Losses", "Latency", "Findings", "Conformance", "Faults"),
    *("Sessions", "Processes", "Output", "Tests"),
)


@pytest.mark.parametrize("width", [400, 504, 660, 770])
@pytest.mark.parametrize("current", [0, 9, 10])
def test_whatever_comes_to_the_tabs_those_that_are_shown_are_whole(
    qapp: QApplication, qtbot: QtBot, width: int, current: int
) -> None:
    theme, bar = Theme("dark"), QTabBar()
    badges: dict[str, str] = {}
    qtbot.addWidget(bar)
    bar.setExpanding(False)
    for title in TITLES:
        bar.addTab(title)
    fold = TabFold(theme, bar, lambda _: None, lambda title: badges.get(title, ""), lambda _: True)
    bar.resize(width, 32)
    bar.show()
    bar.setCurrentIndex(current)
    for place in (1, 6, 0, current):
        badges[TITLES[place]] = "1 204"
        badge = Badge(theme, "", "dim", bar)
        badge.set(badges[TITLES[place]])
        bar.setTabButton(place, QTabBar.ButtonPosition.RightSide, badge)
        fold.fit()
        rects = [bar.tabRect(number) for number in range(bar.count()) if bar.isTabVisible(number)]
        assert bar.isTabVisible(current)
        assert rects[0].left() == 0
        assert rects[-1].right() < fold.button.x()


@pytest.mark.parametrize("width", [300, 504, 2000])
@pytest.mark.parametrize("away", [{0}, {1, 2}, {0, 1, 2, 3, 10}, set(range(len(TITLES)))])
def test_a_tab_that_is_not_offered_stands_neither_in_the_bar_nor_in_the_menu(
    qapp: QApplication, qtbot: QtBot, width: int, away: set[int]
) -> None:
    theme, bar, taken = Theme("dark"), QTabBar(), set[str]()
    qtbot.addWidget(bar)
    bar.setExpanding(False)
    for title in TITLES:
        bar.addTab(title)
    fold = TabFold(theme, bar, lambda _: None, lambda _: "", lambda title: title not in taken)
    bar.resize(width, 32)
    bar.show()
    fold.fit()

    def there() -> list[str]:
        shown = [title for place, title in enumerate(TITLES) if bar.isTabVisible(place)]
        return sorted([*shown, *(item.label for item in fold.items())])

    assert there() == sorted(TITLES)
    taken |= {TITLES[place] for place in away}
    fold.fit()
    left = [title for title in TITLES if title not in taken] or list(TITLES)
    assert there() == sorted(left)
    assert bar.tabText(bar.currentIndex()) == left[0]
    assert bar.isTabVisible(bar.currentIndex())
    taken.clear()
    fold.fit()
    assert there() == sorted(TITLES)
