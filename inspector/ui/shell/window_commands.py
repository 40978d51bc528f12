"""The commands of the window itself: find, palette, theme, panels, layout, shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.app.commands import Command
from inspector.ui.kit.theme import CHOICES, Theme

if TYPE_CHECKING:
    from inspector.ui.kit.overlay import Overlay
    from inspector.ui.shell.docks import PanelDock
    from inspector.ui.shell.shell import Shell

_THEMES: Final = {
    "system": ("Theme of the System", "half"),
    "dark": ("Dark Theme", "moon"),
    "light": ("Light Theme", "sun"),
}
_LAST_DIGIT: Final = 9


def panel_command(shell: Shell, dock: PanelDock, number: int, icon: str) -> Command:
    """Give the command that opens and closes a panel; the first nine have Alt and their number."""
    return Command(
        f"panel.{dock.panel_id}",
        dock.windowTitle(),
        lambda: shell.toggle_panel(dock.panel_id),
        menu="View",
        section="panels",
        icon=icon,
        shortcuts=(f"Alt+{number}",) if number <= _LAST_DIGIT else (),
        tooltip=f"Open or close the panel {dock.windowTitle()}",
        checked=lambda: not dock.isHidden(),
    )


def window_commands(shell: Shell, theme: Theme, palette: Overlay, sheet: Overlay) -> list[Command]:
    """Give the commands that every window of ours has."""
    find, window = "find", "window"
    return [
        Command("filter.focus", "Filter…", shell.focus_filter, "View", find, ("Ctrl+F",), "filter"),
        Command("palette.open", "Command Palette…", palette.open_sheet, "View", find, ("Ctrl+K",), "command"),
        *(_theme_command(shell, theme, choice) for choice in CHOICES),
        Command(
            "theme.next",
            "Next Theme",
            shell.next_theme,
            icon="half",
            label=lambda: f"Theme: {theme.choice}",
            tooltip="Theme: system, dark or light",
        ),
        Command(
            "view.fullscreen",
            "Full Screen",
            shell.toggle_full_screen,
            "View",
            window,
            ("F11",),
            "fullscreen",
            checked=shell.isFullScreen,
        ),
        Command(
            "view.reset",
            "Reset Layout",
            shell.reset_layout,
            "View",
            window,
            icon="layout",
            tooltip="Bring all panels back to where they were at first",
        ),
        Command("help.shortcuts", "Keyboard Shortcuts", sheet.open_sheet, "Help", "", ("?", "F1"), "keyboard"),
        Command("app.quit", "Quit", shell.close, "File", "quit", ("Ctrl+Q",), "quit"),
    ]


def _theme_command(shell: Shell, theme: Theme, choice: str) -> Command:
    title, icon = _THEMES[choice]
    return Command(
        f"theme.{choice}",
        title,
        lambda: shell.choose_theme(choice),
        menu="View",
        section="theme",
        icon=icon,
        checked=lambda: theme.choice == choice,
    )
