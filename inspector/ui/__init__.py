"""The window: a frame, a folder for each feature, and the widgets of both, which only show and ask."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

with suppress(ImportError):  # where a system library is missing, ``libraries`` says so before anything needs Qt
    import PySide6.QtCore  # noqa: F401


def _read_no_sources() -> None:
    """Keep PySide6 from reading the source of every module that is imported after it.

    It looks for its own name in them, to know where ``from __feature__ import`` may have been used, and keeps the lines
    of all of them. Nothing in this process uses that; every module counts as one that might, which is the default for
    those that name PySide6. It is a fifteenth of the time to the first frame.
    """
    feature: Any = sys.modules.get("shibokensupport.feature")
    if hasattr(feature, "_mod_uses_pyside"):
        feature._mod_uses_pyside = lambda _module: True  # noqa: SLF001 - there is no other way


_read_no_sources()
