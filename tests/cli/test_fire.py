"""``inspector fire``."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from inspector.agent.program import CoreProgram
from inspector.analysis.journal import Journal
from inspector.cli import fire
from inspector.cli.console import Console
from inspector.cli.parser import make_parser
from inspector.cli.values import find_event
from inspector.core import DomainEvent, InMemoryEventBus, UsageError
from inspector.core.description import CatalogDescription, EventDescription
from inspector.core.values.snapshot import plain
from tests.cli.conftest import Cli

pytestmark = [pytest.mark.allow_log("inspector.demo"), pytest.mark.allow_log("inspector.core.bus")]


def payloads(cli: Cli, session: int, folder: Path) -> list[dict[str, Any]]:
    """The payloads of a session's first-hand publications, without the time of the fire."""
    target = folder / f"{session}.jsonl"
    assert cli("export", session, "--format", "jsonl", "-o", target).code == 0
    rows = [json.loads(line) for line in target.read_text().splitlines()]
    found = [plain(json.dumps(row["payload"])) for row in rows if row.get("record") == "Published" and not row["cause"]]
    return [{name: value for name, value in payload.items() if name != "occurred_at"} for payload in found]


def test_a_fire_is_told_and_stored(cli: Cli) -> None:
    ran = cli("fire", "UserLoginSucceeded")
    assert (ran.code, ran.err) == (0, "")
    assert "executions    2" in ran.out
    assert "Session 1" in ran.out
    (session,) = cli("sessions", "--json").json
    assert session["name"].endswith("UserLoginSucceeded")
    assert (session["publications"], session["executions"], session["state"]) == (1, 2, "closed")


def test_json_counts_derived_publications_and_their_executions(cli: Cli, db: Path) -> None:
    ran = cli("fire", "AccountBalanceUpdated", "--json", "--count", 2, "--seed", 5)
    assert (ran.code, ran.err) == (0, "")
    told = ran.json
    assert (told["fired"], told["published"], told["derived"], told["executions"]) == (2, 4, 2, 10)
    assert told["by_status"] == {"ok": 10}
    assert (told["seed"], told["session"], told["database"]) == (5, 1, str(db))
    assert told["failures"] == told["swallowed"] == []


def test_an_execution_that_fails_ends_with_1_and_is_told_with_its_place(cli: Cli) -> None:
    """Without a database session the audit handler raises."""
    ran = cli("fire", "UserLoginFailed", "--no-session", "--json")
    assert ran.code == 1
    told = ran.json
    assert told["by_status"] == {"ok": 2, "failed": 1}
    (failure,) = told["failures"]
    assert failure["handler"] == "AuditEventHandler.handle_user_login_failed"
    assert failure["error"]["type"] == "RuntimeError"
    assert failure["error"]["file"].endswith("audit.py")
    assert failure["error"]["line"] > 0
    text = cli("fire", "UserLoginFailed", "--no-session")
    assert text.code == 1
    assert f"audit.py:{failure['error']['line']}" in text.out
    assert "requires a database session" in text.out


def test_the_same_seed_gives_the_same_payloads_and_another_seed_others(cli: Cli, tmp_path: Path) -> None:
    for seed in (11, 11, 12):
        assert cli("fire", "UserLoginFailed", "--count", 3, "--seed", seed).code == 0
    first, again, other = (payloads(cli, session, tmp_path) for session in (1, 2, 3))
    assert len(first) == 3
    assert first == again
    assert first != other
    assert len({payload["event_id"] for payload in first}) == 3


def test_the_values_of_a_series_are_new_or_the_same(cli: Cli, tmp_path: Path) -> None:
    for options in ((), ("--same-values",)):
        assert cli("fire", "UserLoginFailed", "--count", 70, "--seed", 3, *options).code == 0
    fresh, same = (payloads(cli, session, tmp_path) for session in (1, 2))
    assert len({payload["email"] for payload in fresh}) > 1
    assert len({payload["email"] for payload in same}) == 1
    assert len({payload["event_id"] for payload in same}) == 70, "each is an event of its own"


def test_the_seed_that_was_chosen_is_told_and_repeats_the_run(cli: Cli, tmp_path: Path) -> None:
    told = cli("fire", "UserLoginAttempted", "--json").json
    assert cli("fire", "UserLoginAttempted", "--seed", told["seed"]).code == 0
    assert payloads(cli, 1, tmp_path) == payloads(cli, 2, tmp_path)


