"""Where the files of ``resources/`` are, installed or in a checkout."""

from __future__ import annotations

from pathlib import Path

from inspector.core.errors import InspectorError


def documentation() -> Path:
    """Return the path of the page with which the documentation begins; its links lead on from there.

    Raises:
        InspectorError: It is missing.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "resources", package.parent):
        path = folder / "README.md"
        if path.exists():
            return path
    raise InspectorError("The documentation is missing.", "Install the inspector again.")


def resource(name: str) -> Path:
    """Return the path of a resource such as ``icons/play.svg``.

    The wheel holds the folder inside the package; in a checkout (or editable installation) it is beside it.

    Raises:
        InspectorError: There is no such resource.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "resources", package.parent / "resources"):
        path = folder / name
        if path.exists():
            return path
    raise InspectorError(f"Missing file of the inspector: “{name}”.", "Reinstall the inspector.")
