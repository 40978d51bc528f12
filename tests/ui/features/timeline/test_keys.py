"""The keys of the timeline, as the page about it lists them."""

import re
from collections.abc import Iterable
from pathlib import Path

from inspector.ui.features.timeline.actions import ACTIONS

PAGE = Path(__file__).resolve().parents[4] / "docs" / "timeline.md"
#: What the page writes for Qt's names of keys.
WRITTEN = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓", "PgDown": "PgDn", "Escape": "Esc"}
#: On the page, because they do the same; of the window.
OF_THE_WINDOW = {"Ctrl+F"}


def keys_of_page() -> list[str]:
    table = PAGE.read_text("utf-8").partition("## Keys")[2].partition("## ")[0]
    cells: Iterable[str] = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    return [key for cell in cells for key in re.findall(r"`([^`]+)`", cell)]


def test_the_page_lists_every_key_once() -> None:
    keys = [WRITTEN.get(key, key) for action in ACTIONS for key in action.keys]
    assert sorted(keys_of_page()) == sorted([*keys, *OF_THE_WINDOW])
