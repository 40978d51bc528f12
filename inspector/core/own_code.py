"""Whose code is this: the program's own, Python's, an installed library's, or ours? Everybody asks here.

Files are judged by their path alone, so the answer holds for stacks of other interpreters too. Nothing is run.
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

#: The folder of our own package, in whichever process and under whichever name it is loaded.
PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - runs in the user's process: keep it light
_AGENT: Final = os.path.join(PACKAGE, "agent", "")  # noqa: PTH118
_CORE: Final = os.path.join(PACKAGE, "core", "")  # noqa: PTH118
#: Our demo is a program like any user's, wherever we are installed.
_DEMO: Final = os.path.join(PACKAGE, "demo", "")  # noqa: PTH118
#: Folders of any interpreter's libraries (dist-packages: those that apt installs), and what was never a file.
_LIBRARY: Final = re.compile(r"/lib(?:64)?/python3\.\d+/|[/\\](?:site|dist)-packages[/\\]|^<")
#: Folders by these names hold what is installed, not what is written here.
INSTALLED: Final = ("site-packages", "dist-packages")
#: The libraries of the interpreter that runs this, wherever it keeps them.
_HERE: Final = tuple(
    {
        os.path.join(path, "")  # noqa: PTH118
        for path in (
            os.path.dirname(os.__file__),  # noqa: PTH120
            *(sysconfig.get_paths().get(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        )
        if path
    }
)


def is_ours(file: str) -> bool:
    """Return whether a file is part of what we run beside the program: the agent, or the core below it."""
    return file.startswith((_CORE, _AGENT))


def is_inspectors(file: str) -> bool:
    """Return whether a file is part of the inspector, wherever it runs; its demo is a program like any other."""
    return file.startswith(PACKAGE + os.sep) and not file.startswith(_DEMO)


def is_agent(file: str) -> bool:
    """Return whether a file is part of the agent, which may stand between a handler and what it waits for."""
    return file.startswith(_AGENT)


def is_own_file(file: str) -> bool:
    """Return whether a file is the program's own: neither Python's, nor an installed library's, nor ours."""
    if file.startswith(PACKAGE + os.sep):
        return file.startswith(_DEMO)
    return bool(file) and not file.startswith(_HERE) and not _LIBRARY.search(file)


def is_own_module(module: ModuleType) -> bool:
    """Return whether a module is the program's own; one without a file (``__main__`` of a prompt) by its name."""
    variables = object.__getattribute__(module, "__dict__")
    file = variables.get("__file__")
    return is_own_file(file) if type(file) is str and file else not is_standard(str(variables.get("__name__")))


def is_own_class(cls: type[Any]) -> bool:
    """Return whether a class is the program's and not a library's: everybody derives from those."""
    module = sys.modules.get(cls.__module__)
    return is_own_module(module) if isinstance(module, ModuleType) else not is_standard(cls.__module__)


def is_standard(module_name: str) -> bool:
    """Return whether a module of this name is part of Python's standard library."""
    return module_name.partition(".")[0] in sys.stdlib_module_names


def own_modules() -> Iterator[ModuleType]:
    """Yield the loaded modules that are the program's own, without running a module's ``__getattr__``."""
    for module in list(sys.modules.values()):
        if issubclass(type(module), ModuleType) and is_own_module(module):
            yield module


def own_files() -> list[str]:
    """Return the files of the program's own modules, sorted."""
    files = {object.__getattribute__(module, "__dict__").get("__file__") for module in own_modules()}
    return sorted(file for file in files if type(file) is str)
