"""Files of settings: ``NAME=value`` lines, as people keep them beside a project."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from inspector.core.errors import UsageError

_LINE: Final = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.]*)[ \t]*=[ \t]*
        (?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>[^']*)'|(?P<bare>[^\n]*?))
        [ \t]*(?:(?<=[ \t"'])\#[^\n]*|(?<==)\#[^\n]*)?$""",
    re.MULTILINE | re.VERBOSE | re.DOTALL,
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "$": "$"}


def read_env_file(path: Path) -> dict[str, str]:
    """Read a file of settings: quotes, ``export``, comments and values over several lines in quotes; no references.

    Raises:
        UsageError: The file cannot be read, or a line is none of that.
    """
    try:
        text = path.read_text("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(
            f"{path} cannot be read: {reason}.", "Name another file of settings.", typed="--env FILE"
        ) from error
    found: dict[str, str] = {}
    position = 0
    for match in _LINE.finditer(text):
        _check_between(text, position, match.start(), path)
        found[match["name"]] = _value(match)
        position = match.end()
    _check_between(text, position, len(text), path)
    return found


def _value(match: re.Match[str]) -> str:
    if match["double"] is not None:
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), match["double"], flags=re.DOTALL)
    return match["single"] if match["single"] is not None else match["bare"]


def _check_between(text: str, start: int, end: int, path: Path) -> None:
    """Allow blank lines and comments between settings."""
    for offset, line in enumerate(text[start:end].split("\n")):
        if line.strip() and not line.lstrip().startswith("#"):
            number = text.count("\n", 0, start) + offset + 1
            raise UsageError(f"{path}:{number} is no setting.", "A line looks like NAME=value.")
