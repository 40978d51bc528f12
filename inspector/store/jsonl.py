"""The run log as JSON lines: a header, then a line per record. What is JSON inside a record is JSON in the line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from inspector.core.records.host import FAILURE, JSON
from inspector.core.records.records import AT, KIND, RECORD_TYPES, ROW_FIELDS, VALUE, Batch, Row
from inspector.core.values.jsontext import json_text
from inspector.store.files import NewFile

if TYPE_CHECKING:
    from inspector.core.records.stream import RecordStream

FORMAT: Final = "inspector-run"
VERSION: Final = 2
#: Forms of fields whose text is JSON.
JSON_FORMS: Final = frozenset({JSON, FAILURE, VALUE})
#: Nesting beyond this stays a string: how deep a JSON reader goes differs from one to the next.
MAX_DEPTH: Final = 100
RECORD_NAMES: Final = tuple(cls.__name__ for cls in RECORD_TYPES)

_BREAKS: Final = ("\n", "\r")


async def export_jsonl(stream: RecordStream, target: Path, *, name: str = "") -> int:
    """Write a stream to a file of JSON lines; the same stream always gives the same bytes.

    Args:
        stream: A stream that ends.
        target: The file; replaced when all is written.
        name: The session's name, for the header.

    Returns:
        How many records were written.

    Raises:
        InspectorError: The file cannot be written, or the stream not be read; an old file is as it was.
    """
    count = 0
    with NewFile(target) as file:
        file.write(json_text({"format": FORMAT, "version": VERSION, "name": name}) + "\n")
        async for batch in stream.read():
            count += len(batch.rows)
            await asyncio.to_thread(_write, file, batch)
    return count


def _write(file: NewFile, batch: Batch) -> None:
    file.write("".join([line(seq, row) for seq, row in enumerate(batch.rows, batch.first)]))


def line(seq: int, row: Row) -> str:
    """Return the line of a row, its line break included."""
    kind = row[KIND]
    parts = [f'{{"seq": {seq}, "record": "{RECORD_NAMES[kind]}"']
    for field, value in zip(ROW_FIELDS[kind], row[AT:], strict=True):
        if field.form in JSON_FORMS and embeddable(value):
            parts.append(f'"{field.name}": {value}')
        else:
            parts.append(f'"{field.name}": {json_text(value)}')
    return ", ".join(parts) + "}\n"


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def embeddable(text: str) -> bool:
    """Return whether a text can stand in a line as JSON and be taken out again character for character.

    A JSON string cannot: it would be taken for a text.
    """
    if not text or text[0] == '"' or text != text.strip() or any(sign in text for sign in _BREAKS):
        return False
    if depth(text) > MAX_DEPTH or not (text.isascii() or _encodes(text)):
        return False
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def depth(text: str) -> int:
    """Return how deep a JSON text nests at most, found without reading it as JSON."""
    bound = text.count("{") + text.count("[")
    if bound <= MAX_DEPTH:
        return bound
    deepest = level = 0
    quoted = escaped = False
    for sign in text:
        if quoted:
            if escaped:
                escaped = False
            elif sign == "\\":
                escaped = True
            elif sign == '"':
                quoted = False
        elif sign == '"':
            quoted = True
        elif sign in "{[":
            level += 1
            deepest = max(deepest, level)
        elif sign in "}]":
            level -= 1
    return deepest


def _refuse(constant: str) -> NoReturn:
    """Raise ``ValueError``: NaN and Infinity are no JSON, though Python reads them."""
    raise ValueError(constant)
