"""The modules and classes that are the project's own, found without running any of its code."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

_LIBRARY: Final = tuple(
    os.path.join(path, "")  # noqa: PTH118 - light imports
    for path in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    if path
)
#: Our own package may be installed among the libraries, and its demo is a project.
_OURS: Final = __name__.partition(".agent.")[0] + "."


def project_modules() -> Iterator[ModuleType]:
    """Yield the loaded modules that belong neither to Python nor to an installed library."""
    for name, module in list(sys.modules.items()):
        if not issubclass(type(module), ModuleType):
            continue
        file = object.__getattribute__(module, "__dict__").get("__file__")
        if type(file) is not str:
            continue
        if name.startswith(_OURS) or not (
            file.startswith(_LIBRARY) or "site-packages" in file or "dist-packages" in file
        ):
            yield module


def project_classes(pattern: re.Pattern[str]) -> Iterator[type[Any]]:
    """Yield the classes that project modules define and whose name fits the pattern."""
    for module in project_modules():
        namespace = object.__getattribute__(module, "__dict__")
        for name, value in tuple(namespace.items()):
            if type(name) is str and pattern.search(name) and issubclass(type(value), type):
                defined = type.__dict__["__dict__"].__get__(value).get("__module__")
                if defined == namespace.get("__name__"):
                    yield value
