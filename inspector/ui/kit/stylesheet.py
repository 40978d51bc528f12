"""The style sheet, written from the colours of the theme.

Item views have no ``::item`` rules on purpose: with them the style sheet engine paints every cell.
"""

from __future__ import annotations

from dataclasses import asdict
from string import Template
from typing import Final

from inspector.app.resources import resource
from inspector.ui.kit.tokens import Tokens, mix

_GLYPHS: Final = ("tick", "chevron-down", "chevron-up", "chevron-right", "check", "minus", "dot", "close")

#: What a main window itself has. Its colours come from the palette, for a sheet that changes reaches all inside it.
WINDOW_SHEET: Final = """
QMainWindow { background: palette(window); }
QMainWindow::separator { background: palette(mid); width: 1px; height: 1px; }
QMainWindow::separator:hover { background: palette(highlight); }
"""
_SURFACES: Final = """
QDialog, QMessageBox { background: $panel; }
QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QSplitter::handle:hover { background: $accent; }
QDockWidget { color: $text; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 4px 7px; }
QMenuBar { background: $panel; color: $text; border: 0; padding: 2px 6px; spacing: 0; }
QMenuBar::item { background: transparent; padding: 4px 9px; border-radius: 4px; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; color: $text; border: 1px solid $line; padding: 5px; }
QMenu::item { padding: 5px 26px 5px 10px; border-radius: 4px; }
QMenu::item:selected { background: $selection; color: $strong; }
QMenu::item:disabled { color: $disabled; }
QMenu::item:disabled:selected { background: transparent; color: $disabled; }
QMenu::icon { padding-left: 8px; }
QMenu::indicator { width: 14px; height: 14px; padding-left: 6px; }
QMenu::indicator:checked { image: url($tick); }
QMenu::separator { height: 1px; background: $line; margin: 5px 6px; }
QMenu::right-arrow { image: url($chevron_right); width: 12px; height: 12px; }
QToolBar { background: $panel; border: 0; border-bottom: 1px solid $line; padding: 0; spacing: 0; }
QStatusBar { background: $panel; border-top: 1px solid $line; }
QStatusBar::item { border: 0; }
QFrame[frame="overlay"] { background: $raised; border: 1px solid $line; border-radius: 8px; }
QLabel[frame="sign"] { background: $raised; color: $dim; border: 1px solid $line; padding: 3px 8px; }
QFrame[frame="line"] { background: $line; border: 0; }
QScrollArea, QStackedWidget { background: transparent; border: 0; }
QScrollArea > QWidget > QWidget[frame="content"] { background: $panel; }
"""

_TABS: Final = """
QTabBar { background: $panel; border: 0; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $dim; border: 0; border-bottom: 2px solid transparent;
  padding: 8px 13px 6px 13px; margin: 0; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $strong; border-bottom: 2px solid $accent; }
QTabBar::tab:disabled { color: $disabled; }
QTabWidget::pane { border: 0; border-top: 1px solid $line; }
QTabBar QToolButton { background: $panel; border: 0; }
"""

_FIELDS: Final = """
QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QAbstractSpinBox {
  background: $sunken; color: $text; border: 1px solid $line; border-radius: 5px;
  selection-background-color: $primary; selection-color: $on_primary; }
QLineEdit, QPlainTextEdit, QTextEdit { placeholder-text-color: $dim; }
QLineEdit, QComboBox, QAbstractSpinBox { padding: 4px 8px; min-height: 18px; }
QPlainTextEdit, QTextEdit { padding: 4px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {
  border: 1px solid $accent; }
QLineEdit:disabled, QPlainTextEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled {
  color: $disabled; background: $panel; }
QLineEdit[invalid="true"], QPlainTextEdit[invalid="true"], QComboBox[invalid="true"],
QAbstractSpinBox[invalid="true"] { border: 1px solid $failed; }
QPlainTextEdit[bare="true"], QPlainTextEdit[bare="true"]:focus { background: transparent; border: 0; padding: 0; }
QLineEdit[bare="true"] { background: transparent; border: 0; padding: 0 14px; min-height: 36px; }
QAbstractSpinBox QLineEdit { background: transparent; border: 0; padding: 0 0 0 8px; margin: 0; min-height: 0; }
QComboBox::drop-down { border: 0; width: 22px; }
QComboBox::down-arrow { image: url($chevron_down); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $line; outline: 0; padding: 4px;
  selection-background-color: $selection; selection-color: $strong; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: 0; width: 18px; }
QAbstractSpinBox::up-arrow { image: url($chevron_up); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url($chevron_down); width: 10px; height: 10px; }
QCheckBox, QRadioButton { color: $text; spacing: 7px; background: transparent; }
QCheckBox:disabled, QRadioButton:disabled { color: $disabled; }
QCheckBox::indicator, QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid $control;
  background: $sunken; border-radius: 3px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus, QRadioButton::indicator:hover,
QRadioButton::indicator:focus { border: 1px solid $accent; }
QCheckBox::indicator:checked, QRadioButton::indicator:checked, QCheckBox::indicator:indeterminate {
  background: $primary; border: 1px solid $primary; }
QCheckBox::indicator:checked { image: url($check); }
QCheckBox::indicator:indeterminate { image: url($minus); }
QRadioButton::indicator:checked { image: url($dot); }
QProgressBar { background: $sunken; border: 1px solid $line; border-radius: 4px; color: $text;
  text-align: center; max-height: 14px; }
QProgressBar::chunk { background: $primary; border-radius: 3px; }
"""

