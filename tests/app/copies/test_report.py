"""The Markdown report of an execution, and the command that repeats it with its faults."""

from __future__ import annotations

import asyncio
import random
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.app.copies.command import command_of, injected_error
from inspector.app.copies.report import commit_of, report_text
from inspector.app.details import Details
from inspector.app.notices import Notices
from inspector.app.recording import Recording
from inspector.app.tasks import TaskOwner
from inspector.catalog.synthetic.synthetic import synthesise
from inspector.cli.parser import make_parser
from inspector.cli.programs import demo_program
from inspector.core.faults import FaultRule, parse_fault
from inspector.core.records.capture import Failure, Frame
from inspector.core.records.numbers import PublicationIndex
from inspector.core.request import FireRequest
from inspector.hosts.embedded import EmbeddedHost
from tests.app.copies.test_pytesttext import recorded
from tests.patience import PATIENCE

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_the_report_has_source_locals_and_what_led_to_the_failure() -> None:
    frame = Frame(
        "/srv/shop/desk.py", 4, "ship", True, ((3, "def ship(event):"), (4, "    raise LookupError")), (("n", "7"),)
    )
    cause = Failure("KeyError", "builtins", "'x'", (), "cause")
    failure = Failure("LookupError", "builtins", "a `b` ``` c", (frame,), chain=(cause,), notes=("a note",))
    execution = replace(recorded(), failure=failure, metadata={"ip*": "::1"}, when="12:00:00.000", python="3.12.1")
    text = report_text(execution, "inspector fire Placed --demo")
    assert text.startswith("# LookupError in ship\n")
    for part in (
        'File "/srv/shop/desk.py", line 4, in ship',
        "  >     4      raise LookupError",
        "      n = 7",
        "Caused by KeyError: 'x'",
        "a note",
        '  "note": "a"',
        'event = Placed(note="a")',
        "- Database session: none",
        "- ip\\*: ::1",
        "- Python: 3.12.1",
        "```sh\ninspector fire Placed --demo\n```",
    ):
        assert part in text
    assert "````text\na `b` ``` c\n````" in text  # the fence is longer than what it holds


def test_the_commit_is_read_from_the_files_of_git(tmp_path: Path) -> None:
    git, inner = tmp_path / "repo" / ".git", tmp_path / "repo" / "src" / "shop"
    inner.mkdir(parents=True)
    assert commit_of(inner) == ""
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text(f"{COMMIT}\n")
    assert commit_of(inner) == "0123456789ab"
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    assert commit_of(inner) == ""
    (git / "packed-refs").write_text(f"# pack-refs\n{COMMIT} refs/heads/main\n")
    assert commit_of(inner) == "0123456789ab (main)"
    (git / "refs" / "heads" / "main").write_text(f"{COMMIT[::-1]}\n")
    assert commit_of(inner) == "76543210fedc (main)"
    own = git / "worktrees" / "side"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/main\n")
    (own / "commondir").write_text("../..\n")
    side = tmp_path / "side"
    side.mkdir()
    (side / ".git").write_text(f"gitdir: {own}\n")
    assert commit_of(side) == "76543210fedc (main)"


@pytest.mark.allow_log("inspector.core.bus")
@pytest.mark.allow_log("inspector.demo")
async def test_an_injected_fault_goes_into_the_command() -> None:
    host = EmbeddedHost(demo_program)
    recording = Recording(host, None, TaskOwner(Notices()), name="faults")
    await recording.start()
    try:
        host.set_fault_rules([FaultRule("LoggingEventHandler.*", "*", "fail", error="ConnectionError: no, not now")])
        assert recording.journal.catalog is not None
        event = next(event for event in recording.journal.catalog.events if event.name == "UserLogoutAttempted")
        values = synthesise(event, random.Random(1))
        fire = host.fire(FireRequest(event.name, [values], session=False, metadata={}))
        assert (await asyncio.wait_for(recording.outcome(fire), PATIENCE)).published == 1
        await recording.caught_up()
        journal = recording.journal
        assert journal.catalog is not None
        command, _ = await command_of(Details(journal), journal.catalog, PublicationIndex(0), None)
        texts = [text for execution in range(3) if (text := journal.failures.get(execution))]
        assert any("not now" in text for text in texts)
        assert not any("StopIteration" in text for text in texts)  # that of a handler that never waits
    finally:
        await recording.close()
    program, *words = shlex.split(command)
    (text,) = make_parser().parse_args(words).faults
    rule = parse_fault(text)
    label = "LoggingEventHandler.handle_user_logout_attempted"
    assert rule == FaultRule(label, "UserLogoutAttempted", "fail", error="ConnectionError: no, not now")
    assert program == "inspector"


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (Failure("TimeoutError", "builtins", "no\nanswer"), "TimeoutError: no answer"),
        (
            Failure(
                "StatementError",
                "sqlalchemy.exc",
                "wrapped",
                chain=(Failure("OSError", "builtins", "gone", (), "cause"),),
            ),
            "OSError: gone",
        ),
        (
            Failure("Refused", "shop.errors", "no", chain=(Failure("KeyError", "builtins", "x", (), "group"),)),
            "shop.errors.Refused: no",
        ),
        (Failure("InjectedFault", "inspector.agent.faults", "Nope: not a class"), "Nope: not a class"),
    ],
)
def test_the_fault_in_a_command_raises_what_was_injected_and_not_what_wrapped_it(failure: Failure, error: str) -> None:
    assert injected_error(failure) == error
    assert parse_fault(f"ship=raise:{error},event=Placed").error == error
