"""Every rule: a program in which it fires, and the nearest one in which it is silent."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from inspector.catalog.findings import RULES, CheckSettings, Ignore
from inspector.core.description import FieldShape, Problem, TypeShape
from inspector.core.facts import SSEFacts, UncalledMethod
from tests.catalog.findings.builders import AUDIT, LOGGING, SOURCE, Program

STR, INT, ANY = TypeShape("str", "str"), TypeShape("int", "int"), TypeShape("any", "Any")
OPAQUE = TypeShape("opaque", "Socket")
UTC = TypeShape("datetime", "datetime")

#: By code: what makes the rule fire, and what looks like it and is fine. Further codes that come along are named.
CASES: list[tuple[str, Callable[[Program], object], Callable[[Program], object]]] = []


def case(code: str, fires: Callable[[Program], object], silent: Callable[[Program], object]) -> None:
    CASES.append((code, fires, silent))


def several(*steps: Callable[[Program], object]) -> Callable[[Program], object]:
    def run(program: Program) -> None:
        for step in steps:
            step(program)

    return run


def workflow(*phases: str) -> Callable[[Program], object]:
    def run(program: Program) -> None:
        for phase in phases:
            program.event(f"Refund{phase.title()}", workflow="refund", phase=phase)

    return run


def subscribed(label: str, **facts: object) -> Callable[[Program], object]:
    """OrderPlaced is handled by a handler with these facts, beside the usual two."""

    def run(program: Program) -> None:
        known = {name: value for name, value in facts.items() if name != "is_async"}
        key = program.handler(label, known, is_async=bool(facts.get("is_async", True)))
        program.event("OrderPlaced", handlers=(LOGGING.key, AUDIT.key, key))

    return run


def sse(code: str, declared: tuple[str, ...] = ("a",), event: str = "OrderPlaced") -> Callable[[Program], object]:
    """A mapping whose extractor is the given source, in the second line."""

    def run(program: Program) -> None:
        program.source = f"OrderPlaced()\n{code}\n"
        program.sse.append(SSEFacts(f"app.{event}", event, "order.placed", declared, line=2))

    return run


def publishing(*lines: str, needs: bool = True) -> Callable[[Program], object]:
    def run(program: Program) -> None:
        program.handler("AuditHandler.handle", {"needs_session": needs})
        body = "\n".join(f"    {line}" for line in lines)
        program.source = f"async def place(self, order, session):\n{body}\n    OrderPlaced()\n"

    return run


def attribute(**values: object) -> Callable[[Program], object]:
    def run(program: Program) -> None:
        for name, value in values.items():
            setattr(program, name, value)

    return run


def event(name: str, **values: object) -> Callable[[Program], object]:
    return lambda program: program.event(name, **values)


def holding(name: str, type_: TypeShape, **values: object) -> Callable[[Program], object]:
    return lambda program: program.field(name, type_, **values)


case("EV001", attribute(problems=[Problem("app:bus", "Boom.")]), attribute(problems=[]))
case("EV002", attribute(source="OrderPlaced(\n"), attribute(source="OrderPlaced()\n"))
case(
    "EV003",
    attribute(settings=CheckSettings((Ignore("EV101", "Gone*", "was so"),))),
    several(event("SendMail"), attribute(settings=CheckSettings((Ignore("imperative-*", "Send*", "is so"),)))),
)
for name in ("SendWelcomeEmail", "RegisterUser", "ChangePassword", "ConnectProviderEvent", "create_user"):
    case("EV101", event(name), event("UserRegistered"))
for name in ("UserRegistering", "PasswordChange", "StockLevel", "NeedFeed"):
    case("EV102", event(name), event("MailSentEvent"))
case("EV102", event("MoneyMove"), event("OrderPaidV2"))
case(
    "EV103",
    event("OrderPaymentSucceeded", workflow="order_shipment", phase="succeeded"),
    event("OrderNetWorthSucceeded", workflow="order_networth", phase="succeeded"),
)
case(
    "EV103",
    event("OrderPaymentFailed", workflow="order_payment", phase="succeeded"),
    event("OrderPaymentSucceeded", workflow="order_payment", phase="SUCCEEDED"),
)
case(
    "EV103",
    event("ParcelLost", workflow="order_lost", phase="operational"),
    event("OrderLostAgain", workflow="order_lost", phase="operational"),
)
case("EV104", workflow("attempted"), workflow("attempted", "succeeded", "failed"))
case("EV104", workflow("attempted"), event("RefundOpened", workflow="refund", phase="operational"))
case("EV105", workflow("attempted", "succeeded"), workflow("attempted", "allowed", "denied"))
case("EV105", workflow("attempted", "failed"), workflow("attempted", "succeeded", "failed"))
case(
    "EV106",
    several(
        event("CartFilled", workflow="cart", phase="operational"),
        event("CartEmptied", workflow="cart", phase="operational"),
    ),
    several(
        event("CartFilled", workflow="cart", phase="operational"),
        event("TillEmptied", workflow="till", phase="operational"),
    ),
)
case("EV107", event("OrderMoved", event_type="OrderPlaced"), event("OrderMoved", event_type="order.moved"))
case(
    "EV107",
    several(event("OrderMoved", event_type="orders"), event("OrderLost", event_type="orders")),
    several(
        event("OrderMoved", event_type="orders", facts={"channel": "orders"}),
        event("OrderLost", event_type="orders", facts={"channel": "orders"}),
    ),
)
case("EV201", event("OrderPlaced", facts={"frozen": False}), event("OrderPlaced", facts={"frozen": None}))
case("EV202", event("OrderPlaced", facts={"keyword_only": False}), event("OrderPlaced", facts={"keyword_only": None}))
case("EV203", event("OrderPlaced", facts={"shared_defaults": ("tags",)}), event("OrderPlaced"))
case(
    "EV204",
    holding("items", TypeShape("list", "list[str]", args=(STR,))),
    holding("items", TypeShape("tuple", "tuple[str, ...]", args=(STR,), variadic=True)),
)
case("EV205", holding("socket", OPAQUE), holding("value", TypeShape("opaque", "SecretStr")))
case("EV205", holding("sockets", TypeShape("tuple", "tuple[Socket]", args=(OPAQUE,))), holding("anything", ANY))
case("EV205", holding("socket", OPAQUE), holding("total", TypeShape("opaque", "decimal.Decimal")))
case("EV206", event("OrderPlaced", facts={"naive_defaults": ("at",)}), event("OrderPlaced"))
case("EV207", holding("pin", INT), holding("token_count", INT))
case("EV207", holding("license_key", STR), holding("license_key_id", TypeShape("uuid", "UUID")))
case(
    "EV207",
    holding("license_key", STR),
    event("OrderPlaced", fields=(FieldShape("license_key", STR, True, secret=True),)),
)
case(
    "EV207",
    holding("credentials", TypeShape("object", "Credentials", fields=(FieldShape("value", STR, True),))),
    holding(
        "credentials", TypeShape("object", "Credentials", fields=(FieldShape("password", STR, True, secret=True),))
    ),
)
case(
    "EV207",
    holding("license_key", STR),
    event("OrderPlaced", facts={"hidden": ("license_key",)}, fields=(FieldShape("license_key", STR, True),)),
)
case("EV208", holding("reset_token", STR, secret=True), holding("event_id", STR, secret=True, base=True))
case("EV208", holding("api_key", STR, secret=True), holding("email", STR, secret=True))
case("EV209", holding("email", STR), holding("email_verified", TypeShape("bool", "bool")))
case("EV301", event("OrderPlaced", handlers=()), event("OrderPlaced"))
case(
    "EV302",
    event("OrderPlaced", requires=("email", "logging")),
    event("OrderPlaced", requires=("audit", "logging"), audit_action="ORDER_PLACED"),
)
case(
    "EV302",
    event("OrderPlaced", requires=("session",)),
    several(
        attribute(settings=CheckSettings(kinds={"session": ("Audit*",)})), event("OrderPlaced", requires=("session",))
    ),
)
case("EV303", event("OrderPlaced", facts={"registered": False}), event("OrderPlaced", facts={"registered": True}))
case(
    "EV304",
    attribute(uncalled=[UncalledMethod("AuditHandler", "handle_order_placd")]),
    attribute(uncalled=[UncalledMethod("AuditHandler", "handle_it")], source="OrderPlaced()\nself.handle_it(1)\n"),
)
case(
    "EV305",
    event("OrderPlaced", handlers=(LOGGING.key, AUDIT.key, AUDIT.key)),
    several(event("OrderPlaced"), event("OrderPaid")),
)
case("EV306", subscribed("Mail.send", is_async=False), subscribed("app.lambda:3", is_async=False))
case(
    "EV306",
    subscribed("Mail.send", is_async=False),
    several(attribute(async_bus=False), subscribed("Mail.send", is_async=False)),
)
case("EV307", subscribed("Mail.send", refuses="it takes no arguments"), subscribed("Mail.send", refuses=""))
case(
    "EV308", subscribed("Mail.send", accepts=("app.OrderPaid",)), subscribed("Mail.send", accepts=("app.OrderPlaced",))
)
case(
    "EV308",
    several(event("OrderPaid"), subscribed("Mail.send", accepts=(), accepts_names=("OrderPaid",))),
    several(event("OrderPaid"), subscribed("Mail.send", accepts=(), accepts_names=("SomethingUnknown",))),
)
case(
    "EV308",
    subscribed("Mail.send", accepts=("builtins.str",)),
    several(
        subscribed("Mail.send", accepts=("lib.Base",)),
        lambda p: p.facts.update(
            {"app.OrderPlaced": type(p.facts["app.OrderPlaced"])("app.OrderPlaced", bases=("lib.Base",))}
        ),
    ),
)
case(
    "EV309",
    event("OrderMoved", facts={"bases": ("app.OrderPlaced",)}),
    several(
        event("OrderPlaced", facts={"matched": "base"}), event("OrderMoved", facts={"bases": ("app.OrderPlaced",)})
    ),
)
case("EV311", subscribed("Mail.send", never_awaited=True), subscribed("Mail.send", never_awaited=False))
case("EV310", event("OrderPlaced", handlers=(LOGGING.key,)), event("OrderPlaced"))
case(
    "EV401",
    event("OrderPlaced", requires=("audit",), audit_action=""),
    event("OrderPlaced", requires=("audit",), audit_action="ORDER_PLACED"),
)
case(
    "EV402",
    several(
        attribute(audit_actions=("ORDER_PLACED",)),
        event("OrderPlaced", requires=("audit",), audit_action="ORDER_PLACD"),
    ),
    several(
        attribute(audit_actions=("ORDER_PLACED",)),
        event("OrderPlaced", requires=("audit",), audit_action="ORDER_PLACED"),
    ),
)
case(
    "EV402",
    several(attribute(audit_actions=()), event("OrderPlaced", requires=("audit",), audit_action="ORDER_PLACED")),
    several(attribute(audit_actions=None), event("OrderPlaced", requires=("audit",), audit_action="ORDER_PLACED")),
)
case(
    "EV403",
    several(
        event("OrderPlaced", requires=("audit",), audit_action="ORDER"),
        event("OrderPaid", requires=("audit",), audit_action="ORDER"),
    ),
    several(
        event("OrderPlaced", requires=("audit",), audit_action="ORDER"),
        event("OrderPaid", requires=(), audit_action="ORDER"),
    ),
)
case("EV501", sse("x = lambda event: {'a': 1}", event="Unknown"), sse("x = lambda event: {'a': 1}"))
case("EV502", sse("x = lambda event: {'b': 1}"), sse("x = lambda event: {**event.all}"))
case("EV502", sse("def x(event):\n    return dict(a=1, b=2)"), sse("def x(event):\n    return dict(a=1)"))
case(
    "EV503",
    several(holding("total", INT), sse("x = lambda event: {'a': event.sum}")),
    several(holding("total", INT), sse("x = lambda event: {'a': event.total, 'b': event.event_type}", ("a", "b"))),
)
case(
    "EV504",
    attribute(sse_types=["never.sent"]),
    several(sse("x = lambda event: {'a': 1}"), attribute(sse_types=["order.placed"])),
)
case("EV601", attribute(source="x = 1\n"), attribute(source="from app import OrderPlaced as P\nP(x=1)\n"))
case("EV601", attribute(source="OrderPlaced\n"), attribute(source="events.OrderPlaced.from_dict({})\n"))
case(
    "EV601", attribute(source="x = 1\n"), several(attribute(source="x = 1\n"), event("OrderPlaced", file="/else/x.py"))
)
case(
    "EV602",
    publishing("await self.bus.publish(OrderPlaced(), session=session)", "await session.commit()"),
    publishing("await self.orders.save(order)", "await self.bus.publish(OrderPlaced(), session=session)"),
)
case(
    "EV602",
    publishing("event = OrderPlaced()", "if order:", "    await bus.publish(event, session)", "await users.save(1)"),
    publishing("if order:", "    await bus.publish(OrderPlaced(), session)", "    return", "await users.save(1)"),
)
case(
    "EV602",
    publishing("try:", "    await bus.publish(OrderPlaced(), session)", "finally:", "    await db.commit()"),
    publishing("try:", "    await bus.publish(OrderPlaced(), session)", "except OSError:", "    await db.save(1)"),
)
case(
    "EV603",
    publishing("await self.bus.publish(OrderPlaced())"),
    publishing("await self.bus.publish(OrderPlaced(), session=session)"),
)
case(
    "EV603",
    publishing("await self.bus.publish(OrderPlaced(), session=None)"),
    publishing("await self.bus.publish(OrderPlaced())", needs=False),
)
case("EV108", event("AccountViewed"), event("AccountReadOnlyRequested"))
case(
    "EV604",
    publishing("bus.publish(OrderPlaced(), session)"),
    publishing("tasks.append(bus.publish(OrderPlaced(), session))"),
)
case(
    "EV604",
    publishing("bus.publish(OrderPlaced(), session)"),
    several(attribute(async_bus=False), publishing("bus.publish(OrderPlaced(), session)")),
)


def in_handler(*lines: str, name: str = "handle_paid") -> Callable[[Program], object]:
    """A handler of OrderPlaced, in the second line of the source."""

    def run(program: Program) -> None:
        key = program.handler(f"Mail.{name}")
        program.handlers[key] = dataclasses.replace(program.handlers[key], file=SOURCE, line=2)
        other = program.handler("Mail.handle_lost")
        program.event("OrderPlaced", handlers=(LOGGING.key, AUDIT.key, key, other))
        body = "\n".join(f"    {line}" for line in lines)
        program.source = f"import time, requests, asyncio\nasync def {name}(self, event):\n{body}\nOrderPlaced()\n"

    return run


case("EV605", in_handler("time.sleep(1)"), in_handler("await asyncio.sleep(1)"))
case("EV605", in_handler("x = [requests.get(u) for u in us]"), in_handler("await asyncio.to_thread(time.sleep, 1)"))
case("EV605", in_handler("from time import sleep", "sleep(1)"), in_handler("self.time.sleep(1)"))
case("EV606", in_handler("await self.handle_lost(event)"), in_handler("await self.handle_unknown(event)"))
case("EV606", in_handler("await other.handle_lost(event)"), in_handler("await super().handle_lost(event)"))


def made(change: Callable[[Program], object]) -> Program:
    program = Program()
    change(program)
    return program


def test_nothing_is_wrong_with_the_program_that_cases_change() -> None:
    assert Program().check() == []


@pytest.mark.parametrize(("code", "fires"), [(code, fires) for code, fires, _ in CASES])
def test_rule_fires(code: str, fires: Callable[[Program], object]) -> None:
    findings = [each for each in made(fires).check() if each.code == code]
    assert findings
    assert {each.severity for each in findings} == {RULES[code].severity}
    assert all(each.message.endswith((".", "?")) and each.fix for each in findings)


@pytest.mark.parametrize(("code", "silent"), [(code, silent) for code, _, silent in CASES])
def test_rule_is_silent(code: str, silent: Callable[[Program], object]) -> None:
    assert code not in made(silent).codes()


def test_every_rule_has_cases() -> None:
    assert {code for code, _, _ in CASES} == set(RULES)


def test_a_planted_fault_is_told_alone() -> None:
    """Where a case plants one fault, no other rule cries with it."""
    assert [(code, other) for code, fires, _ in CASES for other in made(fires).codes() if other != code] == []


# --- classes above others ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "facts", "source", "judged"),
    [
        ("ShipEvent", {}, "", False),
        ("ShipEvent", {"subscribed": True}, "", False),  # a handler of all that is below it
        ("ShipDocked", {"subscribed": True}, "", True),
        ("ShipDocked", {}, "", False),
        ("ShipEvent", {}, "ShipEvent()\n", True),
        ("ShipEvent", {"registered": True}, "", True),
    ],
)
def test_a_class_above_others_is_judged_where_it_is_an_event_itself(
    name: str, facts: dict[str, object], source: str, judged: bool
) -> None:
    program = Program()
    program.source = f"ShipLost()\nOrderPlaced()\n{source}"
    program.event(name, facts={"registered": False, **facts}, handlers=())
    program.event("ShipLost", facts={"bases": (f"app.{name}",)})
    assert (name in {finding.event for finding in program.check() if finding.code == "EV301"}) is judged


# --- what a finding weighs --------------------------------------------------------------------------------------------


def audited(*lines: str, **facts: object) -> Program:
    """OrderPlaced has to be audited; its audit handler needs a session, and the source has these lines."""
    program = Program()
    program.handler("AuditHandler.handle", {"needs_session": True, "fails_without_session": True, **facts})
    program.event("OrderPlaced", requires=("audit",), audit_action="ORDER_PLACED")
    body = "\n".join(f"    {line}" for line in lines)
    program.source = f"async def place(self, order, session):\n{body}\n"
    return program


NEVER = "await self.bus.publish(OrderPlaced(), metadata={})"
GIVEN = "await self.bus.publish(OrderPlaced(), session=session)"


@pytest.mark.parametrize(
    ("lines", "severity"),
    [
        ((NEVER,), "error"),
        ((NEVER, "event = OrderPlaced()", "await self.bus.publish(event)"), "error"),
        ((NEVER, GIVEN), "warning"),
        ((NEVER, "await self.outbox.add(OrderPlaced())"), "warning"),  # who knows how that is published
        ((NEVER, "events.append(OrderPlaced.from_dict(row))"), "warning"),
    ],
)
def test_a_required_handler_that_never_gets_its_session_is_an_error_where_that_is_certain(
    lines: tuple[str, ...], severity: str
) -> None:
    found = [each for each in audited(*lines).check() if each.code == "EV603"]
    assert {each.severity for each in found} == {severity}
    assert all(("never does its work" in each.message) == (severity == "error") for each in found)


def test_a_handler_that_may_help_itself_or_is_not_required_is_only_worth_a_look() -> None:
    helps_itself = audited(NEVER, fails_without_session=False)
    (found,) = (each for each in helps_itself.check() if each.code == "EV603")
    assert found.severity == "information"
    not_required = audited(NEVER)
    not_required.event("OrderPlaced")
    (found,) = (each for each in not_required.check() if each.code == "EV603")
    assert found.severity == "information"


def test_nothing_is_certain_where_a_bus_has_its_session_from_elsewhere() -> None:
    program = audited(NEVER)
    program.session_by_publish = False
    (found,) = (each for each in program.check() if each.code == "EV603")
    assert found.severity == "warning"


def test_names_and_style_are_information_and_what_can_be_changed_is_a_warning() -> None:
    weights = {code: RULES[code].severity for code in ("EV101", "EV102", "EV103", "EV201", "EV202", "EV303")}
    assert weights == {
        **dict.fromkeys(("EV101", "EV102", "EV103", "EV202"), "information"),
        **dict.fromkeys(("EV201", "EV303"), "warning"),
    }


# --- what messages tell -----------------------------------------------------------------------------------------------


def only(program: Program, code: str) -> str:
    (finding,) = (each for each in program.check() if each.code == code)
    return finding.message


def test_an_orphan_method_is_told_with_the_name_it_was_meant_to_have() -> None:
    program = made(attribute(uncalled=[UncalledMethod("Audit", "handle_order_placd", "", "/app/h.py", 9)]))
    assert (
        only(program, "EV304")
        == "Nothing calls Audit.handle_order_placd. Did you mean handle_order_placed (OrderPlaced)?"
    )
    (finding,) = (each for each in program.check() if each.code == "EV304")
    assert (finding.event, finding.handler, finding.file, finding.line) == (
        *("OrderPlaced", "Audit.handle_order_placd", "/app/h.py", 9),
    )


def _by_place(*others: UncalledMethod) -> Program:
    """Handlers are called by workflow and phase here: ``handle_parcel_lost`` is for ParcelLost."""
    program = Program()
    key = program.handler("ParcelHandler.record_parcel_lost")
    named = program.handler("ParcelHandler.handle_parcel_lost_failed")
    program.event("ParcelLost", handlers=(key, named), workflow="parcel_lost", phase="failed")
    program.event("ParcelReturnDenied", workflow="parcel_return", phase="denied")
    program.uncalled += others
    return program


def test_an_orphan_method_whose_place_another_has_taken_can_go() -> None:
    program = _by_place(UncalledMethod("ParcelHandler", "handle_parcel_lost", "ParcelLost"))
    (finding,) = (each for each in program.check() if each.code == "EV304")
    assert finding.message == (
        "Nothing calls ParcelHandler.handle_parcel_lost: handle_parcel_lost_failed is subscribed to ParcelLost."
    )
    assert finding.fix == "Delete it."


def test_an_orphan_method_beside_another_of_its_event_may_be_forgotten() -> None:
    program = _by_place(UncalledMethod("ParcelHandler", "tell_insurance", "ParcelLost"))
    (finding,) = (each for each in program.check() if each.code == "EV304")
    assert finding.fix == "Subscribe it too, or delete it."


def test_only_names_of_the_programs_own_convention_are_proposed() -> None:
    program = _by_place(UncalledMethod("OtherHandler", "on_parcel_return_denied", "ParcelReturnDenied"))
    assert "Did you mean handle_parcel_return_denied (ParcelReturnDenied)?" in only(program, "EV304")


def test_the_name_of_a_named_event_is_judged_whole() -> None:
    program = made(event("org.shop.crate.dropped.v1", facts={"make": "name"}))
    assert "EV102" not in program.codes()
    program = made(event("org.shop.crate.drop.v1", facts={"make": "name"}))
    assert only(program, "EV102") == "org.shop.crate.drop.v1 is not in the past tense."


def test_the_annotation_of_an_orphan_method_says_which_event_it_is_for() -> None:
    program = made(event("PasswordChanged"))
    program.uncalled.append(UncalledMethod("Audit", "on_pw_change", "PasswordChanged"))
    assert "(PasswordChanged)" in only(program, "EV304")


def test_a_name_outside_of_its_workflow_is_told_with_the_one_that_fits() -> None:
    program = made(event("PaymentDone", workflow="order_payment", phase="succeeded"))
    assert only(program, "EV103").endswith("it should be OrderPaymentSucceeded.")


def test_an_unknown_audit_action_is_told_with_the_one_that_was_meant() -> None:
    program = made(event("OrderPlaced", requires=("audit",), audit_action="ORDER_PLACD"))
    program.audit_actions = ("ORDER_PLACED", "USER_ADDED")
    assert only(program, "EV402").endswith("Did you mean ORDER_PLACED?")


def test_a_payload_that_differs_is_told_with_what_it_lacks_and_adds() -> None:
    program = made(sse("x = lambda event: {'b': 1}"))
    assert only(program, "EV502") == "The payload of order.placed for OrderPlaced lacks a and adds b."


def test_a_publish_before_storing_is_told_with_both_lines() -> None:
    program = made(publishing("await bus.publish(OrderPlaced(), session)", "x = 1", "await session.commit()"))
    assert only(program, "EV602") == "place publishes OrderPlaced on line 2 but stores on line 4."


def test_commands_may_be_imperative() -> None:
    assert "EV101" not in made(event("SendMail", facts={"kind": "command"})).codes()


def test_without_source_the_rules_over_it_are_silent() -> None:
    from inspector.catalog.findings import find
    from inspector.core.description import CatalogDescription
    from inspector.core.facts import CatalogFacts

    program = Program()
    description = CatalogDescription("app", tuple(program.events), tuple(program.handlers.values()))
    assert find(description, CatalogFacts()) == []
