"""The fields that stand in the place of a line while it is changed, and below them what the change gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QRect, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from inspector.core.spec import (
    ADAPTER,
    ALSO,
    BY_FIELD,
    CALLED,
    CONTAINER,
    DECLARED,
    DRAIN,
    EXACT,
    GLOB,
    HANDLERS,
    HOLDS,
    IDENTITIES,
    IDENTITY,
    KEYED_BY,
    KEYS_OF_CONTAINERS,
    PATTERNS,
    PUBLISH,
    RUN_BY,
    SEVERAL,
    SpecLine,
    container_of,
    events_of,
    field_of,
    handler_of,
    holds_of,
    keyed_by_of,
    method_of,
    read_tables,
)
from inspector.ui.features.spec.delegate import paint_pill, pill_width
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.text import ElidedLabel, PlainLabel, set_tone

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme

_IN_FIELD: Final = "name in a field"
#: What leaves something to the inspector, and what stands for ``RUN_BY`` while the method has a field of its own.
_AUTOMATIC: Final = "automatic"
_OBJECTS: Final = "objects, run by"
#: Of each kind with fields of text: role, caption, letters that it is wide, what stands in it while it is empty.
_TEXTS: Final[dict[str, tuple[tuple[str, str, int, str], ...]]] = {
    ADAPTER: (("", "Adapter", 16, "map"),),
    PUBLISH: (
        ("method", "Method", 16, "publish"),
        ("event", "event", 10, "-"),
        ("name", "name", 10, "-"),
        ("payload", "payload", 10, "-"),
        ("session", "session", 10, "-"),
        ("metadata", "metadata", 10, "-"),
    ),
    HANDLERS: (("", "Container", 20, "_handlers"),),
    ALSO: (("handler", "Handler", 26, "module:Class.method"), ("events", "for", 20, "OrderPlaced, …")),
    DRAIN: (("", "Method", 20, "none"),),
}


class SpecEditor(QWidget):
    """Fields for one line.

    Args:
        theme: Its look.
        line: The line; one that is to be added has no text.
        choices: The names that the bus has (``BusSpec.choices``).
        parent: The owner.

    Signals:
        edited: What the line would say; sent when that can be.
        applied: What it shall say; None takes it away.
        cancelled: Nothing shall change.
    """

    edited = Signal(object)
    applied = Signal(object)
    cancelled = Signal()

    def __init__(
        self,
        theme: Theme,
        line: SpecLine,
        choices: Mapping[str, Sequence[str]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._line, self._names = theme, line, choices or {}
        self._texts: dict[str, QLineEdit | QComboBox] = {}
        self._choice: QComboBox | None = None
        self._contents: dict[str, QComboBox] = {}
        self._good = False
        self.setAccessibleName(f"Change {line.text}" if line.text else "Add line")
        self.result = ElidedLabel("", "dim")
        self.apply = Button(theme, "Apply", hint=native_shortcut("Return"), kind="primary", on_click=self._apply)
        self._remove = Button(theme, "Remove", on_click=lambda: self.applied.emit(None))
        self._remove.setVisible(line.kind in SEVERAL and bool(line.text))
        cancel = Button(theme, "Cancel", hint=native_shortcut("Esc"), on_click=self.cancelled)
        pills = _Pills(theme, line.origin if line.text else "")
        below = hbox((self.result, 1), pills, self.apply, self._remove, cancel, spacing=8)
        vbox(self._make_fields(), below, owner=self, margins=(14, 7, 8, 8), spacing=7)
        theme.changed.connect(self.update)
        self._changed(tell=False)

    def value(self) -> Any:
        """Return what the line would say, as it stands in the table."""
        kind = self._line.kind
        texts = {role: _text_of(field) for role, field in self._texts.items()}
        if kind == IDENTITY and self._choice is not None:
            chosen = self._choice.currentText()
            return f"{BY_FIELD}{texts['field']}" if chosen == _IN_FIELD else chosen
        if self._choice is not None:
            return self._choice.currentText()
        if kind == PUBLISH:
            changed = {role: text for role, text in texts.items() if text}
            return changed if len(changed) > 1 or "method" not in changed else changed["method"]
        if kind == ALSO:
            events = [name.strip() for name in texts["events"].split(",") if name.strip()]
            return {"handler": texts["handler"], "events": events} if events else texts["handler"]
        if kind == HANDLERS:
            said = self._said_of_contents(texts.get(HOLDS, ""))
            return {CONTAINER: texts[""], **said} if said else texts[""]
        return texts[""]

    def _said_of_contents(self, method: str) -> dict[str, str]:
        """Return what is said of a container beside its place: what is chosen, and is not what was proposed."""
        chosen = {name: box.currentText() for name, box in self._contents.items()}
        if chosen[HOLDS] == _OBJECTS:
            chosen[HOLDS] = f"{RUN_BY}{method}"
        proposed = {KEYED_BY: self._line.keyed_by, HOLDS: self._line.holds}
        declared = {KEYED_BY: keyed_by_of(self._line.value), HOLDS: holds_of(self._line.value)}
        return {
            name: value
            for name, value in chosen.items()
            if value != _AUTOMATIC and (value != proposed[name] or value == declared[name])
        }

    def trouble(self) -> str:
        """Return why what stands there can be no line; empty when it can."""
        value = self.value()
        if value in ("", {}) and self._line.kind != DRAIN:
            return "Enter a name."
        _, troubles = read_tables({self._line.kind: [value] if self._line.kind in SEVERAL else value})
        return f"{troubles[0].text.partition(': ')[2] or troubles[0].text} {troubles[0].hint}" if troubles else ""

    def tell(self, text: str, tone: str, *, good: bool) -> None:
        """Show what the change gives, or why it cannot be; only what is good can be applied."""
        self._good = good
        self.result.setText(text)
        set_tone(self.result, tone)
        self.apply.setEnabled(good)

    def focus_first(self) -> None:
        """Put the keyboard into the first field."""
        field = self._choice if self._choice is not None else next(iter(self._texts.values()))
        field.setFocus(Qt.FocusReason.OtherFocusReason)
        text = field if isinstance(field, QLineEdit) else field.lineEdit()
        if text is not None:
            text.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Apply with Return, cancel with Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._apply()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground that marks what is being changed."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("row"))
        for top in (0, self.height() - 1):
            painter.fillRect(0, top, self.width(), 1, self._theme.color("accent"))

    # -- making

    def _make_fields(self) -> QWidget:
        rows = [hbox(spacing=8)]
        if self._line.kind in (IDENTITY, PATTERNS):
            self._add_choice(rows[0], *_CHOICES[self._line.kind])
        for role, caption, letters, hint in _TEXTS.get(self._line.kind, ()):
            if role == "session":
                rows.append(hbox(spacing=8))
            rows[-1].addWidget(PlainLabel(caption, "dim"))
            rows[-1].addWidget(self._add_text(role, caption, letters, hint))
        if self._line.kind == HANDLERS:
            self._add_contents(rows[0])
        for row in rows:
            row.addStretch(1)
        box = QWidget()
        vbox(*rows, owner=box, spacing=6)
        return box

    def _add_contents(self, row: Any) -> None:
        """Add what the keys of a container are and what it holds, and the method by which that is run."""
        holds = _OBJECTS if self._line.holds.startswith(RUN_BY) else self._line.holds
        for name, caption, values, value in (
            (KEYED_BY, "keyed by", KEYS_OF_CONTAINERS, self._line.keyed_by),
            (HOLDS, "holds", (CALLED, _OBJECTS), holds),
        ):
            box = self._contents[name] = QComboBox()
            box.addItems([_AUTOMATIC, *values])
            box.setCurrentText(value or _AUTOMATIC)
            box.setAccessibleName(caption)
            row.addWidget(PlainLabel(caption, "dim"))
            row.addWidget(box)
        method = self._add_text(HOLDS, "Method", 10, "handle")
        method.setVisible(holds == _OBJECTS)
        row.addWidget(method)
        for box in self._contents.values():
            box.currentTextChanged.connect(self._chosen_contents)

    def _chosen_contents(self) -> None:
        self._texts[HOLDS].setVisible(self._contents[HOLDS].currentText() == _OBJECTS)
        self._changed()

    def _add_choice(self, row: Any, caption: str, values: tuple[str, ...]) -> None:
        self._choice = QComboBox()
        self._choice.addItems(list(values))
        self._choice.setAccessibleName(caption)
        row.addWidget(PlainLabel(caption, "dim"))
        row.addWidget(self._choice)
        value = str(self._line.value or values[0])
        field = field_of(value)
        self._choice.setCurrentText(_IN_FIELD if field else value)
        if self._line.kind == IDENTITY:
            text = self._add_text("field", "Field", 12, "type")
            text.setVisible(bool(field))
            row.addWidget(text)
        self._choice.currentTextChanged.connect(self._chosen)

    def _add_text(self, role: str, caption: str, letters: int, hint: str) -> QWidget:
        """Add a field for text; where it is known what may stand there, it is offered, too."""
        offered = self._offered(role)
        text = QLineEdit(self._said(role))
        field: QLineEdit | QComboBox = text
        if offered is not None:
            field = QComboBox()
            field.setEditable(True)
            field.setLineEdit(text)
            field.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            field.setCompleter(None)  # type: ignore[arg-type]  # it would finish what somebody types
            field.addItems(list(offered))
            field.setEditText(self._said(role))
            field.editTextChanged.connect(lambda _: self._edited(role))
        else:
            text.textEdited.connect(lambda _: self._edited(role))
        self._texts[role] = field
        for part in (field, text):
            part.setAccessibleName(caption)
            part.setFont(self._theme.mono_font())
        text.setPlaceholderText(hint)
        arrow = 22 if field is not text else 0
        field.setFixedWidth(field.fontMetrics().averageCharWidth() * letters + 22 + arrow)
        return field

    def _offered(self, role: str) -> Sequence[str] | None:
        """Return what may stand in a field for text; None where nobody knows it."""
        kind = self._line.kind
        if kind == PUBLISH and role != "method":
            method = self._texts.get("method")
            return self._names.get(f"{PUBLISH} {_text_of(method)}" if method is not None else "") or (
                () if PUBLISH in self._names else None
            )
        return self._names.get(kind) if kind in (ADAPTER, PUBLISH, HANDLERS, DRAIN) and role != HOLDS else None

    def _edited(self, role: str) -> None:
        """Offer the parameters of another method; of another container nothing is known that was proposed."""
        if self._line.kind == PUBLISH and role == "method":
            for name, field in self._texts.items():
                if name != "method" and isinstance(field, QComboBox):
                    with QSignalBlocker(field):
                        text = field.currentText()
                        field.clear()
                        field.addItems(list(self._offered(name) or ()))
                        field.setEditText(text)
        if self._line.kind == HANDLERS and role == "":
            for box in self._contents.values():
                with QSignalBlocker(box):
                    box.setCurrentText(_AUTOMATIC)
            self._texts[HOLDS].setVisible(False)
        self._changed()

    def _said(self, role: str) -> str:
        value, kind = self._line.value, self._line.kind
        if kind == ALSO:
            return handler_of(value) if role == "handler" else ", ".join(events_of(value))
        if kind == PUBLISH:
            point = value if isinstance(value, Mapping) else {"method": method_of(value)}
            return str(point.get(role, ""))
        if kind == HANDLERS:
            method = self._line.holds.removeprefix(RUN_BY) if self._line.holds.startswith(RUN_BY) else ""
            return method if role == HOLDS else container_of(value)
        return field_of(str(value)) if kind == IDENTITY else str(value)

    # -- what a person does

    def _chosen(self, chosen: str) -> None:
        field = self._texts.get("field")
        if field is not None:
            field.setVisible(chosen == _IN_FIELD)
        self._changed()

    def _changed(self, *, tell: bool = True) -> None:
        trouble = self.trouble()
        if trouble:
            self.tell(trouble, "failed" if tell else "dim", good=False)
            return
        self.tell("Reading…", "dim", good=False)
        if tell:
            self.edited.emit(self.value())

    def _apply(self) -> None:
        if self._good:
            self.applied.emit(self.value())


_CHOICES: Final = {
    IDENTITY: ("Identified by", (*IDENTITIES, _IN_FIELD)),
    PATTERNS: ("Wildcards", (GLOB, EXACT)),
}


def _text_of(field: QLineEdit | QComboBox) -> str:
    return (field.currentText() if isinstance(field, QComboBox) else field.text()).strip()


class _Pills(QWidget):
    """The origin that a line has, and the one that it gets."""

    def __init__(self, theme: Theme, origin: str) -> None:
        super().__init__()
        self._theme = theme
        self._origins = [origin, DECLARED] if origin and origin != DECLARED else [DECLARED]
        widths = [pill_width(name, self.font()) for name in self._origins]
        self.setFixedWidth(sum(widths) + 24 * (len(widths) - 1) + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint them, with an arrow between."""
        painter = QPainter(self)
        room = self.rect()
        for place, origin in enumerate(self._origins):
            if place:
                painter.setPen(self._theme.color("dim"))
                gap = QRect(room.left() - 24, room.top(), 24, room.height())
                painter.drawText(gap, Qt.AlignmentFlag.AlignCenter, "→")
            paint_pill(painter, room, origin, self._theme, self.font(), self.devicePixelRatioF())
            room.setLeft(room.left() + pill_width(origin, self.font()) + 24)
