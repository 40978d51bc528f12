"""``inspector attach``: a command that runs on is watched, and only one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import pytest

from inspector.hosts.run.folder import WATCH, claim, make_folder, own, write_json
from inspector.hosts.run.proc import identity_of
from tests.cli.conftest import Cli
from tests.hosts.run import rings

#: Publishes, and ends when that has been read.
_PROGRAM: Final = """
import os, sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from inspector.agent.run.ring import READ, WRITTEN
from tests.hosts.run.rings import Reporting
process = Reporting(Path(os.environ["INSPECTOR_RUN"]))
process.begin()
process.publish()
while process.ring.get(READ) < process.ring.get(WRITTEN):
    time.sleep(0.01)
"""


def test_what_runs_is_watched_until_it_ends(
    cli: Cli, db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # other runs of the user are not ours
    none = cli("attach", "--no-window")
    assert (none.code, none.err.splitlines()[0]) == (2, "inspector: No running program to attach to.")
    runs = [make_folder(), make_folder()]
    (tmp_path / "shop.py").write_text(_PROGRAM.format(root=str(Path(rings.__file__).parents[3])))
    words = [sys.executable, "-S", "shop.py"]
    environments = [{**os.environ, "INSPECTOR_RUN": str(run)} for run in runs]
    programs = [subprocess.Popen(words, cwd=tmp_path, env=environment) for environment in environments]
    try:
        for run, program in zip(runs, programs, strict=True):
            identity = identity_of(program.pid)
            assert identity is not None
            own(run, "command", identity)
            write_json(run, WATCH, {"words": ["python", "shop.py"], "program": sys.executable, "name": "shop"})
        several = cli("attach", "--no-window")
        assert several.code == 2
        assert several.err.startswith("inspector: 2 programs are running: python shop.py · pid ")
        assert "was not started by inspector run" in cli("attach", "--no-window", os.getpid()).err
        descriptor = claim(runs[0])
        assert "Another inspector watches this program." in cli("attach", "--no-window", programs[0].pid).err
        os.close(descriptor)
        ran = cli("attach", "--no-window", "--db", db, programs[1].pid)
        assert (ran.code, ran.err) == (0, "inspector: Session 1: 1 event, 1 execution.\n")
        assert not runs[1].exists()
    finally:
        for program in programs:
            program.kill()
            program.wait()
