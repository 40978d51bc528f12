"""The fonts of the window, brought along so that it looks the same everywhere: Inter, JetBrains Mono, a few signs."""

from __future__ import annotations

import logging
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from PySide6.QtGui import QFont, QFontDatabase

from inspector.app.resources import resource

log = logging.getLogger("inspector.ui.fonts")

INTER: Final = "Inter"
JETBRAINS_MONO: Final = "JetBrains Mono"
#: Has the signs that the others lack; made by tools/symbol_font.
SYMBOLS: Final = "Inspector Symbols"
#: Packages that hold nothing but a font.
_PACKAGES: Final = ("fontpkg_inter", "fontpkg_jetbrains_mono")
_WEIGHT: Final = QFont.Tag("wght")
#: Both fonts would join what is typed as two signs: ``--`` to a dash, ``!=`` and ``->`` to signs that no code has.
_JOINED: Final = QFont.Tag("calt")
#: How heavy bold text is; regular text has 400.
_BOLD: Final = 620
#: What every desktop has, where a package is missing.
_FALLBACK: Final = "DejaVu Sans"
_FALLBACK_MONO: Final = "DejaVu Sans Mono"


def load_fonts() -> None:
    """Make the fonts known to Qt, once for each application; what is missing is replaced by the system's fonts."""
    if {INTER, JETBRAINS_MONO, SYMBOLS} <= set(QFontDatabase.families()):
        return
    _families.cache_clear()
    for file in (*_font_files(), resource("symbols.ttf")):
        if QFontDatabase.addApplicationFont(str(file)) < 0:
            log.info("the font %s cannot be read", file)


def _font_files() -> list[Path]:
    files: list[Path] = []
    for name in _PACKAGES:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            log.info("the font package %s is missing", name)
            continue
        # Nothing of the window is slanted.
        files += [file for file in (Path(spec.origin).parent / "files").glob("*.ttf") if "Italic" not in file.name]
    return files


def ui_font() -> QFont:
    """Return the font of the window, as large as the system's."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setFamilies(_families(INTER, font.family(), _FALLBACK))
    font.setFeature(_JOINED, 0)
    return font


def mono_font() -> QFont:
    """Return the font of payloads, code and ids, as large as the window's."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setFamilies(_families(JETBRAINS_MONO, font.family(), _FALLBACK_MONO))
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setFeature(_JOINED, 0)
    size = ui_font().pointSizeF()
    if size > 0:
        font.setPointSizeF(size)
    return font


def bold_font(base: QFont, *, bold: bool = True) -> QFont:
    """Return a font as bold as headings are, or as light as text.

    Qt knows only the regular face of a variable font: asked for a bold one it smears that, and an i loses its dot. So
    the weight is set on the font's own axis, where it has one.
    """
    font = QFont(base)
    if font.family() not in (INTER, JETBRAINS_MONO):
        font.setBold(bold)
    elif bold:
        font.setVariableAxis(_WEIGHT, _BOLD)
    else:
        font.unsetVariableAxis(_WEIGHT)
    return font


@cache
def _families(wanted: str, system: str, fallback: str) -> list[str]:
    """Return the family to use and, after it, those that have the signs that it lacks."""
    there = set(QFontDatabase.families())
    first = wanted if wanted in there else system if system in there else fallback
    return list(dict.fromkeys((first, *(name for name in (INTER, JETBRAINS_MONO, SYMBOLS) if name in there))))
