"""What the exit codes of each command mean, as ``--help`` shows it below the options."""

from __future__ import annotations

import textwrap
from typing import Final

_WIDTH: Final = 120
_RUN: Final = "an execution failed, was cancelled, timed out, returned a failure or was interrupted"
_UNLOADED: Final = "the program cannot be loaded"
_UNSTORED: Final = "the sessions database cannot be used"
_CONSENT: Final = "or nobody has allowed yet to load the project"
_NO_SESSION: Final = "wrong usage: an unknown option or session"

#: What 0, 1 and 2 mean, by command; the empty name is the one without a command, and all of them together.
_MEANINGS: Final = {
    "": (
        "done; no execution went wrong (swallowed is told, and is no failure)",
        (
            f"{_RUN}; check or conform found something that should stop a build; lines of a run log were left out by "
            "import; or something expected got in the way: a project that cannot be loaded, no display for the window, "
            "a file that cannot be written"
        ),
        (
            "wrong usage: an unknown option, event, field, value or session, a filter that cannot be read, a file that "
            f"is no run log; {_CONSENT}"
        ),
    ),
    "catalog": (
        "done, also when a part of the program could not be loaded: it is among the problems",
        _UNLOADED,
        f"wrong usage: an unknown option, or one that does not fit; {_CONSENT}",
    ),
    "fire": (
        "done; no execution went wrong (swallowed is told, and is no failure; nor is an event that nobody hears)",
        f"{_RUN}; the program ended, or could not be loaded; {_UNSTORED}",
        f"wrong usage: an unknown option, event, field or value (no session is made then); {_CONSENT}",
    ),
    "sessions": ("done, also when there are none", _UNSTORED, "wrong usage: an unknown option"),
    "log": (
        "done, also when nothing fits the filter",
        _UNSTORED,
        f"{_NO_SESSION}, a filter that cannot be read",
    ),
    "export": (
        "done; the file is whole",
        f"the file cannot be written, or {_UNSTORED}; an old file is as it was",
        f"{_NO_SESSION}, a filter that cannot be read, options that do not go together",
    ),
    "import": (
        "done; every line is in the session",
        (
            "lines that are no records were left out, all others are in the session; or the file cannot be read, or "
            f"{_UNSTORED}, and no session is made"
        ),
        "wrong usage: an unknown option, no such file, or one that is no run log; no session is made",
    ),
    "demo": (
        "done; nothing went wrong but what was injected",
        f"something else did: {_RUN}; {_UNSTORED}; Qt cannot be loaded, or a file not be written",
        "wrong usage: an unknown option, or a program of your own",
    ),
    "check": (
        "done; there is no finding of the severity that --fail-on names, or worse",
        f"there is one; or {_UNLOADED}",
        f"wrong usage: an unknown option, settings of the project that are wrong; {_CONSENT}",
    ),
    "conform": (
        "done; there is no error and no warning",
        f"there is one; {_UNLOADED}; {_UNSTORED}",
        f"wrong usage: an unknown option, settings of the project that are wrong; {_CONSENT}",
    ),
}
#: Commands that record, and the window.
_RECORDING: Final = frozenset({"", "fire", "demo", "conform"})


def exit_codes(command: str = "") -> str:
    """Give the exit codes of a command as text, a line or more for each.

    Args:
        command: Its name; without one those of all are told.
    """
    kept = "; what was recorded so far is kept, and the session is closed properly" if command in _RECORDING else ""
    done, failed, usage = _MEANINGS[command]
    meanings = {
        "0": done,
        "1": f"{failed}; the output cannot be written",
        "2": usage,
        "70": "a mistake of the inspector's own; one sentence is on stderr, everything is in the log",
        "129, 130, 143": f"ended by a terminal that was closed, by Ctrl+C, by a request to terminate{kept}",
        "141": "the reader of the output went away",
    }
    lines = [line for codes, text in meanings.items() for line in _entry(codes, text)]
    return "\n".join(["exit codes:", *lines])


def _entry(codes: str, text: str) -> list[str]:
    indent = " " * 17
    return textwrap.wrap(text, _WIDTH, initial_indent=f"  {codes:15}", subsequent_indent=indent)