def test_written_values_are_fired_as_written(cli: Cli, tmp_path: Path) -> None:
    correlation = "0f8fad5b-d9cb-469f-a165-70867728950e"
    ran = cli(
        *("fire", "UserLoginFailed", "--set", "email=ada@example.org", "--set", "user_id=", "--set", "reason=a=b"),
        *(
            "--set",
            f"correlation_id={correlation}",
            "--set",
            "tenant_id=acme",
            "--set",
            "occurred_at=2026-01-02T03:04:05Z",
        ),
        *("--meta", "ip_address=203.0.113.9"),
    )
    assert ran.code == 0
    (payload,) = payloads(cli, 1, tmp_path)
    assert payload["email"] == "ada@example.org"
    assert payload["user_id"] is None
    assert payload["reason"] == "a=b"
    assert (payload["correlation_id"], payload["tenant_id"]) == (correlation, "acme")
    log = (tmp_path / "1.jsonl").read_text()
    assert "2026-01-02T03:04:05+00:00" in log
    (published,) = (row for row in map(json.loads, log.splitlines()) if row.get("record") == "Published")
    assert published["context"] == {"session": True, "metadata": {"ip_address": "203.0.113.9"}}


@pytest.mark.parametrize(
    ("words", "text", "hint"),
    [
        (["UserLoginFaild"], "Unknown event 'UserLoginFaild'.", "Did you mean UserLoginFailed"),
        (["userloginfailed"], "Unknown event 'userloginfailed'.", "Did you mean UserLoginFailed"),
        (["UserLoginFailed", "--set", "emial=x"], "UserLoginFailed has no field 'emial'.", "Did you mean email?"),
        (
            ["UserLoginFailed", "--set", "q=x"],
            "UserLoginFailed has no field 'q'.",
            "Fields: email, reason",
        ),
        (["UserLoginFailed", "--set", "user_id=7"], "user_id must be a UUID", ""),
        (["UserLoginFailed", "--set", "occurred_at=soon"], "occurred_at must be", ""),
        (["UserLoginFailed", "--set", "email"], "--set needs field=value", ""),
        (["UserLoginFailed", "--set", "email=a", "--set", "email=b"], "--set sets 'email' twice.", "Remove one"),
        (["UserLoginFailed", "--meta", "ip=a", "--meta", "ip=a"], "--meta sets 'ip' twice.", "Remove one"),
    ],
)
def test_what_is_unknown_ends_with_2_and_leaves_no_session(
    cli: Cli, db: Path, words: list[str], text: str, hint: str
) -> None:
    ran = cli("fire", *words)
    assert (ran.code, ran.out) == (2, "")
    assert text in ran.err
    assert hint in ran.err
    assert not db.exists()


def test_an_event_is_found_by_its_dotted_name(cli: Cli) -> None:
    assert cli("fire", "authentication.UserLoginAttempted").code == 0


def test_an_ambiguous_name_is_refused_with_the_names_that_tell_apart() -> None:
    def event(key: str) -> EventDescription:
        return EventDescription(key.rpartition(".")[2], key, "x", "", "", "")

    catalog = CatalogDescription("shop", (event("orders.Placed"), event("bets.Placed"), event("bets.WellPlaced")))
    with pytest.raises(UsageError, match=r"ambiguous: orders\.Placed, bets\.Placed"):
        find_event(catalog, "Placed")
    assert find_event(catalog, "bets.Placed").key == "bets.Placed"
    assert find_event(catalog, "WellPlaced").key == "bets.WellPlaced"


def test_an_event_may_be_named_by_the_member_that_stands_for_it() -> None:
    def event(name: str, *aliases: str) -> EventDescription:
        return EventDescription(name, name, name, "", "", "", aliases=aliases)

    catalog = CatalogDescription("shop", (event("parcel.lost", "Topic.LOST"), event("letter.lost", "Post.LOST")))
    assert find_event(catalog, "Topic.LOST").name == "parcel.lost"
    with pytest.raises(UsageError, match=r"LOST is ambiguous: parcel\.lost, letter\.lost"):
        find_event(catalog, "LOST")
    with pytest.raises(UsageError, match=r"Unknown event 'opic\.LOST'"):
        find_event(catalog, "opic.LOST")


def test_a_database_that_cannot_be_used_ends_with_1(cli: Cli, db: Path) -> None:
    db.write_text("a shopping list, not a database, and long enough to be looked at by those who open it" * 40)
    ran = cli("fire", "UserLoginFailed")
    assert (ran.code, ran.out) == (1, "")
    assert "inspector: " in ran.err
    assert "Traceback" not in ran.err


@dataclass(frozen=True, kw_only=True)
class Transfer(DomainEvent):
    amount: int

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError("an amount is not negative")


