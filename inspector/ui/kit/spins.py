"""Fields for numbers, which write them as the rest of the window does, and not as the system's language would."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox

from inspector.app.text import format_count, format_decimal, read_count, read_decimal

#: What may stand in a number that is being written.
_WRITTEN: Final = frozenset("0123456789.,")


class CountBox(QSpinBox):
    """A field for a count, not below zero."""

    def textFromValue(self, value: int) -> str:
        """Write the count."""
        return format_count(value)

    def valueFromText(self, text: str) -> int:
        """Read a count."""
        return read_count(text) or 0

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        """Return whether a text is a count that fits."""
        return _judge(self, text, text, read_count(text)), text, at


class DecimalBox(QDoubleSpinBox):
    """A field for a number with decimals, not below zero."""

    def textFromValue(self, value: float) -> str:
        """Write the number."""
        return format_decimal(value, self.decimals())

    def valueFromText(self, text: str) -> float:
        """Read a number."""
        return read_decimal(text.removesuffix(self.suffix())) or 0.0

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        """Return whether a text is a number that fits."""
        written = text.removesuffix(self.suffix())
        return _judge(self, text, written, read_decimal(written)), text, at


def _judge(box: CountBox | DecimalBox, text: str, written: str, number: float | None) -> QValidator.State:
    """Return whether a text is a number that fits, may become one, or never will."""
    if text and text == box.specialValueText():
        return QValidator.State.Acceptable
    if not _WRITTEN.issuperset("".join(written.split())) or (number is not None and number > box.maximum()):
        return QValidator.State.Invalid
    fits = number is not None and number >= box.minimum()
    return QValidator.State.Acceptable if fits else QValidator.State.Intermediate
