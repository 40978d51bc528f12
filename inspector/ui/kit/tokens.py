"""The colours of the window, by meaning. One set for dark, one for light; nothing else names a colour."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final


@dataclass(frozen=True)
class Tokens:
    """Colours as ``#rrggbb``. ``…_text`` is the same meaning, readable as text on every surface.

    Surfaces, from the ground up: ``background`` (timeline, tables), ``panel`` (docks, bars), ``raised``
    (buttons, menus), ``sunken`` (fields, code). ``line`` separates; ``faint`` separates rows. ``selection``
    marks what is selected, ``row`` marks it in a table, ``hover`` is under the pointer.
    """

    background: str
    panel: str
    raised: str
    sunken: str
    hover: str
    line: str
    faint: str
    text: str
    strong: str
    dim: str
    disabled: str
    accent: str
    accent_text: str
    primary: str
    primary_hover: str
    on_primary: str
    primary_dim: str
    selection: str
    row: str
    density: str
    link_arc: str
    # Statuses of an execution, as areas and as text.
    running: str
    running_text: str
    ok: str
    ok_text: str
    swallowed: str
    swallowed_text: str
    failed: str
    failed_text: str
    cancelled: str
    cancelled_text: str
    timed_out: str
    timed_out_text: str
    returned_failure: str
    returned_failure_text: str
    interrupted: str
    interrupted_text: str
    never_awaited: str
    never_awaited_text: str
    # Phases of a workflow, as marks: one colour, for their shapes tell them apart.
    phase: str
    # Boxes of trouble.
    error_back: str
    error_line: str
    warn: str
    warn_text: str
    warn_back: str
    warn_line: str
    info_back: str
    info_line: str
    # Values in payloads and code.
    string: str
    number: str
    keyword: str


DARK: Final = Tokens(
    background="#1b1d21",
    panel="#22252a",
    raised="#2a2e35",
    sunken="#17191c",
    hover="#30353d",
    line="#363b43",
    faint="#2b2f35",
    text="#d9dde3",
    strong="#f1f4f8",
    dim="#a1a9b5",
    disabled="#979faa",
    accent="#5aa9ff",
    accent_text="#6db3ff",
    primary="#2f6fb5",
    primary_hover="#3474ba",
    on_primary="#ffffff",
    primary_dim="#f0f6fd",
    selection="#263f5c",
    row="#26354a",
    density="#4077ab",
    link_arc="#b79cf0",
    running="#5aa9ff",
    running_text="#6db3ff",
    ok="#3fae7a",
    ok_text="#5cc494",
    swallowed="#d9a441",
    swallowed_text="#e3b355",
    failed="#e5534b",
    failed_text="#ff8c84",
    cancelled="#8b93a0",
    cancelled_text="#a7afbb",
    timed_out="#e07f3a",
    timed_out_text="#f19a5c",
    returned_failure="#d468a6",
    returned_failure_text="#e88cc0",
    interrupted="#a283e0",
    interrupted_text="#bba3ee",
    never_awaited="#4fa3b8",
    never_awaited_text="#7cc4d6",
    phase="#8aa4c8",
    error_back="#3a2022",
    error_line="#6b302f",
    warn="#d9a441",
    warn_text="#e9bd68",
    warn_back="#3a301a",
    warn_line="#66532a",
    info_back="#1f2c3a",
    info_line="#355272",
    string="#7fd0a4",
    number="#e6b673",
    keyword="#8fb8f2",
)

LIGHT: Final = Tokens(
    background="#ffffff",
    panel="#f4f6f8",
    raised="#ffffff",
    sunken="#ffffff",
    hover="#e9edf2",
    line="#d3d8df",
    faint="#e6e9ee",
    text="#23282f",
    strong="#0e1217",
    dim="#58616e",
    disabled="#646c77",
    accent="#1a6fd0",
    accent_text="#1260b8",
    primary="#2368b4",
    primary_hover="#1b5a9f",
    on_primary="#ffffff",
    primary_dim="#dbe9f8",
    selection="#cfe2f9",
    row="#e4eefa",
    density="#7fa9d4",
    link_arc="#7a55c7",
    running="#2f81e0",
    running_text="#1260b8",
    ok="#2a9b67",
    ok_text="#12683f",
    swallowed="#b97a0c",
    swallowed_text="#7d5200",
    failed="#d63d35",
    failed_text="#ae1f19",
    cancelled="#7d8692",
    cancelled_text="#555e6a",
    timed_out="#d2691e",
    timed_out_text="#944300",
    returned_failure="#c24a90",
    returned_failure_text="#982a6c",
    interrupted="#8459cf",
    interrupted_text="#6539b2",
    never_awaited="#1f8099",
    never_awaited_text="#0f6075",
    phase="#5f7fab",
    error_back="#fdeceb",
    error_line="#eeb7b3",
    warn="#b97a0c",
    warn_text="#7d5200",
    warn_back="#fdf3dc",
    warn_line="#e6cd94",
    info_back="#e8f1fc",
    info_line="#b5d0f0",
    string="#12683f",
    number="#8a4b00",
    keyword="#1c559f",
)

#: Names of the tokens that are written as text, and of the surfaces on which they may stand. What is disabled says what
#: could be done and must be read, too; it is never written on the ground of what is selected.
TEXT_TOKENS: Final = (
    *("text", "strong", "dim", "accent_text", "warn_text", "string", "number", "keyword"),
    *(field.name for field in fields(Tokens) if field.name.endswith("_text")),
)
SURFACES: Final = ("background", "panel", "raised", "sunken")


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` (WCAG 2): 0 black … 1 white."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours (WCAG 2): 1 none … 21 black on white."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def mix(first: str, second: str, share: float) -> str:
    """Return ``one`` with ``share`` (0…1) of ``other`` in it."""
    parts = [round(int(first[i : i + 2], 16) * (1 - share) + int(second[i : i + 2], 16) * share) for i in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in parts)
