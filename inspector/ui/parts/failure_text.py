"""A failure as text, the way Python prints a traceback; what *Copy traceback* gives."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from inspector.core.records.capture import Failure, Frame

_BETWEEN: Final = {
    "cause": "The above exception was the direct cause of the following exception:",
    "context": "During handling of the above exception, another exception occurred:",
}
_PARTS: Final = 3


def traceback_text(failure: Failure) -> str:
    """Write a failure with all that led to it, oldest first."""
    parts: list[str] = []
    for link in failure.chain:
        if link.relation in _BETWEEN:
            parts += [traceback_text(link), _BETWEEN[link.relation]]
    parts.append(_one(failure))
    parts += [f"Part of the group:\n{traceback_text(link)}" for link in failure.chain if link.relation == "group"]
    return "\n\n".join(parts)


def _one(failure: Failure) -> str:
    head = "Await chain (innermost last):" if failure.waited else "Traceback (most recent call last):"
    lines = [head] if failure.frames else []
    for frame in failure.frames:
        lines.append(f'  File "{frame.file}", line {frame.line}, in {frame.function}')
        running = failing_line(frame)
        if running:
            lines.append(f"    {running.strip()}")
    lines.append(f"{failure.type}: {failure.message}" if failure.message else failure.type)
    return "\n".join((*lines, *failure.notes))


def failing_line(frame: Frame) -> str:
    """Return the source line that was running, empty when the source is not known."""
    return next((text for number, text in frame.source if number == frame.line), "")


def short_path(file: str) -> str:
    """Return the last parts of a path: ``demo/handlers/audit.py``."""
    parts = PurePath(file.replace("\\", "/")).parts
    return "/".join(parts[-_PARTS:]) if parts else file
