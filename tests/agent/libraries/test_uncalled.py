"""Why a receiver of a library was not called, as its adapter knows: told by ``fire``, on the real libraries."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from inspector.core.records.host import DEAD_REFERENCE, PREDICATE, USED_UP
from tests.agent.libraries.test_libraries import ROOT
from tests.cli.conftest import Cli, cli, db  # noqa: F401 - fixtures

BLINKER = """
import gc
from blinker import Signal

paid = Signal()

class Order: ...
class Desk:
    def clear(self, sender, **values): ...

def anybody(sender, **values): ...
def only_orders(sender, **values): ...

paid.connect(anybody)
paid.connect(only_orders, sender=Order)
desk = Desk()
paid.connect(desk.clear)

def leave(sender, **values):
    global desk
    desk = None
    gc.collect()

paid.connect(leave)
"""
DJANGO = """
from django.dispatch import Signal

paid = Signal()

class Order: ...

def anybody(sender, **values): ...
def only_orders(sender, **values): ...

paid.connect(anybody)
paid.connect(only_orders, sender=Order)
"""
PYEE = """
from pyee.base import EventEmitter

bus = EventEmitter()

@bus.once("paid")
def first(amount=0): ...

@bus.on("paid")
def every(amount=0): ...
"""


def fire(cli: Cli, folder: Path, source: str, app: str, event: str, *more: Any) -> list[tuple[str, str, str]]:  # noqa: F811
    python = ROOT / ".venv-libs" / "newest" / "bin" / "python"
    if not python.exists():
        assert not os.environ.get("REQUIRE_LIBRARIES")
        pytest.skip("The libraries are not installed: run tools/library-venvs.")
    (folder / "shop_of_signals.py").write_text(source, "utf-8")
    told = cli("fire", event, "--app", app, "--python", python, "--cwd", folder, "--json", "--no-session", *more).json
    return [(handler["handler"], handler["code"], handler["reason"]) for handler in told["not_called"]]


@pytest.mark.parametrize("source", [BLINKER, DJANGO], ids=["blinker", "django"])
def test_a_receiver_for_one_sender_says_for_whom_it_is(cli: Cli, tmp_path: Path, source: str) -> None:  # noqa: F811
    uncalled = fire(cli, tmp_path, source, "shop_of_signals:paid", "paid")
    assert ("only_orders", PREDICATE, "it is for sender Order only") in uncalled


def test_a_receiver_that_is_gone_and_one_that_was_for_once_say_so(cli: Cli, tmp_path: Path) -> None:  # noqa: F811
    gone = fire(cli, tmp_path, BLINKER, "shop_of_signals:paid", "paid", "--count", 2)
    assert ("Desk.clear", DEAD_REFERENCE) in [said[:2] for said in gone]
    once = fire(cli, tmp_path, PYEE, "shop_of_signals:bus", "paid", "--count", 2)
    assert [said[:2] for said in once] == [("first", USED_UP)]
