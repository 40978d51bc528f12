"""Where the program keeps its files: sessions database, settings, layout, log."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import platformdirs

_FOLDER: Final = "inspector"


def default_database() -> Path:
    """Return the path of the sessions database in the platform's data folder; it need not exist yet."""
    return platformdirs.user_data_path(_FOLDER, appauthor=False) / "sessions.db"


def log_path() -> Path:
    """Return the path of the log, where mistakes of ours are told in full; it need not exist yet."""
    return platformdirs.user_state_path(_FOLDER, appauthor=False) / "inspector.log"


def settings_path() -> Path:
    """Return the path of the settings in the platform's configuration folder; it need not exist yet."""
    return platformdirs.user_config_path(_FOLDER, appauthor=False) / "settings.json"


def trust_path() -> Path:
    """Return the path of the file that remembers whose code may be loaded; it need not exist yet."""
    return platformdirs.user_config_path(_FOLDER, appauthor=False) / "trust.json"


def kept_settings_path() -> Path:
    """Return the path of the file with settings that were filled in for projects; it need not exist yet."""
    return platformdirs.user_config_path(_FOLDER, appauthor=False) / "project-settings.json"


def layout_path() -> Path:
    """Return the path under which the window keeps its layout; it need not exist yet."""
    return platformdirs.user_config_path(_FOLDER, appauthor=False) / "layout.ini"


def spill_path() -> Path:
    """Return the folder, on a disk, for what a long journal does not hold in memory; nothing in it has a name."""
    return platformdirs.user_cache_path(_FOLDER, appauthor=False)
