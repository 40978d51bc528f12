"""What somebody meant who typed a command that there is not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from inspector.core.errors import UsageError, alternatives

#: What asks for help where a command stands.
_HELP: Final = ("help", "--help", "-h")
_SEE: Final = "See `inspector --help`."
#: What other tools call it: the words behind ``inspector`` that do it here; empty opens the window.
_MEANT: Final = {
    **dict.fromkeys(("ls", "list", "history", "recordings", "runs"), "sessions"),
    **dict.fromkeys(("show", "view", "cat", "tail", "print"), "log"),
    **dict.fromkeys(("events", "handlers", "buses", "describe"), "catalog"),
    **dict.fromkeys(("publish", "send", "emit", "trigger", "dispatch"), "fire"),
    **dict.fromkeys(("watch", "exec", "start", "record", "trace"), "run"),
    **dict.fromkeys(("connect", "resume"), "attach"),
    **dict.fromkeys(("lint", "validate", "verify", "findings"), "check"),
    **dict.fromkeys(("test", "conformance"), "conform"),
    **dict.fromkeys(("save", "dump"), "export"),
    **dict.fromkeys(("load", "restore"), "import"),
    **dict.fromkeys(("open", "gui", "ui", "window"), ""),
    "version": "--version",
    "help": "--help",
}


def with_help(words: Sequence[str]) -> list[str]:
    """Return the words of a command line; ``help run`` and ``--help run`` are ``run --help``, as git has them."""
    if not words or words[0] not in _HELP:
        return list(words)
    about = [word for word in words[1:2] if not word.startswith("-") and word != "help"]
    return [*about, "--help"]


def unknown_command(word: str, names: Collection[str]) -> UsageError:
    """Return what to say of a command that there is not.

    Args:
        word: What was typed in its place.
        names: The commands that there are.
    """
    guesses = [_MEANT[word.lower()]] if word.lower() in _MEANT else _alike(word, names)
    if word.startswith("python"):
        guesses = [f"run -- {word} …"]
    elif not guesses and word.endswith(".py"):
        guesses = [f"run -- python {word}"]
    elif not guesses and _runs(word):
        guesses = [f"run -- {word} …"]
    meant = alternatives(f"`{f'inspector {guess}'.rstrip()}`" for guess in guesses) if guesses else ""
    return UsageError(f"Unknown command {word!r}.", f"Did you mean {meant}? {_SEE}" if meant else _SEE)


def _alike(word: str, names: Collection[str]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(word.lower(), names, 2, 0.6)


def _runs(word: str) -> bool:
    """Return whether a word is a program that could be watched."""
    from shutil import which

    return which(word) is not None
