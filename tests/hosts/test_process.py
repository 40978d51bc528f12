"""The process of a child, by what its keeper says of it."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from inspector.hosts import process
from inspector.hosts.process import ChildLaunch, ChildProcess

#: A keeper whose child ends so soon that start and end arrive together; it stays until it is told to go.
KEEPER = """
import os, sys
control = int(sys.argv[1])
os.read(control, 65536)
os.write(control, b"started 4194301\\nended 2\\n")
while os.read(control, 4096):
    pass
"""


def test_a_child_that_ends_at_once_is_told_as_started_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = tmp_path / "keeper.py"
    keeper.write_text(KEEPER)
    monkeypatch.setattr(process, "_KEEPER", keeper)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        launch = ChildLaunch(sys.executable, (), str(tmp_path), {"A": "1"}, {}, 5.0)
        with ChildProcess(launch, theirs) as child:
            assert child.pid == 4194301
            assert child.wait() == 2
