"""What a copied test says where values, classes or handlers cannot be written."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

import pytest

from inspector.app.copies.pytesttext import CHANGED_MARK, pytest_text
from inspector.app.copies.recorded import RecordedExecution
from inspector.core.description import (
    CatalogDescription,
    EventDescription,
    FieldShape,
    HandlerDescription,
    TypeShape,
)
from inspector.core.records.capture import Failure, Frame
from inspector.core.spec import BusSpec, SpecLine
from inspector.core.values.snapshot import snapshot
from inspector.hosts.project import Project

TEXT = TypeShape("str", "str")
EVENT = EventDescription(
    "Placed", "shop.events.Placed", "Placed", "", "", "", fields=(FieldShape("note", TEXT, required=True),)
)
METHOD = HandlerDescription("shop.handlers:Desk.take", "Desk.take", "Desk", "take", "shop.handlers", is_async=False)
FUNCTION = HandlerDescription("shop.handlers:ship", "ship", "handlers", "ship", "shop.handlers")
SPEC = BusSpec(
    "shop.wiring:make.bus",
    (
        SpecLine("publish", "publish", "Bus.publish(event)", "proposed", ""),
        SpecLine(
            "handlers",
            "_handlers",
            "Bus._handlers",
            "proposed",
            "",
            handlers=(METHOD.key, FUNCTION.key),
            keyed_by="class",
            holds="handlers",
        ),
    ),
)


def recorded(
    handler: HandlerDescription = FUNCTION, payload: str = '{"note": "a"}', **more: object
) -> RecordedExecution:
    catalog = CatalogDescription("shop", (EVENT,), (handler,), specs=(SPEC,))
    fields = {"status": "failed", **more}
    return RecordedExecution(catalog, EVENT, handler, payload, **fields)  # type: ignore[arg-type]


def written(execution: RecordedExecution) -> str:
    text = pytest_text(execution)
    ast.parse(text)
    assert len(re.findall(r"^def test_\w+\(", text, re.M)) == 1
    assert text.endswith("\n")
    return text


def test_a_function_of_a_module_is_imported_and_awaited() -> None:
    text = written(recorded())
    assert "from shop.events import Placed\nfrom shop.handlers import ship\n" in text
    assert 'event = Placed(note="a")\n        await ship(event)\n' in text
    assert "\n    asyncio.run(scenario())\n" in text


def test_a_method_is_taken_out_of_the_container_that_the_spec_names() -> None:
    text = written(recorded(METHOD))
    assert 'matching = [item for item in handlers_in(bus._handlers) if name_of(item) == "Desk.take"]' in text
    assert "handler = matching[0]" in text
    assert 'pytest.skip("Desk.take is not subscribed: the code that subscribes it did not run.")' in text
    assert "await" not in text
    # Whether ``make`` is called cannot be read here, so it is asked when the test runs.
    assert "make() if inspect.isroutine(make) or inspect.isclass(make) else make" in text


def test_a_timeout_is_waited_for_no_longer_than_it_took() -> None:
    text = written(recorded(status="timed_out", duration=1_500_000_000))
    assert "async def within(seconds, coroutine):" in text
    assert "await within(1.5, ship(event))" in text


def test_a_cancelled_one_waits_for_nobody_who_cancels_it() -> None:
    text = written(recorded(status="cancelled", duration=1_000_000))
    assert "            await within(1, ship(event))\n        except TimeoutError:\n            pytest.skip(" in text


def test_a_caught_exception_is_raised_in_the_end() -> None:
    failure = Failure("KeyError", "builtins", "'a'", (Frame("/srv/shop/handlers.py", 7, "ship", True),))
    text = written(recorded(status="swallowed", failure=failure))
    assert '        with raising("KeyError", "handlers.py", 7):\n            await ship(event)\n' in text
    assert "caplog" not in text


def test_a_keyboard_interrupt_does_not_end_pytest() -> None:
    text = written(recorded(failure=Failure("KeyboardInterrupt", "builtins", "")))
    assert 'raise AssertionError("KeyboardInterrupt") from error' in text


def test_a_swallowed_exception_is_raised_from_the_log() -> None:
    text = written(recorded(status="swallowed"))
    assert "(caplog):" in text
    assert "raise record.exc_info[1]" in text


def test_what_was_redacted_or_cut_is_to_be_filled_in_first() -> None:
    for payload, why in (
        ('{"note": {"$cut": "text", "text": "abc", "length": 99999}}', "note (cut: text)"),
        ("{}", "note (not recorded)"),
    ):
        text = written(recorded(payload=payload))
        assert f'pytest.skip("Fill in the missing values, then remove this line: {why}")' in text
        assert "<fill in: " in text


def test_a_text_of_the_same_kind_stands_for_one_that_was_redacted() -> None:
    text = written(recorded(payload='{"note": "to <redacted:email#1a2b>, <redacted:api key>"}'))
    assert 'event = Placed(note="to someone@example.com, made-up api key")' in text
    assert "# Made up, because it was redacted: note. The test may end differently because of it." in text
    assert "skip" not in text
    number = replace(EVENT, fields=(replace(EVENT.fields[0], type=TypeShape("int", "int")),))
    text = written(replace(recorded(payload='{"note": "<redacted:token>"}'), event=number))
    assert 'pytest.skip("Fill in the missing values, then remove this line: note (redacted)")' in text


@pytest.mark.parametrize(
    ("failure", "call"),
    [
        (Failure("ConnectionError", "builtins", 'gone "now"'), "ConnectionError('gone \"now\"')"),
        (Failure("KeyError", "builtins", "'a'"), 'KeyError("a")'),
        (Failure("ShopError", "shop.errors", "no"), 'ShopError("no")'),
        (
            Failure(
                *("StatementError", "sqlalchemy.exc", "(gone)"),
                chain=(Failure("ConnectionError", "builtins", "gone", relation="cause"),),
            ),
            'ConnectionError("gone")',
        ),
        (Failure("InjectedFault", "_event_inspector.agent.faults", "no"), 'InjectedFault("no")'),
    ],
    ids=lambda value: getattr(value, "type", ""),
)
def test_a_fault_that_was_injected_is_part_of_the_test(failure: Failure, call: str) -> None:
    for handler in (FUNCTION, METHOD):
        text = written(recorded(handler, fault=True, failure=failure))
        assert f", {call})  # the fault that was injected\n" in text
        assert "await handler(event)" in text or handler is METHOD
        assert ("class InjectedFault(Exception):" in text) == ("Injected" in call)
        assert "Remove the line that injects it to test the handler alone." in text


def test_a_fault_that_hangs_is_given_up_and_a_cancellation_is_not_injected() -> None:
    text = written(recorded(status="timed_out", duration=1_500_000_000, fault=True))
    assert "handler = struck(ship, hangs=True)  # the fault that was injected" in text
    assert "await within(1.5, handler(event))" in text
    for execution in (
        recorded(status="cancelled", duration=1_000_000, fault=True),
        recorded(METHOD, status="timed_out", fault=True),
    ):
        text = written(execution)
        assert "struck" not in text
        assert "This test runs the handler without it." in text


def test_where_no_test_can_be_made_the_text_says_why_not() -> None:
    nowhere = replace(METHOD, key="shop.handlers:Desk.other", label="Desk.other")
    local = replace(EVENT, key="shop.events.make.<locals>.Placed")
    nameless = replace(EVENT, key="Placed")
    for execution, why in (
        (recorded(nowhere), "Desk.other is not in a known container"),
        (replace(recorded(), event=local), "cannot be imported"),
        (replace(recorded(), event=nameless), "an event without a class"),
        (recorded(payload=""), "not recorded"),
        (recorded(status="never_awaited"), "never awaited"),
    ):
        text = written(execution)
        assert "pytest.skip(" in text
        assert "No test can be made of this execution: " in text
        assert why in text


def test_the_outcome_is_a_comment_that_no_message_can_leave() -> None:
    failure = Failure("ValueError", "builtins", "first\nimport os  # second")
    text = written(recorded(failure=failure))
    assert "# Recorded outcome: failed, ValueError: first" in text
    assert "\nimport os" not in text
    assert "Fails in the same way until it is fixed" in text


def test_settings_that_a_person_filled_in_are_named_not_told(tmp_path) -> None:
    project = Project(("shop.wiring:make",), cwd=tmp_path, settings={"SHOP_KEY": "hunter2"})
    text = written(recorded(project=project))
    assert "for name in ['SHOP_KEY'] if name not in os.environ" in text
    assert "hunter2" not in text
    assert f"python -m pytest FILE in {tmp_path}" in text


def test_texts_of_any_kind_are_written_exactly() -> None:
    for value in ("it's", 'say "x"', "both ' and \"", "back\\slash", "line\nbreak", "\ud800", "ünï"):
        execution = recorded(payload=snapshot({"note": value}))
        call = next(
            node
            for node in ast.walk(ast.parse(written(execution)))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Placed"
        )
        assert ast.literal_eval(call.keywords[0].value) == value


@pytest.mark.parametrize(
    ("published", "seen", "changed"),
    [
        ('"names": ["Ada", "Bob"]', "names=[]", True),
        ('"names": ["Ada", "Bob"]', "names=['Ada', 'Bob', 'Eve']", True),
        ('"names": {"a": 1}', "names={'a': 2}, note='x'", True),
        ('"names": ["Ada", "Bob"]', "names=['Ada', 'Bob'], note='x'", False),
        ('"names": ["Ada", "Bob"]', "names=['Ada', …]", False),
        ('"names": ["Ada", "Bob"]', "names=['Ada', '<redacted:email#1a2b>']", False),
        ('"names": ["Ada", "Bob"]', "note=' names=[]'", False),
        ('"names": [{"$uuid": "x"}]', "names=[]", False),
        ('"names": "Ada"', "names='Bob'", False),
        ('"names": []', "note='x'", False),
    ],
)
def test_a_test_of_an_event_that_handlers_had_changed_says_so(published: str, seen: str, changed: bool) -> None:
    frame = Frame("/shop/handlers.py", 3, "ship", True, (), (("event", f"Placed({seen})"),))
    failure = Failure("IndexError", "builtins", "x", (frame,))
    text = written(recorded(payload=f'{{"note": "a", {published}}}', failure=failure))
    said = f"# {CHANGED_MARK} names. This test starts with the published values."
    assert (said in text) == changed
    assert changed == (CHANGED_MARK in text)


@pytest.mark.parametrize(
    ("functions", "awaited"),
    [(["work"], True), (["outer.<locals>.work", "deep"], True), (["ship"], False), ([], False)],
)
def test_what_a_plain_function_gives_is_awaited_where_that_has_failed(functions: list[str], awaited: bool) -> None:
    frames = tuple(Frame("/shop/handlers.py", 3, function, True, (), ()) for function in functions)
    handler = replace(FUNCTION, is_async=False)
    for source in (handler, replace(METHOD, method="ship", label="Desk.ship")):
        text = written(recorded(source, failure=Failure("OSError", "builtins", "x", frames)))
        assert bool(re.search(r"await settled\((ship|handler)\(", text)) == awaited
        assert ("asyncio.run(scenario())" in text) == awaited
