"""``[tool.inspector.bus]`` in a project's ``pyproject.toml``: exchanged, with everything else in the file as it is."""

from __future__ import annotations

import difflib
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from inspector.core.errors import InspectorError
from inspector.core.spec import tables_to_toml
from inspector.hosts.watch import FileState, state_of

_BUS: Final = ("tool", "inspector", "bus")
_HEADER: Final = re.compile(r"^[ \t]*\[\[?(?P<path>[^\[\]]+)\]\]?[ \t]*(?:#.*)?$")
_KEY: Final = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_BLANK: Final = re.compile(r"^\s*(?:#.*)?$")
#: Text that may hold what looks like a header: strings over several lines.
_LONG: Final = ('"' * 3, "'" * 3)

#: A table of a bus: which bus, and what it says.
BusTable = tuple[str, Mapping[str, Any]]


def with_bus_tables(text: str, tables: Sequence[BusTable]) -> str:
    """Return a ``pyproject.toml`` whose ``[tool.inspector.bus]`` says this, and that is the same everywhere else.

    Args:
        text: The file.
        tables: The tables; none takes it away.

    Raises:
        InspectorError: The file is no TOML, or its table is written in a way that cannot be exchanged.
    """
    before = _parsed(text)
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    sections = _sections(lines)
    removed = [span for path, span in sections if path[:3] == _BUS]
    block = tables_to_toml(tables, ".".join(_BUS), several=len(tables) > 1 or any(where for where, _ in tables))
    block = block.replace("\n", newline)
    place = removed[0][0] if removed else _after(lines, [span for path, span in sections if path[:2] == _BUS[:2]])
    others = [
        (number, line)
        for number, line in enumerate(lines)
        if not any(first <= number < last for first, last in removed)
    ]
    above = "".join(line for number, line in others if number < place)
    below = "".join(line for number, line in others if number >= place)
    if block:
        above = _apart(above, newline)
        below = f"{newline}{below}" if below.strip() and not below.startswith(("\n", "\r")) else below
    changed = above + block + below
    _check(before, changed, tables)
    return changed


def difference(file: Path, tables: Sequence[BusTable]) -> str:
    """Return what writing the tables would change in a file, as a unified diff; empty when it says the same already.

    Raises:
        InspectorError: It cannot be read or exchanged.
    """
    text = _text_of(file)
    before = _parsed(text).get("tool", {}).get("inspector", {}).get("bus")
    said = [(where, _plain(table)) for where, table in tables]
    same = [({"where": where} if where else {}) | table for where, table in said]
    if (before if isinstance(before, list) else [before] if before else []) == same:
        return ""
    changed = with_bus_tables(text, tables)
    lines = difflib.unified_diff(text.splitlines(), changed.splitlines(), file.name, file.name, n=2, lineterm="")
    return "\n".join(list(lines)[2:])


def _text_of(file: Path, verb: str = "read") -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InspectorError(f"{file} is not UTF-8 text.", _BY_HAND) from error
    except OSError as error:
        raise InspectorError(f"Cannot {verb} {file}: {error.strerror}.", _BY_HAND) from error


def write_bus_tables(file: Path, tables: Sequence[BusTable]) -> FileState | None:
    """Exchange ``[tool.inspector.bus]`` of a file; what cannot be written leaves it as it is.

    Returns:
        The state in which this has left the file, whatever others have written since.

    Raises:
        InspectorError: It cannot be read, exchanged or written.
    """
    try:
        return _replace(file.resolve(), with_bus_tables(_text_of(file, "write"), tables).encode("utf-8"))
    except OSError as error:
        raise InspectorError(f"Cannot write {file}: {error.strerror}.", _BY_HAND) from error


def can_write(file: Path | None) -> bool:
    """Return whether a file is there and may be written."""
    return file is not None and os.access(file, os.W_OK)


_OTHERWISE: Final = "[tool.inspector.bus] has a format that cannot be edited here."
_BY_HAND: Final = "Copy as TOML and paste it into the file."


