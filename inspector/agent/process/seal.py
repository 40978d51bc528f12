"""Our own view of the standard library, taken before the project's code runs.

A project may replace ``json.dumps`` or ``asyncio.sleep`` for everybody; what it sees is its own business, but what we
send must stay what it is. ``sys`` is left as it is: it is the state of the interpreter rather than a library, and
what we set there (``argv``, ``stdout``) is for the project.
"""

from __future__ import annotations

import sys
from types import ModuleType


def seal(package: str) -> None:
    """Replace the modules that the package has imported from elsewhere by private copies.

    A copy holds the functions and classes of now; they are the same objects, so ``isinstance`` and ``except`` work.
    """
    copies: dict[int, ModuleType] = {}
    for name, module in list(sys.modules.items()):
        if name != package and not name.startswith(package + "."):
            continue
        variables = vars(module)
        for key, value in list(variables.items()):
            if type(value) is ModuleType and value is not sys and not value.__name__.startswith(package):
                variables[key] = copies.setdefault(id(value), _copy(value))


def _copy(module: ModuleType) -> ModuleType:
    copy = ModuleType(module.__name__)
    vars(copy).update(vars(module))
    return copy
