"""The error of data that does not fit its type, with the place where it does not."""

from __future__ import annotations

from typing import Any

from ..errors import InspectorError


class EventDataError(InspectorError, ValueError):
    """Data does not make the event (or value) that it should.

    Args:
        problem: What is wrong, as the rest of a sentence that begins with the place: ``must be a UUID, not …``.
        hint: What to do next.
        where: Path of the value: ``user_id``, ``items[2].price``; ``$`` is the whole.
        subject: What the data was to become, e.g. the event's name; empty when unknown.
    """

    def __init__(self, problem: str, hint: str = "", *, where: str = "$", subject: str = "") -> None:
        self.problem = problem
        self.where = where
        self.subject = subject
        if where == "$":
            text = f"{subject or 'The value'} {problem}"
        elif subject:
            text = f"{subject}: field '{where}' {problem}"
        else:
            text = f"'{where}' {problem}"
        super().__init__(f"{text.rstrip('.')}.", hint)

    def about(self, subject: str) -> EventDataError:
        """Return the same error, told of a named subject."""
        return EventDataError(self.problem, self.hint, where=self.where, subject=subject)


def describe(data: Any) -> str:
    """Name a value in an error text: short, and never by the ``repr`` of a type that is not ours."""
    if data is None:
        return "null"
    kind = type(data)
    if kind is str:
        return f"the text {data if len(data) <= 60 else data[:57] + '…'!r}"
    if kind is bool:
        return "true" if data else "false"
    if kind is int:
        return f"the number {data}" if data.bit_length() < 200 else "a very large number"
    if kind is float:
        return f"the number {data!r}"
    if kind in (list, tuple):
        return f"a list of {len(data)}"
    if kind is dict:
        return "an object with 1 field" if len(data) == 1 else f"an object with {len(data)} fields"
    return f"a {kind.__name__}"


def join(where: str, name: str) -> str:
    """Return the path of a field within the value at ``where``."""
    return name if where == "$" else f"{where}.{name}"
