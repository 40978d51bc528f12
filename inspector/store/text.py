"""Text as SQLite can hold it: lone surrogates and ids survive, ordinary text stays ordinary text.

SQLite's text is UTF-8, which has no lone surrogates (``os.fsdecode`` makes them of undecodable file names). Such a
text is kept as a blob of its ``surrogatepass`` bytes: lossless, and visibly not ordinary text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

Cell = str | bytes | int | None

_UUID_BYTES: Final = 16
#: Before the bytes of an id that UTF-8 cannot hold; longer than a UUID with anything after it.
_LONE: Final = b"\xff" * _UUID_BYTES


def to_cell(text: str) -> str | bytes:
    """Return what to bind for a text: itself, or a blob when it has lone surrogates."""
    return text if is_text(text) else text.encode("utf-8", "surrogatepass")


def is_text(cell: str) -> bool:
    """Return whether a cell of text was UTF-8: else there are lone surrogates in it, see ``BoundedConnection``."""
    if cell.isascii():
        return True
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


def from_cell(cell: str | bytes | None) -> str:
    """Return the text of a cell that ``to_cell`` made; None is the empty text."""
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "surrogatepass")
    return cell or ""


def readable(cell: object) -> str:
    """Return the text of a cell that may be damaged; of one that holds no text, nothing."""
    if isinstance(cell, bytes):
        try:
            return cell.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return cell.decode("utf-8", "replace")
    return cell if isinstance(cell, str) else ""


def text_of(cell: Any, read: Callable[[Any], Any] = from_cell) -> str | None:
    """Return the text of a cell that may be damaged; None when it holds none.

    Args:
        cell: The cell.
        read: ``from_cell``, or ``id_from_cell``.
    """
    try:
        text = read(cell)
    except UnicodeDecodeError:
        return None
    return text if isinstance(text, str) else None


def id_to_cell(text: str) -> str | bytes | None:
    """Return what to bind for an id: 16 bytes for a UUID in its usual writing, None for no id, else text."""
    if not text:
        return None
    if len(text) == 36 and text[8] == text[13] == text[18] == text[23] == "-" and text.isascii():
        digits = text.replace("-", "")
        try:
            packed = bytes.fromhex(digits)
        except ValueError:
            return text
        # Upper case, blanks or dashes elsewhere would come back as another text.
        return packed if len(packed) == _UUID_BYTES and packed.hex() == digits else text
    cell = to_cell(text)
    return _LONE + cell if isinstance(cell, bytes) else cell


def id_from_cell(cell: str | bytes | None) -> str:
    """Return the id of a cell that ``id_to_cell`` made."""
    if isinstance(cell, bytes):
        if len(cell) == _UUID_BYTES:
            digits = cell.hex()
            return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
        return from_cell(cell[_UUID_BYTES:])
    return cell or ""
