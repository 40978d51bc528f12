"""The look of the window: colours by meaning, fonts, icons; dark or light, by the system or by choice."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QWidget

from inspector.ui.kit.fonts import load_fonts, mono_font, ui_font
from inspector.ui.kit.icons import IconSet
from inspector.ui.kit.stylesheet import style_sheet
from inspector.ui.kit.tokens import DARK, LIGHT, Tokens

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

#: Seconds for which a change of the look may hold everything up.
_SLICE: Final = 0.008

CHOICES: Final = ("system", "dark", "light")

#: Status → words, glyph, icon, hatch. The hatch goes over the bar, so that no status is told by colour alone.
_STATUSES: Final[dict[str, tuple[str, str, str, Qt.BrushStyle]]] = {
    "running": ("running", "▷", "running", Qt.BrushStyle.Dense6Pattern),
    "ok": ("ok", "✓", "check", Qt.BrushStyle.NoBrush),
    "swallowed": ("swallowed", "▨", "swallowed", Qt.BrushStyle.BDiagPattern),
    "failed": ("failed", "✕", "failure", Qt.BrushStyle.DiagCrossPattern),
    "cancelled": ("cancelled", "\N{EN DASH}", "cancelled", Qt.BrushStyle.FDiagPattern),
    "timed_out": ("timed out", "◔", "timed-out", Qt.BrushStyle.VerPattern),
    "returned_failure": ("returned failure", "↩", "returned", Qt.BrushStyle.HorPattern),
    "interrupted": ("interrupted", "■", "interrupted", Qt.BrushStyle.CrossPattern),
    "never_awaited": ("never awaited", "◌", "never-awaited", Qt.BrushStyle.Dense5Pattern),
}
#: What people call the statuses.
LABELS: Final = {status: look[0] for status, look in _STATUSES.items()}
#: Phase → glyph; any other phase is shown as operational. All have one neutral colour: an event that tells of a failure
#: is no failure, and red is for what really ended badly.
_PHASES: Final = {"attempted": "○", "succeeded": "●", "failed": "◇", "allowed": "●", "denied": "◇", "operational": "▪"}


@dataclass(frozen=True)
class StatusLook:
    """How a status looks: ``color`` fills, ``text_color`` writes; glyph, icon and hatch need no colour."""

    name: str
    label: str
    color: QColor
    text_color: QColor
    glyph: str
    hatch: Qt.BrushStyle
    icon: str


@dataclass(frozen=True)
class PhaseLook:
    """How a phase of a workflow looks."""

    color: QColor
    glyph: str


class Theme(QObject):
    """The look in force. Whoever paints by hand asks here at painting time and repaints on ``changed``.

    Args:
        choice: ``system``, ``dark`` or ``light``; anything else counts as ``system``.
        parent: The owner.
    """

    changed = Signal()

    def __init__(self, choice: str = "system", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._icons = IconSet()
        self._choice = choice if choice in CHOICES else "system"
        self._tokens = self._pick()
        self._application: QApplication | None = None
        #: The style sheet, and the colours that it is written with.
        self._sheets: tuple[Tokens | None, str] = (None, "")
        #: Windows whose children have style sheets. Who these are is asked when it matters: Qt makes and drops some.
        self._windows: list[QWidget] = []
        self._timer = QTimer(self, interval=0, singleShot=True)
        self._timer.timeout.connect(self._restyle)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)

    @property
    def tokens(self) -> Tokens:
        """The colours in force."""
        return self._tokens

    @property
    def dark(self) -> bool:
        """Whether the dark set is in force."""
        return self._tokens is DARK

    @property
    def choice(self) -> str:
        """What the person chose: ``system``, ``dark`` or ``light``."""
        return self._choice

    def set_choice(self, choice: str) -> None:
        """Choose ``system``, ``dark`` or ``light``.

        Raises:
            ValueError: It is none of them.
        """
        if choice not in CHOICES:
            raise ValueError(f"no theme is called {choice!r}")
        self._choice = choice
        self._refresh()

    def apply(self, application: QApplication) -> None:
        """Set the application's look to this one, now and whenever it changes."""
        self._application = application
        load_fonts()
        application.setStyle("Fusion")
        application.setFont(self.ui_font())
        self._dress(application)

    def follow(self, window: QWidget) -> None:
        """Change the style sheets of what stands in a window (``dress_part``), one after another, whenever it changes.

        A sheet of the whole window would be changed at once, and that takes a fifth of a second for a thousand widgets.
        Without an application that has this look (``apply``) nothing is done.
        """
        if self._application is not None:
            self._windows.append(window)
            window.destroyed.connect(lambda: self._windows.remove(window))

    def dress_part(self, part: QWidget) -> None:
        """Set the style sheet of a child of a window that is followed, unless it has one."""
        if self._application is not None and not part.styleSheet():
            part.setStyleSheet(self._sheet())

    def color(self, token: str) -> QColor:
        """Return the colour of a token by name.

        Raises:
            AttributeError: There is no such token.
        """
        return QColor(getattr(self._tokens, token))

    def status(self, status: str) -> StatusLook:
        """Return the look of an execution's status.

        Raises:
            KeyError: It is none of ``statuses.STATUSES``.
        """
        label, glyph, icon, hatch = _STATUSES[status]
        return StatusLook(status, label, self.color(status), self.color(f"{status}_text"), glyph, hatch, icon)

    def phase(self, phase: str) -> PhaseLook:
        """Return the look of a workflow's phase, whatever it is called."""
        return PhaseLook(self.color("phase"), _PHASES.get(phase, _PHASES["operational"]))

    def icon(self, name: str, tint: str = "text") -> QIcon:
        """Return an icon in the colour of a token. Ask again on ``changed``."""
        return self._icons.icon(name, getattr(self._tokens, tint), self._tokens.disabled)

    def pixmap(self, name: str, tint: str, size: int, ratio: float = 1.0) -> QPixmap:
        """Return an icon as a pixmap of ``size`` logical pixels for a screen of this pixel ratio."""
        return self._icons.pixmap(name, getattr(self._tokens, tint), size, ratio)

    def pixmap_in(self, name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
        """Return an icon as a pixmap in any colour (``#rrggbb``)."""
        return self._icons.pixmap(name, colour, size, ratio)

    def ui_font(self) -> QFont:
        """Return the font of the window."""
        return ui_font()

    def mono_font(self) -> QFont:
        """Return the font of payloads, code and ids, as large as the window's."""
        return mono_font()

    def pg_colors(self) -> dict[str, QColor]:
        """Return what a chart needs: background, foreground, axis, grid, bar, line, marks of percentiles."""
        names = {
            "background": "background",
            "foreground": "text",
            "axis": "dim",
            "grid": "faint",
            "bar": "density",
            "line": "accent",
            "p50": "text",
            "p95": "accent",
            "p99": "link_arc",
            "failed": "failed",
        }
        return {role: self.color(token) for role, token in names.items()}

    def _pick(self) -> Tokens:
        if self._choice != "system":
            return LIGHT if self._choice == "light" else DARK
        # A platform that does not know its scheme (bare X, offscreen) gets the dark one.
        scheme = QGuiApplication.styleHints().colorScheme()
        return LIGHT if scheme == Qt.ColorScheme.Light else DARK

    def _follow_system(self) -> None:
        if self._choice == "system":
            self._refresh()

    def _refresh(self) -> None:
        tokens = self._pick()
        if tokens is self._tokens:
            return
        self._tokens = tokens
        if self._application is not None:
            self._dress(self._application)
        self.changed.emit()
        self._restyle()

    def _dress(self, application: QApplication) -> None:
        application.setPalette(palette(self._tokens))
        sheet = self._sheet()
        for part in self._parts():  # what can be seen is painted when it has all of the new look
            part.setUpdatesEnabled(part.styleSheet() == sheet or not _seen(part))

    def _parts(self) -> list[QWidget]:
        """Return what has a style sheet, what can be seen first."""
        here = Qt.FindChildOption.FindDirectChildrenOnly
        parts = (part for window in self._windows for part in window.findChildren(QWidget, options=here))
        return sorted((part for part in parts if part.styleSheet()), key=_seen, reverse=True)

    def _restyle(self) -> None:
        """Change what still has the old look, for some milliseconds; the rest is put off."""
        end, sheet = monotonic() + _SLICE, self._sheet()
        for part in self._parts():
            if part.styleSheet() == sheet:
                continue
            part.setStyleSheet(sheet)
            part.setUpdatesEnabled(True)
            if monotonic() >= end:
                self._timer.start()
                return

    def _sheet(self) -> str:
        if self._sheets[0] is not self._tokens:  # writing it takes a millisecond
            self._sheets = self._tokens, style_sheet(self._tokens, self.mono_font().family())
        return self._sheets[1]


def _seen(part: QWidget) -> bool:
    """Return whether a widget can be seen; docks behind others are visible to Qt, beyond the left edge."""
    return part.isVisible() and (part.isWindow() or part.x() + part.width() > 0)


def palette(tokens: Tokens) -> QPalette:
    """Return the palette of a set of colours, for everything that no style sheet reaches."""
    role = QPalette.ColorRole
    colours = {
        role.Window: tokens.panel,
        role.WindowText: tokens.text,
        role.Base: tokens.background,
        role.AlternateBase: tokens.panel,
        role.Text: tokens.text,
        role.PlaceholderText: tokens.dim,
        role.Button: tokens.raised,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.strong,
        role.ToolTipBase: tokens.raised,
        role.ToolTipText: tokens.text,
        role.Highlight: tokens.selection,
        role.HighlightedText: tokens.strong,
        role.Accent: tokens.accent,
        role.Link: tokens.accent_text,
        role.LinkVisited: tokens.accent_text,
        role.Light: tokens.hover,
        role.Midlight: tokens.raised,
        role.Mid: tokens.line,
        role.Dark: tokens.line,
        role.Shadow: tokens.sunken,
    }
    result = QPalette()
    for which, colour in colours.items():
        result.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, which, QColor(tokens.disabled))
    # On the ground of what is selected only the dim text can still be read.
    result.setColor(QPalette.ColorGroup.Disabled, role.HighlightedText, QColor(tokens.dim))
    return result
