"""The system libraries that Qt needs. What is missing is told before Qt is loaded: it would end the process.

``python -m inspector.ui.libraries PLATFORM…`` prints Debian's names of the packages, for ``tools/setup``.
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

#: Debian's packages, each with a library of it that Qt links: for every platform, and for one of them.
PACKAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "offscreen": {
        "libgl1": "libGL.so.1",
        "libegl1": "libEGL.so.1",
        "libxkbcommon0": "libxkbcommon.so.0",
        "libdbus-1-3": "libdbus-1.so.3",
        "libfontconfig1": "libfontconfig.so.1",
        "libglib2.0-0": "libgthread-2.0.so.0",
    },
    "xcb": {
        "libxkbcommon-x11-0": "libxkbcommon-x11.so.0",
        "libxcb-cursor0": "libxcb-cursor.so.0",
        "libxcb-icccm4": "libxcb-icccm.so.4",
        "libxcb-keysyms1": "libxcb-keysyms.so.1",
        "libxcb-shape0": "libxcb-shape.so.0",
    },
    "wayland": {
        "libwayland-cursor0": "libwayland-cursor.so.0",
        "libwayland-egl1": "libwayland-egl.so.1",
    },
}


def libraries_trouble(
    environment: Mapping[str, str], load: Callable[[str], object] = ctypes.CDLL, folders: Sequence[Path] | None = None
) -> str:
    """Return one sentence when Qt could not start in this environment, else an empty text.

    Args:
        environment: Variables of the process, which say on which platform Qt starts.
        load: Loads a shared library, or raises OSError.
        folders: Where Qt looks for its platform plugins; those of the installed PySide6 when not given.
    """
    folders = plugin_folders(environment) if folders is None else folders
    platforms = platforms_of(environment)
    if not sys.platform.startswith("linux") or not any(folder.is_dir() for folder in folders) or not platforms:
        return ""
    plugins = {platform: _plugin(platform, folders) for platform in platforms}
    errors: dict[str, OSError] = {}
    for platform, plugin in plugins.items():
        if plugin is not None:
            try:
                load(str(plugin))
            except OSError as error:
                errors[platform] = error
            else:
                return ""
    if not errors:
        there = sorted({path.stem.removeprefix("libq") for folder in folders for path in folder.glob("libq*.so")})
        return f"Unknown Qt platform {' or '.join(platforms)}. Set QT_QPA_PLATFORM to one of {', '.join(there)}."
    # What Qt tries last is what it falls back to.
    platform, lack = list(errors.items())[-1]
    missing = missing_packages(platform, load) or packages_of([platform])
    library = str(lack).partition(":")[0]
    return f"Qt cannot start on {platform}: {library} is missing. Install the Debian packages {' '.join(missing)}."


def platforms_of(environment: Mapping[str, str]) -> list[str]:
    """Return the platforms that Qt tries, in order: ``xcb``, ``wayland``, ``offscreen`` …; empty without a display."""
    if named := environment.get("QT_QPA_PLATFORM", ""):
        return [name for part in named.split(";") if (name := part.partition(":")[0].strip())]
    displays = {"WAYLAND_DISPLAY": "wayland", "DISPLAY": "xcb"}
    return [platform for variable, platform in displays.items() if environment.get(variable)]


def packages_of(platforms: Iterable[str]) -> list[str]:
    """Return the packages that Qt needs on these platforms."""
    return [package for platform in dict.fromkeys(["offscreen", *platforms]) for package in PACKAGES.get(platform, ())]


def missing_packages(platform: str, load: Callable[[str], object] = ctypes.CDLL) -> list[str]:
    """Return the packages of a platform whose library cannot be loaded."""
    libraries = {**PACKAGES["offscreen"], **PACKAGES.get(platform, {})}
    return [package for package, library in libraries.items() if not _loads(library, load)]


def plugin_folders(environment: Mapping[str, str]) -> list[Path]:
    """Return the folders of platform plugins, in Qt's order; PySide6 is looked for, not imported."""
    first = environment.get("QT_QPA_PLATFORM_PLUGIN_PATH", "")
    named = [Path(path, "platforms") for path in environment.get("QT_PLUGIN_PATH", "").split(":") if path]
    spec = importlib.util.find_spec("PySide6")
    inside = (spec.submodule_search_locations if spec is not None else None) or ()
    own = [Path(folder, "Qt", "plugins", "platforms") for folder in inside]
    return [*([Path(first)] if first else []), *named, *own]


def _plugin(platform: str, folders: Sequence[Path]) -> Path | None:
    name = f"libq{platform.partition('-')[0]}.so"  # wayland-egl lives in the plugin wayland
    return next((path for folder in folders if (path := folder / name).is_file()), None)


def _loads(library: str, load: Callable[[str], object]) -> bool:
    try:
        load(library)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    print(*packages_of(sys.argv[1:]))
