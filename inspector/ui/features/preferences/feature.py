"""Preferences: what a person prefers, in a dialog of the File menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.app.commands import Command
from inspector.app.settings import NUMBERS
from inspector.app.text import set_number_format
from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from inspector.ui.context import Context


def make(context: Context) -> Parts:
    """Make the preferences of a window."""

    def changed() -> None:
        anew = set_number_format(context.settings.text(NUMBERS))
        context.settings.save()
        context.preferences_changed.emit()
        if anew:
            context.numbers_changed.emit()
            context.theme.changed.emit()  # whoever paints numbers paints them anew
        context.changed.emit()

    def show() -> None:
        from inspector.ui.features.preferences.dialog import PreferencesDialog

        dialog = PreferencesDialog(context.theme, context.settings, context.shell)
        dialog.changed.connect(changed)
        dialog.open()

    command = Command(
        *("preferences.open", "Preferences…", show, "File", "preferences", ("Ctrl+,",), "gear"),
        "Editor, default timeout, time window, number format, theme",
    )
    return Parts(commands=(command,))


FEATURE: Final = Feature("preferences", "Preferences", "gear", "", make)