_QUESTIONS: Final = """
QDialogButtonBox { button-layout: 3; dialogbuttonbox-buttons-have-icons: 0; }
QDialogButtonBox QPushButton { background: $raised; color: $text; border: 1px solid $line; border-radius: 5px;
  padding: 5px 14px; min-width: 56px; }
QDialogButtonBox QPushButton:hover, QDialogButtonBox QPushButton:pressed { background: $hover; }
QDialogButtonBox QPushButton:default { background: $primary; color: $on_primary; border-color: $primary; }
QDialogButtonBox QPushButton:default:hover, QDialogButtonBox QPushButton:default:pressed {
  background: $primary_hover; }
QDialogButtonBox QPushButton[danger="true"], QDialogButtonBox QPushButton[danger="true"]:default {
  background: $error_back; color: $failed_text; border-color: $error_line; }
QDialogButtonBox QPushButton:disabled { background: $panel; color: $disabled; border-color: $line; }
QDialogButtonBox QPushButton:focus { border-color: $accent; }
QDialogButtonBox QPushButton:default:focus { border-color: $strong; }
"""

_VIEWS: Final = """
QAbstractItemView { background: $background; alternate-background-color: $panel; color: $text;
  border: 0; outline: 0; selection-background-color: $selection; selection-color: $strong; }
QTreeView { background: $panel; }
QTableView { gridline-color: transparent; selection-background-color: $row; }
QHeaderView { background: $background; border: 0; }
QHeaderView::section { background: $background; color: $dim; border: 0; border-bottom: 1px solid $line;
  padding: 5px 8px; }
QHeaderView::section:hover { color: $text; }
QHeaderView::down-arrow { image: url($chevron_down); width: 10px; height: 10px;
  subcontrol-position: center right; right: 2px; }
QHeaderView::up-arrow { image: url($chevron_up); width: 10px; height: 10px;
  subcontrol-position: center right; right: 2px; }
QTableCornerButton::section { background: $background; border: 0; }
QScrollBar { background: transparent; border: 0; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $thumb; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $thumb_hover; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: 0; }
"""

_TONES: Final = """
QLabel { background: transparent; }
*[tone="dim"], *[tone="section"] { color: $dim; }
*[tone="strong"], *[tone="title"] { color: $strong; }
*[tone="mono"] { font-family: "$mono"; }
*[tone="string"] { color: $string; font-family: "$mono"; }
*[tone="link"] { color: $accent_text; }
*[tone="warn"] { color: $warn_text; }
"""

_STATUS_TONES: Final = (
    *("running", "ok", "swallowed", "failed", "cancelled", "timed_out", "returned_failure"),
    *("interrupted", "never_awaited"),
)


def style_sheet(tokens: Tokens, mono: str) -> str:
    """Write the style sheet of the application.

    Args:
        tokens: The colours.
        mono: Family of the fixed-width font.
    """
    values = asdict(tokens)
    values["mono"] = mono
    # Outlines of controls need 3:1 to be found; what only decorates may be fainter.
    values["control"] = mix(tokens.line, tokens.dim, 0.6)
    values["thumb"] = mix(tokens.line, tokens.dim, 0.12)
    values["thumb_hover"] = mix(tokens.line, tokens.dim, 0.5)
    for glyph in _GLYPHS:
        values[glyph.replace("-", "_")] = f'"{resource(f"icons/fixed-{glyph}.svg").as_posix()}"'
    tones = "".join(f'*[tone="{status}"] {{ color: ${status}_text; }}\n' for status in _STATUS_TONES)
    return Template(_SURFACES + _TABS + _FIELDS + _QUESTIONS + _VIEWS + _TONES + tones).substitute(values)
