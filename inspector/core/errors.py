"""The one kind of expected trouble: a text for people, and a hint what to do next."""

from __future__ import annotations

from collections.abc import Iterable


class InspectorError(Exception):
    """Something went wrong that we expected could; it becomes a notice, never a traceback.

    Args:
        text: One sentence for the person in front of the screen: what happened.
        hint: What to do next; empty when there is nothing to say. The window shows it too, so it names no options.
        typed: What to type for that on the command line, which adds it to the hint: ``--python PATH``.
    """

    def __init__(self, text: str, hint: str = "", *, typed: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint
        self.typed = typed

    def __str__(self) -> str:
        return f"{self.text} {self.hint}".rstrip()


class UsageError(InspectorError):
    """The question itself was wrong: an unknown event, field, value or option (exit code 2)."""


def alternatives(names: Iterable[str]) -> str:
    """Return names of which one is to be used, as they are read: ``a, b or c``."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
