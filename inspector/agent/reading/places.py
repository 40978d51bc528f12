"""Where classes stand in their source, with every file read once."""

from __future__ import annotations

import functools
import inspect
import linecache
import os
import re
import sys
import textwrap
import types
from collections.abc import Mapping
from typing import Any, Final

from ...core.values.looking import is_a

_CLASS: Final = re.compile(r"\s*class\s+(\w+)")


def class_place(cls: type[Any]) -> tuple[str, int]:
    """Return file and line of a class, by its ``class`` statement; line 0 when there is none, no file when unknown.

    ``inspect`` would parse the file for each class; looking through its lines for each is no better with 1,000 of them.
    """
    file = getattr(sys.modules.get(cls.__module__), "__file__", None) or ""
    if not file:
        return "", 0
    try:
        state = os.stat(file)  # noqa: PTH116 - pathlib is heavy in a process that is not ours
        changed = (state.st_mtime_ns, state.st_size)
    except OSError:  # in an archive, or gone
        changed = (0, 0)
    return file, _class_lines(file, changed).get(cls.__name__, 0)


@functools.lru_cache(maxsize=512)
def _class_lines(file: str, _changed: tuple[int, int]) -> Mapping[str, int]:
    lines: dict[str, int] = {}
    for number, text in enumerate(linecache.getlines(file), 1):
        match = _CLASS.match(text)
        if match:
            lines.setdefault(match[1], number)
    return lines


def source_of(code: types.CodeType) -> str:
    """Return the source of a function, without the indentation of where it stands.

    ``inspect.getsource`` would ask every loaded module for its file, which may run code of the program's.

    Raises:
        OSError: There is none.
    """
    lines = linecache.getlines(code.co_filename)[max(code.co_firstlineno - 1, 0) :]
    if not lines:
        raise OSError(f"Cannot read {code.co_filename}")
    return textwrap.dedent("".join(inspect.getblock(lines)))


def class_at(key: str) -> type[Any] | None:
    """Return the class that ``module.qualname`` names, of a module that is loaded; None when there is none."""
    parts = key.split(".")
    for length in range(len(parts) - 1, 0, -1):
        value: Any = sys.modules.get(".".join(parts[:length]))
        if value is None:
            continue
        for name in parts[length:]:
            # Through the namespace itself: attributes of a stranger's module may be made on demand.
            value = vars(value).get(name) if is_a(value, (types.ModuleType, type)) else None
        return value if is_a(value, type) else None
    return None
