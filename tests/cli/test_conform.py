"""``inspector conform``."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.agent.program import Program
from inspector.cli import conform
from inspector.cli.console import Console
from inspector.cli.main import main
from inspector.cli.parser import make_parser
from inspector.core.bus.context import CURRENT
from inspector.demo import build as build_demo
from tests.app.test_conform import CodeSent, build_faulty, small
from tests.app.test_conform import program as as_program
from tests.cli.conftest import Ran

pytestmark = [pytest.mark.allow_log("inspector.demo"), pytest.mark.allow_log("inspector.core.bus")]


@pytest.fixture
def run(db: Path, capsys: pytest.CaptureFixture[str]):
    """Runs the command on the demo, or on what ``program`` makes from a seed."""

    def run(*words: object, program: Callable[[int | None], Program] | None = None) -> Ran:
        texts = ["conform", "--demo", "--db", str(db), *map(str, words)]
        capsys.readouterr()
        if program is not None:
            console = Console()
            code = conform.run(make_parser().parse_args(texts), console, program)
            console.flush()
        else:
            code = main(texts)
        return Ran(code, *capsys.readouterr())

    return run


def faulty(seed: int | None) -> Program:
    return as_program(build_faulty(seed=seed))


def test_the_demo_ends_with_0_and_nothing_but_information(run) -> None:
    ran = run("--json", "--seed", 1)
    assert (ran.code, ran.err) == (0, "")
    told = ran.json
    assert {each["severity"] for each in told["findings"]} == {"information"}
    assert (told["context"], told["contexts"], told["fired"], told["seed"]) == ("session", ["session"], 77, 1)
    assert (told["counts"], told["differences"]) == ({"error": 0, "warning": 0, "information": 2}, [])


def test_the_twin_ends_with_1_and_the_session_that_is_stored_has_the_executions(run, db, capsys) -> None:
    ran = run("--json", "--seed", 1, program=faulty)
    assert ran.code == 1
    told = ran.json
    (swallowed,) = [each for each in told["findings"] if each["code"] == "CF112"]
    keys = {"code", "severity", "message", "fix", "event", "handler", "file", "line"}
    assert keys | {"contexts", "publication", "execution"} == swallowed.keys()
    assert Path(swallowed["file"]).name == "faulty_demo.py"
    target = db.parent / "run.jsonl"
    assert main(["export", str(told["session"]), "--format", "jsonl", "-o", str(target), "--db", str(db)]) == 0
    records = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    ended = [each for each in records if each.get("record") == "HandlerEnded"]
    assert [each["status"] for each in ended if each["execution"] == swallowed["execution"]] == ["swallowed"]
    assert "canary-" not in json.dumps([each for each in records if each.get("record") == "Published"])


async def _logs_the_code(event: CodeSent) -> None:
    logging.getLogger("inspector.demo").error("sent %s", event.verification_code)


def test_people_read_rule_by_rule_what_was_found_and_where(run) -> None:
    ran = run("--seed", 1, program=lambda _: small((CodeSent, _logs_the_code), (CodeSent, _needs_a_session)))
    assert ran.code == 1
    assert "small: 1 event fired with a database session, 2 executions (--seed 1)" in ran.out
    assert "1 error, 1 warning" in ran.out
    assert "error CF141 Secret in log (1)" in ran.out
    assert "_logs_the_code on CodeSent: verification_code reached a log line." in ran.out
    assert "warning CF113 Error logged (1)" in ran.out
    assert "test_conform.py:" in ran.out
    assert "Fix: Remove the field from the message" in ran.out
    assert "Session 1" in ran.out


def test_all_contexts_tell_the_difference(run) -> None:
    told = run("--json", "--context", "all", program=lambda _: small((CodeSent, _needs_a_session))).json
    assert told["contexts"] == ["bare", "session", "rollback"]
    assert (told["events"], told["fired"]) == (1, 3)
    (difference,) = told["differences"]
    assert {name: each["status"] for name, each in difference["contexts"].items()} == {
        "bare": "failed",
        "session": "ok",
        "rollback": "ok",
    }
    assert [each["code"] for each in told["findings"]] == ["CF161"]


async def _needs_a_session(_: CodeSent) -> None:
    execution = CURRENT.get()
    assert execution is not None
    if execution.publication.session is None:
        raise RuntimeError("no session")


def test_the_demo_is_as_declared_when_bare(run) -> None:
    ran = run("--context", "bare", "--json", program=lambda seed: as_program(build_demo(seed=seed, latency=0)))
    assert (ran.code, ran.json["counts"]["error"], ran.json["counts"]["warning"]) == (0, 0, 0)
    assert sum(each["code"] == "CF162" for each in ran.json["findings"]) == 70


def test_a_context_that_does_not_exist_is_wrong_usage(run, db: Path) -> None:
    ran = run("--context", "naked")
    assert (ran.code, ran.out) == (2, "")
    assert "naked" in ran.err
    assert not db.exists()


def test_its_help_does_not_load_the_program() -> None:
    before = set(sys.modules)
    assert main(["conform", "--help"]) == 0
    assert not {name for name in set(sys.modules) - before if name.startswith(("sqlalchemy", "inspector.demo"))}
