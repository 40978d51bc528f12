"""Threads take short turns while a host runs, and the usual ones afterwards."""

from __future__ import annotations

import sys

from inspector.hosts.turns import SWITCH_INTERVAL, short_turns


def test_turns_are_short_until_the_last_host_has_ended_in_whatever_order() -> None:
    usual = sys.getswitchinterval()
    first, second = short_turns(), short_turns()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert round(sys.getswitchinterval(), 6) == SWITCH_INTERVAL
    second.__exit__(None, None, None)
    assert sys.getswitchinterval() == usual
