"""The look: readable in dark and light, never told by colour alone."""

from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontInfo, QFontMetrics, QPalette, QRawFont, QTextLayout
from PySide6.QtWidgets import (
    QApplication,
    QDialogButtonBox,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QProxyStyle,
    QStyle,
)
from pytestqt.qtbot import QtBot

from inspector.app.resources import resource
from inspector.core.errors import InspectorError
from inspector.core.records.statuses import STATUSES
from inspector.ui.kit.fonts import INTER, JETBRAINS_MONO, load_fonts
from inspector.ui.kit.icons import IconSet
from inspector.ui.kit.stylesheet import style_sheet
from inspector.ui.kit.text import PlainLabel
from inspector.ui.kit.theme import Theme, palette
from inspector.ui.kit.tokens import DARK, LIGHT, SURFACES, TEXT_TOKENS, Tokens, contrast, mix

BOTH = pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])


@BOTH
@pytest.mark.parametrize("surface", [*SURFACES, "hover", "row", "selection", "error_back", "warn_back", "info_back"])
@pytest.mark.parametrize("token", sorted(set(TEXT_TOKENS)))
def test_text_is_readable_on_every_surface(tokens: Tokens, token: str, surface: str) -> None:
    assert contrast(getattr(tokens, token), getattr(tokens, surface)) >= 4.5


@BOTH
@pytest.mark.parametrize("surface", [*SURFACES, "hover", "row"])
def test_disabled_texts_and_placeholders_can_be_read(tokens: Tokens, surface: str) -> None:
    """They say what could be done, or what belongs into a field."""
    assert contrast(tokens.disabled, getattr(tokens, surface)) >= 4.5
    assert contrast(palette(tokens).color(QPalette.ColorRole.PlaceholderText).name(), getattr(tokens, surface)) >= 4.5


@BOTH
def test_a_field_writes_its_placeholder_in_the_dim_colour(tokens: Tokens, qtbot: QtBot) -> None:
    field = QLineEdit()
    qtbot.addWidget(field)
    field.setPlaceholderText("Filter")
    field.setStyleSheet(style_sheet(tokens, "monospace"))
    field.ensurePolished()
    assert field.palette().color(QPalette.ColorRole.PlaceholderText).name() == tokens.dim


@BOTH
def test_text_is_readable_where_it_is_selected_and_on_primary_buttons(tokens: Tokens) -> None:
    assert contrast(tokens.strong, tokens.selection) >= 4.5
    assert contrast(tokens.text, tokens.selection) >= 4.5
    for ground in (tokens.primary, tokens.primary_hover):
        assert contrast(tokens.on_primary, ground) >= 4.5
    assert contrast(tokens.primary_dim, tokens.primary) >= 4.5


@BOTH
@pytest.mark.parametrize("token", [*STATUSES, "phase", "accent"])
def test_marks_and_bars_stand_out_from_the_ground(tokens: Tokens, token: str) -> None:
    for surface in ("background", "panel"):
        assert contrast(getattr(tokens, token), getattr(tokens, surface)) >= 3


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert mix("#000000", "#ffffff", 0.5) == "#808080"


def test_no_status_is_told_by_colour_alone(qapp: QApplication) -> None:
    theme = Theme("dark")
    looks = [theme.status(status) for status in STATUSES]
    assert len({look.glyph for look in looks}) == len(STATUSES)
    assert len({look.icon for look in looks}) == len(STATUSES)
    assert len({look.hatch for look in looks}) == len(STATUSES)
    for look in looks:
        assert not theme.icon(look.icon).isNull()


def test_phases_of_any_project_have_a_look(qapp: QApplication) -> None:
    theme = Theme("dark")
    assert [theme.phase(phase).glyph for phase in ("attempted", "succeeded", "failed", "operational")] == list("○●◇▪")
    assert {theme.phase(phase).color.name() for phase in ("attempted", "failed", "denied", "made up")} == {
        theme.color("phase").name()
    }
    assert theme.phase("approved by the board").glyph == theme.phase("operational").glyph


def test_a_choice_changes_everything_and_tells_once(qtbot: QtBot, qapp: QApplication) -> None:
    theme = Theme("dark")
    heard: list[bool] = []
    theme.changed.connect(lambda: heard.append(theme.dark))
    theme.set_choice("light")
    theme.set_choice("light")
    assert heard == [False]
    assert theme.color("background").name() == LIGHT.background
    with pytest.raises(ValueError, match="pink"):
        theme.set_choice("pink")


def test_without_a_system_scheme_the_window_is_dark(qapp: QApplication) -> None:
    expected = qapp.styleHints().colorScheme() != Qt.ColorScheme.Light
    assert Theme("system").dark is expected
    assert Theme("nonsense").choice == "system"


