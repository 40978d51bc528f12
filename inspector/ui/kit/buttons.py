"""Buttons that paint themselves: icon, text, a dim shortcut, a chevron; they give way when room is short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Literal

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, SignalInstance
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QWidget

from inspector.ui.kit.keys import press_by_return
from inspector.ui.kit.menus import MenuItem, MenuProvider, fill, open_menu
from inspector.ui.kit.text import plain_tooltip, section_caption, section_font, widest
from inspector.ui.kit.tokens import mix

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme

Kind = Literal["normal", "primary", "flat", "danger", "section", "chip"]
OnClick = Callable[[], object] | SignalInstance

_ICON: Final = 15
_GAP: Final = 6
_DOT: Final = 9
_SWITCH: Final = 24
_SWITCH_HEIGHT: Final = 14
_CHEVRON: Final = 10
#: Icons that tell by themselves that a menu opens.
_PLAIN: Final = ("more", "columns")


class Button(QPushButton):
    """A button.

    Args:
        theme: Its look.
        text: What it says; may be empty when there is an icon.
        icon: Name of an icon.
        hint: Dim text at the right, mostly a shortcut.
        kind: ``normal``, ``primary`` (the one thing to do), ``danger``, ``flat`` (no box until the pointer
            comes), ``section`` (flat, in the small capitals of a section header), ``chip`` (low and narrow).
        parent: The owner.
        on_click: What it does.
    """

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        icon: str = "",
        hint: str = "",
        kind: Kind = "normal",
        parent: QWidget | None = None,
        *,
        on_click: OnClick | None = None,
    ) -> None:
        super().__init__(parent)
        if on_click is not None:
            self.clicked.connect(on_click)
        self._theme = theme
        self._icon_name = icon
        self._tint = ""
        self._hint = hint
        self._kind: Kind = kind
        self._dot = ""
        self._tone = ""
        self._provider: MenuProvider | None = None
        self._menu_stays = False
        self._menu: QMenu | None = None
        self._offered: Sequence[MenuItem] = ()
        self._caption = ""
        self._elastic = self._middle = False
        self._share: float | None = None
        self._switch: bool | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAutoDefault(False)
        self.set_text(text)
        theme.changed.connect(self.update)

    def set_text(self, text: str) -> None:
        """Set the caption."""
        if text != self._caption or not self.accessibleName():
            before, self._caption = self._caption, text
            self.setAccessibleName(text or self.accessibleName())
            self._replaced(before, text)

    def caption(self) -> str:
        """Return what the button says."""
        return self._caption

    @property
    def icon_name(self) -> str:
        """Name of the icon, empty when there is none."""
        return self._icon_name

    def set_hint(self, hint: str) -> None:
        """Change the dim text at the right."""
        if hint != self._hint:
            before, self._hint = self._hint, hint
            self._replaced(before, hint)

    def _replaced(self, before: str, after: str) -> None:
        """Paint another text; all around is laid out anew only for one that takes other room."""
        if widest(before) != widest(after):
            self.updateGeometry()
        self.update()

    def set_icon(self, name: str, tint: str = "") -> None:
        """Change the icon; ``tint`` is a token for its colour, by itself the text's."""
        if (name, tint) != (self._icon_name, self._tint):
            self._icon_name, self._tint = name, tint
            self.updateGeometry()
            self.update()

    def set_dot(self, token: str) -> None:
        """Show a dot in the colour of a token before the text; none when empty."""
        if token != self._dot:
            self._dot = token
            self.updateGeometry()
            self.update()

    def set_tone(self, token: str) -> None:
        """Write the text in the colour of a token; its own when empty."""
        if token != self._tone:
            self._tone = token
            self.update()

    def set_share(self, share: float | None) -> None:
        """Show how much is done of what the button would stop: 0 to 1; None when nothing runs."""
        if share != self._share:
            self._share = share
            self.update()

    def set_switch(self, on: bool | None) -> None:
        """Show a switch before the text, on or off; None for none."""
        if on != self._switch:
            self._switch = on
            self.updateGeometry()
            self.update()

    def set_elastic(self, *, middle: bool = False) -> None:
        """Let the text shrink to a few letters when room is short; ``middle``: its end stays."""
        self._elastic, self._middle = True, middle
        self.updateGeometry()

    def set_menu(self, provider: MenuProvider, *, stays: bool = False) -> None:
        """Make the button open a menu that ``provider`` fills at that moment; ``stays``: also after a switch in it."""
        if self._provider is None:
            self.clicked.connect(self._open_menu)
        self._provider, self._menu_stays = provider, stays
        self.updateGeometry()
        self.update()

    def set_help(self, text: str) -> None:
        """Set the tooltip, and a description for those who cannot see."""
        self.setToolTip(plain_tooltip(text))
        self.setAccessibleDescription(text)
        if not self._caption:
            self.setAccessibleName(text)

    def _open_menu(self) -> None:
        if self._provider is None:
            return
        below = self.mapToGlobal(QPoint(0, self.height() + 3))
        self._offered = self._provider()
        if not self._offered:
            return
        menu = open_menu(self, self._offered, self._theme, below, stays=self._menu_stays)
        menu.setMinimumWidth(self.width())
        menu.aboutToHide.connect(self._forget_menu)
        self._menu = menu

    def _forget_menu(self) -> None:
        self._menu = None

    @property
    def menu_open(self) -> bool:
        """Whether its menu is open."""
        return self._menu is not None

    def refresh_menu(self) -> None:
        """Bring the menu up to date that is open, if one is; what reads the same stays as it is."""
        if self._menu is None or self._provider is None:
            return
        items = self._provider()
        if [item.looks for item in items] != [item.looks for item in self._offered]:
            self._offered = items
            fill(self._menu, items, self._theme)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Return press it."""
        if not press_by_return(self, event):
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keep the space bar for the button that has the keyboard, whatever else it does around it."""
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return super().event(event)
        event.setAccepted(event.key() == Qt.Key.Key_Space)
        return True

    # -- geometry

    def _opens(self) -> bool:
        """Return whether a chevron tells that a menu opens: some icons alone tell it already."""
        return self._provider is not None and self._icon_name not in _PLAIN

    def _text_font(self) -> QFont:
        return section_font(self.font()) if self._kind == "section" else self.font()

    def _painted(self, caption: str) -> str:
        """Return a caption as it is painted."""
        return section_caption(caption) if self._kind == "section" else caption

    def _hint_font(self) -> QFont:
        font = QFont(self.font())
        if font.pointSizeF() > 0:
            font.setPointSizeF(font.pointSizeF() * 0.87)
        return font

    def _padding(self, caption: str | None = None) -> int:
        if not (self._caption if caption is None else caption) and not self._hint:
            return 8
        return {"section": 5, "chip": 7, "flat": 8}.get(self._kind, 11)

    def sizeHint(self) -> QSize:
        """Return the room of everything."""
        return self.size_with(self._caption)

    def size_with(self, caption: str) -> QSize:
        """Return the room that everything would take with this caption, whatever its digits are."""
        metrics = QFontMetrics(self._text_font())
        parts = []
        if self._dot:
            parts.append(_DOT)
        if self._switch is not None:
            parts.append(_SWITCH)
        elif self._icon_name:
            parts.append(_ICON)
        if caption:
            parts.append(metrics.horizontalAdvance(self._painted(widest(caption))) + 1)
        if self._hint:
            parts.append(QFontMetrics(self._hint_font()).horizontalAdvance(widest(self._hint)) + 3)
        if self._opens():
            parts.append(_CHEVRON)
        width = sum(parts) + _GAP * (len(parts) - 1) + 2 * self._padding(caption)
        height = metrics.height() + (6 if self._kind in ("section", "chip") else 12)
        return QSize(max(width, height), height)

    def minimumSizeHint(self) -> QSize:
        """Return what is needed; an elastic button can do with a few letters."""
        return self.least_with(self._caption)

    def least_with(self, caption: str) -> QSize:
        """Return what would be needed with this caption."""
        hint = self.size_with(caption)
        if not caption or not self._elastic:
            return hint
        metrics = QFontMetrics(self._text_font())
        shortest = metrics.averageCharWidth() * min(len(caption), 6)
        fixed = 2 * self._padding(caption) + (_ICON + _GAP if self._icon_name else 0)
        fixed += (_DOT + _GAP if self._dot else 0) + (_CHEVRON + _GAP if self._opens() else 0)
        return QSize(min(hint.width(), fixed + shortest), hint.height())

    # -- painting

    def _colours(self) -> tuple[str, str, str]:
        """Return fill, outline and ink for the state in which the button is."""
        tokens = self._theme.tokens
        hovered = self.isEnabled() and (self.underMouse() or self.isDown())
        ink = tokens.text if self.isEnabled() else tokens.disabled
        if self._kind == "primary" and self.isEnabled():
            fill_colour = tokens.primary_hover if hovered else tokens.primary
            return fill_colour, mix(fill_colour, tokens.strong, 0.12), tokens.on_primary
        if self._kind == "danger" and self.isEnabled():
            return tokens.error_back, tokens.error_line, tokens.failed_text
        if self._kind == "section":
            ink = tokens.strong if hovered else tokens.dim
            return "", "", ink
        if self._kind == "flat":
            return (tokens.hover if hovered or self.isChecked() else ""), "", ink
        if self._kind == "chip" and not self.isChecked():
            return (tokens.hover if hovered else ""), tokens.line, ink
        if self.isChecked():
            return mix(tokens.raised, tokens.accent, 0.18), mix(tokens.line, tokens.accent, 0.5), ink
        return (tokens.hover if hovered else tokens.raised), tokens.line, ink

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint box, dot, icon, text, hint and chevron."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside, outline, ink = self._colours()
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self.isDown() and inside:
            inside = mix(inside, self._theme.tokens.background, 0.25)
        if inside:
            painter.setBrush(QColor(inside))
            painter.setPen(QColor(outline) if outline else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(box, 5, 5)
        if self._share is not None and inside:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(mix(inside, self._theme.tokens.on_primary, 0.28)))
            painter.setClipRect(QRectF(box.left(), box.top(), box.width() * self._share, box.height()))
            painter.drawRoundedRect(box, 5, 5)
            painter.setClipping(False)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("accent"), 1))
            painter.drawRoundedRect(box, 5, 5)
        if self._tone and self.isEnabled():
            ink = getattr(self._theme.tokens, self._tone)
        self._paint_inside(painter, ink)

    def _paint_inside(self, painter: QPainter, ink: str) -> None:
        left, right = float(self._padding()), float(self.width() - self._padding())
        middle = self.height() / 2
        ratio = self.devicePixelRatioF()
        icons = self._theme.pixmap_in
        if not self._caption and not self._hint and not self._opens():
            left = (self.width() - _ICON) / 2
        if self._dot:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color(self._dot))
            painter.drawEllipse(QRectF(left, middle - _DOT / 2, _DOT, _DOT))
            left += _DOT + _GAP
        if self._switch is not None:
            where = QRectF(left, middle - _SWITCH_HEIGHT / 2, _SWITCH, _SWITCH_HEIGHT)
            self._paint_switch(painter, where, on=self._switch)
            left += _SWITCH + _GAP
        elif self._icon_name:
            tint = getattr(self._theme.tokens, self._tint) if self._tint and self.isEnabled() else ink
            pixmap = icons(self._icon_name, tint, _ICON, ratio)
            painter.drawPixmap(QRectF(left, middle - _ICON / 2, _ICON, _ICON).toRect(), pixmap)
            left += _ICON + _GAP
        if self._opens():
            right -= _CHEVRON
            pixmap = icons("chevron-down", self._dim(ink), _CHEVRON, ratio)
            painter.drawPixmap(QRectF(right, middle - _CHEVRON / 2 + 1, _CHEVRON, _CHEVRON).toRect(), pixmap)
            right -= _GAP
        self._paint_texts(painter, ink, left, right)

    def _paint_switch(self, painter: QPainter, box: QRectF, *, on: bool) -> None:
        tokens = self._theme.tokens
        painter.setPen(QPen(QColor(tokens.primary if on else tokens.dim), 1))
        painter.setBrush(QColor(tokens.primary if on else tokens.sunken))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), box.height() / 2, box.height() / 2)
        size = box.height() - 6
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.on_primary if on else tokens.dim))
        painter.drawEllipse(QRectF(box.right() - 3 - size if on else box.left() + 3, box.top() + 3, size, size))

    def _paint_texts(self, painter: QPainter, ink: str, left: float, right: float) -> None:
        text_font, hint_font = self._text_font(), self._hint_font()
        metrics, small = QFontMetrics(text_font), QFontMetrics(hint_font)
        caption = self._painted(self._caption)
        wanted = metrics.horizontalAdvance(caption) + 1
        if self._hint:
            width = small.horizontalAdvance(self._hint)
            # The shortcut is the first to go when room is short.
            if wanted + (_GAP + width if caption else 0) <= right - left + 1:
                painter.setFont(hint_font)
                painter.setPen(QColor(self._dim(ink)))
                where = QRectF(right - width - 1, 0, width + 2, self.height())
                painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, self._hint)
                right -= width + _GAP
        painter.setFont(text_font)
        painter.setPen(QColor(ink))
        mode = Qt.TextElideMode.ElideMiddle if self._middle else Qt.TextElideMode.ElideRight
        text = metrics.elidedText(caption, mode, int(right - left) + 1)
        where = QRectF(left, 0, right - left + 2, self.height())
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, text)

    def _dim(self, ink: str) -> str:
        tokens = self._theme.tokens
        if not self.isEnabled():
            return ink
        return tokens.primary_dim if self._kind == "primary" else tokens.dim


class IconButton(Button):
    """A flat button with an icon alone; what it does is told by its tooltip and its accessible name."""

    def __init__(
        self, theme: Theme, icon: str, tooltip: str, parent: QWidget | None = None, *, on_click: OnClick | None = None
    ) -> None:
        super().__init__(theme, "", icon, "", "flat", parent, on_click=on_click)
        self.set_icon(icon, "dim")
        self.set_help(tooltip)

    def size_with(self, caption: str) -> QSize:  # noqa: ARG002 - it has none
        """Return a small square, wider where a chevron tells of a menu."""
        side = max(24, self.fontMetrics().height() + 8)
        return QSize(side + _CHEVRON if self._opens() else side, side)

    def _padding(self, caption: str | None = None) -> int:  # noqa: ARG002 - as above
        return 4
