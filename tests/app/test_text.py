"""Foreign text is shown as what it is; numbers, lengths and times read well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.app.resources import resource
from inspector.app.text import (
    format_bytes,
    format_clock,
    format_count,
    format_duration,
    format_offset,
    one_line,
    plural,
    visible,
)
from inspector.core.errors import InspectorError


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 漢 🙂", "plain é 漢 🙂"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\x00b", "a⟨U+0000⟩b"),
        ("\ud800", "⟨U+D800⟩"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("\x1b[31mred", "⟨U+001B⟩[31mred"),
        ("two\nlines\tand", "two\nlines\tand"),
        ("\u2028", "⟨U+2028⟩"),
    ],
)
def test_hidden_characters_are_shown_as_markers(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert visible("x" * 501) == "x" * 500 + "…"
    assert visible("x" * 500) == "x" * 500


@given(st.text(alphabet=st.characters(), max_size=60))
def test_what_is_shown_holds_nothing_that_a_screen_would_obey(text: str) -> None:
    shown = visible(text)
    shown.encode()
    assert not set(shown) & set("\x00\x1b\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200b\u200e\u200f\u2028\u2029")


def test_a_cell_is_one_line() -> None:
    assert one_line("a\r\nb\nc\td") == "a⏎b⏎c d"
    assert one_line("a" * 600) == "a" * 500 + "…"


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (80_000, "80 µs"),
        (999_499, "999 µs"),
        (999_600, "1.0 ms"),
        (4_120_000, "4.1 ms"),
        (118_000_000, "118 ms"),
        (999_600_000, "1.00 s"),
        (1_200_000_000, "1.20 s"),
        (12_340_000_000, "12.3 s"),
        (59_999_000_000, "1 min 00 s"),
        (125_000_000_000, "2 min 05 s"),
        (11_220_000_000_000, "3 h 07 min"),
        (-80_000, "\N{MINUS SIGN}80 µs"),
    ],
)
def test_lengths_of_time(nanoseconds: int, text: str) -> None:
    assert format_duration(nanoseconds) == text


def test_offsets_counts_sizes_and_plurals() -> None:
    assert format_offset(12_300_000) == "+12.3 ms"
    assert format_offset(-12_300_000) == "\N{MINUS SIGN}12.3 ms"
    assert format_count(48212) == "48\u2009212"
    assert [format_bytes(n) for n in (0, 999, 18_200_000, 2_500_000_000)] == ["0 B", "999 B", "18.2 MB", "2.5 GB"]
    assert format_bytes(999_990) == "1.0 MB"
    assert (plural(1, "event"), plural(0, "event"), plural(2, "entry", "entries")) == (
        "1 event",
        "0 events",
        "2 entries",
    )


def test_clock_in_utc() -> None:
    wall = 1_795_211_047_310_000_000
    assert format_clock(wall, utc=True).endswith(":07.310")


def test_a_resource_is_found_and_a_missing_one_is_told() -> None:
    assert resource("icons/play.svg").read_text().startswith("<svg")
    with pytest.raises(InspectorError, match="nothing"):
        resource("icons/nothing.svg")
