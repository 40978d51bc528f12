"""The folder of a run: nobody else's, and gone when nothing of the run lives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.hosts.run import folder as folders
from inspector.hosts.run.folder import RUN, make_folder, own, read_json, remove_leftovers, write_json
from inspector.hosts.run.proc import ProcessIdentity, identity_of

_OTHER = 65_534


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    return runtime


def test_it_is_private_and_below_the_runtime_folder(runtime: Path) -> None:
    folder = make_folder()
    assert folder.is_relative_to(runtime)
    write_json(folder, "spec.json", {"budget": 0.03})
    assert {path.stat().st_mode & 0o777 for path in (folder, folder.parent)} == {0o700}
    assert (folder / "spec.json").stat().st_mode & 0o777 == 0o600
    assert read_json(folder, "spec.json") == {"budget": 0.03}
    (folder / "spec.json").write_text("[1")
    assert read_json(folder, "spec.json") == {}


@pytest.mark.skipif(os.getuid() != 0, reason="Only root can become another user.")
def test_another_user_can_use_nothing_of_it(tmp_path: Path) -> None:
    folder = make_folder()
    write_json(folder, "spec.json", {})
    for place in (tmp_path, *tmp_path.parents[:-1]):
        if place.stat().st_uid == 0 and place != Path("/tmp"):
            place.chmod(place.stat().st_mode | 0o055)
    tries = (
        f"import os\nos.setgid({_OTHER}); os.setuid({_OTHER})\n"
        f"for use in (lambda: os.listdir({str(folder)!r}), lambda: open({str(folder / 'spec.json')!r}),\n"
        f"            lambda: open({str(folder / '1.1.ring')!r}, 'w')):\n"
        "    try:\n        use()\n    except PermissionError:\n        print('refused')\n"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", tries], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["refused"] * 3


def test_a_place_that_others_can_write_to_is_not_used(
    runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders.tempfile, "gettempdir", lambda: str(tmp_path))
    runtime.chmod(0o755)
    base = tmp_path / f"event-inspector-{os.getuid()}"
    base.symlink_to(runtime)
    assert not make_folder().is_relative_to(runtime)
    base.unlink()
    assert make_folder().parent == base


def test_what_dead_runs_have_left_is_removed_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    me = identity_of(os.getpid())
    assert me is not None
    living, reported, used, gone = (make_folder() for _ in range(4))
    monkeypatch.setattr(folders, "_YOUNG", -1.0)
    for folder in (living, reported, used, gone):
        own(folder, "command", ProcessIdentity(me.pid, me.start + 1))  # its number was given again
    own(living, "reader", me)
    (reported / f"{os.getpid()}.17.ring").touch()
    words = [sys.executable, "-c", "print(flush=True); input()"]
    variables = {**os.environ, RUN: str(used)}
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables) as child:
        assert child.stdout is not None
        child.stdout.readline()
        remove_leftovers(living.parent)
        assert set(living.parent.iterdir()) == {living, reported, used}
        child.communicate(b"\n")
    remove_leftovers(living.parent)
    assert set(living.parent.iterdir()) == {living, reported}
