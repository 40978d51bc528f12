"""JSON as text that people can read: letters as they are, and nothing that UTF-8 cannot carry."""

from __future__ import annotations

import json
import re
from typing import Any, Final

_SPACED: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False)
_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_LONE: Final = re.compile("[\ud800-\udfff]")


def json_text(value: Any, *, compact: bool = False) -> str:
    """Return plain values as JSON; of all characters only a lone surrogate, which no file could take, is an escape."""
    text = (_COMPACT if compact else _SPACED).encode(value)
    return text if text.isascii() else _LONE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
