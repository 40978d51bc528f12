"""Lets a program be watched that cannot be started by ``inspector run``: a notebook, an embedded interpreter, a hook.

    import inspector_agent
    inspector_agent.listen()

Call it before the program makes its bus; ``inspector listen`` shows what it publishes, whichever of the two starts
first. It needs nothing beyond the standard library. Without an inspector the program runs as ever.
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from collections.abc import Iterable
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

_PRIVATE = "_event_inspector"


def listen(app: str | Iterable[str] = (), *, name: str = "", budget: float | None = None) -> str:
    """Report the events of this process, and of its forks, to ``inspector listen``; calling it again changes nothing.

    Args:
        app: The bus as ``MODULE:ATTR``, or several; without one it is found when something is published.
        name: What to call the program; its script unless given.
        budget: Most percent of a processor core that recording may take; 3 unless given, 0 for no limit.

    Returns:
        Why the process cannot be watched, as a sentence; empty when it is watched.
    """
    if _PRIVATE in sys.modules:  # an earlier call, or ``inspector run``
        return ""
    try:
        return _begin([app] if isinstance(app, str) else list(app), name, budget)
    except Exception as error:  # noqa: BLE001 - the program goes first, whatever is wrong with us
        return f"The agent did not start: {type(error).__name__}: {error}"


def _begin(app: list[str], name: str, budget: float | None) -> str:
    package = _package()
    if not package:
        return "The package inspector does not lie beside inspector_agent."
    _load(_PRIVATE, os.path.join(package, "__init__.py"), [package])  # noqa: PTH118 - light imports
    from importlib import import_module

    folder = import_module(f"{_PRIVATE}.agent.run.listening").listening_folder()
    if folder is None:
        return "No folder in which an inspector could listen is private."
    spec: dict[str, Any] = {"app": app, "name": name or os.path.basename(sys.argv[0] or "python")}  # noqa: PTH119
    if budget is not None:
        spec["budget"] = budget
    agent = import_module(f"{_PRIVATE}.agent.run.start").begin(str(folder), json.dumps(spec))
    return "" if agent is not None else "There is no room to report."


def _package() -> str:
    """Return the folder of the inspector's package: beside this file, or where packages are installed."""
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - light imports
    places = (here, *(sysconfig.get_path(scheme) for scheme in ("purelib", "platlib")))
    folders = (os.path.join(place, "inspector") for place in places)  # noqa: PTH118
    return next((folder for folder in folders if os.path.isdir(os.path.join(folder, "agent", "run"))), "")  # noqa: PTH112, PTH118


def _load(name: str, path: str, inside: list[str]) -> None:
    spec = spec_from_file_location(name, path, submodule_search_locations=inside)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a module")
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
