"""Fields of an event that had other values when its handler failed than when it was published."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from inspector.core.records.capture import brief

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.app.copies.recorded import RecordedExecution


def changed_fields(recorded: RecordedExecution) -> list[str]:
    """Return the names of fields that a handler had changed, as far as the recorded variables show it.

    Of lists and mappings whose texts are complete; this handler may have changed them, or one before it.
    """
    texts = _events(recorded)
    text = next(texts, "")
    try:
        payload = json.loads(recorded.payload)
    except ValueError:
        return []
    if not text or not isinstance(payload, dict):
        return []
    return [name for name, value in payload.items() if _is_other(name, value, text)]


def _events(recorded: RecordedExecution) -> Iterator[str]:
    """Yield the texts of variables that hold the event, the innermost first."""
    for frame in reversed(recorded.failure.frames if recorded.failure is not None else ()):
        yield from (text for _, text in frame.locals if text.startswith(f"{recorded.event.name}("))


def _is_other(name: str, value: Any, text: str) -> bool:
    """Return whether a field has another value in the text of an event; not where that is cut or redacted."""
    if not isinstance(value, (list, dict)) or '"$' in json.dumps(value):
        return False
    said = re.search(rf"[(\s]{re.escape(name)}=", text)
    if said is None or any(text[: said.start()].count(quote) % 2 for quote in "'\""):  # else it stands in a text
        return False
    published, rest = brief(value), text[said.end() :]
    cut = re.split(r", \w+=", rest)[0]
    if any(mark in part for mark in ("…", "<redacted") for part in (published, cut)):
        return False
    return not re.match(rf"{re.escape(published)}(, |\)$)", rest)
