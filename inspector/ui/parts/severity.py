"""How severe a finding is, as a shape and as a colour."""

from __future__ import annotations

from typing import Final

#: A shape for each severity: colour alone does not tell them apart.
GLYPHS: Final[dict[str, str]] = {"error": "✕", "warning": "▲", "information": "●"}
#: Token of the ink of a severity.
INKS: Final[dict[str, str]] = {"error": "failed_text", "warning": "warn_text", "information": "accent_text"}