def _replace(file: Path, content: bytes) -> FileState | None:
    """Put the content in the file's place in one step, with the file's rights; return the state it has left."""
    handle, name = tempfile.mkstemp(prefix=".pyproject", dir=file.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        part.chmod(file.stat().st_mode & 0o7777)
        state = state_of(part)  # now: there it may be another's at once
        part.replace(file)
        return state
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InspectorError(f"Cannot read pyproject.toml: {error}.", "Fix it first.") from error


def _sections(lines: Sequence[str]) -> list[tuple[tuple[str, ...], tuple[int, int]]]:
    """Return the path of each header, and from which line to which its section goes."""
    headers: list[tuple[tuple[str, ...], int]] = []
    inside, depth = "", 0
    for number, line in enumerate(lines):
        match = _HEADER.match(line.rstrip("\r\n")) if not inside and depth <= 0 else None
        if match is not None:
            headers.append((tuple(key.strip("\"'") for key in _KEY.findall(match["path"])), number))
            continue
        inside, depth = _state(line, inside, depth)
    spans = []
    for place, (path, first) in enumerate(headers):
        last = headers[place + 1][1] if place + 1 < len(headers) else len(lines)
        while last > first + 1 and _BLANK.match(lines[last - 1]):
            last -= 1
        spans.append((path, (first, last)))
    return spans


def _state(line: str, inside: str, depth: int) -> tuple[str, int]:
    """Return in which long string, and in how many brackets, a line ends."""
    position = 0
    while position < len(line):
        if inside:
            end = line.find(inside, position)
            if end < 0:
                return inside, depth
            position, inside = end + 3, ""
            continue
        character = line[position]
        if character == "#":
            break
        if line.startswith(_LONG, position):
            inside, position = line[position : position + 3], position + 3
            continue
        if character in "\"'":
            position = _string_end(line, position)
        elif character in "[]":
            depth += 1 if character == "[" else -1
        position += 1
    return inside, depth


def _string_end(line: str, start: int) -> int:
    """Return where the string that starts there ends, on its line."""
    position = start + 1
    while position < len(line) and line[position] != line[start]:
        position += 2 if line[position] == "\\" and line[start] == '"' else 1
    return position


def _after(lines: Sequence[str], spans: Sequence[tuple[int, int]]) -> int:
    return max((last for _, last in spans), default=len(lines))


def _apart(text: str, newline: str) -> str:
    """Return text that ends with an empty line, if there is any."""
    if not text.strip():
        return text
    if not text.endswith(("\n", "\r")):
        text += newline
    return text if text.endswith(newline * 2) else text + newline


def _check(before: Mapping[str, Any], changed: str, tables: Sequence[BusTable]) -> None:
    """Raise InspectorError unless the changed text differs in the tables of the buses, and in nothing else."""
    try:
        after = tomllib.loads(changed)
    except tomllib.TOMLDecodeError as error:  # the table is written inline, or with dotted keys
        raise InspectorError(_OTHERWISE, _BY_HAND) from error
    bus = after.get("tool", {}).get("inspector", {}).pop("bus", None)
    old = _without_bus(before)
    several = len(tables) > 1 or any(where for where, _ in tables)
    expected: Any = [{**({"where": where} if where else {}), **_plain(table)} for where, table in tables]
    if not several and expected:
        expected = expected[0]
    good = after == old if tables else _emptied(after) == _emptied(old)
    if not good or (bus or []) != expected:
        raise InspectorError(_OTHERWISE, _BY_HAND)


def _without_bus(content: Mapping[str, Any]) -> dict[str, Any]:
    tool = dict(content.get("tool", {}))
    if "inspector" in tool:
        tool["inspector"] = {key: value for key, value in tool["inspector"].items() if key != "bus"}
    else:
        tool["inspector"] = {}
    return {**content, "tool": tool}


def _emptied(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content without empty tables of ours: whether they are written makes no difference."""
    tool = {key: value for key, value in content.get("tool", {}).items() if key != "inspector" or value}
    return {**{key: value for key, value in content.items() if key != "tool"}, **({"tool": tool} if tool else {})}


def _plain(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in table.items()}