def fire_transfer(db: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Fire at a program with one handler."""
    bus = InMemoryEventBus()

    async def book(event: Transfer) -> None:
        if not event.amount:
            await asyncio.get_running_loop().create_future()

    bus.subscribe(Transfer, book)
    out = io.StringIO()
    arguments = make_parser().parse_args(["fire", "Transfer", "--json", "--db", str(db), *words])
    arguments.seed = 1
    code = fire.run(arguments, Console(out, io.StringIO()), lambda _: cast("Any", CoreProgram("bank", bus)))
    return code, json.loads(out.getvalue())


def test_any_program_can_be_fired_at(db: Path) -> None:
    code, told = fire_transfer(db, "--set", "amount=5")
    assert (code, told["published"], told["by_status"]) == (0, 1, {"ok": 1})


def test_a_handler_that_takes_too_long_is_timed_out(db: Path) -> None:
    code, told = fire_transfer(db, "--set", "amount=0", "--timeout", "0.05")
    assert (code, told["by_status"]) == (1, {"timed_out": 1})


def test_an_event_that_refuses_its_values_is_wrong_usage(db: Path) -> None:
    with pytest.raises(UsageError, match="an amount is not negative"):
        fire_transfer(db, "--set", "amount=-5")


def test_more_than_one_chunk_is_fired_in_full(db: Path) -> None:
    code, told = fire_transfer(db, "--count", str(2 * fire.CHUNK + 3), "--set", "amount=1")
    assert (code, told["fired"], told["executions"]) == (0, 2 * fire.CHUNK + 3, 2 * fire.CHUNK + 3)


def test_a_mistake_of_ours_in_the_recording_ends_the_command_instead_of_hanging(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, expected_logs: Callable[..., None]
) -> None:
    expected_logs("inspector.notices", "bug while Following the run")
    expected_logs("inspector.cli", "bug on the command line")

    def broken(*_: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(Journal, "host_record", broken)
    ran = cli("fire", "UserLoginAttempted")
    assert (ran.code, ran.out) == (70, "")
    assert "ZeroDivisionError: planted" in ran.err
    assert "Session 1 has everything recorded so far." in ran.err


def test_faults_are_injected_as_asked_for_and_are_marked(cli: Cli, tmp_path: Path) -> None:
    ran = cli(
        *("fire", "UserLoginFailed", "--count", 6, "--json", "--fault", "Logging*=raise:TimeoutError: slow,every=3"),
        *("--fault", "Audit*=drop"),
    )
    assert ran.code == 1
    told = ran.json
    assert told["by_status"]["failed"] == 2
    errors = {
        (failure["injected"], failure["error"]["type"], failure["error"]["message"]) for failure in told["failures"]
    }
    assert errors == {(True, "TimeoutError", "slow")}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("Nobody.*=raise", "No handler matches 'Nobody.*'"),
        ("Logging*=explode", "Unknown fault 'explode'"),
        ("nonsense", "Invalid fault 'nonsense'"),
        ("[z-a]*=drop", "Reversed range [z-a]"),
    ],
)
def test_a_fault_that_cannot_be_injected_ends_with_2(cli: Cli, fault: str, words: str) -> None:
    ran = cli("fire", "UserLoginFailed", "--fault", fault)
    assert ran.code == 2
    assert words in ran.err


def test_only_one_handler_is_called_when_one_is_named(cli: Cli) -> None:
    ran = cli(
        "fire", "UserLoginFailed", "--no-session", "--only", "AuditEventHandler.handle_user_login_failed", "--json"
    )
    assert ran.code == 1  # it is no retry: what fails counts
    assert ran.json["executions"] == 1
    assert ran.json["by_status"] == {"failed": 1}
    assert ran.json["not_called"] == []
    key = "inspector.demo.handlers.sse:SSEEventHandler.handle_user_login_failed"
    assert cli("fire", "UserLoginFailed", "--only", key, "--count", 2, "--json").json["by_status"] == {"ok": 2}


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        ("handle_user_login_failed", "handle_user_login_failed is ambiguous: "),
        ("Nobody", "UserLoginFailed has no handler 'Nobody'."),
        ("AuditEventHandler.handle_user_login_succeeded", "UserLoginFailed has no handler "),
    ],
)
def test_a_handler_that_is_not_one_of_the_events_leaves_no_session(cli: Cli, handler: str, words: str) -> None:
    ran = cli("fire", "UserLoginFailed", "--only", handler)
    assert ran.code == 2
    assert words in ran.err
    assert cli("sessions", "--json").json == []
