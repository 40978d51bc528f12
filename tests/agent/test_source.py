"""Reading a project's source: which files, what they make, how they publish. Nothing is imported."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from inspector.agent.facts.source import project_files, publishings, scan
from inspector.core.source import Payload, Publishing, SourceScan
from inspector.core.values.build import build, to_plain


def written(folder: Path, text: str, name: str = "app.py") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# --- files ------------------------------------------------------------------------------------------------------------


def test_tests_environments_builds_and_what_is_excluded_are_not_the_projects_source(tmp_path: Path) -> None:
    wanted = ["app.py", "shop/events.py", "shop/inner/deep.py"]
    left_out = [
        *("tests/helper.py", "shop/test_events.py", "conftest.py", ".venv/lib/x.py", "build/lib/x.py", "readme.txt"),
        *("node_modules/x.py", "scripts/once.py", "mine/lib/x.py"),
    ]
    for name in (*wanted, *left_out):
        written(tmp_path, "", name)
    written(tmp_path, "", "mine/pyvenv.cfg")
    found = [path.relative_to(tmp_path).as_posix() for path in project_files(tmp_path, ("scripts/*",))]
    assert sorted(found) == sorted(wanted)


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    written(tmp_path, "", "shop/events.py")
    (tmp_path / "shop" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert len(project_files(tmp_path)) == 1


def test_files_that_cannot_be_read_are_told_with_their_line_and_the_rest_is_read(tmp_path: Path) -> None:
    good = written(tmp_path, "Placed()\n", "good.py")
    bad = written(tmp_path, "x = 1\ndef (:\n", "bad.py")
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    found = scan([bad, tmp_path / "binary.py", tmp_path / "gone.py", good])
    assert found.files == 1
    assert "Placed" in found.constructed
    assert [(Path(part.file).name, part.line) for part in found.unreadable if part.line > 1] == [("bad.py", 2)]
    assert {Path(part.file).name for part in found.unreadable} == {"bad.py", "binary.py", "gone.py"}


def test_what_stands_in_a_file_that_cannot_be_parsed_may_be_made_there(tmp_path: Path) -> None:
    found = scan([written(tmp_path, "Placed()\n"), written(tmp_path, "type = = Größe\nfill(Paid(1))\n", "bad.py")])
    assert found.may_mention("Paid")
    assert found.may_mention("Größe")
    assert not found.may_mention("Pai")
    assert scan([tmp_path / "gone.py"]).may_mention("Anything")
    assert scan([], cut_off=True).may_mention("Anything")


def test_a_file_that_is_data_is_told(tmp_path: Path) -> None:
    found = scan([written(tmp_path, "Placed()\n" + "# data\n" * 400_000)])
    (part,) = found.unreadable
    assert "more than the limit of 2000000" in part.reason
    assert found.may_mention("Placed")


def test_what_was_found_travels_as_json(tmp_path: Path) -> None:
    text = "async def run(bus):\n    time.sleep(1)\n    bus.publish(Placed())\nx = lambda e: {'a': e.one}\n"
    found = scan([written(tmp_path, text), written(tmp_path, "def (", "bad.py")])
    assert found.payloads
    assert found.published
    assert build(SourceScan, json.loads(json.dumps(to_plain(found)))) == found


def test_reading_runs_nothing(tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    scan([written(tmp_path, f"open({str(trap)!r}, 'w')\n'\\d'\n")])
    assert not trap.exists()


# --- what is made and mentioned ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Placed(total=1)", True),
        ("events.Placed()", True),
        ("from events import Placed as P\nP()", True),
        ("Placed.from_dict(data)", True),
        ("bus.subscribe(Placed, handle)", False),
        ("class Placed: pass", False),
        ("# Placed()", False),
    ],
)
def test_what_makes_an_event(tmp_path: Path, text: str, made: bool) -> None:
    assert ("Placed" in scan([written(tmp_path, text)]).constructed) is made


def test_attributes_and_texts_may_call_a_method(tmp_path: Path) -> None:
    found = scan(
        [written(tmp_path, "self.handle_a(1)\ngetattr(self, 'handle_b')\n'not a name'\ndef handle_c(): ...\n")]
    )
    assert {"handle_a", "handle_b"} <= found.mentioned
    assert not {"handle_c", "not a name"} & found.mentioned


# --- payloads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("x = lambda e: {'a': e.one, 'b': e.two}", Payload(("a", "b"), ("one", "two"))),
        ("x = lambda e: {**e.all}", Payload(None, ("all",))),
        ("x = lambda e: {key: 1}", Payload(None, ())),
        ("x = lambda e: dict(a=e.one)", Payload(("a",), ("one",))),
        ("x = lambda e: dict(e.all, a=1)", Payload(None, ("all",))),
        ("x = lambda: {'a': 1}", None),
        ("def f(e):\n    return {'a': e.one}", Payload(("a",), ("one",))),
        ("@decorated\ndef f(e):\n    return {'a': e.one}", Payload(("a",), ("one",))),
        ("def f(e):\n    if e.x:\n        return {}\n    return {'a': 1}", None),
        ("def f(e):\n    return other(e)", None),
        ("x = lambda e: {'a': 1}, lambda e: {'b': 1}", None),
    ],
)
def test_a_payload_is_known_when_it_is_written_out(tmp_path: Path, text: str, payload: Payload | None) -> None:
    path = written(tmp_path, text)
    assert scan([path]).payload_at(str(path), 1) == payload


# --- publishing -------------------------------------------------------------------------------------------------------


def published(*lines: str) -> list[Publishing]:
    body = "\n".join(f"    {line}" for line in lines)
    (function,) = ast.parse(f"async def run(self):\n{body}\n").body
    assert isinstance(function, ast.AsyncFunctionDef)
    return publishings(function, {"P": "Placed"})


@pytest.mark.parametrize(
    ("lines", "stored_at"),
    [
        (["await bus.publish(Placed())", "await db.commit()"], 3),
        (["await db.commit()", "await bus.publish(Placed())"], 0),
        (["await bus.publish(P())", "await db.commit()", "await db.commit()"], 3),
        (["event = Placed()", "await bus.publish(event)", "users.save(user)"], 4),
        (["event: Placed = Placed()", "bus.emit(event)", "users.save(user)"], 4),
        (["if x:", "    bus.publish(Placed())", "else:", "    db.commit()"], 0),
        (["if x:", "    bus.publish(Placed())", "    return", "db.commit()"], 0),
        (["if x:", "    bus.publish(Placed())", "db.commit()"], 4),
        (["async with db() as s:", "    await bus.publish(Placed())", "    await s.commit()"], 4),
        (["for x in y:", "    bus.publish(Placed())", "db.save(x)"], 4),
        (["try:", "    bus.publish(Placed())", "except E:", "    raise", "db.commit()"], 6),
        (["try:", "    x()", "finally:", "    bus.publish(Placed())", "db.commit()"], 6),
        (["match x:", "    case 1:", "        bus.publish(Placed())", "    case 2:", "        db.commit()"], 0),
        (["match x:", "    case 1:", "        bus.publish(Placed())", "db.commit()"], 5),
        (["bus.publish(Placed())", "def later():", "    db.commit()"], 0),
        (["await gather(bus.publish(Placed()), db.commit())"], 2),
        (["bus.publish(Placed())", "save(user)"], 0),
    ],
)
def test_storing_after_a_publish_is_seen_through_branches(lines: list[str], stored_at: int) -> None:
    (found,) = published(*lines)
    assert (found.event, found.stored_at) == ("Placed", stored_at)


@pytest.mark.parametrize(
    ("call", "with_session"),
    [
        ("bus.publish(Placed())", False),
        ("bus.publish(Placed(), session=session)", True),
        ("bus.publish(Placed(), session)", True),
        ("bus.publish(Placed(), db_session=db)", True),
        ("bus.publish(Placed(), session=None)", False),
        ("bus.publish(Placed(), metadata=m)", False),
        ("bus.publish(Placed(), **options)", True),
    ],
)
def test_a_session_is_given_or_may_be(call: str, with_session: bool) -> None:
    (found,) = published(call)
    assert found.with_session is with_session


@pytest.mark.parametrize("call", ["bus.publish(event)", "bus.publish()", "bus.publish(make())", "print(Placed())"])
def test_what_publishes_nothing_that_is_known(call: str) -> None:
    assert published(call) == []
