"""Reads the command line, runs the command, turns what went wrong into words and an exit code."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from inspector.app.memory import DEFAULT_JOURNAL_MB, bounded_journals, collect_seldom
from inspector.app.places import log_path
from inspector.cli import exitcodes
from inspector.cli.console import Console
from inspector.cli.guesses import with_help
from inspector.cli.logs import LogFile, logging_set_up
from inspector.cli.parser import make_parser
from inspector.cli.signals import Signalled
from inspector.core.errors import InspectorError, UsageError

if TYPE_CHECKING:
    import argparse

_log = logging.getLogger("inspector.cli")

#: Commands that hold no run in memory.
_WITHOUT_RUN: Final = {"catalog", "check", "sessions", "spec"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: The words after the program's name; those of the process when not given.

    Returns:
        The exit code, see ``exitcodes``.
    """
    collect_seldom()
    console = Console()
    try:
        code = _run(argv, console)
        console.flush()
    except BrokenPipeError:
        console.abandon()
        return exitcodes.BROKEN_PIPE
    except InspectorError as error:
        console.trouble(error)
        console.abandon()
        return exitcodes.FAILED
    return code


def _run(argv: Sequence[str] | None, console: Console) -> int:
    try:
        arguments = make_parser().parse_args(with_help(sys.argv[1:] if argv is None else argv))
    except SystemExit as end:  # --help and --version
        return int(end.code or 0)
    except UsageError as error:
        console.trouble(error)
        return exitcodes.USAGE
    with logging_set_up(log_path(), verbose=arguments.verbose) as log:
        return _guarded(arguments, console, log)


def _guarded(arguments: argparse.Namespace, console: Console, log: LogFile) -> int:
    try:
        if arguments.command in _WITHOUT_RUN:
            return _command(arguments, console)
        with bounded_journals(arguments.memory or DEFAULT_JOURNAL_MB):
            return _command(arguments, console)
    except UsageError as error:
        console.trouble(error)
        return exitcodes.USAGE
    except InspectorError as error:
        console.trouble(error)
        return exitcodes.FAILED
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        return exitcodes.INTERRUPTED
    except Signalled as end:
        console.abandon()
        return exitcodes.SIGNALLED + end.number
    except (Exception, _cancelled()) as error:  # noqa: BLE001 - the last place where a mistake of ours can be told
        _tell_bug(error, console, log)
        return exitcodes.BUG


def _command(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; each is loaded when it is asked for."""
    run: Callable[[argparse.Namespace, Console], int]
    if arguments.command == "catalog":
        from inspector.cli.catalog import run
    elif arguments.command == "fire":
        from inspector.cli.fire import run
    elif arguments.command == "sessions":
        from inspector.cli.sessions import run
    elif arguments.command == "export":
        from inspector.cli.export import run
    elif arguments.command == "import":
        from inspector.cli.import_run import run
    elif arguments.command == "log":
        from inspector.cli.log import run
    elif arguments.command == "demo":
        from inspector.cli.demo import run
    elif arguments.command == "conform":
        from inspector.cli.conform import run
    elif arguments.command == "check":
        from inspector.cli.check import run
    elif arguments.command == "attach":
        from inspector.cli.attach import attach as run
    elif arguments.command == "listen":
        from inspector.cli.listen import listen as run
    elif arguments.command == "run":
        from inspector.cli.run import run
    elif arguments.command == "spec":
        from inspector.cli.spec import run
    else:
        from inspector.cli.window import run
    return run(arguments, console)


def _cancelled() -> type[BaseException]:
    """Return what a cancelled task raises; asked for when something was raised only, for asyncio takes its time."""
    from asyncio import CancelledError

    return CancelledError


def _tell_bug(error: BaseException, console: Console, log: LogFile) -> None:
    _log.error("bug on the command line", exc_info=error)
    console.note(f"Internal error: {type(error).__name__}. This is a bug in the inspector.")
    if log.broken:
        console.note(
            "The log file cannot be written; this is its content:\n" + "".join(traceback.format_exception(error))
        )
    else:
        console.note(f"Details: {log.baseFilename}")
