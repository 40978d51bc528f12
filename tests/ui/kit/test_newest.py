"""Of several answers only the one that was asked for last is waited for."""

from __future__ import annotations

from inspector.ui.kit.newest import Newest


def test_only_what_was_asked_for_last_is_wanted() -> None:
    newest = Newest()
    first = newest.ask()
    assert first()
    second = newest.ask()
    assert (first(), second()) == (False, True)
    newest.forget()
    assert not second()
    assert newest.ask()()
