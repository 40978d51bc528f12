"""What a cell shows of a text for which it has no room."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.features.failures.model import short_place, short_title, shortest_place
from inspector.ui.kit.cells import ToneDelegate
from inspector.ui.kit.theme import Theme


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("audit.py:41 in AuditHandler.handle", "audit.py:41 in handle"),
        ("audit.py:41 in handle", "audit.py:41 in handle"),
        ("audit.py:41 in AuditHandler.handle_lost and 2 more", "audit.py:41 in handle_lost and 2 more"),
        ("audit.py:41 in Outer.Inner.method.<lambda>", "audit.py:41 in <lambda>"),
        ("for OrderPlaced", "for OrderPlaced"),
        ("AuditHandler.handle", "AuditHandler.handle"),
        ("", ""),
    ],
)
def test_a_place_can_do_without_its_class(text: str, short: str) -> None:
    assert short_place(text) == short


@pytest.mark.parametrize(
    ("text", "short"),
    [("▧ KeyError (swallowed)", "▧ KeyError"), ("KeyError", "KeyError"), ("◔ timed out", "◔ timed out")],
)
def test_a_title_can_do_without_what_its_glyph_says(text: str, short: str) -> None:
    assert short_title(text) == short


def test_a_text_is_shortened_only_where_it_does_not_fit_and_cut_only_after_that(
    qapp: QApplication, qtbot: QtBot
) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    delegate = ToneDelegate(Theme("dark"), owner, shorter={1: (short_place, shortest_place)})
    metrics = QFontMetrics(owner.font())
    whole, short = "audit.py:41 in AuditHandler.handle", "audit.py:41 in handle"

    def shown(column: int, room: str, less: int = 0) -> str:
        return delegate.fitting(whole, column, metrics, metrics.horizontalAdvance(room) + 1 - less)

    assert shown(1, whole) == whole
    assert shown(1, short) == short
    assert shown(1, short, 9).startswith("audit.py:41 in h")
    assert shown(1, "audit.py:41…") == "audit.py:41…"
    assert shown(1, "audit.py:41") == "audit.py:41"
    assert shown(1, "audit.py:41", 9).startswith("audit.p")
    assert shown(1, "audit.py:41", 9).endswith("…")
    assert shown(0, short).startswith("audit.py:41 in A")
