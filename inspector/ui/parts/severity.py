"""How severe a finding is, as a shape and as a colour."""

from __future__ import annotations

from typing import Final

#: A shape for each severity: colour alone does not tell them apart.
GLYPHS: Final[dict[str, str]] = {"error": "▲", "warning": "△", "information": "i"}
#: Token of the ink of a severity. Red is for what has ended badly, and nothing has been run yet.
INKS: Final[dict[str, str]] = {"error": "warn_text", "warning": "warn_text", "information": "accent_text"}
