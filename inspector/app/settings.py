"""What the program remembers between runs: a small JSON file (never payloads, never a window's geometry)."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.app.places import settings_path

if TYPE_CHECKING:
    from inspector.app.notices import Notices


#: What a person may set in the preferences: the template of the editor's command, the seconds that a handler may take
#: (0 for no limit), the nanoseconds that the timeline shows at first, the name of a number format, the theme.
EDITOR: Final = "editor"
TIMEOUT: Final = "fire.timeout"
WINDOW: Final = "timeline.window"
NUMBERS: Final = "numbers"
THEME: Final = "theme"


def default_path() -> Path:
    """Return the path of the settings file in the platform's configuration folder."""
    return settings_path()


class Settings:
    """Named values in a JSON file. Reading takes a default, whose type a stored value must have to count.

    Args:
        path: The file; it and its folder come into being with the first ``save``. None remembers nothing.
        notices: Where it is reported when the file cannot be read or written.
    """

    def __init__(self, path: Path | None, notices: Notices) -> None:
        self.path = path
        self._notices = notices
        self._values: dict[str, Any] = self._load()

    def text(self, key: str, default: str = "") -> str:
        """Return a text."""
        value = self._values.get(key)
        return value if isinstance(value, str) else default

    def flag(self, key: str, default: bool = False) -> bool:
        """Return a yes or no."""
        value = self._values.get(key)
        return value if isinstance(value, bool) else default

    def number(self, key: str, default: float = 0.0) -> float:
        """Return a number."""
        value = self._values.get(key)
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else default

    def strings(self, key: str) -> list[str]:
        """Return a list of texts, empty when there is none."""
        value = self._values.get(key)
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []

    def mapping(self, key: str) -> dict[str, Any]:
        """Return a mapping of JSON values, empty when there is none."""
        value = self._values.get(key)
        return dict(value) if isinstance(value, dict) else {}

    def set(self, key: str, value: str | bool | float | Sequence[str] | Mapping[str, Any]) -> None:
        """Keep a value of JSON types; ``save`` writes it."""
        self._values[key] = list(value) if isinstance(value, tuple) else value

    def remember(self, key: str, value: str, limit: int = 10) -> None:
        """Put a text first in the list of recent ones and save; the list holds ``limit``."""
        recent = [value, *(item for item in self.strings(key) if item != value)]
        self._values[key] = recent[:limit]
        self.save()

    def forget(self, key: str, value: str) -> None:
        """Take a text out of the list of recent ones and save."""
        self._values[key] = [item for item in self.strings(key) if item != value]
        self.save()

    def save(self) -> bool:
        """Write the file whole or not at all and say whether it was; what fails becomes a notice."""
        if self.path is None:
            return True
        text = json.dumps(self._values, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        temporary = ""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=".settings-", suffix=".json")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self.path)
        except OSError as error:
            if temporary:
                with suppress(OSError):
                    Path(temporary).unlink()
            self._notices.warning("Cannot save the settings.", f"{error.strerror or error}: {self.path.parent}")
            return False
        return True

    def _load(self) -> dict[str, Any]:
        if self.path is None:
            return {}
        try:
            values = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            self._notices.warning(
                "Cannot read the settings; using defaults.",
                f"{error.strerror or error}: {self.path}",
            )
            return {}
        except (ValueError, RecursionError):
            self._put_aside(self.path)
            return {}
        if not isinstance(values, dict):
            self._put_aside(self.path)
            return {}
        return values

    def _put_aside(self, path: Path) -> None:
        """Rename the broken file, so that the next ``save`` does not destroy what may be repaired."""
        aside = path.with_suffix(".broken.json")
        try:
            path.replace(aside)
        except OSError as error:
            self._notices.warning("The settings file is broken; using defaults.", str(error.strerror or error))
            return
        self._notices.warning("The settings file was broken; using defaults.", f"The old file is {aside}.")