def test_the_application_takes_the_look(qapp: QApplication, qtbot: QtBot) -> None:
    before = qapp.palette(), qapp.styleSheet(), qapp.font()
    theme = Theme("light")
    try:
        window, bare = QMainWindow(), QLineEdit()
        theme.dress_part(bare)
        assert not bare.styleSheet(), "the application has another look"
        theme.apply(qapp)
        theme.follow(window)
        parts = [QLineEdit(window) for _ in range(3)]
        for part in parts:
            theme.dress_part(part)
        assert qapp.palette().color(QPalette.ColorRole.Window).name() == LIGHT.panel
        assert all(LIGHT.accent in part.styleSheet() for part in parts)
        theme.set_choice("dark")
        shiboken6.delete(parts.pop())
        qtbot.waitUntil(lambda: all(DARK.accent in part.styleSheet() for part in parts))
        assert not window.styleSheet(), "it would be changed at once"
        window.show()
        theme.set_choice("light")
        theme.set_choice("dark")
        qtbot.waitUntil(lambda: all(part.updatesEnabled() for part in parts))
        assert all(DARK.accent in part.styleSheet() for part in parts)
        assert qapp.palette().color(QPalette.ColorRole.Window).name() == DARK.panel
        assert not qapp.styleSheet(), "it would be four times as long to change"
        shiboken6.delete(window)
        theme.set_choice("light")
    finally:
        qapp.setPalette(before[0])
        qapp.setStyleSheet(before[1])
        qapp.setFont(before[2])


class WithPictures(QProxyStyle):
    """A style that puts pictures on the buttons of dialogs, as that of many desktops does."""

    def styleHint(self, hint: QStyle.StyleHint, *more: Any) -> int:
        wanted = hint == QStyle.StyleHint.SH_DialogButtonBox_ButtonsHaveIcons
        return 1 if wanted else super().styleHint(hint, *more)


@pytest.mark.parametrize("sheet", ["", style_sheet(DARK, "monospace")], ids=["bare", "ours"])
def test_buttons_of_dialogs_have_no_pictures_of_the_desktop(sheet: str, qtbot: QtBot) -> None:
    kinds, style = QDialogButtonBox.StandardButton, WithPictures("Fusion")
    box = QDialogButtonBox()
    qtbot.addWidget(box)
    box.setStyle(style)
    box.setStyleSheet(sheet)
    box.setStandardButtons(kinds.Ok | kinds.Cancel)
    assert [button.icon().isNull() for button in box.buttons()] == [bool(sheet)] * 2


def test_disabled_text_is_dim(qapp: QApplication) -> None:
    colours = palette(DARK)
    assert colours.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text).name() == DARK.disabled


def test_the_window_brings_its_fonts(qapp: QApplication) -> None:
    load_fonts()
    theme = Theme("dark")
    assert QFontInfo(theme.ui_font()).family() == INTER
    assert QFontInfo(theme.mono_font()).family() == JETBRAINS_MONO
    metrics = QFontMetrics(theme.mono_font())
    assert metrics.horizontalAdvance("i") == metrics.horizontalAdvance("M")


@pytest.mark.parametrize("mono", [False, True])
def test_every_sign_is_in_a_font_that_comes_along(qapp: QApplication, mono: bool) -> None:
    """Else it depends on what is installed whether a timeout is a clock or an empty box."""
    load_fonts()
    theme = Theme("dark")
    font = theme.mono_font() if mono else theme.ui_font()
    raws = [QRawFont.fromFont(QFont(family)) for family in font.families()]
    others = "○●◇▪▲△⋮≡▸▾▴…·→↵✓✕≥⟨⟩\N{MULTIPLICATION SIGN}\N{THIN SPACE}"
    signs = {theme.status(status).glyph for status in STATUSES} | set(others)
    assert not [sign for sign in sorted(signs) if not any(raw.supportsCharacter(ord(sign)) for raw in raws)]


def test_charts_get_colours(qapp: QApplication) -> None:
    assert Theme("dark").pg_colors()["background"].name() == DARK.background


def test_every_icon_paints_in_the_colour_asked_for(qapp: QApplication) -> None:
    icons = IconSet()
    names = [path.stem for path in resource("icons").glob("*.svg") if not path.stem.startswith("fixed-")]
    assert len(names) > 40
    for name in names:
        image = icons.pixmap(name, "#ff0000", 24, 2.0).toImage()
        inked = [
            image.pixelColor(x, y)
            for x in range(image.width())
            for y in range(image.height())
            if image.pixelColor(x, y).alpha() > 200
        ]
        assert inked, name
        assert {colour.name() for colour in inked} == {"#ff0000"}, name


def test_an_icon_that_is_missing_is_told(qapp: QApplication) -> None:
    with pytest.raises(InspectorError):
        IconSet().pixmap("nothing", "#ff0000", 16)


def test_icons_are_sharp_on_dense_screens(qapp: QApplication) -> None:
    pixmap = IconSet().pixmap("play", "#ff0000", 16, 3.0)
    assert (pixmap.width(), pixmap.devicePixelRatio()) == (48, 3.0)


def test_signs_that_are_typed_side_by_side_are_not_joined(qapp: QApplication, qtbot: QtBot) -> None:
    theme = Theme("light")
    theme.apply(qapp)
    shown = [PlainLabel("x"), PlainLabel("x", "mono"), QPlainTextEdit()]
    for widget in shown:
        qtbot.addWidget(widget)
        widget.show()
    for font in (theme.ui_font(), theme.mono_font(), *(widget.font() for widget in shown)):
        alone = {sign: glyphs(sign, font) for sign in "-!=>:"}
        for typed in ("--", "->", "!=", "=>", "::", ">=", "==="):
            assert glyphs(typed, font) == [glyph for sign in typed for glyph in alone[sign]], typed


def glyphs(text: str, font: QFont) -> list[int]:
    """Return the numbers of the glyphs that a text is written with."""
    layout = QTextLayout(text, font)
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    return [int(glyph) for run in layout.glyphRuns() for glyph in run.glyphIndexes()]
